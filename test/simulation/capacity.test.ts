import {expect, test} from 'vitest'
import {EXIT} from '../../src/errors.ts'
import type {Group} from '../../src/fleet/model.ts'
import type {RunResult} from '../../src/fleet/reconcile.ts'
import {dnsName, EAST, fleet, group, VIRGINIA, wish} from '../support/fleet-builder.ts'
import {expectExactly} from '../support/laws.ts'
import {SimulatedFleet} from '../support/simulated-fleet.ts'

const aws = (count: number, over: Partial<Group['wish']> = {}): Group =>
  group('virginia', count, {place: VIRGINIA, wish: wish({open: [80], ...over})})
const joyent = (count: number, over: Partial<Group['wish']> = {}): Group =>
  group('east', count, {place: EAST, wish: wish({types: ['g1.nano'], open: [80], ...over})})
const fleetOf = (groups: Group[]) => fleet(groups, {names: [dnsName()]})
const texts = ({shortcomings}: RunResult) => shortcomings.map(({text}) => text)

test('room that EC2 turns out not to have after it accepted a launch is had elsewhere', async () => {
  const sim = new SimulatedFleet()
  const region = sim.world.ec2.region('us-east-1')
  region.shortageShown = 'afterwards'
  for (const zone of region.zones) region.setCapacity(zone, 't3.micro', zone === 'us-east-1b' ? 1 : 0)
  const of = fleetOf([aws(3, {types: ['t3.micro', 't3.small']})])
  expect(texts(await sim.up(of))).toEqual([])
  await expectExactly(sim, of)
  const unplaced = sim.world.ec2
    .allInstances()
    .filter(({stateReason}) => /Insufficient/.test(stateReason?.code ?? ''))
  expect(unplaced.length).toBeGreaterThan(0)
})

test.each(['at-create', 'as-failed'] as const)(
  'a package without room is had as the next one, and where there is none that is said: Triton, %s',
  async shown => {
    const sim = new SimulatedFleet()
    sim.world.triton.capacity = {machines: 1, shown, package: 'g1.nano'}
    const alone = await sim.up(fleetOf([joyent(3), aws(1)]))
    expect([alone.exit, texts(alone).join()]).toEqual([
      EXIT.partly,
      expect.stringMatching(/Group east is 2 short: .*(room|capacity)/i),
    ])
    await expectExactly(sim, fleetOf([joyent(1), aws(1)]))
    const of = fleetOf([joyent(3, {types: ['g1.nano', 'g1.micro']}), aws(1)])
    expect(texts(await sim.up(of))).toEqual([])
    await expectExactly(sim, of)
  },
)

test('a rollout for which there is no room leaves the old ones, and asks for another run instead of another file', async () => {
  const sim = new SimulatedFleet()
  expect(texts(await sim.up(fleetOf([aws(2)])))).toEqual([])
  const region = sim.world.ec2.region('us-east-1')
  for (const zone of region.zones) region.setCapacity(zone, 't3.small', 0)
  const result = await sim.up(fleetOf([aws(2, {types: ['t3.small']})]))
  expect([result.exit, ...texts(result)]).toEqual([
    EXIT.partly,
    expect.stringMatching(/^Nothing can be launched beside group virginia: .*capacity/),
    'The rollout stopped: 2 of group virginia stay as they are with their older launch spec. Run "mcd up" again once there is room, or return to the launch spec before with "mcd replace --rollback".',
  ])
  await expectExactly(sim, fleetOf([aws(2)]))
  for (const zone of region.zones) region.setCapacity(zone, 't3.small', 10)
  expect(texts(await sim.up(fleetOf([aws(2, {types: ['t3.small']})])))).toEqual([])
})

test('a group that shall not spread fills its zones in the order of the file', async () => {
  const sim = new SimulatedFleet()
  const region = sim.world.ec2.region('us-east-1')
  region.setCapacity('us-east-1c', 't3.micro', 2)
  const of = fleetOf([aws(5, {zones: ['us-east-1c', 'us-east-1a', 'us-east-1b'], spread: false})])
  expect(texts(await sim.up(of))).toEqual([])
  const inZone = (zone: string) => sim.world.ec2.allInstances().filter(each => each.zone === zone).length
  expect([inZone('us-east-1c'), inZone('us-east-1a'), inZone('us-east-1b')]).toEqual([2, 3, 0])
  await expectExactly(sim, of)
})
