import type {ClockReading} from '../providers/objects.ts'
import type {Runtime} from '../runtime.ts'

/**
 * Runs of several machines count by one clock, that of the server that keeps their journal: how long an address has been out of
 * DNS is told by events that another machine wrote.
 */

/** So little may be the reading itself, with a Date header that counts whole seconds, and is what the margins of waiting are for. */
const WORTH_COUNTING_MS = 2_000

/**
 * How far the clock that was read is ahead of ours; 0 where that may be the reading itself, which is off by up to half the time
 * that it took. A slow one counts all the same: a clock that is far off and goes uncorrected in one run makes the drain that
 * another run has begun too short.
 */
export function aheadOf({askedAtMs, answeredAtMs, theirsMs}: ClockReading): number {
  const halfMs = (answeredAtMs - askedAtMs) / 2
  const aheadMs = theirsMs - askedAtMs - halfMs
  return Math.abs(aheadMs) >= Math.max(WORTH_COUNTING_MS, halfMs) ? aheadMs : 0
}

/** The same runtime by a clock that is so far ahead. */
export const byClock = (runtime: Runtime, aheadMs = 0): Runtime =>
  aheadMs === 0 ? runtime : {...runtime, now: () => runtime.now() + aheadMs}

/** Less is what clocks lose and gain. */
const SET_MS = 1_000

/**
 * Whether this machine's clock was set since, or its host slept: what another one was ahead of it is then to be read anew. `ticks`
 * are milliseconds that nobody sets.
 */
export function clockWatch({now = Date.now, ticks = () => performance.now()} = {}): () => boolean {
  const beganMs = now() - ticks()
  return () => Math.abs(now() - ticks() - beganMs) >= SET_MS
}
