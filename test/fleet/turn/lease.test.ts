import {describe, expect, test} from 'vitest'
import {EXIT, InterruptedError, LockedError} from '../../../src/errors.ts'
import {breakLease} from '../../../src/fleet/turn/break-lease.ts'
import {type Identity, lockedBy, mayWrite, standingOf} from '../../../src/fleet/turn/lease.ts'
import type {JournalEvent} from '../../../src/journal/events.ts'
import {fold} from '../../../src/journal/fold.ts'
import type {Lease} from '../../../src/journal/fold-lease.ts'
import type {Journal} from '../../../src/journal/journal.ts'
import type {ProcessIdentity} from '../../../src/process-identity.ts'
import type {Carry} from '../../support/carry.ts'
import {dnsName, EAST, fleet, group, VIRGINIA, wish} from '../../support/fleet-builder.ts'
import {expectExactly} from '../../support/laws.ts'
import {type RunSettings, SimulatedFleet} from '../../support/simulated-fleet.ts'

/** Decision 27, rule by rule. */

const PROCESS: ProcessIdentity = {pid: 4711, startedAt: '100', bootId: 'boot-1', pidNamespace: 'pid:[1]'}
const BARE = {
  type: 'run-started',
  command: 'up',
  version: '0.2.0',
  host: 'laptop',
  user: 'bob',
  pid: 4711,
} as const
const HELD = {...BARE, process: PROCESS, leaseMs: 30_000}
const ENDED: JournalEvent = {type: 'run-finished', exit: 0, converged: true}
const broken = (run: string): JournalEvent => ({type: 'lease-broken', run, user: 'ann', host: 'laptop'})

/** The lease after these events of the run `run-1`. */
const leaseAfter = (...events: JournalEvent[]): Lease | undefined =>
  fold(events.map((event, index) => ({sequence: index + 1, atMs: index, run: 'run-1', event}))).lease

describe('what can be told of the lease at once', () => {
  const self: Pick<Identity, 'host' | 'process'> = {host: 'laptop', process: {...PROCESS, pid: 4712}}
  test.each<[rule: string, events: JournalEvent[], isRunning: boolean, expected: string]>([
    ['nobody ever ran: it is free', [], true, 'free'],
    ['the last run ended: it is free', [HELD, ENDED], true, 'free'],
    ['its process works on this host', [HELD], true, 'alive'],
    ['its process on this host is gone', [HELD], false, 'holder-gone'],
    ['a person said that the run is dead', [HELD, broken('run-1')], true, 'unlocked'],
    ['a person said so of an earlier run', [HELD, broken('run-0')], true, 'alive'],
    ['it runs on another host', [{...HELD, host: 'server'}], false, 'unknown'],
    ['another host has this name', [{...HELD, process: {...PROCESS, bootId: 'boot-2'}}], false, 'unknown'],
    ['it runs in a container', [{...HELD, process: {...PROCESS, pidNamespace: '2'}}], false, 'unknown'],
    ['its system told no process', [BARE], false, 'unknown'],
  ])('%s', (_rule, events, isRunning, expected) => {
    const standing = standingOf(leaseAfter(...events), self, () => isRunning)
    expect(standing.kind === 'left' ? standing.takenOver.because : standing.kind).toBe(expected)
  })
})

describe('a run writes', () => {
  test.each<[rule: string, before: JournalEvent[], run: string, added: JournalEvent[], allowed: boolean]>([
    ['nothing before it took the lease', [], 'run-1', [], false],
    ['once it takes it', [], 'run-1', [HELD], true],
    ['while it holds it', [HELD], 'run-1', [], true],
    ['nothing after it gave it back', [HELD, ENDED], 'run-1', [], false],
    ['nothing after it was broken', [HELD, broken('run-1')], 'run-1', [], false],
    ['nothing while another holds it', [HELD], 'run-2', [], false],
    ['nothing over another that holds it', [HELD], 'run-2', [HELD], false],
    [
      'once it says what it takes over',
      [HELD],
      'run-2',
      [{...HELD, takenOver: {run: 'run-1', because: 'expired'}}],
      true,
    ],
  ])('%s', (_rule, before, run, added, allowed) => {
    expect(mayWrite(leaseAfter(...before), run, added)).toBe(allowed)
  })
})

const of = (virginia: number, east = 0) =>
  fleet(
    [
      group('virginia', virginia, {place: VIRGINIA, wish: wish({open: [80]})}),
      ...(east > 0 ? [group('east', east, {place: EAST, wish: wish({types: ['g1.nano'], open: [80]})})] : []),
    ],
    {names: [dnsName({vendor: 'route53', registration: 'mcd'})]},
  )

