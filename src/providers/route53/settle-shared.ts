import {holdName} from '../../mark.ts'
import type {Runtime} from '../../runtime.ts'
import type {Route53Api} from './api.ts'
import {conflict, refused, sendBatch} from './change.ts'
import {BatchRefusal} from './classify.ts'
import {listRecordSets} from './listing.ts'
import {type SharedChange, toSharedEdits} from './shared-edits.ts'

/** Everybody who joins or leaves changes the same set, and one of all who try at once gets through. */
const ROUNDS = 40
const FIRST_JITTER_MS = 250
const LONGEST_JITTER_MS = 4_000

/**
 * Makes the change of one name's shared sets and their companion in one atomic batch: read, DELETE exactly that, CREATE what
 * is wanted, and from the start when somebody else was first. Safe to repeat after a lost reply, since each round begins
 * with what stands there. Returns the change's id; undefined when nothing was to be done. Throws ConflictError.
 */
export async function settleShared(
  api: Route53Api,
  runtime: Runtime,
  zoneId: string,
  change: SharedChange,
): Promise<string | undefined> {
  const names = [change.name, holdName(change.name)]
  for (let round = 1; ; round++) {
    const edits = toSharedEdits(change, await listRecordSets(api, zoneId, names))
    if (edits.length === 0) return undefined
    try {
      return await sendBatch(api, zoneId, edits)
    } catch (error) {
      if (!(error instanceof BatchRefusal)) throw error
      if (!error.isLostRace) throw refused(error)
      if (round === ROUNDS) throw conflict(error.reasons, error)
    }
    const longestMs = Math.min(LONGEST_JITTER_MS, FIRST_JITTER_MS * 2 ** (round - 1))
    await runtime.sleep(runtime.random() * longestMs)
  }
}
