import {describe, expect, test} from 'vitest'
import {InterruptedError, RefusedError} from '../../src/errors.ts'
import type {Fleet} from '../../src/fleet/model.ts'
import type {RunResult} from '../../src/fleet/reconcile.ts'
import {readRecorded} from '../../src/journal/snapshot.ts'
import {type DnsWatch, watchDns} from '../support/dns-watch.ts'
import {dnsName, EAST, fleet, group, wish} from '../support/fleet-builder.ts'
import {type Point, runUntil} from '../support/mortal-run.ts'
import {type RunSettings, SimulatedFleet} from '../support/simulated-fleet.ts'

const FILE_TTL_SECONDS = 150
const LOW_TTL_SECONDS = 60
const MARGIN_MS = 5_000

type Name = Parameters<typeof dnsName>[0]

const of = (name: Name, over: Parameters<typeof group>[2] = {}): Fleet =>
  fleet([group('virginia', 2, over), group('east', 1, {place: EAST, wish: wish({types: ['g1.nano']})})], {
    names: [dnsName({ttlSeconds: FILE_TTL_SECONDS, ...name})],
  })

async function serving(name: Name) {
  const sim = new SimulatedFleet({delays: {dnsServedMs: 10_000}})
  const wanted = of(name)
  expect((await sim.up(wanted)).shortcomings).toEqual([])
  return {sim, wanted, watch: watchDns(sim, wanted)}
}

const lower = (
  sim: SimulatedFleet,
  wanted: Fleet,
  ttlSeconds = LOW_TTL_SECONDS,
  settings: RunSettings = {},
) => sim.sync(wanted, {...settings, request: {kind: 'lower-ttl', ttlSeconds}})

const ttlsOf = async (sim: SimulatedFleet, wanted: Fleet) => [
  ...new Set((await sim.members(wanted)).filter(({type}) => type === 'A').map(({ttlSeconds}) => ttlSeconds)),
]

const took = async (sim: SimulatedFleet, run: () => Promise<RunResult>) => {
  const startMs = sim.time.now()
  const result = await run()
  expect(result.shortcomings).toEqual([])
  return sim.time.now() - startMs
}

function expectLawful({early, fewest}: DnsWatch): void {
  expect(early).toEqual([])
  expect(fewest()).toBeGreaterThan(0)
}

describe.each([
  ['cloudflare', 'mcd'],
  ['route53', 'self'],
] as const)('with %s, registration: %s', (vendor, registration) => {
  const name = {vendor, registration}

  test('a lowered TTL is served everywhere and the longer one passed when the run ends', async () => {
    const {sim, wanted, watch} = await serving(name)
    const tookMs = await took(sim, () => lower(sim, wanted))
    expect(tookMs).toBeGreaterThanOrEqual(FILE_TTL_SECONDS * 1_000 + MARGIN_MS)
    expect(tookMs).toBeLessThan(FILE_TTL_SECONDS * 1_000 + 60_000)
    expect(await ttlsOf(sim, wanted)).toEqual([LOW_TTL_SECONDS])
    expectLawful(watch)
  })

  test('after it an end waits for the lowered TTL alone, and is not early', async () => {
    const {sim, wanted, watch} = await serving(name)
    await lower(sim, wanted)
    const tookMs = await took(sim, () => sim.down(wanted, {groups: ['east']}))
    expect(tookMs).toBeGreaterThanOrEqual(LOW_TTL_SECONDS * 1_000 + MARGIN_MS)
    expect(tookMs).toBeLessThan(FILE_TTL_SECONDS * 1_000)
    expectLawful(watch)
  })

  test('an end while the longer one has not passed waits for it', async () => {
    const {sim, wanted, watch} = await serving(name)
    await runUntil(sim, settings => lower(sim, wanted, LOW_TTL_SECONDS, settings), {
      at: await pointAfterServed(name),
      end: 'kill',
    })
    expect(await ttlsOf(sim, wanted)).toEqual([LOW_TTL_SECONDS])
    expect((await sim.down(wanted, {groups: ['east']})).shortcomings).toEqual([])
    expectLawful(watch)
  })

  test('one that was killed goes on with the time already waited', async () => {
    const {sim, wanted, watch} = await serving(name)
    const startMs = sim.time.now()
    const {result} = await runUntil(sim, settings => lower(sim, wanted, LOW_TTL_SECONDS, settings), {
      at: await pointAfterServed(name),
      end: 'kill',
    })
    expect(result).toBeUndefined()
    await sim.time.run(() => sim.time.runtime().sleep(FILE_TTL_SECONDS * 500))
    expect((await lower(sim, wanted)).shortcomings).toEqual([])
    expect(sim.time.now() - startMs).toBeLessThan(FILE_TTL_SECONDS * 1_000 + 60_000)
    expectLawful(watch)
  })

  test('up and sync leave it lowered, and asked for once more it changes nothing', async () => {
    const {sim, wanted} = await serving(name)
    await lower(sim, wanted)
    const before = await sim.members(wanted)
    for (const run of [await sim.up(wanted), await sim.sync(wanted), await lower(sim, wanted)])
      expect(run.actions).toEqual([])
    expect(await sim.members(wanted)).toEqual(before)
  })

  test('lowered, replaced and restored, the name is never empty and nobody ends early', async () => {
    const {sim, wanted, watch} = await serving(name)
    await lower(sim, wanted)
    const replaced = await sim.replace(wanted)
    expect(replaced.shortcomings).toEqual([])
    expect(await ttlsOf(sim, wanted)).toEqual([LOW_TTL_SECONDS])
    expect((await sim.sync(wanted, {request: {kind: 'restore-ttl'}})).shortcomings).toEqual([])
    expect(await ttlsOf(sim, wanted)).toEqual([FILE_TTL_SECONDS])
    expect((await sim.up(wanted)).actions).toEqual([])
    const tookMs = await took(sim, () => sim.down(wanted, {groups: ['east']}))
    expect(tookMs).toBeGreaterThanOrEqual(FILE_TTL_SECONDS * 1_000 + MARGIN_MS)
    expectLawful(watch)
  })
})

