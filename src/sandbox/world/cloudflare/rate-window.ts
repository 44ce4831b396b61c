import type {Clock} from '../clock.ts'

export const RATE_LIMIT = 1_200
export const RATE_WINDOW_SECONDS = 300

/** CloudFlare's limit: 1,200 requests in five minutes; whoever exceeds it is refused everything until the window ends. */
export class RateWindow {
  #startMs: number
  #used = 0
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
    this.#startMs = clock.now()
  }

  /** Counts one request; false when it is over the limit. */
  take(): boolean {
    if (this.resetSeconds <= 0) {
      this.#startMs = this.#clock.now()
      this.#used = 0
    }
    this.#used++
    return this.#used <= RATE_LIMIT
  }

  get remaining(): number {
    return Math.max(0, RATE_LIMIT - this.#used)
  }

  /** Seconds until the window ends. */
  get resetSeconds(): number {
    return Math.ceil((this.#startMs + RATE_WINDOW_SECONDS * 1000 - this.#clock.now()) / 1000)
  }
}
