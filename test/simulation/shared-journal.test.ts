import {describe, expect, test} from 'vitest'
import {EXIT, LockedError} from '../../src/errors.ts'
import {LEASE_MS} from '../../src/journal/fold-lease.ts'
import {objectJournal} from '../../src/journal/objects.ts'
import type {ObjectStore} from '../../src/providers/objects.ts'
import type {Runtime} from '../../src/runtime.ts'
import {dnsName, EAST, fleet, group, VIRGINIA, wish} from '../support/fleet-builder.ts'
import {expectExactly} from '../support/laws.ts'
import {mortal} from '../support/mortal-run.ts'
import {type RunSettings, SimulatedFleet} from '../support/simulated-fleet.ts'

/** Two runners and one journal in a bucket: each has a handle of its own, and each call takes a while there and back. */

const of = fleet(
  [
    group('virginia', 2, {place: VIRGINIA, wish: wish({open: [80]})}),
    group('east', 1, {place: EAST, wish: wish({types: ['g1.nano'], open: [80]})}),
  ],
  {names: [dnsName({vendor: 'route53'})]},
)

/** A bucket with conditional writes, as S3 keeps them. */
function bucket({sleep, random}: Runtime): ObjectStore {
  const objects = new Map<string, {text: string; version: string}>()
  let versions = 0
  const travel = () => sleep(Math.round(5 + random() * 60))
  const carried = async <T>(serve: () => T): Promise<T> => {
    await travel()
    const answer = serve()
    await travel()
    return answer
  }
  const put = (key: string, text: string) => void objects.set(key, {text, version: String(++versions)})
  return {
    name: 's3://states/web',
    get: key => carried(() => objects.get(key)),
    list: (prefix, after = '') =>
      carried(() => [...objects.keys()].filter(key => key.startsWith(prefix) && key > after).sort()),
    create: (key, text) =>
      carried(() => {
        if (objects.has(key)) return 'exists'
        put(key, text)
        return 'created'
      }),
    replace: (key, text, version) =>
      carried(() => {
        if (objects.get(key)?.version !== version) return 'changed'
        put(key, text)
        return 'replaced'
      }),
  }
}

function scene(seed: number) {
  const sim = new SimulatedFleet({seed})
  const store = bucket(sim.time.runtime())
  const journal = () => objectJournal(store)
  const up = async (host: string, settings: RunSettings = {}) =>
    sim.start(of, {kind: 'up'}, {host, journal: await journal(), ...settings})
  return {sim, up, journal}
}

const ROUNDS = 50
/** What it takes to look at the lease, and at the clouds before it is taken. */
const LOOKS_MS = 5_000

describe('one journal in a bucket', () => {
  test(`of two runners that start at one moment exactly one works; the other exits 4, or waits and finds nothing to do (${ROUNDS} times)`, async () => {
    for (let seed = 1; seed <= ROUNDS; seed++) {
      const {sim, up} = scene(seed)
      const wait = seed % 2 === 0
      const outcomes = await sim.time.run(() =>
        Promise.allSettled([up('runner-1', {wait}), up('runner-2', {wait})]),
      )
      const done = outcomes.flatMap(outcome => (outcome.status === 'fulfilled' ? [outcome.value] : []))
      const refused = outcomes.flatMap(outcome => (outcome.status === 'rejected' ? [outcome.reason] : []))
      expect(done.filter(({actions}) => actions.length > 0).map(({exit}) => exit)).toEqual([EXIT.done])
      expect(done.filter(({actions}) => actions.length === 0)).toHaveLength(wait ? 1 : 0)
      expect(refused.map(reason => reason instanceof LockedError)).toEqual(wait ? [] : [true])
      await expectExactly(sim, of, {virginia: 2, east: 1})
    }
  })

  test('a runner that was killed holds the next one up for no longer than the lease, and that one converges', async () => {
    for (const at of [1, 4, 9, 14]) {
      const {sim, up, journal} = scene(at)
      const run = mortal(sim, {at, among: {side: 'after', call: 'journal:append'}, end: 'kill'})
      const killedAtMs = await sim.time.run(async () => {
        await up('runner-1', run.settings).catch(() => undefined)
        return sim.time.now()
      })
      expect(run.ended()).toBeDefined()
      const events = await sim.time.run(async () => {
        expect((await up('runner-2')).exit).toBe(EXIT.done)
        return (await journal()).read()
      })
      const second = events.findLast(({event}) => event.type === 'run-started')
      expect((second?.atMs ?? 0) - killedAtMs).toBeLessThanOrEqual(LEASE_MS + LOOKS_MS)
      await expectExactly(sim, of, {virginia: 2, east: 1})
    }
  })
})
