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
  /**
   * Aborted when the run was interrupted (an InterruptedError is its reason) or stopped: no new call starts, calls in flight
   * may finish.
   */
  readonly signal: AbortSignal
  /** Ends the run from within, wherever it waits. */
  stop(reason: unknown): void
  /** Of who only looks: absent, each call is waited for as long as it may take. */
  readonly patience?: Patience
}

/** How long one call may go without an answer, and how often it is sent in all. A vendor that throttles is not silent. */
export type Patience = {readonly timeoutMs: number; readonly attempts: number}

/** To a person in front of a screen a cloud that says nothing for half a minute is down. */
const OF_A_LOOK: Patience = {timeoutMs: 10_000, attempts: 3}

/** The runtime of the real world. */
export function realRuntime(
  interrupted: AbortSignal = new AbortController().signal,
  {looks = false} = {},
): Runtime {
  const stopped = new AbortController()
  const signal = AbortSignal.any([interrupted, stopped.signal])
  return {
    now: Date.now,
    random: Math.random,
    id: () => crypto.randomUUID(),
    signal,
    stop: reason => stopped.abort(reason),
    ...(looks && {patience: OF_A_LOOK}),
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

/**
 * For a look at something that may never answer: `late` is aborted after `ms`, and at once when the run is interrupted, since
 * who looks has nothing to finish. `end` is called when the look is over.
 */
export function lookLimit(runtime: Runtime, ms: number): {late: AbortSignal; end(): void} {
  const late = new AbortController()
  const over = new AbortController()
  runtime.sleep(ms, over.signal).then(
    () => late.abort(),
    () => runtime.signal.aborted && late.abort(),
  )
  return {late: late.signal, end: () => over.abort()}
}
