import {randomUUID} from 'node:crypto'

/**
 * Everything the engine and the providers may know of time, chance and cancellation. Nothing under `src/fleet` or
 * `src/providers` waits, draws or reads the clock otherwise, so that a simulation can own all of it.
 */
export type Runtime = {
  /** Milliseconds since the epoch. */
  now(): number
  /** Resolves after `ms`. Rejects at once with the reason when the run is interrupted, or when `cancel` is aborted. */
  sleep(ms: number, cancel?: AbortSignal): Promise<void>
  /** Uniform in [0, 1). */
  random(): number
  /** A fresh UUID: the name of a run, a launch, a step. */
  id(): string
  /** Aborted, with an InterruptedError as its reason, when the run was interrupted: no new call starts, calls in flight may finish. */
  readonly signal: AbortSignal
}

/** The runtime of the real world. */
export function realRuntime(signal: AbortSignal = new AbortController().signal): Runtime {
  return {
    now: Date.now,
    random: Math.random,
    id: randomUUID,
    signal,
    sleep: (ms, cancel) =>
      new Promise((resolve, reject) => {
        const either = cancel ? AbortSignal.any([signal, cancel]) : signal
        if (either.aborted) return reject(either.reason)
        const stop = () => {
          clearTimeout(timer)
          reject(either.reason)
        }
        const timer = setTimeout(() => {
          either.removeEventListener('abort', stop)
          resolve()
        }, ms)
        either.addEventListener('abort', stop, {once: true})
      }),
  }
}
