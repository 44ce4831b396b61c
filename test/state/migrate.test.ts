import {describe, expect, test} from 'vitest'
import {InterruptedError} from '../../src/errors.ts'
import {givesState, setState} from '../../src/fleet/file/set-state.ts'
import type {SyncNews} from '../../src/fleet/watch-sync.ts'
import type {Journal} from '../../src/journal/journal.ts'
import {memoryJournal, memoryStore} from '../../src/journal/memory.ts'
import {readRecorded} from '../../src/journal/snapshot.ts'
import {moveJournal} from '../../src/state/migrate.ts'
import {fleet, group} from '../support/fleet-builder.ts'
import {SimulatedFleet} from '../support/simulated-fleet.ts'

const ADDRESS = 's3://acme-state/mcd'
const of = fleet([group('virginia', 2)])

async function scene() {
  const sim = new SimulatedFleet()
  await sim.up(of)
  const from = sim.journal
  const store = memoryStore()
  const start = (to: Journal, signal?: AbortSignal) =>
    moveJournal({runtime: sim.time.runtime(signal), journal: from, progress: () => {}}, to, {
      command: 'state migrate',
      address: ADDRESS,
      identity: {version: '1', host: 'simulation', user: 'nobody', pid: 1},
      isRunning: () => false,
      wait: false,
    })
  const move = (to: Journal = memoryJournal(store)) => sim.time.run(() => start(to))
  return {sim, from, store, start, move}
}

