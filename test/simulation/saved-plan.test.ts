import {describe, expect, test} from 'vitest'
import {type Inspection, inspectFleet} from '../../src/fleet/inspect/inspect.ts'
import {pictureOf, savePlan, whatMoved} from '../../src/fleet/inspect/saved-plan.ts'
import type {Fleet} from '../../src/fleet/model.ts'
import {SANDBOX} from '../../src/sandbox/world/credentials.ts'
import {dnsName, EAST, fleet, group, VIRGINIA, wish} from '../support/fleet-builder.ts'
import {truth} from '../support/laws.ts'
import {SimulatedFleet} from '../support/simulated-fleet.ts'

const of = (virginia: number, east = 1, type = 't3.micro'): Fleet =>
  fleet(
    [
      group('virginia', virginia, {place: VIRGINIA, wish: wish({types: [type], open: [80]})}),
      group('east', east, {place: EAST, wish: wish({types: ['g1.nano'], open: [80]})}),
    ],
    {names: [dnsName({vendor: 'route53'})]},
  )

/** A fleet of two and one; a plan for three and one, saved as its file would hold it. */
async function scene() {
  const sim = new SimulatedFleet()
  await sim.up(of(2))
  const made = await sim.time.run(() => inspectFleet(sim.outside(of(3)), of(3)))
  const text = JSON.stringify(savePlan(made, {mcd: '1', madeAt: 'then', refreshImages: false}))
  const saved = JSON.parse(text) as ReturnType<typeof savePlan>
  const carryOut = async (now: Fleet = of(3)) => {
    let moved: readonly string[] = []
    const look = (made: Inspection) => {
      moved = whatMoved(saved.picture, pictureOf(made))
      if (moved.length > 0) throw new Error('moved')
    }
    await sim.up(now, {expect: look}).catch((error: Error) => {
      if (error.message !== 'moved') throw error
    })
    return moved
  }
  const first = truth(sim, of(2)).find(({id}) => id.startsWith('i-'))
  return {sim, saved, carryOut, instance: first?.id ?? '', principal: {name: 'operator'}}
}

describe('a saved plan', () => {
  test('is carried out where nothing has moved, after whatever time', async () => {
    const {sim, carryOut} = await scene()
    await sim.time.advance(86_400_000)
    expect(await carryOut()).toEqual([])
    expect((await sim.up(of(3))).actions).toEqual([])
  })

  test('holds neither userdata nor the credentials of the instances', async () => {
    const {saved} = await scene()
    expect(JSON.stringify(saved)).not.toMatch(/userdata|instanceCredentials/)
  })

  test('is refused when an instance has ended, and says which', async () => {
    const {sim, carryOut, instance, principal} = await scene()
    sim.world.ec2.call({principal, region: 'us-east-1'}, 'TerminateInstances', {instanceIds: [instance]})
    await sim.time.advance(60_000)
    expect((await carryOut()).join('\n')).toMatch(new RegExp(`instance ${instance} .* is gone`))
  })

  test('is refused when an instance was stopped', async () => {
    const {sim, carryOut, instance, principal} = await scene()
    sim.world.ec2.call({principal, region: 'us-east-1'}, 'StopInstances', {instanceIds: [instance]})
    await sim.time.advance(60_000)
    expect((await carryOut()).join('\n')).toMatch(new RegExp(`instance ${instance} was alive.* and is stopp`))
  })

  test('is refused when another run has launched meanwhile', async () => {
    const {sim, carryOut} = await scene()
    await sim.up(of(2, 2))
    expect((await carryOut()).join('\n')).toMatch(/instance \S+ \(alive, group east .*\) has come/)
  })

  test('is refused when somebody has edited the zone', async () => {
    const {sim, carryOut, principal} = await scene()
    const zone = sim.world.route53.zone(SANDBOX.zone)
    const recordSet = {
      name: 'www.example.com.',
      type: 'A',
      setIdentifier: 'by hand',
      multiValueAnswer: true,
      ttlSeconds: 300,
      values: ['203.0.113.9'],
    }
    sim.world.route53.changeRecordSets(principal, zone?.id ?? '', [{action: 'CREATE', recordSet}])
    expect(await carryOut()).toEqual(['A www.example.com 203.0.113.9 at route53 has come into DNS'])
  })

  test.each([
    ['the count in the fleet file', of(4), /^group virginia is declared otherwise: 3 in .* then, 4 in/],
    ['the launch spec', of(3, 1, 't3.small'), /^group virginia is declared otherwise: .*launch spec/],
    [
      'a setting of a name',
      {...of(3), names: [dnsName({vendor: 'route53', ttlSeconds: 30})]},
      /^route53\/www/,
    ],
    ['how instances leave', {...of(3), drainWait: {ms: 90_000}}, /^drain is declared otherwise/],
  ])('is refused when %s has changed', async (_, now, words) => {
    const {carryOut} = await scene()
    expect((await carryOut(now)).join('\n')).toMatch(words)
  })

  test('is refused when a cloud is silent now', async () => {
    const {sim, carryOut} = await scene()
    sim.world.calls.plan.add({target: 'joyent', kind: 'outage', ms: 3_600_000})
    expect((await carryOut()).join('\n')).toMatch(/^joyent:\S+ does not answer now/)
  })

  test('is refused when an instance it relied on does not serve any more', async () => {
    const {sim, carryOut, instance} = await scene()
    sim.guests.setServing(instance, false)
    expect(await carryOut()).not.toEqual([])
  })
})