function scene() {
  const sim = new SimulatedFleet()
  return {
    sim,
    runtime: sim.time.runtime(),
    up: (settings: RunSettings = {}) => sim.start(of(2), {kind: 'up'}, settings),
    down: (settings: RunSettings = {}) => sim.start(of(2), {kind: 'down'}, settings),
    events: async () => (await sim.journal.read()).map(({event}) => event),
    lastStart: async () => {
      const events = await sim.journal.read()
      return events.flatMap(({event}) => (event.type === 'run-started' ? [event] : [])).at(-1)
    },
    launches: () => sim.world.calls.records.filter(({action}) => action === 'RunInstances').length,
  }
}

/** Nothing gets out of the run, and nothing in, from `stop` to `go`: SIGSTOP and SIGCONT. */
function stoppable(): {carry: Carry; stop(): void; go(): void} {
  let gate = Promise.withResolvers<void>()
  gate.resolve()
  return {
    async carry(_call, send) {
      await gate.promise
      return send().finally(() => gate.promise)
    },
    stop: () => {
      gate = Promise.withResolvers()
    },
    go: () => gate.resolve(),
  }
}

describe('while a run works', () => {
  test('one on its own host is refused at once, with who works and what to do', async () => {
    const {sim, runtime, up} = scene()
    await sim.time.run(async () => {
      const first = up()
      await runtime.sleep(5_000)
      const startMs = sim.time.now()
      const error = await up().catch(thrown => thrown)
      expect(error).toBeInstanceOf(LockedError)
      expect(error.message).toMatch(
        /^Another run works on this fleet: "mcd up" by nobody on simulation \(process 1\), since 2026-01-01 00:00:.* UTC\. Without a further sign of life from it, its lease ends at 2026-01-01 00:00:.* UTC\.$/,
      )
      expect(error.suggestions.join('\n')).toMatch(/--wait(.|\n)*mcd state unlock/)
      expect(sim.time.now()).toBe(startMs)
      expect((await first).exit).toBe(EXIT.done)
    })
  })

  test('one that is refused by a pipeline is told the page of its job', () => {
    const job = 'https://ci.example.com/jobs/17'
    const holder = fold([
      {
        sequence: 1,
        atMs: Date.UTC(2026, 0, 1),
        run: 'r-1',
        event: {type: 'run-started', command: 'up', version: '1', host: 'runner', user: 'ci', pid: 9, job},
      },
    ]).lease
    expect(holder && lockedBy(holder).message).toContain(`"mcd up" by ci on runner (${job}), since`)
  })

  test('one on another host is refused as soon as it sees a sign of life', async () => {
    const {sim, runtime, up} = scene()
    await sim.time.run(async () => {
      const first = up({host: 'server'})
      await runtime.sleep(5_000)
      const startMs = sim.time.now()
      await expect(up()).rejects.toThrow(LockedError)
      expect(sim.time.now() - startMs).toBeLessThanOrEqual(12_000)
      expect((await first).exit).toBe(EXIT.done)
    })
  })

  test.each(['simulation', 'server'])(
    'on %s, one that waits says so once, has its turn after it, and finds all done',
    async host => {
      const {sim, runtime, down} = scene()
      await sim.up(of(2))
      await sim.time.run(async () => {
        // It drains for longer than two leases.
        const first = down({host})
        await runtime.sleep(5_000)
        const second = down({wait: true})
        expect((await first).actions.length).toBeGreaterThan(0)
        expect((await second).actions).toEqual([])
      })
      expect(sim.progress.filter(({kind}) => kind === 'locked')).toHaveLength(1)
    },
  )

  test('it gives a sign of life every ten seconds, and none after its end', async () => {
    const {sim, down} = scene()
    let asleep = 0
    const carry: Carry = async (call, send) => {
      if (call !== 'sleep') return send()
      asleep++
      return send().finally(() => asleep--)
    }
    await sim.up(of(2))
    const up = await sim.journal.read()
    await sim.time.run(() => down({carry}))
    const written = (await sim.journal.read()).slice(up.length)
    const gaps = written.map(({atMs}, at) => atMs - (written[at - 1]?.atMs ?? atMs))
    // It drains for a TTL of a minute.
    expect(written.filter(({event}) => event.type === 'lease-renewed').length).toBeGreaterThanOrEqual(6)
    expect(Math.max(...gaps)).toBeLessThanOrEqual(10_000)
    expect(written.at(-1)?.event).toEqual({type: 'run-finished', exit: EXIT.done, converged: true})
    expect(asleep).toBe(0)
  })
})

