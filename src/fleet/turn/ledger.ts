import type {LockedError} from '../../errors.ts'
import type {JournalEvent, Step, StepResult, StoredEvent} from '../../journal/events.ts'
import {foldEvent} from '../../journal/fold.ts'
import {type Journal, LostAppendError} from '../../journal/journal.ts'
import type {Recorded} from '../../journal/recorded.ts'
import {openFold, saveFold} from '../../journal/snapshot.ts'
import {keepingRetries, type Retry} from '../../providers/retries.ts'
import type {Runtime} from '../../runtime.ts'
import {lostLease, mayWrite} from './lease.ts'

/** One run's hold on the journal: appends in order, each expecting to be the next, and the state that follows. */
export type Ledger = {
  readonly run: string
  /** What the journal says now. It grows in place: read it anew after an append. */
  recorded(): Recorded
  /** Reads what others have written since. Only before the lease is taken: what a run looked at is what it writes on. */
  catchUp(): Promise<readonly StoredEvent[]>
  /** Throws LockedError where the lease is not this run's, or not any more. */
  append(...events: JournalEvent[]): Promise<void>
  holdsLease(): boolean
  /** An append failed: nothing can be written any more, so nothing may be changed any more (decision 26). */
  isLost(): boolean
  /** Intent, call, outcome: the only way a cloud or a zone is changed (law 2). `result` judges what came of the call. */
  step<T>(what: Step, call: () => Promise<T>, result: Judge<T>): Promise<T>
  /** The same for a step whose intent an earlier run wrote down: call and outcome. */
  repeat<T>(step: string, call: () => Promise<T>, result: Judge<T>): Promise<T>
}

type Judge<T> = (outcome: {value: T} | {error: unknown}) => StepResult

/** Events after which the folded state is kept, beside the end of each run. */
const SNAPSHOT_EVERY = 200

export async function openLedger(journal: Journal, runtime: Runtime, run: string): Promise<Ledger> {
  const folding = await openFold(journal)
  const {recorded} = folding
  let queue: Promise<unknown> = Promise.resolve()
  let snapshotAt = recorded.nextSequence
  /** Somebody else was first. */
  let loss: LockedError | undefined
  /** The journal itself failed: what of the append lies in it is not known, so nothing may follow. */
  let failure: unknown
  const isLost = () => loss !== undefined || failure !== undefined

  const catchUp = async () => {
    const news = await journal.read(recorded.nextSequence - 1)
    for (const event of news) foldEvent(folding, event)
    return news
  }

  const keepSnapshot = async () => {
    const isDue = recorded.nextSequence - snapshotAt >= SNAPSHOT_EVERY || recorded.lease === undefined
    if (!isDue) return
    snapshotAt = recorded.nextSequence
    // It only saves time: a run that goes well is not to fail for it.
    await saveFold(journal, folding).catch(() => undefined)
  }

  const write = async (added: readonly JournalEvent[]): Promise<void> => {
    if (failure) throw failure
    if (!mayWrite(recorded.lease, run, added)) throw loss ?? lostLease(recorded.lease, run)
    const first = recorded.nextSequence
    const stored = added.map(event => ({atMs: runtime.now(), run, event}))
    try {
      await journal.append(first, stored)
    } catch (error) {
      if (!(error instanceof LostAppendError)) {
        failure = error
        throw error
      }
      // Tells who was first; from here on the lease is seen to be another's.
      const news = await catchUp()
      loss = lostLease(recorded.lease, run, news, error)
      throw loss
    }
    for (const [index, event] of stored.entries()) foldEvent(folding, {...event, sequence: first + index})
    await keepSnapshot()
  }

  const append = (...added: JournalEvent[]): Promise<void> => {
    const turn = queue.then(() => write(added))
    queue = turn.catch(() => undefined)
    return turn
  }

  const repeat: Ledger['repeat'] = async (step, call, judge) => {
    const retries: Retry[] = []
    const conclude = (result: StepResult) =>
      append({type: 'outcome', step, result, ...(retries.length > 0 ? {retries} : {})})
    let value: Awaited<ReturnType<typeof call>>
    try {
      value = await keepingRetries(retries, call)
    } catch (error) {
      await conclude(judge({error}))
      throw error
    }
    await conclude(judge({value}))
    return value
  }

  return {
    run,
    recorded: () => recorded,
    catchUp,
    append,
    holdsLease: () => !isLost() && mayWrite(recorded.lease, run, []),
    isLost,
    async step(what, call, judge) {
      const step = runtime.id()
      await append({type: 'intent', step, what})
      return repeat(step, call, judge)
    },
    repeat,
  }
}
