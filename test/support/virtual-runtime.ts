import {setTimeout as realSleep, setImmediate as turn} from 'node:timers/promises'
import type {Runtime} from '../../src/runtime.ts'
import type {Clock} from '../../src/sandbox/world/clock.ts'

/** 2026-01-01T00:00:00Z */
const START_MS = Date.UTC(2026, 0, 1)

type Event = {
  readonly atMs: number
  readonly order: number
  readonly then: () => void
  readonly deadline: boolean
}

export type VirtualOptions = {startMs?: number; seed?: number}
export type AttendOptions = {
  /**
   * Real milliseconds without anything happening after which a pending deadline (a sleep that somebody can call off)
   * passes. Until then it waits for the real work it guards, however long that takes.
   */
  patienceMs?: number
}

/**
 * Virtual time and seeded chance: one queue of events behind both a Runtime (for the engine and the providers) and a
 * Clock (for the world), so that they live at the same instant. Nothing happens by itself; time moves in one of two ways:
 *
 * - `run(task)`: for work that is all in memory, or says when it is not (`outside`). Deterministic: when nothing is left to do
 *   now, the next event happens.
 * - `attend()`: for work with real I/O in it (loopback sockets, nock, imports). The same, but the event loop turns first,
 *   and deadlines wait for the I/O they guard.
 */
export class VirtualTime {
  readonly clock: Clock
  readonly random: () => number
  #nowMs: number
  #order = 0
  #outsideWork = 0
  /** Sorted by time, then by order of scheduling. */
  readonly #events: Event[] = []

  constructor({startMs = START_MS, seed = 1}: VirtualOptions = {}) {
    this.#nowMs = startMs
    this.random = mulberry32(seed)
    this.clock = {now: () => this.#nowMs, after: (ms, then) => this.#schedule(ms, then, false)}
  }

  now(): number {
    return this.#nowMs
  }

  /** A runtime on this time and chance. Several may share it: one for each run. */
  runtime(interrupted: AbortSignal = new AbortController().signal): Runtime {
    const stopped = new AbortController()
    const signal = AbortSignal.any([interrupted, stopped.signal])
    return {
      now: () => this.#nowMs,
      random: this.random,
      id: () => uuid(this.random),
      signal,
      stop: reason => stopped.abort(reason),
      sleep: (ms, cancel) =>
        new Promise((resolve, reject) => {
          const signals = cancel ? [signal, cancel] : [signal]
          const aborted = signals.find(one => one.aborted)
          if (aborted) return reject(aborted.reason)
          const settle = (how: () => void) => {
            callOff()
            for (const one of signals) one.removeEventListener('abort', stop)
            how()
          }
          const stop = (event: globalThis.Event) => settle(() => reject((event.target as AbortSignal).reason))
          const callOff = this.#schedule(ms, () => settle(resolve), cancel !== undefined)
          for (const one of signals) one.addEventListener('abort', stop)
        }),
    }
  }

  /**
   * Runs a task that waits for nothing but this time, and lets time pass while it waits. Throws when it waits for
   * something that nobody scheduled, and when it has not ended after a week.
   */
  async run<T>(task: () => Promise<T>): Promise<T> {
    let settled = false
    const result = task().finally(() => {
      settled = true
    })
    // Awaited below; a rejection before that is not unhandled.
    result.catch(() => {})
    const untilMs = this.#nowMs + LONGEST_TASK_MS
    for (let idleTurns = 0; !settled; ) {
      await turn()
      if (settled) break
      if (this.#outsideWork > 0) continue
      if (this.#nowMs > untilMs) throw new Error('The task has not ended after a week of virtual time.')
      if (this.#next()) idleTurns = 0
      else if (++idleTurns > IDLE_TURNS)
        throw new Error('The task waits for something that is not scheduled in virtual time.')
    }
    return result
  }

  /** Real work in the middle of `run` (a server on loopback): it takes none of this time, which stands still as long as it lasts. */
  async outside<T>(work: () => Promise<T>): Promise<T> {
    this.#outsideWork++
    try {
      return await work()
    } finally {
      this.#outsideWork--
    }
  }

  /** Lets time pass whenever nothing happens, until the returned function is called. */
  attend({patienceMs = 5_000}: AttendOptions = {}): () => void {
    let attending = true
    const pump = async () => {
      let quietSince = performance.now()
      let orderSeen = this.#order
      while (attending) {
        for (let turns = 0; turns < QUIET_TURNS && attending; turns++) await turn()
        if (this.#order !== orderSeen) {
          orderSeen = this.#order
          quietSince = performance.now()
        }
        const [event] = this.#events
        if (attending && event && (!event.deadline || performance.now() - quietSince > patienceMs)) {
          this.#next()
          quietSince = performance.now()
        } else {
          await realSleep(1, undefined, {ref: false})
        }
      }
    }
    void pump()
    return () => {
      attending = false
    }
  }

  /** Moves time on by `ms`, and lets everything happen that was due. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms
    for (;;) {
      await turn()
      const [event] = this.#events
      if (!event || event.atMs > untilMs) break
      this.#next()
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs)
  }

  #schedule(ms: number, then: () => void, deadline: boolean): () => void {
    const event: Event = {atMs: this.#nowMs + Math.max(0, ms), order: this.#order++, then, deadline}
    let at = this.#events.length
    while (at > 0 && (this.#events[at - 1] as Event).atMs > event.atMs) at--
    this.#events.splice(at, 0, event)
    return () => {
      const index = this.#events.indexOf(event)
      if (index >= 0) this.#events.splice(index, 1)
    }
  }

  #next(): boolean {
    const event = this.#events.shift()
    if (!event) return false
    this.#nowMs = Math.max(this.#nowMs, event.atMs)
    event.then()
    return true
  }
}

const LONGEST_TASK_MS = 7 * 24 * 3_600_000
/** Turns of the event loop without any event after which `run` calls the task stuck: enough for a chain of imports from the cache. */
const IDLE_TURNS = 10_000
/** Turns that let answers of nock and callbacks of finished I/O arrive before time moves. */
const QUIET_TURNS = 20

/** A small seeded generator, uniform in [0, 1) (Tommy Ettinger's mulberry32, public domain). */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A UUID of version 4 from seeded chance. */
function uuid(random: () => number): string {
  const hex = (digits: number) =>
    Array.from({length: digits}, () => Math.floor(random() * 16).toString(16)).join('')
  return `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`
}