describe('when two begin at once', () => {
  test('the first to write has the lease, and the other ends before it changes anything', async () => {
    const {sim, up, launches} = scene()
    const ends = await sim.time.run(() => Promise.allSettled([up({host: 'server'}), up()]))
    expect(ends.map(end => (end.status === 'rejected' ? end.reason.exit : end.value.exit)).sort()).toEqual([
      EXIT.done,
      EXIT.locked,
    ])
    expect(launches()).toBe(2)
    await expectExactly(sim, of(2))
  })

  test('the other begins anew where it is to wait', async () => {
    const {sim, up, launches} = scene()
    const ends = await sim.time.run(() => Promise.all([up({wait: true}), up({wait: true})]))
    expect(ends.map(({exit}) => exit)).toEqual([EXIT.done, EXIT.done])
    expect(launches()).toBe(2)
  })
})

describe('a run that was killed', () => {
  test('on this host is succeeded at once', async () => {
    const {sim, runtime, up, lastStart} = scene()
    await sim.time.run(async () => {
      const kill = Promise.withResolvers<never>()
      const {carry, stop} = stoppable()
      const killed = up({carry, death: kill.promise})
      await runtime.sleep(5_000)
      stop()
      kill.reject(new Error('killed'))
      await expect(killed).rejects.toThrow('killed')
      expect((await up()).exit).toBe(EXIT.done)
      expect((await lastStart())?.takenOver?.because).toBe('holder-gone')
    })
    expect(sim.progress.filter(({kind}) => kind === 'locked')).toEqual([])
    await expectExactly(sim, of(2))
  })

  test('on another host is succeeded after one lease period without a sign of life', async () => {
    const {sim, runtime, up, lastStart} = scene()
    await sim.time.run(async () => {
      const kill = Promise.withResolvers<never>()
      const {carry, stop} = stoppable()
      const killed = up({host: 'server', carry, death: kill.promise})
      await runtime.sleep(5_000)
      stop()
      kill.reject(new Error('killed'))
      await expect(killed).rejects.toThrow('killed')
      const rerun = up()
      await runtime.sleep(29_000)
      expect(await lastStart()).toMatchObject({host: 'server'})
      expect((await rerun).exit).toBe(EXIT.done)
      expect(await lastStart()).toMatchObject({host: 'simulation', takenOver: {because: 'expired'}})
    })
    await expectExactly(sim, of(2))
  })
})

describe('a run that stood still for a minute', () => {
  test('goes on when nobody came: its next event renews the lease', async () => {
    const {sim, runtime, up} = scene()
    await sim.time.run(async () => {
      const {carry, stop, go} = stoppable()
      const first = up({carry})
      await runtime.sleep(5_000)
      stop()
      await runtime.sleep(60_000)
      go()
      expect((await first).exit).toBe(EXIT.done)
    })
    await expectExactly(sim, of(2))
  })

  test('ends without another change when somebody took over, and says who', async () => {
    const {sim, runtime, up} = scene()
    await sim.time.run(async () => {
      const {carry, stop, go} = stoppable()
      const first = up({host: 'server', carry})
      await runtime.sleep(5_000)
      stop()
      const second = up()
      await runtime.sleep(60_000)
      go()
      const error = await first.catch(thrown => thrown)
      expect(error.message).toMatch(/^Another run has begun .*by nobody on simulation/)
      expect(error.exit).toBe(EXIT.locked)
      expect((await second).exit).toBe(EXIT.done)
    })
    await expectExactly(sim, of(2))
  })
})

