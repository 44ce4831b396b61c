import type {ClockReading} from '../providers/objects.ts'
import type {Runtime} from '../runtime.ts'

/**
 * Runs of several machines count by one clock, that of the server that keeps their journal: how long an address has been out of
 * DNS is told by events that another machine wrote.
 */

/** A reading over the network is off by up to half the time that it took; a Date header counts whole seconds besides. */
const LONGEST_READING_MS = 2_000
/** So little may be the reading itself, and is what the margins of waiting are for. */
const WORTH_COUNTING_MS = 2_000

/** How far the clock that was read is ahead of ours; 0 where that cannot be told. */
export function aheadOf({askedAtMs, answeredAtMs, theirsMs}: ClockReading): number {
  const aheadMs = theirsMs - (askedAtMs + answeredAtMs) / 2
  const isExact = answeredAtMs - askedAtMs <= LONGEST_READING_MS
  return isExact && Math.abs(aheadMs) >= WORTH_COUNTING_MS ? aheadMs : 0
}

/** The same runtime by a clock that is so far ahead. */
export const byClock = (runtime: Runtime, aheadMs = 0): Runtime =>
  aheadMs === 0 ? runtime : {...runtime, now: () => runtime.now() + aheadMs}