describe('a journal that moves', () => {
  test('is the same in its new place, free, and goes on there', async () => {
    const {sim, from, store, move} = await scene()
    const before = await from.read()
    expect(await move()).toBe(before.length + 1)
    const after = await memoryJournal(store).read()
    expect(after.slice(0, before.length)).toEqual(before)
    expect((await readRecorded(memoryJournal(store))).lease).toBeUndefined()
    sim.journal = memoryJournal(store)
    expect((await sim.up(of)).actions).toEqual([])
  })

  test('says in its old place where it is', async () => {
    const {from, move} = await scene()
    await move()
    expect(await readRecorded(from)).toMatchObject({movedTo: ADDRESS, lease: undefined})
  })

  test('is never writable in two places: at every append to the new one, both are held by the same run', async () => {
    const {from, store, move} = await scene()
    const to = memoryJournal(store)
    const holders: unknown[] = []
    const watched: Journal = {
      ...to,
      async append(expected, events) {
        const next = await to.append(expected, events)
        const [old, fresh] = [await readRecorded(from), await readRecorded(to)]
        holders.push(old.movedTo === undefined ? [old.lease?.run, fresh.lease?.run] : 'moved')
        return next
      },
    }
    await move(watched)
    const [copied, ...end] = holders as [string[], ...unknown[]]
    expect(copied[0]).toBeDefined()
    expect(copied[1]).toBe(copied[0])
    expect(end).toEqual(['moved'])
  })

  test.each(['before the first event is copied', 'in the middle', 'before its old place says so'])(
    'and is stopped %s goes on with the same command',
    async when => {
      const {sim, from, store, move} = await scene()
      const to = memoryJournal(store)
      const half: Journal = {
        ...to,
        async append(expected, events) {
          if (when === 'before the first event is copied') throw new Error('stopped')
          const next = await to.append(expected, when === 'in the middle' ? events.slice(0, 3) : events)
          if (next > 0) throw new Error('stopped')
          return next
        },
      }
      await expect(move(half)).rejects.toThrow('stopped')
      await move()
      expect((await readRecorded(from)).movedTo).toBe(ADDRESS)
      sim.journal = memoryJournal(store)
      expect((await sim.up(of)).actions).toEqual([])
    },
  )

  test('and is cancelled in the middle gives its lease back, and goes on with the same command', async () => {
    const {sim, from, store, start, move} = await scene()
    const {nextSequence} = await readRecorded(from)
    const renewed = {atMs: 1, run: 'long ago', event: {type: 'lease-renewed'}} as const
    await from.append(nextSequence, Array(600).fill(renewed))
    const cancel = new AbortController()
    const to = memoryJournal(store)
    const cancelled: Journal = {
      ...to,
      append(expected, events) {
        cancel.abort(new InterruptedError('SIGTERM'))
        return to.append(expected, events)
      },
    }
    await expect(sim.time.run(() => start(cancelled, cancel.signal))).rejects.toThrow(InterruptedError)
    expect(await readRecorded(from)).toMatchObject({movedTo: undefined, lease: undefined})
    await move()
    expect((await readRecorded(from)).movedTo).toBe(ADDRESS)
  })

  test('is not written any more in its old place by who waited for the move to end', async () => {
    const {sim, from, store, start} = await scene()
    const to = memoryJournal(store)
    const slow: Journal = {
      ...to,
      async append(expected, events) {
        await sim.time.runtime().sleep(5_000)
        return to.append(expected, events)
      },
    }
    const smaller = fleet([group('virginia', 1)])
    const [, waited] = await sim.time.run(() =>
      Promise.allSettled([start(slow), sim.start(smaller, {kind: 'up'}, {wait: true, host: 'elsewhere'})]),
    )
    expect(waited).toMatchObject({
      reason: {
        message: expect.stringContaining(`has moved to ${ADDRESS}`),
        suggestions: [expect.stringContaining(`state: ${ADDRESS}`)],
      },
    })
    expect((await from.read()).map(({event}) => event.type).slice(-2)).toEqual(['moved', 'run-finished'])
  })

  test('is not written any more in its old place by who watches, and that is told', async () => {
    const {sim, from, move} = await scene()
    await move()
    const [gone = ''] = [...(await readRecorded(from)).launches.values()].flatMap(({instances}) => instances)
    sim.guests.kill(gone)
    const before = await from.read()
    const interrupt = new AbortController()
    const news: SyncNews[] = []
    await sim.time.run(() =>
      sim.watch(
        of,
        said => {
          news.push(said)
          interrupt.abort()
        },
        {signal: interrupt.signal, allowShrink: true},
      ),
    )
    expect(news).toMatchObject([{kind: 'trouble', text: expect.stringContaining(`has moved to ${ADDRESS}`)}])
    expect(await from.read()).toEqual(before)
  })

  test('does not go where it lies already, under whatever name', async () => {
    const {sim, from, move} = await scene()
    await expect(move(from)).rejects.toThrow(/is where this journal lies already/)
    expect(await readRecorded(from)).toMatchObject({movedTo: undefined, lease: undefined})
    expect((await sim.up(of)).actions).toEqual([])
  })

  test('does not go where another one lies', async () => {
    const {from, move} = await scene()
    const other = new SimulatedFleet({seed: 7})
    await other.up(of)
    await expect(move(other.journal)).rejects.toThrow(/holds another journal/)
    expect(await readRecorded(from)).toMatchObject({movedTo: undefined, lease: undefined})
  })
})

describe('the fleet file', () => {
  test.each([
    [
      'fleet: web\nstate: local # here\ndns: {}\n',
      'fleet: web\nstate: "s3://acme-state/mcd" # here\ndns: {}\n',
    ],
    ['fleet: web\n', 'fleet: web\nstate: "s3://acme-state/mcd"\n'],
    ['fleet: web', 'fleet: web\nstate: "s3://acme-state/mcd"\n'],
    ['fleet: web\r\n', 'fleet: web\r\nstate: "s3://acme-state/mcd"\r\n'],
    ["state: 'local'\nfleet: web\n", 'state: "s3://acme-state/mcd"\nfleet: web\n'],
    ['state: "${env:STATE}"\n', undefined],
    ['{fleet: web}\n', undefined],
    ['a: &here local\nstate: *here\n', undefined],
  ])('%j says where its journal is', (before, after) => {
    expect(setState(before, ADDRESS)).toBe(after)
  })

  test.each([
    ['state: local', true],
    ['{state: local}', true],
    ['groups: {}', false],
    ['', false],
    ['state: [', false],
  ])('of several, %j gives it: %s', (text, gives) => {
    expect(givesState(text)).toBe(gives)
  })
})
