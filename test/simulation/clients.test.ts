import {expect, test} from 'vitest'
import {InterruptedError} from '../../src/errors.ts'
import type {DrainQuiet, Fleet} from '../../src/fleet/model.ts'
import {dnsName, EAST, fleet, group, wish} from '../support/fleet-builder.ts'
import {SimulatedFleet} from '../support/simulated-fleet.ts'
import {Clients, type Resolver} from './clients.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
const NAME = 'www.example.com'
const QUIET: DrainQuiet = {forMs: 30_000, maxMs: DAY_MS, by: {kind: 'ssh'}}

/** A day of clients and looks, on a machine that has other work. */
const A_DAY_TAKES_MS = 120_000

type Vendor = 'cloudflare' | 'route53'

/** Half of them on EC2, half on Triton. */
const spread = (count: number, vendor: Vendor, over: Partial<Fleet> = {}): Fleet =>
  fleet(
    [
      group('virginia', count / 2, {wish: wish({open: [80]})}),
      group('east', count / 2, {place: EAST, wish: wish({types: ['g1.nano'], open: [80]})}),
    ],
    {names: [dnsName({vendor, registration: vendor === 'route53' ? 'self' : 'mcd'})], ...over},
  )

/** A fleet that has served for a while, with clients behind resolvers of these kinds. */
async function visited(
  count: number,
  vendor: Vendor,
  visitors: Readonly<Partial<Record<Resolver, number>>>,
  picks: 'one' | 'any' = 'one',
) {
  const sim = new SimulatedFleet({delays: {dnsServedMs: 10_000}})
  expect((await sim.up(spread(count, vendor))).shortcomings).toEqual([])
  await sim.time.advance(MINUTE_MS)
  const clients = new Clients(sim)
  let seed = 1
  for (const [resolver, many] of Object.entries(visitors) as [Resolver, number][])
    for (let each = 0; each < many; each++) clients.add({vendor, name: NAME, resolver, seed: seed++, picks})
  await sim.time.advance(5 * MINUTE_MS)
  expect(clients.failures).toEqual([])
  return {sim, clients}
}

test.each<Vendor>(['cloudflare', 'route53'])(
  'from 14 to 4 on %s, no request of any client fails with drain.quiet, however long resolvers keep an address',
  async vendor => {
    const {sim, clients} = await visited(14, vendor, {honest: 3, stretching: 3, rogue: 4})
    const startMs = sim.time.now()
    const run = await sim.up(spread(4, vendor, {drainQuiet: QUIET}))
    const tookMs = sim.time.now() - startMs
    await sim.time.advance(10 * MINUTE_MS)
    clients.end()
    await sim.time.advance(MINUTE_MS)

    expect(run.shortcomings).toEqual([])
    expect(clients.failures).toEqual([])
    expect(Math.min(...Object.values(clients.served))).toBeGreaterThan(100)
    // They were really led to those that had left: the last of them ended when the day was over.
    expect(tookMs).toBeGreaterThan(20 * 60 * MINUTE_MS)
    expect(tookMs).toBeLessThan(DAY_MS + 5 * MINUTE_MS)
    const {honest, stretching, rogue} = clients.served
    process.stdout.write(
      `clients, ${vendor}: ${honest} requests behind honest, ${stretching} behind stretching and ${rogue} behind rogue resolvers, none failed; the scale-down took ${Math.round(tookMs / 360_000) / 10} h\n`,
    )
  },
  A_DAY_TAKES_MS,
)

test('clients that use another address each time are at each of them but rarely: a longer quiet sees them', async () => {
  // So many that somebody is at each address within ten minutes; a few leave gaps that are longer, as README says of rare clients.
  const {sim, clients} = await visited(14, 'route53', {stretching: 24}, 'any')
  const run = await sim.up(spread(4, 'route53', {drainQuiet: {...QUIET, forMs: 10 * MINUTE_MS}}))
  clients.end()
  await sim.time.advance(MINUTE_MS)
  expect(run.shortcomings).toEqual([])
  expect(clients.failures).toEqual([])
})

test.each<Vendor>(['cloudflare', 'route53'])(
  'from 14 to 4 on %s, no request behind an honest resolver fails with the default, and only those',
  async vendor => {
    const {sim, clients} = await visited(14, vendor, {honest: 20, stretching: 8, rogue: 8})
    expect((await sim.up(spread(4, vendor))).shortcomings).toEqual([])
    await sim.time.advance(10 * MINUTE_MS)
    expect(clients.failed('honest')).toBe(0)
    // These are who drain.quiet is for.
    expect(clients.failed('stretching')).toBeGreaterThan(0)
    expect(clients.failed('rogue')).toBeGreaterThan(0)
  },
)

test.each<Vendor>(['cloudflare', 'route53'])(
  'while every instance on %s is replaced, no request behind an honest resolver fails with the default',
  async vendor => {
    const {sim, clients} = await visited(4, vendor, {honest: 20})
    const run = await sim.replace(spread(4, vendor))
    await sim.time.advance(5 * MINUTE_MS)
    expect(run.shortcomings).toEqual([])
    expect(run.actions.filter(({kind}) => kind === 'terminate').length).toBeGreaterThan(1)
    expect(clients.failures).toEqual([])
    expect(clients.served.honest).toBeGreaterThan(100)
  },
)

