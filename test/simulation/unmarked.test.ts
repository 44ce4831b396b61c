import {expect, test} from 'vitest'
import {UnreachableError} from '../../src/errors.ts'
import type {Fleet} from '../../src/fleet/model.ts'
import {fleetStatus} from '../../src/fleet/status/look.ts'
import {explainInstance} from '../../src/fleet/why/explain.ts'
import {readRecorded} from '../../src/journal/snapshot.ts'
import {dnsName, EAST, fleet, group, VIRGINIA, wish} from '../support/fleet-builder.ts'
import {truth} from '../support/laws.ts'
import {SimulatedFleet} from '../support/simulated-fleet.ts'
import {receiver} from '../support/simulated-receivers.ts'

const HOUR_MS = 3_600_000

const of = (virginia = 2, east = 1): Fleet =>
  fleet(
    [
      group('virginia', virginia, {wish: wish({open: [80]})}),
      group('east', east, {place: EAST, wish: wish({types: ['g1.nano'], open: [80]})}),
    ],
    {names: [dnsName({registration: 'self'})], notify: [receiver('hooks.example.com')]},
  )

/** A fleet that has served for an hour, and one instance of it. */
async function serving(where: 'virginia' | 'east' = 'virginia') {
  const sim = new SimulatedFleet()
  const wanted = of()
  expect((await sim.up(wanted)).shortcomings).toEqual([])
  await sim.time.advance(HOUR_MS)
  const id = truth(sim, wanted).find(({group: its}) => its === where)?.id ?? ''
  const look = () =>
    sim.time.run(() => fleetStatus(sim.outside(wanted), wanted, () => ({kind: 'free'}) as const))
  return {sim, wanted, id, look}
}

/** By somebody's hand, or by a script that tidies tags. */
function takeTags(sim: SimulatedFleet, id: string, ...keys: string[]): Map<string, string> {
  const tags = sim.world.ec2.instance(id)?.tags ?? new Map<string, string>()
  const before = new Map(tags)
  for (const key of keys.length > 0 ? keys : before.keys()) tags.delete(key)
  return before
}

const stateOf = (sim: SimulatedFleet, id: string) => sim.world.ec2.instance(id)?.state
const addressesOf = async (sim: SimulatedFleet, wanted: Fleet, id: string) =>
  (await sim.members(wanted)).filter(({type, mark}) => type === 'A' && mark?.instance === id).length

test('an instance whose mark was taken away is told of by its id, with what it lacks, and stays as it is', async () => {
  const {sim, wanted, id, look} = await serving()
  takeTags(sim, id)

  const {status, inspection} = await look()
  expect(status.differences.map(({kind, instance}) => [kind, instance])).toEqual([
    ['missing-instance', undefined],
    ['unmarked', id],
  ])
  expect(status.differences[1]?.text).toBe(
    `${id} of group virginia in aws:us-east-1 still runs and costs money, but its mark is gone: mcd leaves it as it is and counts it no more, and it answers under www.example.com as before. Give it its tags again ("mcd why ${id}" lists them), or end it at its cloud.`,
  )
  const why = explainInstance(id, inspection, status, await sim.journal.read())
  expect(why.standing).toBe('unmarked')
  expect(why.lacks).toEqual([
    'mcd:fleet=web',
    'mcd:dns=www.example.com',
    'mcd:group=virginia',
    expect.stringMatching(/^mcd:launch=[0-9a-f-]{36}$/),
    expect.stringMatching(/^mcd:spec=[0-9a-f]{12}$/),
  ])

  const {actions, shortcomings, exit} = await sim.up(wanted)
  expect(actions.map(({kind}) => kind)).toEqual(['launch'])
  expect(exit).toBe(3)
  expect(shortcomings.map(({kind, instance}) => [kind, instance])).toEqual([['unmarked', id]])
  expect(stateOf(sim, id)).toBe('running')
  expect(sim.world.ec2.instance(id)?.tags.size).toBe(0)
  expect(await addressesOf(sim, wanted, id)).toBe(1)
})

test('its loss is told once, as what it is', async () => {
  const {sim, wanted, id} = await serving()
  takeTags(sim, id, 'mcd:launch', 'mcd:spec')
  await sim.up(wanted)
  await sim.up(wanted)
  const told = sim.receivers.bodies('instance-lost').map(({data}) => data)
  expect(told).toMatchObject([
    {
      instance: id,
      group: 'virginia',
      state: 'unmarked',
      lacks: [expect.stringMatching(/^mcd:launch=/), expect.stringMatching(/^mcd:spec=/)],
    },
  ])
})

