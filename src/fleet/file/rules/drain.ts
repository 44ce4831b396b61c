import {formatDuration, parseDuration} from '../../../duration.ts'
import {QUIET_FOR_MS, QUIET_MAX_MS} from '../schema-drain.ts'
import {asMapping, asText, type Rule} from './rule.ts'

const DAY_MS = 24 * 3_600_000

/** What says how connections are watched says nothing where they are not. */
export const quietIsAskedFor: Rule = (data, report) => {
  const drain = asMapping(asMapping(data).drain)
  if (drain.quiet !== undefined && drain.quiet !== null && drain.quiet !== false) return
  for (const key of ['max', 'counter', 'ssh'])
    if (drain[key] !== undefined)
      report(['drain', key], `${key} is for "quiet: true", which is not there`, 'add "quiet: true"', 'key')
}

export const quietIsSeenOneWay: Rule = (data, report) => {
  const drain = asMapping(asMapping(data).drain)
  if (drain.counter !== undefined && drain.ssh !== undefined)
    report(
      ['drain', 'ssh'],
      'connections are counted over ssh or by the counter, not both',
      'keep one of the two',
      'key',
    )
}

/** Nobody can have been away for longer than is waited; and no cache that mcd knows of holds an address for more than a day. */
export const quietCanBeReached: Rule = (data, report) => {
  const {quiet, max} = asMapping(asMapping(data).drain)
  if (quiet === undefined || quiet === false) return
  const maxMs = max === undefined ? QUIET_MAX_MS : parseDuration(asText(max) ?? '')
  const forMs = quiet === true ? QUIET_FOR_MS : parseDuration(asText(quiet) ?? '')
  if (maxMs === undefined || forMs === undefined) return
  if (maxMs > DAY_MS)
    report(['drain', 'max'], 'max must be at most 24h', 'the longest caches hold an address for a day')
  else if (forMs > maxMs)
    report(
      ['drain', max === undefined ? 'quiet' : 'max'],
      `max (${formatDuration(maxMs)}) ends before anybody can have been quiet for ${formatDuration(forMs)}`,
      'give max a longer time',
    )
}
