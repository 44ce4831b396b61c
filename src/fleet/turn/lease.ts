import {LockedError} from '../../errors.ts'
import type {JournalEvent, StoredEvent} from '../../journal/events.ts'
import {foldLease, type Lease} from '../../journal/fold-lease.ts'
import {momentText} from '../../moment-text.ts'
import type {ProcessIdentity} from '../../process-identity.ts'

/**
 * The lease (decision 27): one run at a time changes a fleet. It is taken by `run-started`, lasts 30 s after each event of
 * its holder, and is given back by `run-finished`. What makes it safe is the journal's expected sequence number: who took the
 * lease over has written, so whoever lost it cannot. A holder whose lease ran out by its own clock (stopped for a minute, a
 * laptop that slept) has therefore lost nothing as long as nobody wrote: its next event renews the lease, or is refused.
 */

/** Three renewals fit into a lease: two may be late. */
export const RENEW_MS = 10_000

/** Who a run is, for people and for the runs after it. */
export type Identity = {
  readonly version: string
  readonly host: string
  readonly user: string
  readonly pid: number
  /** The page of the CI job it runs in. */
  readonly job?: string
  /** Absent where the system does not tell: then nobody can see that it is gone, and the next run waits for a sign of life. */
  readonly process?: ProcessIdentity
}

/** Asks the system of this host whether exactly this process still runs. */
export type IsRunning = (process: ProcessIdentity) => boolean

export type TakenOver = NonNullable<Extract<JournalEvent, {type: 'run-started'}>['takenOver']>

/**
 * What can be said at once of the lease, from here:
 * - `free`: nobody has it.
 * - `left`: its holder is dead for sure, and may be succeeded now.
 * - `alive`: its holder works on this host.
 * - `unknown`: only time tells, by a sign of life or by its absence.
 */
export type Standing =
  | {readonly kind: 'free'}
  | {readonly kind: 'left'; readonly takenOver: TakenOver}
  | {readonly kind: 'alive' | 'unknown'; readonly lease: Lease}

export function standingOf(
  lease: Lease | undefined,
  self: Pick<Identity, 'host' | 'process'>,
  isRunning: IsRunning,
): Standing {
  if (!lease) return {kind: 'free'}
  if (lease.brokenBy) return {kind: 'left', takenOver: {run: lease.run, because: 'unlocked'}}
  if (!lease.process || !seesProcesses(lease, self)) return {kind: 'unknown', lease}
  if (isRunning(lease.process)) return {kind: 'alive', lease}
  return {kind: 'left', takenOver: {run: lease.run, because: 'holder-gone'}}
}

/**
 * Whether this run's system knows the holder's processes. A host of the same name with another boot id has been started
 * again, or is another machine ("localhost", a CI's "runner"): that cannot be told apart, so only time tells.
 */
function seesProcesses(holder: Lease, self: Pick<Identity, 'host' | 'process'>): boolean {
  return (
    holder.host === self.host &&
    holder.process?.bootId === self.process?.bootId &&
    holder.process?.pidNamespace === self.process?.pidNamespace
  )
}

/**
 * Whether this run may write these events, as far as it knows: it has the lease, or takes it with them. Not before it was
 * taken, and never again after it was given back, taken over or broken.
 */
export function mayWrite(lease: Lease | undefined, run: string, events: readonly JournalEvent[]): boolean {
  if (lease?.run === run && !lease.brokenBy) return true
  const started = events.find(({type}) => type === 'run-started')
  return started?.type === 'run-started' && started.takenOver?.run === lease?.run
}

/** Another run has the lease: exit 4. */
export function lockedBy(lease: Lease): LockedError {
  const {lastSign, leaseMs} = lease
  return new LockedError(
    `Another run works on this fleet: ${holderText(lease)}. Without a further sign of life from it, its lease ends at ${momentText(lastSign.atMs + leaseMs)}.`,
    {
      suggestions: [
        'Add --wait to go on as soon as it has ended.',
        'Run "mcd state unlock" if that run is dead for sure.',
      ],
    },
  )
}

/** This run had the lease, or was about to take it, and somebody else wrote: what became of it, as the journal tells now. */
export function lostLease(
  lease: Lease | undefined,
  run: string,
  news: readonly StoredEvent[] = [],
  cause?: Error,
): LockedError {
  if (lease?.run === run && lease.brokenBy) {
    const {user, host} = lease.brokenBy
    return new LockedError(
      `This run's lease was broken by ${user} on ${host} ("mcd state unlock"): it writes and changes nothing any more.`,
      {cause, suggestions: ['Run the same command again: it goes on where this run stopped.']},
    )
  }
  // It may have ended since.
  const other = news.findLast(({event}) => event.type === 'run-started')
  const rival = other && foldLease(undefined, other)
  return new LockedError(
    `Another run has begun to work on this fleet in the meantime${rival ? `: ${holderText(rival)}` : ''}.`,
    {
      cause,
      suggestions: ['Run the same command again once it has ended, or with --wait, which waits for that.'],
    },
  )
}

/** `"mcd up" by ann on laptop (process 4711), since 2026-01-01 00:00:00 UTC` */
export const holderText = ({command, user, host, pid, job, startedAtMs}: Lease): string =>
  `"mcd ${command}" by ${user} on ${host} (${job ?? `process ${pid}`}), since ${momentText(startedAtMs)}`
