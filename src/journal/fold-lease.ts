import type {ProcessIdentity} from '../process-identity.ts'
import type {StoredEvent} from './events.ts'

/** How long a lease lasts after its holder's last event (decision 27). */
export const LEASE_MS = 30_000

/** The last run, until it gave the lease back: it works, or it was stopped. `host` and `user` are for people. */
export type Lease = {
  readonly run: string
  readonly command: string
  readonly host: string
  readonly user: string
  readonly pid: number
  /** The page of the CI job it runs in. */
  readonly job?: string
  /** Tells on its own host whether it still works. */
  readonly process?: ProcessIdentity
  readonly startedAtMs: number
  readonly leaseMs: number
  /** Its last event: the number of it, and when that was by its own clock, which is comparable with no other. */
  readonly lastSign: {readonly sequence: number; readonly atMs: number}
  /** Who said that this run is dead. */
  readonly brokenBy?: {readonly user: string; readonly host: string}
}

/** Who holds the lease after one more event. Whatever the holder writes is a sign of its life. */
export function foldLease(
  lease: Lease | undefined,
  {sequence, atMs, run, event}: StoredEvent,
): Lease | undefined {
  const lastSign = {sequence, atMs}
  switch (event.type) {
    case 'run-started': {
      // Runs of mcd 0.1 named no lease: they are given the same one.
      const {command, host, user, pid, job, process, leaseMs = LEASE_MS} = event
      const holder = {
        run,
        command,
        host,
        user,
        pid,
        ...(job === undefined ? {} : {job}),
        ...(process ? {process} : {}),
      }
      return {...holder, startedAtMs: atMs, leaseMs, lastSign}
    }
    case 'run-finished':
      return lease?.run === run ? undefined : lease
    case 'lease-broken': {
      const {user, host} = event
      return lease?.run === event.run ? {...lease, brokenBy: {user, host}} : lease
    }
    default:
      return lease?.run === run ? {...lease, lastSign} : lease
  }
}
