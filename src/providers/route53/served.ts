import type {Runtime} from '../../runtime.ts'
import type {ChangeReceipt, Member} from '../dns.ts'
import type {Route53Api} from './api.ts'
import {UnknownChange} from './classify.ts'

/** What a change usually needs to reach all name servers, where there is no id to ask by. Source: API Reference, "GetChange". */
const USUALLY_SERVED_MS = 60_000

/**
 * Receipts name the accepted changes (`C1A2…`), several after a split batch, separated by blanks. What was found in place
 * already has no id: `seen:<milliseconds>` says when it was seen, and counts as served a minute later.
 */
export function toReceipt(changeIds: readonly (string | undefined)[], nowMs: number): ChangeReceipt {
  return {id: [...new Set(changeIds.map(id => id ?? `seen:${nowMs}`))].join(' ')}
}

/** Whether so much time has passed since `sinceMs` that all name servers have what was accepted then. */
export const isUsuallyServed = (runtime: Runtime, sinceMs: number): boolean =>
  runtime.now() - sinceMs >= USUALLY_SERVED_MS

/** Whether all name servers have the changes of a receipt. `removedAtMs` dates those that Route53 no longer knows. */
export async function receiptServed(
  api: Route53Api,
  runtime: Runtime,
  receipt: ChangeReceipt,
  removedAtMs: number,
): Promise<boolean> {
  for (const id of receipt.id.split(' ')) {
    const [, seenAtMs] = /^seen:(\d+)$/.exec(id) ?? []
    if (seenAtMs !== undefined) {
      if (!isUsuallyServed(runtime, Number(seenAtMs))) return false
      continue
    }
    try {
      const {ChangeInfo} = await api.getChange({Id: id})
      if (ChangeInfo?.Status !== 'INSYNC') return false
    } catch (error) {
      if (!(error instanceof UnknownChange)) throw error
      if (!isUsuallyServed(runtime, removedAtMs)) return false
    }
  }
  return true
}

/** When this run first saw each removal done: the only date that is known for one without receipt. */
export function firstSeen(runtime: Runtime): (removed: readonly Member[]) => number {
  const seenAtMs = new Map<string, number>()
  return removed => {
    const key = removed.map(({name, type, value}) => `${name} ${type} ${value}`).join('\n')
    const atMs = seenAtMs.get(key) ?? runtime.now()
    seenAtMs.set(key, atMs)
    return atMs
  }
}
