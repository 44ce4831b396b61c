import type {Outside} from '../outside.ts'
import {type Identity, type IsRunning, lockedBy, standingOf, type TakenOver} from './lease.ts'
import type {Ledger} from './ledger.ts'

const LOOK_MS = 2_000
/** Of the time that a look itself takes, no more counts: what a clock says of it may be wrong. */
const LOOK_COUNTS_MS = 500

/** Who waits, and how. */
export type WaitOptions = {
  readonly identity: Identity
  readonly isRunning: IsRunning
  /** While another run works on the fleet: wait for its end instead of refusing. */
  readonly wait: boolean
}

/**
 * Comes back when the lease is free, or when its holder is known to be dead: then with what the taking over is to say. A
 * holder that cannot be looked at is watched for one lease period, by this run's own clock: what it writes shows that it
 * lives. Throws LockedError when it lives, unless this run is to `wait` for its end.
 */
export async function awaitTurn(
  ledger: Ledger,
  {runtime, progress}: Pick<Outside, 'runtime' | 'progress'>,
  {wait, identity, isRunning}: WaitOptions,
): Promise<TakenOver | undefined> {
  let lastSeen: number | undefined
  // Counted in pauses, hardly read from the clock: a clock that is set, or stood still with this host, proves nothing.
  let silentMs = 0
  for (let looks = 1; ; looks++) {
    const standing = standingOf(ledger.recorded().lease, identity, isRunning)
    if (standing.kind === 'free') return undefined
    if (standing.kind === 'left') return standing.takenOver
    const {lease} = standing
    const hasWritten = lastSeen !== undefined && lastSeen !== lease.lastSign.sequence
    const lives = standing.kind === 'alive' || hasWritten
    if (lives && !wait) throw lockedBy(lease)
    if (lives) silentMs = 0
    if (silentMs >= lease.leaseMs) return {run: lease.run, because: 'expired'}
    if (looks === 1) progress({kind: 'locked', lease, wait})
    lastSeen = lease.lastSign.sequence
    // The last pause ends with the lease: nobody is held up for longer.
    const pauseMs = Math.min(LOOK_MS, lease.leaseMs - silentMs)
    await runtime.sleep(pauseMs)
    const askedAtMs = runtime.now()
    await ledger.catchUp()
    silentMs += pauseMs + Math.min(LOOK_COUNTS_MS, Math.max(0, runtime.now() - askedAtMs))
  }
}
