import {describe, expect, test} from 'vitest'
import type {JournalEvent} from '../../src/journal/events.ts'
import {type Journal, LostAppendError, type NewEvent} from '../../src/journal/journal.ts'

/** One journal, empty at first. Every `open` is another handle on it, as another run or host would have. */
export type JournalPlace = {open(): Promise<Journal>; close(): Promise<void>}

/** Every promise of src/journal/journal.ts, once, for any store. */
export function describeJournal(name: string, place: () => Promise<JournalPlace>): void {
  const rule = (title: string, check: (place: JournalPlace) => Promise<void>) =>
    test(title, async () => {
      const opened = await place()
      await check(opened).finally(() => opened.close())
    })

  describe(`journal contract: ${name}`, () => {
    rule('an empty journal reads as no events', async ({open}) => {
      const journal = await open()
      expect(await journal.read()).toEqual([])
      await journal.close()
    })

    rule('events come back as they were written, in order, numbered from 1 without gaps', async ({open}) => {
      const journal = await open()
      expect(await journal.append(1, [finished(1), finished(2)])).toBe(3)
      expect(await journal.append(3, [finished(3)])).toBe(4)
      expect(await journal.read()).toEqual([1, 2, 3].map(sequence => ({sequence, ...finished(sequence)})))
      await journal.close()
    })

    rule('any text and number survives', async ({open}) => {
      const journal = await open()
      const text = {command: `"quotes" 'and' \\ $\n\u0000`, version: 'ü–漢–🙂', host: '', user: '\t'}
      const event: JournalEvent = {type: 'run-started', ...text, pid: Number.MAX_SAFE_INTEGER}
      await journal.append(1, [{atMs: 8.64e15, run: "r'1", event}])
      expect(await journal.read()).toEqual([{sequence: 1, atMs: 8.64e15, run: "r'1", event}])
      await journal.close()
    })

    rule('an append with another expectation is lost, whole', async ({open}) => {
      const journal = await open()
      await journal.append(1, [finished(1)])
      for (const expected of [0, 1, 3]) {
        await expect(journal.append(expected, [finished(8), finished(9)])).rejects.toThrow(LostAppendError)
      }
      expect(await journal.read()).toHaveLength(1)
      expect(await journal.append(2, [finished(2)])).toBe(3)
      await journal.close()
    })

    rule('of two who append at once exactly one wins', async ({open}) => {
      const [one, other] = await Promise.all([open(), open()])
      let next = 1
      for (let round = 0; round < 20; round++) {
        const racers = [one, other].map((journal, racer) =>
          journal.append(next, [finished(racer), finished(racer)]),
        )
        const outcomes = await Promise.allSettled(racers)
        const lost = outcomes.filter(outcome => outcome.status === 'rejected')
        expect(lost.map(({reason}) => reason.name)).toEqual(['LostAppendError'])
        next += 2
      }
      const events = await one.read()
      expect(events.map(({sequence}) => sequence)).toEqual(Array.from({length: 40}, (_, index) => index + 1))
      expect(await other.read()).toEqual(events)
      await Promise.all([one.close(), other.close()])
    })

    rule('reading on begins after the event it names', async ({open}) => {
      const journal = await open()
      await journal.append(1, [finished(1), finished(2), finished(3)])
      expect((await journal.read(1)).map(({sequence}) => sequence)).toEqual([2, 3])
      expect(await journal.read(3)).toEqual([])
      await journal.close()
    })

    rule('the latest snapshot of each version of the fold is kept, for every handle', async ({open}) => {
      const [one, other] = await Promise.all([open(), open()])
      expect(await one.loadSnapshot(1)).toBeUndefined()
      const kept = {fold: 1, sequence: 2, state: '"quotes", ü and \n'}
      await one.saveSnapshot({...kept, sequence: 1})
      await one.saveSnapshot(kept)
      await other.saveSnapshot({...kept, sequence: 1, state: 'late'})
      await other.saveSnapshot({...kept, fold: 2, sequence: 1})
      expect(await other.loadSnapshot(1)).toEqual(kept)
      expect(await one.loadSnapshot(3)).toBeUndefined()
      expect(await one.read()).toEqual([])
      await Promise.all([one.close(), other.close()])
    })

    rule('what was appended is there for who opens it later', async ({open}) => {
      const journal = await open()
      await journal.append(1, [finished(1)])
      await journal.close()
      const later = await open()
      expect(await later.read()).toEqual([{sequence: 1, ...finished(1)}])
      expect(await later.append(2, [finished(2)])).toBe(3)
      await later.close()
    })
  })
}

/** An event that tells events apart by its exit status. */
const finished = (exit: number): NewEvent => ({
  atMs: 1_767_225_600_000 + exit,
  run: 'run-1',
  event: {type: 'run-finished', exit, converged: true},
})
