import {formatDuration} from '../duration.ts'
import {FAULT_KINDS, type FaultReport, kindOf} from './world/faults/kinds.ts'

/** One line: `2  aws:RunInstances  lost-reply  fired 1 of 1`. */
export function faultLine({
  id,
  target,
  kind,
  from,
  times,
  skip,
  ms,
  count,
  fired,
  waiting,
}: FaultReport): string {
  const words = [
    id,
    target,
    count === undefined ? kind : `${kind} ${count}`,
    ...(ms === undefined ? [] : [formatDuration(ms)]),
    ...(from === 'operator' ? [] : [from === 'any' ? "anybody's calls" : "the instances' calls"]),
    ...(skip === undefined ? [] : [skip === 1 ? 'after one more' : `after ${skip} more`]),
    times === null ? `fired ${fired === 1 ? 'once' : `${fired} times`}` : `fired ${fired} of ${times}`,
    ...(waiting === 0 ? [] : [`${waiting} waiting`]),
  ]
  return words.join('  ')
}

/** What was ordered, in a few words. Only what struck a running instance has fired by then. */
export function faultMeaning({kind, target, ms = 0, fired}: FaultReport): string {
  if (fired === 0) return `  ${kindOf(kind).does}`
  if (kind === 'machine-unhealthy') return `  ${target} answers no health check until this is cleared`
  return `  ${target} halts ${ms === 0 ? 'now' : `in ${formatDuration(ms)}`}`
}

/** A line for each kind, with what it takes. */
export function kindsHelp(): string {
  const width = Math.max(...FAULT_KINDS.map(kind => kind.length))
  return FAULT_KINDS.map(kind => {
    const {does, ms, times} = kindOf(kind)
    const defaults = ms?.default === undefined ? '' : `, ${formatDuration(ms.default)} without`
    const takes = ms ? ` (--for: ${ms.means}${defaults})` : ''
    return `  ${kind.padEnd(width)}  ${does}${takes}${Number.isFinite(times) ? '' : '; stands until cleared'}`
  }).join('\n')
}
