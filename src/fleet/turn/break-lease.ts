import type {Lease} from '../../journal/fold-lease.ts'
import {type Journal, LostAppendError} from '../../journal/journal.ts'
import {readRecorded} from '../../journal/snapshot.ts'
import type {Runtime} from '../../runtime.ts'

/**
 * Writes that this run is dead, whatever it still writes: it can append nothing after that, and the next run need not wait.
 * Answers false where it gave the lease back, or lost it, in the meantime.
 */
export async function breakLease(
  journal: Journal,
  runtime: Pick<Runtime, 'now' | 'id'>,
  {run}: Lease,
  by: {readonly user: string; readonly host: string},
): Promise<boolean> {
  for (;;) {
    const {lease, nextSequence} = await readRecorded(journal)
    if (lease?.run !== run || lease.brokenBy) return false
    try {
      const event = {type: 'lease-broken', run, ...by} as const
      await journal.append(nextSequence, [{atMs: runtime.now(), run: runtime.id(), event}])
      return true
    } catch (error) {
      // It works after all, and wrote first; that it is to end was decided all the same.
      if (!(error instanceof LostAppendError)) throw error
    }
  }
}
