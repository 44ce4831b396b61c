import type {JournalEvent, Step, StepResult, StoredEvent} from '../journal/events.ts'
import {fold, type Recorded} from '../journal/fold.ts'
import type {Journal} from '../journal/journal.ts'
import type {Runtime} from '../runtime.ts'

/** One run's hold on the journal: appends in order, each expecting to be the next, and the state that follows. */
export type Ledger = {
  readonly run: string
  recorded(): Recorded
  append(...events: JournalEvent[]): Promise<void>
  /** An append failed: nothing can be written any more, so nothing may be changed any more (decision 26). */
  isLost(): boolean
  /** Intent, call, outcome: the only way a cloud or a zone is changed (law 2). `result` turns what came of the call into the outcome. */
  step<T>(
    what: Step,
    call: () => Promise<T>,
    result: (outcome: {value: T} | {error: unknown}) => StepResult,
  ): Promise<T>
}

export async function openLedger(journal: Journal, runtime: Runtime, run: string): Promise<Ledger> {
  const events: StoredEvent[] = await journal.read()
  let next = (events.at(-1)?.sequence ?? 0) + 1
  let state: Recorded | undefined
  let queue: Promise<unknown> = Promise.resolve()
  let lost = false

  const append = (...added: JournalEvent[]): Promise<void> => {
    const turn = queue.then(async () => {
      const stored = added.map(event => ({atMs: runtime.now(), run, event}))
      const after = await journal.append(next, stored)
      events.push(...stored.map((each, index) => ({...each, sequence: next + index})))
      next = after
      state = undefined
    })
    // A lost append ends the run: everything queued behind it fails alike, before its call.
    queue = turn
    turn.catch(() => {
      lost = true
    })
    return turn
  }

  return {
    run,
    recorded() {
      state ??= fold(events)
      return state
    },
    append,
    isLost: () => lost,
    async step(what, call, result) {
      const step = runtime.id()
      await append({type: 'intent', step, what})
      let value: Awaited<ReturnType<typeof call>>
      try {
        value = await call()
      } catch (error) {
        await append({type: 'outcome', step, result: result({error})})
        throw error
      }
      await append({type: 'outcome', step, result: result({value})})
      return value
    },
  }
}
