import {isDeepStrictEqual} from 'node:util'
import {EXIT, McdError, UsageError} from '../errors.ts'
import type {Outside} from '../fleet/outside.ts'
import {inTurn, type TurnOptions} from '../fleet/turn/turn.ts'
import type {StoredEvent} from '../journal/events.ts'
import type {Journal} from '../journal/journal.ts'
import {openFold, saveFold} from '../journal/snapshot.ts'
import type {Runtime} from '../runtime.ts'

/** Of one append to the new place: every store takes so many. */
const CHUNK = 500

export type Move = TurnOptions & {
  /** Where to, as it is written in the fleet file. */
  readonly address: string
  /**
   * Given where this journal lay before: puts aside what it left there, and opens what is then empty. Called under the lease,
   * since what it left tells runs where the journal is: a move that is refused must not take that away.
   */
  makeRoom?(): Promise<Journal>
}

/**
 * Moves a journal event by event. There is no moment in which both places are writable: the lease of this run holds the old
 * place while the events are copied and lies, copied, on the new one; then the old place gets its last word, that it has
 * moved, and only after it the lease on the new one is given back. Stopped anywhere, the same command goes on. Returns the
 * number of events. Throws UsageError where there is nothing to move, McdError where the new place holds something else.
 */
export const moveJournal = (
  outside: Pick<Outside, 'runtime' | 'journal' | 'progress'>,
  there: Journal,
  move: Move,
): Promise<number> =>
  inTurn(outside, move, async ({ledger, take}) => {
    const {runtime, journal} = outside
    if (ledger.recorded().digestKey === undefined)
      throw new UsageError('This fleet has no journal yet: there is nothing to move.', {
        suggestions: [`Write "state: ${move.address}" into the fleet file: the first run begins it there.`],
      })
    if (!move.makeRoom) checkBeginning(await there.read(), await journal.read(), move)
    await take([], [])
    const to = (await move.makeRoom?.()) ?? there
    await checkOtherPlace(ledger.run, to, move)
    const events = await copy(journal, to, move, runtime)
    const end = {type: 'run-finished', exit: EXIT.done, converged: false} as const
    await ledger.append({type: 'moved', to: move.address}, end)
    await to.append(events + 1, [{atMs: runtime.now(), run: ledger.run, event: end}])
    await saveFold(to, await openFold(to))
    return events
  })

/**
 * Two spellings may name one place: options, an alias of a host. What this run wrote into the old place shows then in the new
 * one, where nothing of it is yet. The last word that it has moved would leave the fleet without a journal.
 */
async function checkOtherPlace(run: string, to: Journal, {address}: Move): Promise<void> {
  const events = await to.read()
  if (events.every(event => event.run !== run)) return
  throw new UsageError(`${address} is where this journal lies already: there is nothing to move.`, {
    suggestions: [`Write "state: ${address}" into the fleet file, if it is to be reached like that.`],
  })
}

async function copy(
  from: Journal,
  to: Journal,
  move: Move,
  {signal}: Pick<Runtime, 'signal'>,
): Promise<number> {
  const events = await from.read()
  let next = checkBeginning(await to.read(), events, move) + 1
  while (next <= events.length) {
    signal.throwIfAborted()
    const chunk = events.slice(next - 1, next - 1 + CHUNK)
    next = await to.append(
      next,
      chunk.map(({sequence: _, ...event}) => event),
    )
  }
  return events.length
}

/** What an earlier attempt copied is the beginning of what is to be moved. Returns how much that is. */
function checkBeginning(
  there: readonly StoredEvent[],
  events: readonly StoredEvent[],
  {address}: Move,
): number {
  const isBeginning =
    there.length <= events.length && there.every((event, index) => isDeepStrictEqual(event, events[index]))
  if (isBeginning) return there.length
  throw new McdError(`${address} holds another journal of this fleet already.`, {
    suggestions: ['Name a place where none is, such as another prefix.'],
  })
}