test('while every instance is replaced, drain.quiet spares those behind stretching resolvers, too', async () => {
  const {sim, clients} = await visited(4, 'cloudflare', {honest: 4, stretching: 4})
  const run = await sim.replace(spread(4, 'cloudflare', {drainQuiet: QUIET}))
  await sim.time.advance(5 * MINUTE_MS)
  expect(run.shortcomings).toEqual([])
  expect(clients.failures).toEqual([])
  expect(clients.served.stretching).toBeGreaterThan(100)
})

const endsOf = (sim: SimulatedFleet) =>
  sim.progress.flatMap(event =>
    event.kind === 'started' && event.action.kind === 'terminate' ? [event.action] : [],
  )

test('when drain.max has passed, who is still used ends all the same, and the run and its journal say who was there', async () => {
  const {sim, clients} = await visited(2, 'cloudflare', {rogue: 8})
  const maxMs = 10 * MINUTE_MS
  const startMs = sim.time.now()
  const run = await sim.down(spread(2, 'cloudflare', {drainQuiet: {...QUIET, maxMs}}))
  expect(run.converged).toBe(true)
  expect(sim.time.now() - startMs).toBeGreaterThan(maxMs)
  const inUse = endsOf(sim).flatMap(action => action.inUse ?? [])
  expect(inUse).toHaveLength(2)
  for (const use of inUse) expect(use).toEqual({instance: use.instance, connections: expect.any(Number)})
  expect(inUse.reduce((sum, use) => sum + ('connections' in use ? use.connections : 0), 0)).toBeGreaterThan(0)
  const events = await sim.journal.read(0)
  const missed = events.flatMap(({event}) => (event.type === 'quiet-missed' ? [...event.instances] : []))
  expect(missed).toEqual(inUse)
  await sim.time.advance(MINUTE_MS)
  expect(clients.failures.length).toBeGreaterThan(0)
})

test('who cannot be asked is waited for until drain.max, and the run says why', async () => {
  const {sim} = await visited(2, 'cloudflare', {})
  sim.wrapOutside = outside => ({...outside, countConnections: async () => ({why: 'Permission denied'})})
  const maxMs = 10 * MINUTE_MS
  const startMs = sim.time.now()
  await sim.down(spread(2, 'cloudflare', {drainQuiet: {...QUIET, maxMs}}))
  expect(sim.time.now() - startMs).toBeGreaterThan(maxMs)
  const waits = sim.progress.flatMap(event => (event.kind === 'waiting' ? event.actions : []))
  const told = waits.flatMap(action => (action.kind === 'drain' ? (action.uses ?? []) : []))
  expect(new Set(told.map(use => 'why' in use && use.why))).toEqual(new Set(['Permission denied']))
  expect(endsOf(sim).flatMap(({inUse = []}) => inUse)).toHaveLength(2)
})

test('a drain that was interrupted goes on with the time already waited', async () => {
  const {sim} = await visited(2, 'cloudflare', {})
  sim.guests.connectionsTo = () => 1
  const wanted = spread(2, 'cloudflare', {drainQuiet: {...QUIET, maxMs: 20 * MINUTE_MS}})
  const startMs = sim.time.now()
  const stop = new AbortController()
  sim.time.clock.after(11 * MINUTE_MS, () => stop.abort(new InterruptedError()))
  await expect(sim.down(wanted, {}, {signal: stop.signal})).rejects.toThrow(InterruptedError)
  await sim.time.advance(3 * MINUTE_MS)
  expect((await sim.down(wanted)).converged).toBe(true)
  const tookMs = sim.time.now() - startMs
  // The removal served, the TTL and its margin, and drain.max: as though nothing had come between.
  expect(tookMs).toBeGreaterThan(20 * MINUTE_MS + 65_000)
  expect(tookMs).toBeLessThan(20 * MINUTE_MS + 65_000 + 45_000)
})

test('a quiet instance ends after half a minute, in which mcd makes no connection to it but to count', async () => {
  const {sim} = await visited(2, 'cloudflare', {})
  const wanted = spread(2, 'cloudflare', {drainQuiet: QUIET})
  const asked: string[] = []
  sim.wrapOutside = outside => ({
    ...outside,
    probe: target => {
      asked.push('probe')
      return outside.probe(target)
    },
    countConnections: target => {
      asked.push('count')
      return outside.countConnections(target)
    },
  })
  const startMs = sim.time.now()
  expect((await sim.down(wanted)).converged).toBe(true)
  // The removal served, the TTL and its margin, half a minute, and the end.
  expect(sim.time.now() - startMs).toBeLessThan(10_000 + 65_000 + 30_000 + 30_000)
  expect(asked.slice(asked.indexOf('count'))).toEqual(Array.from({length: 2 * 7}, () => 'count'))
})
