import {describe, expect, test} from 'vitest'
import {EXIT, UsageError} from '../../src/errors.ts'
import type {Request} from '../../src/fleet/desire/course.ts'
import type {Fleet} from '../../src/fleet/model.ts'
import type {RunResult} from '../../src/fleet/reconcile.ts'
import {memoryJournal} from '../../src/journal/memory.ts'
import {readRecorded} from '../../src/journal/snapshot.ts'
import {watchDns} from '../support/dns-watch.ts'
import {dnsName, EAST, fleet, group, VIRGINIA, wish} from '../support/fleet-builder.ts'
import {runUntil} from '../support/mortal-run.ts'
import {type RunSettings, SimulatedFleet} from '../support/simulated-fleet.ts'

const TTL_MS = 60_000
/** Added to the TTL: clocks and servers are not exact. */
const MARGIN_MS = 5_000

const drain = (of: Partial<Request & {kind: 'drain'}>): Request => ({
  kind: 'drain',
  until: 'forgotten',
  ...of,
})

const of = (virginia: number, over: Parameters<typeof dnsName>[0] = {}): Fleet =>
  fleet([group('virginia', virginia), group('east', 1, {place: EAST, wish: wish({types: ['g1.nano']})})], {
    names: [dnsName(over)],
  })

const idsIn = ({observed}: RunResult, name: string): string[] =>
  [...observed.places.values()].flatMap(place =>
    place.readable
      ? place.instances.filter(({mark, state}) => mark.group === name && state !== 'gone').map(({id}) => id)
      : [],
  )

async function inDns(sim: SimulatedFleet, wanted: Fleet): Promise<string[]> {
  const members = await sim.members(wanted)
  return members.flatMap(({type, mark}) => (type === 'A' && mark ? [mark.instance] : [])).sort()
}

/** A fleet that serves, and the ids of its group virginia. */
async function serving(virginia: number, over: Parameters<typeof dnsName>[0] = {}) {
  const sim = new SimulatedFleet({delays: {dnsServedMs: 10_000}})
  const wanted = of(virginia, over)
  const up = await sim.up(wanted)
  expect(up.shortcomings).toEqual([])
  return {sim, wanted, ids: idsIn(up, 'virginia').sort(), all: await inDns(sim, wanted)}
}

const drained = (sim: SimulatedFleet, wanted: Fleet, request: Request, settings: RunSettings = {}) =>
  sim.sync(wanted, {...settings, request})

