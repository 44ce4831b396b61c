import {parseDuration} from '../duration.ts'
import {UsageError} from '../errors.ts'

/** In milliseconds. Throws UsageError. */
export function durationFlag(flag: string, text: string): number {
  const ms = parseDuration(text)
  if (ms !== undefined) return ms
  throw new UsageError(`${flag} must be a duration with a unit, such as 90s or 10m; "${text}" is not.`)
}
