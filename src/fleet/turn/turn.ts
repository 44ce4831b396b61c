import {EXIT, InterruptedError, LockedError, McdError} from '../../errors.ts'
import type {JournalEvent} from '../../journal/events.ts'
import {LEASE_MS} from '../../journal/fold-lease.ts'
import type {Recorded} from '../../journal/recorded.ts'
import type {Runtime} from '../../runtime.ts'
import type {Outside} from '../outside.ts'
import {awaitTurn, type WaitOptions} from './await-turn.ts'
import {RENEW_MS} from './lease.ts'
import {type Ledger, openLedger} from './ledger.ts'

/** What it takes to wait for one's turn. */
export type TurnOptions = WaitOptions & {readonly command: string}

/** A run whose turn it is. It looks and plans first: while a person thinks about the plan, nobody else is held up. */
export type Turn = {
  readonly ledger: Ledger
  /**
   * Takes the lease with the run's first events. Throws LockedError when anybody wrote since the look: the plan is one for
   * a fleet that is no more.
   */
  take(before: readonly JournalEvent[], after: readonly JournalEvent[]): Promise<void>
}

/**
 * Waits for the fleet to be free, does the work, and gives the lease back at every end a run can see. What was lost to
 * another run before the lease was taken is begun anew where the run is to wait.
 */
export async function inTurn<T>(
  outside: Pick<Outside, 'runtime' | 'journal' | 'isOurs' | 'progress'>,
  options: TurnOptions,
  work: (turn: Turn) => Promise<T>,
): Promise<T> {
  const {runtime, journal} = outside
  for (;;) {
    const ledger = await openLedger(journal, runtime, runtime.id())
    const takenOver = await awaitTurn(ledger, outside, options)
    checkJournal(ledger.recorded(), outside)
    const over = new AbortController()
    let isTaken = false
    try {
      return await work({
        ledger,
        async take(before, after) {
          const {command, identity} = options
          const taking = {command, ...identity, leaseMs: LEASE_MS, ...(takenOver ? {takenOver} : {})}
          await ledger.append(...before, {type: 'run-started', ...taking}, ...after)
          isTaken = true
          void renew(ledger, runtime, over.signal)
        },
      })
    } catch (error) {
      if (options.wait && !isTaken && error instanceof LockedError) continue
      await release(ledger, error)
      throw error
    } finally {
      over.abort()
    }
  }
}

/** It was here, and this fleet's or empty, when it was opened: to who waited, or watches since, it may be neither by now. */
function checkJournal(recorded: Recorded, {isOurs}: Pick<Outside, 'isOurs'>): void {
  const {movedTo, owners} = recorded
  if (movedTo !== undefined)
    throw new McdError(
      `The journal of this fleet has moved to ${movedTo}: in its old place no run works any more.`,
      {
        suggestions: [`Write "state: ${movedTo}" into the fleet file, then run the same command again.`],
      },
    )
  if (isOurs?.(recorded) === false)
    throw new McdError(
      `Another fleet of this name, that of ${owners[0]}, has begun its journal here in the meantime.`,
      {suggestions: ['Run the same command again: it begins beside it, or says where it can.']},
    )
}

/** Until the run is over, interrupted or has lost the lease; a loss ends the run before its next call. */
async function renew(ledger: Ledger, runtime: Runtime, over: AbortSignal): Promise<void> {
  try {
    for (;;) {
      await runtime.sleep(RENEW_MS, over)
      await ledger.append({type: 'lease-renewed'})
    }
  } catch (error) {
    if (ledger.isLost() && !over.aborted) runtime.stop(error)
  }
}

/** After an error. Where the journal is lost too, the lease runs out by itself. */
async function release(ledger: Ledger, error: unknown): Promise<void> {
  if (!ledger.holdsLease()) return
  const exit = error instanceof McdError ? error.exit : EXIT.failed
  // How an interrupted run ended is said by its status.
  const why = error instanceof McdError && !(error instanceof InterruptedError) ? [error.message] : []
  await ledger
    .append({type: 'run-finished', exit, converged: false, ...(why.length > 0 ? {why} : {})})
    .catch(() => undefined)
}
