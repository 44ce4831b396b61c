import {type PlanLimits, SET_MAX_CHARS} from './plan.ts'
import type {CloudflareRecord, RecordFields} from './record.ts'
import {cnameTaken, hostTaken, identical, nsTaken, quotaExceeded, setTooLong} from './refusals.ts'

const ADDRESSES = new Set(['A', 'AAAA'])

/**
 * Whether this record may stand among the others of its zone (`others` is without the record itself). Throws the refusal
 * of the first rule it breaks: identical record, CNAME beside addresses, NS beside anything, size of its set, quota.
 * The same content with another comment, TTL or proxied flag still counts as identical.
 */
export function checkNeighbours(
  fields: RecordFields,
  others: Iterable<CloudflareRecord>,
  plan: PlanLimits,
): void {
  let count = 0
  let setChars = fields.content.length
  for (const other of others) {
    count++
    if (other.name !== fields.name) continue
    if (other.type === fields.type) {
      if (other.content === fields.content && other.priority === fields.priority) throw identical()
      setChars += other.content.length
    }
    checkTypes(fields.type, other.type)
  }
  if (setChars > SET_MAX_CHARS) throw setTooLong()
  if (count >= plan.records) throw quotaExceeded()
}

function checkTypes(type: string, other: string): void {
  if (type === 'CNAME' && (other === 'CNAME' || ADDRESSES.has(other))) throw hostTaken()
  if (ADDRESSES.has(type) && other === 'CNAME') throw cnameTaken()
  if (other === 'NS' && type !== 'NS') throw nsTaken()
  if (type === 'NS' && other !== 'NS') throw hostTaken()
}
