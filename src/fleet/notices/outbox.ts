import {EXIT, LockedError} from '../../errors.ts'
import type {Lease} from '../../journal/fold-lease.ts'
import type {Recorded} from '../../journal/recorded.ts'
import type {Fleet} from '../model.ts'
import type {Outside} from '../outside.ts'
import {standingOf} from '../turn/lease.ts'
import {inTurn, type TurnOptions} from '../turn/turn.ts'
import {type Conclusion, deliver, owedStill} from './deliver.ts'

/** What is owed, for who watches and has no run to tell it in. */
export type Outbox = {
  /** One round, where it is time for one. Returns the troubles that there are. */
  round(outside: Outside, fleet: Fleet, recorded: Recorded, options: TurnOptions): Promise<readonly string[]>
}

/** After a round that failed; twice as long after the next one, up to an hour. */
const FIRST_PAUSE_MS = 60_000
const LONGEST_PAUSE_MS = 60 * 60_000

export function createOutbox(): Outbox {
  /** Not owed any more, and not in the journal yet. */
  let conclusions: readonly Conclusion[] = []
  let troubles: readonly string[] = []
  let pauseMs = FIRST_PAUSE_MS
  let nextAtMs = 0
  /** The last sign of life of a holder that cannot be looked at, and since when there was no other. */
  let silent = {sequence: 0, sinceMs: 0}

  /** Whoever works now tells it all at its end; whoever is dead has left it to the next. */
  function isHeld(lease: Lease | undefined, {identity, isRunning}: TurnOptions, nowMs: number): boolean {
    const standing = standingOf(lease, identity, isRunning)
    if (standing.kind === 'free' || standing.kind === 'left') return false
    if (standing.kind === 'alive') return true
    const {leaseMs, lastSign} = standing.lease
    if (silent.sequence !== lastSign.sequence) silent = {sequence: lastSign.sequence, sinceMs: nowMs}
    return nowMs - silent.sinceMs < leaseMs
  }

  return {
    async round(outside, fleet, recorded, options) {
      const {runtime} = outside
      if (isHeld(recorded.lease, options, runtime.now())) return troubles
      const owed = withoutThose(recorded, conclusions)
      if (owed.length === 0) troubles = []
      else if (runtime.now() >= nextAtMs) {
        const concluded = async (conclusion: Conclusion) => {
          conclusions = [...conclusions, conclusion]
        }
        const round = await deliver(outside, fleet.notify ?? [], owed, {tries: 1, concluded})
        troubles = [...round.givenUp, ...round.failed.map(owedStill)]
        pauseMs = troubles.length > 0 ? Math.min(LONGEST_PAUSE_MS, pauseMs * 2) : FIRST_PAUSE_MS
        nextAtMs = troubles.length > 0 ? runtime.now() + pauseMs / 2 : 0
      }
      // One that could not be delivered leaves no trace: the journal is no place for attempts.
      if (conclusions.length > 0 && (await write(outside, conclusions, options))) conclusions = []
      return troubles
    },
  }
}

function withoutThose({owed}: Recorded, conclusions: readonly Conclusion[]) {
  const over = new Set(
    conclusions.flatMap(each =>
      each.type === 'notice-delivered'
        ? [`${each.id} ${each.receiver}`]
        : each.receivers.map(({digest}) => `${each.id} ${digest}`),
    ),
  )
  return [...owed.values()].flatMap(notice => {
    const receivers = notice.receivers.filter(({digest}) => !over.has(`${notice.id} ${digest}`))
    return receivers.length > 0 ? [{...notice, receivers}] : []
  })
}

/** A run of one append. False where somebody else was first: it is written in a later round. */
async function write(
  outside: Outside,
  conclusions: readonly Conclusion[],
  options: TurnOptions,
): Promise<boolean> {
  const end = {type: 'run-finished', exit: EXIT.done, converged: false, dnsOnly: true} as const
  try {
    await inTurn(outside, {...options, wait: false}, ({take}) => take([], [...conclusions, end]))
    return true
  } catch (error) {
    if (error instanceof LockedError) return false
    throw error
  }
}
