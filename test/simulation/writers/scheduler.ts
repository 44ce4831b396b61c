import {setImmediate as settled} from 'node:timers/promises'
import type {Runtime} from '../../../src/runtime.ts'
import type {Clock} from '../../../src/sandbox/world/clock.ts'
import {mulberry32} from '../../support/virtual-runtime.ts'

/** What passes between two steps: slower than any vendor's rate limit, so that nobody is throttled. */
const STEP_MS = 300
/** How often somebody falls asleep for a while, in steps. Long pauses make the widest windows. */
const NAP_EVERY = 40
const LONGEST_NAP = 400

type Waiting = {readonly name: string; readonly goOn: () => void; readonly notBeforeMs: number}

/**
 * Concurrent programs of which one at a time does one step: whoever reaches a scheduling point waits there until chance lets
 * it go on. How fast each of them is, and how long a sleep really lasts, is chance's affair as well, so that any interleaving
 * can happen; the seed alone decides which.
 */
export class Scheduler {
  readonly random: () => number
  readonly clock: Clock
  steps = 0
  #nowMs = Date.UTC(2026, 0, 1)
  #running = 0
  readonly #waiting: Waiting[] = []
  /** Until which step nobody sees these. */
  readonly #asleep = new Map<string, number>()

  constructor(seed: number) {
    this.random = mulberry32(seed)
    this.clock = {now: () => this.#nowMs, after: () => () => {}}
  }

  /** A scheduling point. */
  point(name: string, delayMs = 0): Promise<void> {
    return new Promise(goOn => this.#waiting.push({name, goOn, notBeforeMs: this.#nowMs + delayMs}))
  }

  /** Runs programs until all have ended. Rejects with the first fault of one, and when all wait for something else. */
  async run(programs: readonly (() => Promise<void>)[]): Promise<void> {
    let failure: {error: unknown} | undefined
    for (const program of programs) {
      this.#running++
      program()
        .catch((error: unknown) => {
          failure ??= {error}
        })
        .finally(() => this.#running--)
    }
    for (;;) {
      // Everything here is in memory: when the event loop turns, all that could go on has reached its next point.
      await settled()
      if (failure) throw failure.error
      if (this.#running === 0) return
      this.#step()
    }
  }

  pass(ms: number): void {
    this.#nowMs += ms
  }

  /** One writer's runtime. A sleep that somebody can call off is a deadline, and those never pass: replies get lost otherwise. */
  runtime(name: string): Runtime {
    return {
      now: () => this.#nowMs,
      random: this.random,
      id: () => `${name}-${this.steps}`,
      signal: new AbortController().signal,
      stop: () => {},
      sleep: (ms, cancel) =>
        cancel
          ? new Promise((_, reject) => cancel.addEventListener('abort', () => reject(cancel.reason)))
          : this.point(name, ms),
    }
  }

  #step(): void {
    this.steps++
    this.#nowMs += STEP_MS
    if (this.steps % NAP_EVERY === 0) {
      const name = this.#waiting[Math.floor(this.random() * this.#waiting.length)]?.name ?? ''
      this.#asleep.set(name, this.steps + Math.floor(this.random() * LONGEST_NAP))
    }
    const awake = this.#waiting.filter(({name}) => (this.#asleep.get(name) ?? 0) < this.steps)
    const choice = awake.length > 0 ? awake : this.#waiting
    const next = choice[Math.floor(this.random() * choice.length)]
    if (!next) throw new Error('Every writer waits for something that is no scheduling point.')
    this.#waiting.splice(this.#waiting.indexOf(next), 1)
    this.#nowMs = Math.max(this.#nowMs, next.notBeforeMs)
    next.goOn()
  }
}