/** The number of a point at which the lowered TTL is served everywhere and the longer one has not passed. */
async function pointAfterServed(name: Name): Promise<number> {
  const {sim, wanted} = await serving(name)
  const {points} = await runUntil(sim, settings => lower(sim, wanted, LOW_TTL_SECONDS, settings), {
    at: Number.POSITIVE_INFINITY,
    end: 'kill',
  })
  const isServed = (point: Point) => point.includes('journal:append ttl-served')
  const at = points.findLastIndex(isServed)
  expect(at).toBeGreaterThan(0)
  return at + 4
}

test('a watch finds nothing to do about it and leaves no trace', async () => {
  const {sim, wanted} = await serving({vendor: 'route53', registration: 'mcd'})
  await lower(sim, wanted)
  const {nextSequence} = await readRecorded(sim.journal)
  const end = new AbortController()
  await sim.time.run(async () => {
    const over = sim.watch(wanted, () => {}, {signal: end.signal})
    await sim.time.runtime().sleep(90_000)
    end.abort(new InterruptedError('SIGINT'))
    await over
  })
  expect((await readRecorded(sim.journal)).nextSequence).toBe(nextSequence)
})

test('a record that somebody gave a longer TTL is waited out as long as it was', async () => {
  const {sim, wanted, watch} = await serving({vendor: 'route53', registration: 'mcd'})
  await lower(sim, wanted)
  const [one] = (await sim.members(wanted)).filter(({type}) => type === 'A')
  const {ttlSeconds: _, ref: __, ...member} = one ?? expect.fail('nobody is there')
  await sim.time.run(async () => {
    const provider = sim.outside(wanted).dns('route53')
    const zone = await provider.findZone('example.com')
    await provider.change(zone, {remove: one ? [one] : [], create: [{...member, ttlSeconds: 240}]})
    await sim.time.runtime().sleep(30_000)
  })
  expect((await sim.up(wanted)).shortcomings).toEqual([])
  expect(await ttlsOf(sim, wanted)).toEqual([LOW_TTL_SECONDS])
  const tookMs = await took(sim, () => sim.down(wanted, {instances: [member.mark?.instance ?? '']}))
  expect(tookMs).toBeGreaterThan(FILE_TTL_SECONDS * 1_000)
  expectLawful(watch)
})

test.each([
  ["as long as the file's", {}, FILE_TTL_SECONDS, 'would not be lower'],
  ['shorter than the vendor takes', {}, 30, 'CloudFlare takes a TTL from 60'],
  ['of a proxied name', {proxied: true}, 60, 'is proxied'],
])('a TTL %s is refused', async (_what, name, ttlSeconds, why) => {
  const {sim, wanted} = await serving(name)
  const before = await sim.members(wanted)
  await expect(lower(sim, wanted, ttlSeconds)).rejects.toThrow(RefusedError)
  await expect(lower(sim, wanted, ttlSeconds)).rejects.toThrow(why)
  expect(await sim.members(wanted)).toEqual(before)
})

test('a name that the file does not have is a mistake', async () => {
  const {sim, wanted} = await serving({})
  await expect(sim.sync(wanted, {request: {kind: 'lower-ttl', names: ['ww.example.com']}})).rejects.toThrow(
    'The fleet file has no name "ww.example.com"; did you mean "www.example.com"?',
  )
})
