import {AsyncLocalStorage} from 'node:async_hooks'

/** One attempt at a call that did not get through: which call, what it met, when. */
export type Retry = {readonly call: string; readonly why: string; readonly atMs: number}

/** Of a step with many calls the first are kept: they tell what was the matter. */
const MOST_KEPT = 50

/**
 * Between the one place that retries (call.ts) and the one that records steps (the fleet's ledger) lie the adapters, and
 * none of them should carry a list through for both. So the list travels with the asynchronous call itself: every step has
 * its own, however many run side by side, and outside a step nothing is kept.
 */
const steps = new AsyncLocalStorage<Retry[]>()

/** Runs one step; the attempts its calls repeat go into `kept`. */
export const keepingRetries = <T>(kept: Retry[], step: () => Promise<T>): Promise<T> => steps.run(kept, step)

/** Who waits in front of the screen hears of it while it happens: a cloud that is silent takes a while to be given up. */
const listeners = new AsyncLocalStorage<(heard: Heard) => void>()

export type Heard = Retry & {readonly service: string}

/** Runs a task; each attempt that its calls repeat is told at once. Throttling is not: it is the vendors' way to set the pace. */
export const hearingRetries = <T>(hear: (heard: Heard) => void, task: () => Promise<T>): Promise<T> =>
  listeners.run(hear, task)

export function noteRetry(retry: Retry, {service, throttled}: {service: string; throttled: boolean}): void {
  if (!throttled) listeners.getStore()?.({...retry, service})
  const kept = steps.getStore()
  if (kept && kept.length < MOST_KEPT) kept.push(retry)
}
