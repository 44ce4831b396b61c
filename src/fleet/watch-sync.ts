import {McdError, UsageError} from '../errors.ts'
import type {Recorded} from '../journal/recorded.ts'
import {readRecorded} from '../journal/snapshot.ts'
import {withLoweredTtls} from './desire/lowered-ttl.ts'
import type {Fleet} from './model.ts'
import {lostInstances} from './notices/lost.ts'
import {createOutbox, type Outbox} from './notices/outbox.ts'
import {isWanted} from './notices/owe.ts'
import {createObserver} from './observe/observe.ts'
import type {Outside, Progress} from './outside.ts'
import type {Action, Plan} from './plan/action.ts'
import {plan} from './plan/plan.ts'
import {type RunOptions, reconcile} from './reconcile.ts'
import {holderText} from './turn/lease.ts'

/** Rounds begin this much earlier or later, so that two who watch do not go on meeting. */
const JITTER = 0.1

export type SyncWatch = Pick<RunOptions, 'approval' | 'identity' | 'isRunning' | 'timeoutMs'> & {
  /** From the end of a round to the next one. */
  readonly intervalMs: number
  /** The fleet as its file says now, and what is around it. Asked for each round. Throws McdError where the file has mistakes. */
  open(): Promise<{readonly outside: Outside; readonly fleet: Fleet}>
  tell(news: SyncNews): void
}

export type SyncNews =
  /** A change of DNS went through. */
  | {readonly kind: 'changed'; readonly atMs: number; readonly action: Action}
  /** It could not be done, or must not be: said once, until it is another trouble. */
  | {readonly kind: 'trouble'; readonly atMs: number; readonly text: string}
  | {readonly kind: 'well'; readonly atMs: number}
  /** Another run works on the fleet. */
  | {readonly kind: 'waits'; readonly atMs: number; readonly text: string}

/**
 * `sync` again and again, until the run is told to stop. A round that finds nothing to do leaves no trace; one that does takes
 * the lease, looks again and gives it back, so that any number of others may work beside it. Nothing that goes wrong ends
 * it but a fault of our own.
 */
export async function watchSync(
  {runtime}: Pick<Outside, 'runtime'>,
  {intervalMs, open, tell, ...options}: SyncWatch,
): Promise<void> {
  const outbox = createOutbox()
  let troubles: readonly string[] = []
  for (;;) {
    const found = await syncOnce(open, tell, {...options, outbox, toldBefore: troubles}).catch(
      (error: unknown) => {
        if (runtime.signal.aborted) return []
        if (!(error instanceof McdError)) throw error
        return [error.message]
      },
    )
    if (runtime.signal.aborted) return
    const atMs = runtime.now()
    for (const text of found) if (!troubles.includes(text)) tell({kind: 'trouble', atMs, text})
    if (found.length === 0 && troubles.length > 0) tell({kind: 'well', atMs})
    troubles = found
    const isOver = await runtime.sleep(intervalMs * (1 - JITTER + 2 * JITTER * runtime.random())).then(
      () => false,
      () => true,
    )
    if (isOver) return
  }
}

/** What is left to say once it is done. */
async function syncOnce(
  open: SyncWatch['open'],
  tell: SyncWatch['tell'],
  {
    outbox,
    ...options
  }: Omit<SyncWatch, 'open' | 'tell' | 'intervalMs'> & {
    outbox: Outbox
    toldBefore: readonly string[]
  },
): Promise<readonly string[]> {
  const {outside, fleet} = await open()
  const run = {...options, command: 'sync', wait: true}
  const {recorded, plan, isNews} = await lookForSync(outside, fleet, options)
  if (plan.actions.length === 0 && !isNews) {
    const undelivered = await outbox.round(outside, fleet, recorded, run)
    return [...plan.notes.flatMap(({blocks, text}) => (blocks ? [text] : [])), ...undelivered]
  }
  try {
    const {shortcomings, undelivered} = await reconcile(
      {...outside, progress: telling(outside, tell)},
      fleet,
      {...run, goal: {kind: 'sync'}, approve: async () => {}},
    )
    return [...shortcomings.map(({text}) => text), ...undelivered]
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    // A run that is refused delivers nothing of what was owed before it.
    const owing = await readRecorded(outside.journal)
    return [error.message, ...(await outbox.round(outside, fleet, owing, run))]
  }
}

/** One look and its plan, without a trace. */
async function lookForSync(
  outside: Outside,
  fleet: Fleet,
  {approval: {allowEmpty}}: Pick<RunOptions, 'approval'>,
): Promise<{
  recorded: Recorded
  plan: Plan
  /** Somebody was lost, and whoever wants to hear of it is to be told. */
  isNews: boolean
}> {
  const recorded = await readRecorded(outside.journal)
  const observed = await createObserver(outside, fleet, () => recorded).look({settleHealth: true})
  const groups = fleet.groups.map(group => ({group}))
  const standing = withLoweredTtls(fleet, recorded.lowered)
  const desired = {fleet: standing, goal: {kind: 'sync'} as const, groups, allowEmpty}
  const isNews = isWanted(fleet, 'instance-lost') && lostInstances(recorded, observed).length > 0
  return {recorded, plan: plan(desired, recorded, observed, 'none'), isNews}
}

function telling({runtime, progress}: Outside, tell: SyncWatch['tell']): (event: Progress) => void {
  let hasWaited = false
  return event => {
    progress(event)
    const atMs = runtime.now()
    if (event.kind === 'finished') tell({kind: 'changed', atMs, action: event.action})
    if (event.kind === 'locked' && !hasWaited) {
      hasWaited = true
      tell({
        kind: 'waits',
        atMs,
        text: `waits for its turn: ${holderText(event.lease)}, works on this fleet`,
      })
    }
  }
}
