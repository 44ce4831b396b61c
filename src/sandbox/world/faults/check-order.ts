import {UsageError} from '../../../errors.ts'
import {type FaultKind, type FaultOrder, kindOf} from './kinds.ts'
import type {Target} from './target.ts'

const STRIKING: readonly FaultKind[] = ['machine-dies', 'machine-unhealthy']

/** `target` is undefined where it is a running machine. Throws UsageError with everything that is wrong. */
export function checkOrder({kind, times, skip = 0, ms, count}: FaultOrder, target: Target | undefined): void {
  const {concerns, only, ms: duration, counts} = kindOf(kind)
  const wrong = [
    !target && !STRIKING.includes(kind)
      ? `A running instance can be struck by ${STRIKING.join(' and ')}; "${kind}" befalls calls.`
      : '',
    !target && (times !== undefined || skip > 0) ? 'A running instance is struck once, and at once.' : '',
    target && concerns && !target.calls.some(({service, action}) => concerns(service, action))
      ? `"${kind}" concerns ${only}, and the target names none of them.`
      : '',
    kind === 'outage' && target && !target.isWholeVendor
      ? 'An outage takes a whole vendor, such as aws.'
      : '',
    kind === 'wrong-clock' && target && !target.isWholeVendor
      ? "A clock is a whole vendor's, such as that of aws."
      : '',
    kind === 'wrong-clock' && (times !== undefined || skip > 0)
      ? 'A clock is wrong until the fault is cleared.'
      : '',
    times !== undefined && !(Number.isInteger(times) && times > 0) ? '"times" counts from 1.' : '',
    !(Number.isInteger(skip) && skip >= 0) ? '"skip" counts from 0.' : '',
    ms !== undefined && !duration ? `"${kind}" takes no duration.` : '',
    ms !== undefined && !(ms >= 0) ? 'A duration is no less than 0.' : '',
    counts && !(count !== undefined && Number.isInteger(count) && count > 0)
      ? `"${kind}" needs a count of instances, from 1.`
      : '',
    count !== undefined && !counts ? `"${kind}" takes no count.` : '',
  ].filter(text => text !== '')
  if (wrong.length > 0)
    throw new UsageError(wrong.join('\n'), {
      suggestions: ['"mcd sandbox fault add --help" lists the kinds and what each takes.'],
    })
}
