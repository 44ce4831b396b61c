import {valuesOf} from './convert.ts'
import type {Edit} from './edits.ts'

/** What one ChangeResourceRecordSets may carry. Source: Route 53 Developer Guide, "Quotas". */
const BATCH_MAX_RECORDS = 1000
const BATCH_MAX_CHARACTERS = 32_000

/** As few batches as the limits allow, an edit never parted. */
export function toBatches(edits: readonly Edit[]): Edit[][] {
  const batches: Edit[][] = []
  let records = Number.POSITIVE_INFINITY
  let characters = 0
  for (const edit of edits) {
    const values = [edit.before, edit.after].flatMap(set => (set ? valuesOf(set) : []))
    const length = values.reduce((sum, value) => sum + value.length, 0)
    if (records + values.length > BATCH_MAX_RECORDS || characters + length > BATCH_MAX_CHARACTERS) {
      batches.push([])
      records = 0
      characters = 0
    }
    batches.at(-1)?.push(edit)
    records += values.length
    characters += length
  }
  return batches
}