describe.each([
  ['cloudflare', 'mcd'],
  ['route53', 'self'],
] as const)('with %s, registration: %s', (vendor, registration) => {
  const name = {vendor, registration}

  test('a drain ends once the removal is served and the TTL has passed, with the instance alive and out of DNS', async () => {
    const {sim, wanted, ids, all} = await serving(2, name)
    const [id = ''] = ids
    const startMs = sim.time.now()
    const run = await drained(sim, wanted, drain({instances: [id.slice(0, 12)]}))
    expect(run.shortcomings).toEqual([])
    expect(sim.time.now() - startMs).toBeGreaterThanOrEqual(TTL_MS + MARGIN_MS)
    expect(sim.time.now() - startMs).toBeLessThan(TTL_MS + MARGIN_MS + 30_000)
    expect(await inDns(sim, wanted)).toEqual(all.filter(each => each !== id))
    expect(idsIn(run, 'virginia').sort()).toEqual(ids)
  })

  test('with --no-wait it ends once the address is removed', async () => {
    const {sim, wanted, ids, all} = await serving(2, name)
    const [id = ''] = ids
    const startMs = sim.time.now()
    const run = await drained(sim, wanted, drain({instances: [id], until: 'removed'}))
    expect(run.converged).toBe(true)
    expect(sim.time.now() - startMs).toBeLessThan(TTL_MS)
    expect(await inDns(sim, wanted)).toEqual(all.filter(each => each !== id))
  })

  test('asked for once more it changes nothing and waits only for what is left', async () => {
    const {sim, wanted, ids} = await serving(2, name)
    await drained(sim, wanted, drain({groups: ['virginia']}))
    const before = await sim.members(wanted)
    const startMs = sim.time.now()
    const run = await drained(sim, wanted, drain({instances: ids}))
    expect(run.converged).toBe(true)
    expect(run.actions).toEqual([])
    expect(sim.time.now() - startMs).toBeLessThan(TTL_MS)
    expect(await sim.members(wanted)).toEqual(before)
  })

  test('up, sync and the instance itself leave it out, and undrain lets it in again', async () => {
    const {sim, wanted, ids, all} = await serving(2, name)
    const [id = ''] = ids
    await drained(sim, wanted, drain({instances: [id], until: 'removed'}))
    await sim.time.run(() => sim.guests.repair(id, sim.guests.addressOf(id)))
    for (const run of [await sim.up(wanted), await sim.sync(wanted)]) {
      expect(run.shortcomings).toEqual([])
      expect(run.remaining.notes.map(({text}) => text)).toEqual([
        expect.stringContaining(`${id} is drained on purpose since`),
      ])
      expect(await inDns(sim, wanted)).toEqual(all.filter(each => each !== id))
    }
    const back = await drained(sim, wanted, {kind: 'undrain'})
    expect(back.converged).toBe(true)
    expect(await inDns(sim, wanted)).toEqual(all)
    expect((await sim.members(wanted)).filter(({type}) => type === 'TXT')).toEqual([])
    expect((await sim.up(wanted)).actions).toEqual([])
  })

  test('a journal that is lost forgets nobody who was drained', async () => {
    const {sim, wanted, ids, all} = await serving(2, name)
    const [id = ''] = ids
    await drained(sim, wanted, drain({instances: [id]}))
    sim.journal = memoryJournal()
    expect((await sim.up(wanted)).converged).toBe(true)
    expect(await inDns(sim, wanted)).toEqual(all.filter(each => each !== id))
    expect((await drained(sim, wanted, {kind: 'undrain', instances: [id]})).converged).toBe(true)
    expect(await inDns(sim, wanted)).toEqual(all)
  })

  test('an end that follows a drain waits no second time, and none that the drain had waited for', async () => {
    const {sim, wanted, ids} = await serving(2, name)
    const [id = ''] = ids
    const watch = watchDns(sim, wanted)
    await drained(sim, wanted, drain({instances: [id], until: 'removed'}))
    await drained(sim, wanted, drain({instances: [id]}))
    const startMs = sim.time.now()
    const down = await sim.down(wanted, {instances: [id]})
    expect(down.shortcomings).toEqual([])
    expect(sim.time.now() - startMs).toBeLessThan(TTL_MS)
    expect(watch.early).toEqual([])
    expect([...(await readRecorded(sim.journal)).drained.keys()]).toEqual([])
  })

  test('a drain that was cut short has its time counted by the one that goes on', async () => {
    const {sim, wanted, ids} = await serving(2, name)
    const [id = ''] = ids
    const request = drain({instances: [id]})
    const served = (point: string) => point.includes('journal:append absence-served')
    const whole = await runUntil(sim, settings => sim.sync(wanted, {...settings, request}), {
      at: Number.POSITIVE_INFINITY,
      end: 'kill',
    })
    const at = whole.points.findLastIndex(served)
    expect(at).toBeGreaterThan(0)

    const other = await serving(2, name)
    const startMs = other.sim.time.now()
    const again = drain({instances: [other.ids[0] ?? '']})
    const killed = await runUntil(
      other.sim,
      settings => other.sim.sync(wanted, {...settings, request: again}),
      {
        at: at + 4,
        end: 'kill',
      },
    )
    expect(killed.result).toBeUndefined()
    await other.sim.time.run(() => other.sim.time.runtime().sleep(TTL_MS / 2))
    const run = await other.sim.sync(wanted, {request: again})
    expect(run.converged).toBe(true)
    expect(other.sim.time.now() - startMs).toBeLessThan(TTL_MS + MARGIN_MS + 30_000)
  })
})