describe('a lease that a person breaks', () => {
  const ANN = {user: 'ann', host: 'laptop'}
  const held = async (sim: SimulatedFleet): Promise<Lease> =>
    fold(await sim.journal.read()).lease ?? expect.unreachable('nobody holds the lease')

  test('ends its run within a renewal, in the middle of a drain, which says by whom', async () => {
    const {sim, runtime, down, events} = scene()
    await sim.up(of(2))
    await sim.time.run(async () => {
      const run = down()
      await runtime.sleep(15_000)
      expect(await breakLease(sim.journal, runtime, await held(sim), ANN)).toBe(true)
      const brokenMs = sim.time.now()
      await expect(run).rejects.toThrow(/^This run's lease was broken by ann on laptop/)
      expect(sim.time.now() - brokenMs).toBeLessThanOrEqual(10_000)
    })
    expect((await events()).at(-1)?.type).toBe('lease-broken')
  })

  test('ends its run as one that was locked out, also while several clouds and zones are asked', async () => {
    const {sim, runtime} = scene()
    let isSilent = false
    const carry: Carry = (call, send) =>
      isSilent && /^(ec2|cloudapi|route53):/.test(call) ? new Promise(() => {}) : send()
    await sim.time.run(async () => {
      const run = sim.start(of(2, 2), {kind: 'up'}, {carry})
      await runtime.sleep(5_000)
      isSilent = true
      await runtime.sleep(5_000)
      await breakLease(sim.journal, runtime, await held(sim), ANN)
      const error = await run.catch(thrown => thrown)
      expect(error).toBeInstanceOf(LockedError)
      expect(error.suggestions).toEqual(['Run the same command again: it goes on where this run stopped.'])
    })
  })

  test('lets nothing more be written, whatever calls come back', async () => {
    const {sim, runtime, events} = scene()
    const slow: Carry = async (call, send) => {
      if (call === 'ec2:RunInstances') await runtime.sleep(5_000)
      if (/^cloudapi:POST \S+\/machines$/.test(call)) await runtime.sleep(6_000)
      return send()
    }
    await sim.time.run(async () => {
      const run = sim.start(of(2, 2), {kind: 'up'}, {carry: slow})
      await runtime.sleep(4_000)
      await breakLease(sim.journal, runtime, await held(sim), ANN)
      await expect(run).rejects.toThrow(LockedError)
    })
    const written = await events()
    expect(written.filter(({type}) => type === 'intent').length).toBeGreaterThan(2)
    expect(written.at(-1)?.type).toBe('lease-broken')
  })

  test('is taken over at once, also from another host', async () => {
    const {sim, runtime, up, lastStart} = scene()
    await sim.time.run(async () => {
      const broken = up({host: 'server'})
      await runtime.sleep(5_000)
      await breakLease(sim.journal, runtime, await held(sim), ANN)
      const next = up()
      await expect(broken).rejects.toThrow(LockedError)
      expect((await next).exit).toBe(EXIT.done)
      expect(await lastStart()).toMatchObject({host: 'simulation', takenOver: {because: 'unlocked'}})
    })
    expect(sim.progress.filter(({kind}) => kind === 'locked')).toEqual([])
    await expectExactly(sim, of(2))
  })

  test('is broken although its holder wrote in between, and left alone where it was given back', async () => {
    const {sim, runtime} = scene()
    const write = async (event: JournalEvent) => {
      const events = await sim.journal.read()
      await sim.journal.append(events.length + 1, [{atMs: 0, run: 'run-1', event}])
    }
    await write(HELD)
    const lease = await held(sim)
    const {append} = sim.journal
    let isFirst = true
    const slow: Journal = {
      ...sim.journal,
      async append(expected, events) {
        if (isFirst) await write({type: 'lease-renewed'})
        isFirst = false
        return append(expected, events)
      },
    }
    expect(await breakLease(slow, runtime, lease, ANN)).toBe(true)
    expect(await breakLease(sim.journal, runtime, lease, ANN)).toBe(false)
    await write(HELD)
    await write(ENDED)
    expect(await breakLease(sim.journal, runtime, lease, ANN)).toBe(false)
  })
})

describe('the lease is free again', () => {
  test('after a run that failed', async () => {
    const {sim, up, events} = scene()
    sim.wrapOutside = outside => ({
      ...outside,
      dns: vendor => ({
        ...outside.dns(vendor),
        change: async () => {
          throw new TypeError('a fault of our own')
        },
      }),
    })
    await expect(sim.time.run(() => up())).rejects.toThrow('a fault of our own')
    expect((await events()).at(-1)).toEqual({type: 'run-finished', exit: EXIT.failed, converged: false})
  })

  test.each([
    ['SIGINT', EXIT.interrupted],
    ['SIGTERM', EXIT.terminated],
  ] as const)('after %s, once the call in flight is recorded', async (signal, exit) => {
    const {sim, runtime, up, events} = scene()
    const interrupt = new AbortController()
    await sim.time.run(async () => {
      const run = up({signal: interrupt.signal})
      await runtime.sleep(5_000)
      interrupt.abort(new InterruptedError(signal))
      await expect(run).rejects.toThrow(InterruptedError)
    })
    const written = await events()
    const open = written.filter(({type}) => type === 'intent').length
    expect(written.filter(({type}) => type === 'outcome')).toHaveLength(open)
    expect(written.at(-1)).toEqual({type: 'run-finished', exit, converged: false})
  })
})
