/** The world's only notion of time. The sandbox gives it real timers, the simulation a virtual clock. */
export type Clock = {
  /** Milliseconds since the epoch. */
  now(): number
  /** Runs `then` once after `ms`; the returned function calls it off. */
  after(ms: number, then: () => void): () => void
}

/** Real time. Its timers do not keep the process alive. */
export const realClock: Clock = {
  now: Date.now,
  after(ms, then) {
    const timer = setTimeout(then, ms).unref()
    return () => clearTimeout(timer)
  },
}