test('of a proxied name resolvers know nothing: it is over once the removal stands', async () => {
  const {sim, wanted, ids} = await serving(2, {proxied: true, ttlSeconds: 300})
  const startMs = sim.time.now()
  expect((await drained(sim, wanted, drain({instances: ids.slice(0, 1)}))).shortcomings).toEqual([])
  expect((await sim.down(wanted, {instances: ids.slice(1)})).shortcomings).toEqual([])
  expect(sim.time.now() - startMs).toBeLessThan(2 * MARGIN_MS + 30_000)
})

test('a name that was not proxied before is remembered for its TTL', async () => {
  const {sim, ids} = await serving(2, {ttlSeconds: 120})
  const proxied = of(2, {proxied: true, ttlSeconds: 300})
  expect((await sim.up(proxied)).shortcomings).toEqual([])
  const startMs = sim.time.now()
  expect((await sim.down(proxied, {instances: ids.slice(1)})).shortcomings).toEqual([])
  expect(sim.time.now() - startMs).toBeGreaterThanOrEqual(120_000)
})

test('the last serving address is drained with --allow-empty alone', async () => {
  const {sim, wanted, all} = await serving(1)
  const everyone = drain({groups: ['virginia', 'east'], until: 'removed'})
  await expect(drained(sim, wanted, everyone)).rejects.toThrow(UsageError)
  expect(await inDns(sim, wanted)).toEqual(all)
  expect((await drained(sim, wanted, everyone, {allowEmpty: true})).converged).toBe(true)
  expect(await inDns(sim, wanted)).toEqual([])
})

test('one that is let in and does not serve is told of, and enters once it does', async () => {
  const {sim, wanted, ids, all} = await serving(2)
  const [id = ''] = ids
  await drained(sim, wanted, drain({instances: [id], until: 'removed'}))
  sim.guests.setServing(id, false)
  const early = await drained(sim, wanted, {kind: 'undrain', instances: [id]})
  expect(early.exit).toBe(EXIT.partly)
  expect(early.shortcomings.map(({text}) => text).join('\n')).toContain(
    `${id} is no longer drained, but does not answer its health check`,
  )
  expect(await inDns(sim, wanted)).toEqual(all.filter(each => each !== id))
  sim.guests.setServing(id, true)
  expect((await sim.sync(wanted)).converged).toBe(true)
  expect(await inDns(sim, wanted)).toEqual(all)
})

test('one that somebody else ends is forgotten, and another takes its place and serves', async () => {
  const {sim, wanted, ids} = await serving(2)
  const [id = ''] = ids
  await drained(sim, wanted, drain({instances: [id], until: 'removed'}))
  await sim.time.run(() => sim.outside(wanted).compute(VIRGINIA).terminate([id]))
  await sim.time.run(() => sim.time.runtime().sleep(60_000))
  expect((await sim.up(wanted)).shortcomings).toEqual([])
  expect([...(await readRecorded(sim.journal)).drained.keys()]).toEqual([])
  expect(await inDns(sim, wanted)).toHaveLength(3)
})

test('where there are too many, the drained one goes', async () => {
  const {sim, wanted, ids} = await serving(3)
  const [id = ''] = ids
  await drained(sim, wanted, drain({instances: [id], until: 'removed'}))
  const watch = watchDns(sim, wanted)
  const up = await sim.up(of(2))
  expect(up.converged).toBe(true)
  expect(idsIn(up, 'virginia').sort()).toEqual(ids.filter(each => each !== id))
  expect(watch.early).toEqual([])
  expect([...(await readRecorded(sim.journal)).drained.keys()]).toEqual([])
})

