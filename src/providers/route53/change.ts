import {ConflictError, RefusedError} from '../../errors.ts'
import type {Route53Api} from './api.ts'
import {BatchRefusal} from './classify.ts'
import {bareId} from './convert.ts'
import {type Edit, nameOf, toChanges} from './edits.ts'
import {judge} from './judge.ts'
import {listRecordSets} from './listing.ts'
import {fromVendorName} from './names.ts'

/** Many instances register at once, and each change of a zone waits for the one before it: minutes of patience. */
const ATTEMPTS = 10
/** How often a batch may lose against others before mcd gives up. */
const ROUNDS = 5

/**
 * Sends one batch until the zone is as the edits wish. Returns the change's id; undefined when all was in place already.
 * Sending again after a lost reply is safe: a batch that landed is refused the second time, and the zone then shows it.
 * Throws ConflictError when somebody else was first, RefusedError when Route53 would never take it.
 */
export async function settleBatch(
  api: Route53Api,
  zoneId: string,
  edits: readonly Edit[],
): Promise<string | undefined> {
  let pending = edits
  for (let round = 1; ; round++) {
    try {
      return await sendBatch(api, zoneId, pending)
    } catch (error) {
      if (!(error instanceof BatchRefusal)) throw error
      const names = [...new Set(pending.map(nameOf))]
      const current = await listRecordSets(api, zoneId, names.map(fromVendorName))
      const verdict = judge(pending, current)
      if (verdict.conflicts.length > 0) throw conflict(verdict.conflicts, error)
      if (verdict.pending.length === 0) return undefined
      if (verdict.pending.length === pending.length && !error.isLostRace) throw refused(error)
      if (round === ROUNDS) throw conflict(error.reasons, error)
      pending = verdict.pending
    }
  }
}

/** One batch, once. Returns the change's id; throws BatchRefusal. */
export async function sendBatch(api: Route53Api, zoneId: string, edits: readonly Edit[]): Promise<string> {
  const batch = {HostedZoneId: zoneId, ChangeBatch: {Changes: toChanges(edits)}}
  const {ChangeInfo} = await api.changeResourceRecordSets(batch, {attempts: ATTEMPTS})
  return bareId(ChangeInfo?.Id)
}

export function conflict(reasons: readonly string[], cause: BatchRefusal): ConflictError {
  return new ConflictError(`Somebody else changed this zone in Route53 meanwhile: ${reasons.join('; ')}.`, {
    cause,
    suggestions: ['Run the same command again: it reads the zone afresh.'],
  })
}

export function refused(error: BatchRefusal): RefusedError {
  const reasons = error.reasons.length > 0 ? [...error.reasons] : ['Route53 gave no reason.']
  return new RefusedError(
    reasons.map(reason => `Route53 refused the change: ${reason}`),
    {cause: error},
  )
}