test('with its tags again it is of the fleet, and may be lost again', async () => {
  const {sim, wanted, id, look} = await serving()
  const tags = takeTags(sim, id)
  await sim.sync(wanted)
  for (const [key, value] of tags) sim.world.ec2.instance(id)?.tags.set(key, value)
  expect((await look()).status.differences).toEqual([])
  expect((await sim.up(wanted)).shortcomings).toEqual([])

  await sim.time.run(() => sim.outside(wanted).compute(VIRGINIA).terminate([id]))
  await sim.time.advance(60_000)
  await sim.up(wanted)
  expect(sim.receivers.bodies('instance-lost').map(({data}) => data.state)).toEqual(['unmarked', 'gone'])
})

test('once somebody has ended it, its record goes, and nobody asks after it again', async () => {
  const {sim, wanted, id} = await serving()
  takeTags(sim, id)
  await sim.up(wanted)
  await sim.time.run(() => sim.outside(wanted).compute(VIRGINIA).terminate([id]))
  await sim.time.advance(2 * HOUR_MS)
  expect((await sim.up(wanted)).shortcomings).toEqual([])
  expect(await addressesOf(sim, wanted, id)).toBe(0)
  expect([...(await readRecorded(sim.journal)).ended.keys()]).toEqual([id])

  let asked = 0
  sim.wrapCompute = provider => ({
    ...provider,
    describe: made => {
      asked += made.size
      return provider.describe(made)
    },
  })
  await sim.up(wanted)
  expect(asked).toBe(0)
})

test('a down says that it stays, and ends the others', async () => {
  const {sim, wanted, id} = await serving()
  takeTags(sim, id)
  const {shortcomings, exit} = await sim.down(wanted)
  expect(exit).toBe(3)
  expect(shortcomings.map(({text}) => text)).toEqual([
    expect.stringContaining('its mark is gone: mcd ends only what carries it'),
  ])
  expect(truth(sim, wanted)).toEqual([])
  expect(stateOf(sim, id)).toBe('running')
})

test('one that was drained before is only told of: it answers for nobody', async () => {
  const {sim, wanted, id, look} = await serving()
  expect(
    (await sim.sync(wanted, {request: {kind: 'drain', instances: [id], until: 'removed'}})).shortcomings,
  ).toEqual([])
  takeTags(sim, id)
  expect((await sim.up(wanted)).exit).toBe(0)
  const {status} = await look()
  expect(status.differences).toEqual([])
  expect(status.remarks).toEqual([expect.stringContaining(`${id} of group virginia`)])
})

test('of one that is stopped, the address that it gave back goes', async () => {
  const {sim, wanted, id} = await serving()
  takeTags(sim, id)
  sim.world.ec2.call({principal: {name: 'operator'}, region: 'us-east-1'}, 'StopInstances', {
    instanceIds: [id],
  })
  await sim.time.advance(60_000)
  await sim.up(wanted)
  expect(await addressesOf(sim, wanted, id)).toBe(0)
  expect((await sim.up(wanted)).exit).toBe(0)
})

test('on Triton likewise', async () => {
  const {sim, wanted, id, look} = await serving('east')
  for (const key of Object.keys(sim.world.triton.machine(id)?.tags ?? {}))
    delete sim.world.triton.machine(id)?.tags[key]
  const {status} = await look()
  expect(status.differences.map(({kind, instance}) => [kind, instance])).toContainEqual(['unmarked', id])
  expect((await sim.up(wanted)).shortcomings.map(({kind, instance}) => [kind, instance])).toEqual([
    ['unmarked', id],
  ])
  expect(sim.world.triton.machine(id)).toMatchObject({tags: {}})
})

test('a cloud that does not tell by its id either is silent: nothing is known of it', async () => {
  const {sim, id, look} = await serving()
  takeTags(sim, id)
  sim.wrapCompute = provider => ({
    ...provider,
    describe: async () => {
      throw new UnreachableError('timed out', {effect: 'none'})
    },
  })
  const {status} = await look()
  expect(status.groups[0]).toMatchObject({name: 'virginia', reachable: false})
  expect(status.differences.map(({kind}) => kind)).toEqual(['unreachable'])
})
