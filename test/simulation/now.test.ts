import {expect, test} from 'vitest'
import {UsageError} from '../../src/errors.ts'
import type {Fleet} from '../../src/fleet/model.ts'
import type {RunResult} from '../../src/fleet/reconcile.ts'
import {watchDns} from '../support/dns-watch.ts'
import {dnsName, fleet, group} from '../support/fleet-builder.ts'
import {truth} from '../support/laws.ts'
import {SimulatedFleet} from '../support/simulated-fleet.ts'

const TTL_MS = 60_000
const of = (count: number, over: Parameters<typeof dnsName>[0] = {}): Fleet =>
  fleet([group('virginia', count)], {names: [dnsName(over)]})

async function serving(count: number, over: Parameters<typeof dnsName>[0] = {}) {
  const sim = new SimulatedFleet()
  const wanted = of(count, over)
  const up = await sim.up(wanted)
  expect(up.converged).toBe(true)
  return {sim, wanted, watch: watchDns(sim, wanted)}
}

/** What its first plan says of the cost. */
const costOf = (sim: SimulatedFleet): string[] => {
  const plans = sim.progress.flatMap(event => (event.kind === 'planned' ? [event.plan] : []))
  return (plans.at(-1)?.notes ?? []).filter(({kind}) => kind === 'outage').map(({text}) => text)
}

const kindsOf = ({actions}: RunResult) => actions.map(({kind}) => kind)

test('--now ends instances without waiting, out of DNS first all the same', async () => {
  const {sim, wanted, watch} = await serving(2)
  const startMs = sim.time.now()
  const down = await sim.down(wanted, {}, {now: true})
  expect(down.shortcomings).toEqual([])
  expect(kindsOf(down).slice(0, 2)).toEqual(['deregister', 'terminate'])
  expect(sim.time.now() - startMs).toBeLessThan(TTL_MS)
  // That is what it costs.
  expect(watch.early).toHaveLength(2)
})

test('--now says beforehand what it costs: the vendor, the TTL, and what clients add', async () => {
  const {sim, wanted} = await serving(2)
  await sim.down(wanted, {}, {now: true})
  expect(costOf(sim)).toEqual([
    "Because of --now 2 instances end while resolvers may still remember them. Whoever uses one of them is without the service: at www.example.com from 3s to 5m10s (up to 1m until the vendor's servers follow, a TTL of 60 s, and 3 s to 190 s that clients add themselves; longer where a resolver stretches the TTL).",
  ])
})

test('of a proxied name the edge alone has to follow', async () => {
  const {sim, wanted} = await serving(1, {proxied: true, ttlSeconds: 300})
  await sim.down(wanted, {}, {now: true})
  expect(costOf(sim).join()).toContain('at www.example.com from 0s to 1m (it is proxied')
})

test('where nobody ends --now costs nothing, and nothing is said without it', async () => {
  const {sim, wanted} = await serving(2)
  await sim.up(wanted, {now: true})
  expect(costOf(sim)).toEqual([])
  await sim.up(of(1))
  expect(costOf(sim)).toEqual([])
})

test('who was out of DNS for long costs nobody anything, and is not counted', async () => {
  const {sim, wanted} = await serving(3)
  const [first = '', second = ''] = truth(sim, wanted).map(({id}) => id)
  const drain = (id: string, until: 'removed' | 'forgotten') =>
    sim.sync(wanted, {request: {kind: 'drain', until, instances: [id]}})
  await drain(first, 'forgotten')
  await drain(second, 'removed')
  await sim.down(wanted, {instances: [first]}, {now: true})
  expect(costOf(sim)).toEqual([])
  await sim.down(wanted, {}, {now: true})
  expect(costOf(sim).join()).toMatch(/^Because of --now 2 instances end while/)
})

test('a rollout with --now still keeps the name served', async () => {
  const {sim, wanted, watch} = await serving(2)
  const run = await sim.replace(wanted, {}, {now: true})
  expect(run.shortcomings).toEqual([])
  expect(watch.fewest()).toBeGreaterThan(0)
})

test('--now does not take the last serving address either', async () => {
  const {sim, wanted} = await serving(1)
  await expect(sim.down(wanted, {groups: ['virginia']}, {now: true})).rejects.toThrow(UsageError)
})

test('a drain that is under way is cut short by --now', async () => {
  const {sim, wanted} = await serving(3)
  const up = await sim.up(of(3))
  const [id = ''] = [...up.observed.places.values()].flatMap(place =>
    place.readable ? place.instances.map(instance => instance.id) : [],
  )
  await sim.sync(wanted, {request: {kind: 'drain', until: 'removed', instances: [id]}})
  const startMs = sim.time.now()
  expect((await sim.down(wanted, {instances: [id]}, {now: true})).converged).toBe(true)
  expect(sim.time.now() - startMs).toBeLessThan(TTL_MS / 2)
})
