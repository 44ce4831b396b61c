import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {EXIT, LockedError, UnreachableError} from '../../src/errors.ts'
import {fold} from '../../src/journal/fold.ts'
import {LEASE_MS} from '../../src/journal/fold-lease.ts'
import type {Journal} from '../../src/journal/journal.ts'
import {objectJournal} from '../../src/journal/objects.ts'
import {postgresJournal} from '../../src/journal/postgres.ts'
import {realRuntime} from '../../src/runtime.ts'
import type {Carry} from '../support/carry.ts'
import {dnsName, EAST, fleet, group, VIRGINIA, wish} from '../support/fleet-builder.ts'
import {expectExactly} from '../support/laws.ts'
import {changes, mortal} from '../support/mortal-run.ts'
import {type PostgresServer, postgresPrograms, startPostgres} from '../support/postgres.ts'
import {simulatedBucket} from '../support/simulated-bucket.ts'
import {type RunSettings, SimulatedFleet} from '../support/simulated-fleet.ts'
import type {VirtualTime} from '../support/virtual-runtime.ts'

/**
 * Two runners and one journal that both reach: each has a handle of its own, and each call takes a while there and back. The
 * bucket is in memory. PostgreSQL is a real server: what two runners send it at one instant, it gets at once over two
 * connections, and virtual time stands still meanwhile.
 */

const of = fleet(
  [
    group('virginia', 2, {place: VIRGINIA, wish: wish({open: [80]})}),
    group('east', 1, {place: EAST, wish: wish({types: ['g1.nano'], open: [80]})}),
  ],
  {names: [dnsName({vendor: 'route53'})]},
)

/** Opens one more handle on the one journal of a scene. */
type Open = () => Promise<Journal>

/** In every other scene nothing takes any time on the way: there all that both runners do is at the same instants. */
function travelling(journal: Journal, {clock, random}: VirtualTime, seed: number): Journal {
  const travel = () =>
    seed % 4 < 2
      ? new Promise<void>(done => void clock.after(Math.round(5 + random() * 60), done))
      : Promise.resolve()
  const carried =
    <A extends unknown[], T>(serve: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      await travel()
      return serve(...args).finally(travel)
    }
  return {
    read: carried(journal.read),
    append: carried(journal.append),
    loadSnapshot: carried(journal.loadSnapshot),
    saveSnapshot: carried(journal.saveSnapshot),
    close: journal.close,
  }
}

/** A journal of a real server, in virtual time, whose milliseconds come in fractions, too. */
function outside({read, append, loadSnapshot, saveSnapshot, close}: Journal, time: VirtualTime): Journal {
  return {
    read: after => time.outside(() => read(after)),
    append: (expected, events) => {
      const whole = events.map(event => ({...event, atMs: Math.round(event.atMs)}))
      return time.outside(() => append(expected, whole))
    },
    loadSnapshot: version => time.outside(() => loadSnapshot(version)),
    saveSnapshot: snapshot => time.outside(() => saveSnapshot(snapshot)),
    close,
  }
}

const ROUNDS = 50
/** They take seconds; a machine that is busy with other things takes longer. */
const ROUNDS_LIMIT_MS = 180_000
/** What it takes to look at the lease, and at the clouds before it is taken. */
const LOOKS_MS = 2_000
/** What a store takes to be given up. */
const GIVEN_UP_MS = 20_000

function describeSharing(open: (time: VirtualTime) => Open, close: () => Promise<void>) {
  function scene(seed: number) {
    const sim = new SimulatedFleet({seed})
    const handle = open(sim.time)
    const journal = async () => travelling(await handle(), sim.time, seed)
    const up = async (host: string, settings: RunSettings = {}) =>
      sim.start(of, {kind: 'up'}, {host, journal: await journal(), ...settings})
    const written = () => sim.time.run(async () => (await handle()).read())
    return {sim, up, written}
  }

  test(
    `of two runners that start at one moment exactly one works; the other exits 4, or waits and finds nothing to do (${ROUNDS} times)`,
    async () => {
      for (let seed = 1; seed <= ROUNDS; seed++) {
        const {sim, up, written} = scene(seed)
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
        const events = await written()
        expect(events.map(({sequence}) => sequence)).toEqual(events.map((_, index) => index + 1))
        expect(new Set(events.map(({run}) => run)).size).toBe(wait ? 2 : 1)
        expect(fold(events).lease).toBeUndefined()
        await close()
      }
    },
    ROUNDS_LIMIT_MS,
  )

  test.each([1, 4, 9, 14])(
    'a runner that was killed after its append %i holds the next one up for no longer than the lease, and that one converges',
    async at => {
      const {sim, up, written} = scene(at)
      const run = mortal(sim, {at, among: {side: 'after', call: 'journal:append'}, end: 'kill'})
      const killedAtMs = await sim.time.run(async () => {
        await up('runner-1', run.settings).catch(() => undefined)
        return sim.time.now()
      })
      expect(run.ended()).toBeDefined()
      await sim.time.run(async () => expect((await up('runner-2')).exit).toBe(EXIT.done))
      const second = (await written()).findLast(({event}) => event.type === 'run-started')
      expect((second?.atMs ?? 0) - killedAtMs).toBeLessThanOrEqual(LEASE_MS + LOOKS_MS)
      await expectExactly(sim, of, {virginia: 2, east: 1})
      await close()
    },
  )

  test.each([1, 2, 3, 5, 8, 12])(
    'a runner that its journal is cut off from at append %i begins no call any more, and the next one converges',
    async at => {
      const {sim, up} = scene(at)
      let appends = 0
      let isGivenUp = false
      const late: string[] = []
      const carry: Carry = async (call, send) => {
        if (isGivenUp && changes(call)) late.push(call)
        if (call.startsWith('journal:append')) appends++
        if (!call.startsWith('journal:') || appends <= at) return send()
        await new Promise<void>(done => void sim.time.clock.after(GIVEN_UP_MS, done))
        isGivenUp = true
        throw new UnreachableError('The store of the journal could not be reached.')
      }
      await sim.time.run(async () => {
        await expect(up('runner-1', {carry})).rejects.toThrow(UnreachableError)
        expect((await up('runner-2')).exit).toBe(EXIT.done)
      })
      expect({appends: appends > at, late}).toEqual({appends: true, late: []})
      await expectExactly(sim, of, {virginia: 2, east: 1})
      await close()
    },
  )
}

describe('one journal in a bucket', () => {
  describeSharing(
    () => {
      const store = simulatedBucket('s3://states/web')
      return () => objectJournal(store)
    },
    async () => {},
  )
})

describe.skipIf(postgresPrograms() === undefined)('one journal in PostgreSQL (needs postgresql)', () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server?.close())
  let scenes = 0
  const opened: Journal[] = []

  describeSharing(
    time => {
      // A new one for every fifth scene: its tables are made by whoever comes first, or by both at once.
      const schema = `scenes_${Math.floor(++scenes / 5)}`
      const name = `web-${scenes}`
      const {port, user} = server
      const place = {kind: 'postgres', host: '127.0.0.1', port, user, database: 'postgres', schema} as const
      const runtime = realRuntime()
      return () =>
        time.outside(async () => {
          const journal = await postgresJournal({...place, sslmode: 'disable'}, name, {runtime})
          opened.push(journal)
          return outside(journal, time)
        })
    },
    async () => {
      await Promise.all(opened.splice(0).map(journal => journal.close()))
    },
  )
})