test('a replacement ends a drained one with the others, and what takes its place serves', async () => {
  const {sim, wanted, ids} = await serving(2)
  await drained(sim, wanted, drain({instances: ids.slice(0, 1), until: 'removed'}))
  const watch = watchDns(sim, wanted)
  const run = await sim.replace(wanted)
  expect(run.shortcomings).toEqual([])
  expect(idsIn(run, 'virginia').filter(id => ids.includes(id))).toEqual([])
  expect(await inDns(sim, wanted)).toHaveLength(3)
  expect(watch.early).toEqual([])
  expect(watch.fewest()).toBeGreaterThan(0)
})

test('nobody is drained who is not there, or is about to end', async () => {
  const {sim, wanted, ids} = await serving(2)
  const [id = ''] = ids
  await sim.down(wanted, {instances: [id]})
  await expect(drained(sim, wanted, drain({instances: [id]}))).rejects.toThrow(
    `${id} is on its way out already`,
  )
})

/** Around a read, and while time passes, nothing becomes true that was not true at the point before. */
const isTelling = (point: string): boolean =>
  !/ (sleep|probe|dns:query|ec2:|cloudapi:|route53:(list|get)|cloudflare:(records|zones)|journal:(read|snapshot|append lease))/.test(
    point,
  )

test('killed wherever something changes, a drain and its undrain are whole after one rerun', async () => {
  const name = {vendor: 'route53', registration: 'self'} as const
  const play = async (kind: 'drain' | 'undrain', at: number) => {
    const {sim, wanted, ids, all} = await serving(2, name)
    const watch = watchDns(sim, wanted)
    const [id = ''] = ids
    const out = drain({instances: [id], until: 'removed'})
    if (kind === 'undrain') await drained(sim, wanted, out)
    const request: Request = kind === 'drain' ? out : {kind: 'undrain', instances: [id]}
    const run = (settings: RunSettings = {}) => sim.sync(wanted, {...settings, request})
    const {points} = await runUntil(sim, run, {at, end: 'kill'})
    if (at === Number.POSITIVE_INFINITY) return points
    const where = `${kind} killed at ${points[at]} (${at})`
    expect((await run()).shortcomings, where).toEqual([])
    expect(await inDns(sim, wanted), where).toEqual(all.filter(each => kind === 'undrain' || each !== id))
    expect((await sim.up(wanted)).actions, where).toEqual([])
    expect(watch.early, where).toEqual([])
    return points
  }
  let steps = 0
  for (const kind of ['drain', 'undrain'] as const)
    for (const [at, point] of (await play(kind, Number.POSITIVE_INFINITY)).entries())
      if (isTelling(point)) {
        await play(kind, at)
        steps++
      }
  expect(steps).toBeGreaterThan(10)
  process.stdout.write(`drain: ${steps} kill points\n`)
})

test.each([
  ['cloudflare', 'multivalue', 'mcd'],
  ['cloudflare', 'multivalue', 'self'],
  ['route53', 'multivalue', 'mcd'],
  ['route53', 'simple', 'mcd'],
  ['route53', 'weighted', 'self'],
] as const)(
  'a stopped one ends although another one has its address by now: %s, %s, registration: %s',
  async (...how) => {
    const [vendor, routing, registration] = how
    const {sim, wanted, ids} = await serving(2, {vendor, routing, registration})
    const [stopped = ''] = ids
    const address = sim.guests.addressOf(stopped)
    const region = sim.world.ec2.region('us-east-1').name
    sim.world.ec2.call({principal: {name: 'operator'}, region}, 'StopInstances', {instanceIds: [stopped]})
    await sim.time.advance(5_000)
    await sim.sync(wanted)
    await sim.time.advance(60_000)
    const grown = of(3, {vendor, routing, registration})
    await sim.up(grown)
    expect((await sim.members(grown)).map(({value}) => value)).toContain(address)
    expect((await sim.down(grown, {instances: [stopped]})).shortcomings).toEqual([])
    expect(sim.world.ec2.instance(stopped)?.state).toBe('terminated')
  },
)
