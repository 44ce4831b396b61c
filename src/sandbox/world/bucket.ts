import type {Clock} from './clock.ts'

/** A vendor's token bucket: `burst` at once, refilled at `perSecond`. */
export class Bucket {
  #tokens: number
  #atMs: number
  readonly #clock: Clock
  readonly burst: number
  readonly perSecond: number

  constructor(clock: Clock, burst: number, perSecond: number) {
    this.#clock = clock
    this.burst = burst
    this.perSecond = perSecond
    this.#tokens = burst
    this.#atMs = clock.now()
  }

  /** Takes `cost` tokens, or takes none and returns false. */
  take(cost = 1): boolean {
    const nowMs = this.#clock.now()
    this.#tokens = Math.min(this.burst, this.#tokens + ((nowMs - this.#atMs) / 1000) * this.perSecond)
    this.#atMs = nowMs
    if (this.#tokens < cost) return false
    this.#tokens -= cost
    return true
  }

  /** Milliseconds until one token is there. */
  get waitMs(): number {
    return Math.max(0, Math.ceil(((1 - this.#tokens) / this.perSecond) * 1000))
  }
}
