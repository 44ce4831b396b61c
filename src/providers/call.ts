import {InterruptedError, McdError, TransientError, UnreachableError} from '../errors.ts'
import type {Runtime} from '../runtime.ts'
import {noteRetry} from './retries.ts'

/** A token bucket as the vendors document theirs: `burst` requests at once, then `perSecond`. */
export type Rate = {burst: number; perSecond: number}

/** `limits:` of the fleet file, on top of the vendors' documented buckets (decision 33). */
export type Limits = {
  /** Calls in flight at once. */
  readonly concurrency?: number
  readonly perSecond?: number
}

/**
 * The bucket under `limits: {rate}` of the fleet file: its calls in a second, and no burst beyond, since who sets a rate means
 * what the vendor sees in any second. Never more than what the vendor documents.
 */
export const atMost = (rate: Rate, perSecond = Number.POSITIVE_INFINITY): Rate => ({
  burst: Math.max(1, Math.min(rate.burst, perSecond)),
  perSecond: Math.min(rate.perSecond, perSecond),
})

export type CallOptions = {
  /** `RunInstances`, `POST /machines`: for messages. */
  name: string
  /** Which bucket it draws from; calls without one are not paced. */
  bucket?: string
  /** Tokens it takes. */
  cost?: number
  /** Aborted after this long; a fresh limit for each attempt. */
  timeoutMs?: number
  /** Attempts in all, the first included. */
  attempts?: number
  /**
   * Whether the call may be sent again after a reply was lost. False for calls the vendor does not deduplicate: the
   * TransientError then reaches the caller, who looks before deciding.
   */
  repeatable?: boolean
  /** Changes nothing: an interrupted run has no use for its answer, and waits for none. */
  reads?: boolean
}

const FIRST_BACKOFF_MS = 1_000
const MAX_BACKOFF_MS = 30_000
/** Longer waits than this asked for by a server are not slept through in silence: the vendor counts as unreachable. */
const MAX_RETRY_AFTER_MS = 330_000
/** Where nobody was ever reached the address is most likely wrong: that should be said within seconds. */
const FIRST_CONTACT_ATTEMPTS = 4

export type Caller = <T>(options: CallOptions, send: (signal: AbortSignal) => Promise<T>) => Promise<T>

/**
 * The one place that paces, times out and retries calls to vendors, on the injected runtime. `send` does one attempt and
 * throws TransientError where another can help. Throws UnreachableError when the attempts are used up.
 */
export function createCaller(runtime: Runtime, service: string, rates: Record<string, Rate> = {}): Caller {
  const buckets = new Map(Object.entries(rates).map(([name, rate]) => [name, tokenBucket(runtime, rate)]))
  const {patience} = runtime
  let everReached = false
  return async (options, send) => {
    const {
      name,
      bucket,
      cost = 1,
      timeoutMs = 30_000,
      attempts = 6,
      repeatable = true,
      reads = false,
    } = options
    // One lost reply is enough: whatever later attempts met, the call may have taken effect.
    let effect: 'none' | 'unknown' = 'none'
    for (let attempt = 1; ; attempt++) {
      runtime.signal.throwIfAborted()
      await buckets.get(bucket ?? '')?.take(cost)
      try {
        const limitMs = Math.min(timeoutMs, patience?.timeoutMs ?? timeoutMs)
        const reply = await withTimeout(runtime, {timeoutMs: limitMs, reads}, `${service} ${name}`, send)
        everReached = true
        return reply
      } catch (error) {
        if (!(error instanceof TransientError)) throw error
        if (error.effect === 'unknown') effect = 'unknown'
        everReached ||= error.throttled || error.effect === 'unknown'
        if (error.throttled) buckets.get(bucket ?? '')?.slowDown()
        const retry = {call: `${service} ${name}`, why: error.message, atMs: runtime.now()}
        if (error.effect === 'unknown' && !repeatable) {
          noteRetry(retry, {service, throttled: error.throttled})
          throw error
        }
        const waitMs = error.retryAfterMs ?? backoffMs(runtime, attempt)
        const most = Math.min(
          attempts,
          everReached ? attempts : FIRST_CONTACT_ATTEMPTS,
          error.throttled ? attempts : (patience?.attempts ?? attempts),
        )
        if (attempt >= most || waitMs > MAX_RETRY_AFTER_MS) {
          throw new UnreachableError(givenUpText(service, name, attempt, error.message), {
            cause: error,
            effect,
            suggestions: [
              'Check the endpoint and the network, then run the same command again: it goes on where it stopped.',
            ],
          })
        }
        noteRetry(retry, {service, throttled: error.throttled})
        await runtime.sleep(waitMs)
      }
    }
  }
}

/** Most reasons name the call themselves. */
function givenUpText(service: string, name: string, attempts: number, why: string): string {
  const times = `${attempts} ${attempts === 1 ? 'time' : 'times'}`
  return why.includes(name)
    ? `${why.replace(/\.$/, '')} (tried ${times})`
    : `${service} ${name} failed ${times}: ${why}`
}

/** Exponential with full jitter: many instances and runs share one account's buckets. */
function backoffMs(runtime: Runtime, attempt: number): number {
  const ceiling = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (attempt - 1))
  return ceiling / 2 + (runtime.random() * ceiling) / 2
}

function tokenBucket(runtime: Runtime, rate: Rate) {
  let tokens = rate.burst
  let perSecond = rate.perSecond
  let atMs = runtime.now()
  let queue: Promise<void> = Promise.resolve()
  const refill = () => {
    const nowMs = runtime.now()
    tokens = Math.min(rate.burst, tokens + ((nowMs - atMs) / 1000) * perSecond)
    atMs = nowMs
  }
  const take = async (cost: number) => {
    refill()
    // A cost above the burst could never be paid at once: it goes into debt and the next caller waits.
    const needed = Math.min(cost, rate.burst)
    if (tokens < needed) {
      await runtime.sleep(Math.ceil(((needed - tokens) / perSecond) * 1000))
      refill()
    }
    tokens -= cost
  }
  return {
    take(cost: number): Promise<void> {
      const turn = queue.then(() => take(cost))
      queue = turn.catch(() => undefined)
      return turn
    },
    /** Somebody else draws from the same account: the documented refill is not ours alone. */
    slowDown() {
      tokens = Math.min(tokens, 0)
      perSecond = Math.max(rate.perSecond / 8, perSecond / 2)
    },
  }
}

/** Runs `send` under a deadline of the runtime's clock. A timeout is a lost reply: its effect is unknown. */
async function withTimeout<T>(
  runtime: Runtime,
  {timeoutMs, reads}: {timeoutMs: number; reads: boolean},
  what: string,
  send: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const abandon = new AbortController()
  const answered = new AbortController()
  const deadline = runtime.sleep(timeoutMs, answered.signal).then(
    () => {
      abandon.abort()
      throw new TransientError(`${what} did not answer within ${timeoutMs / 1000} s`, {effect: 'unknown'})
    },
    () => {
      const {aborted, reason} = runtime.signal
      // Answered, whatever else has happened.
      if (!aborted || answered.signal.aborted) return new Promise<never>(() => {})
      // Interrupted: a call in flight that changes something may finish, and whoever interrupts decides how long that may take.
      // Stopped from within (the lease is lost): nobody else would ever end a call that gets no answer.
      const mayFinish = reason instanceof InterruptedError && !reads
      return (mayFinish ? whenAborted(reason.abandon) : Promise.reject(reason)).finally(() => abandon.abort())
    },
  )
  try {
    return await Promise.race([send(abandon.signal), deadline])
  } finally {
    // A reason of its own: a DOMException with a stack for every call that went well costs more than the call.
    answered.abort('answered')
  }
}

/** Rejects with the signal's reason. */
const whenAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    else signal.addEventListener('abort', () => reject(signal.reason), {once: true})
  })

/** Wraps what a vendor library throws unexpectedly, so that nobody reads a stack trace of somebody else's code. */
export function unexpected(service: string, error: unknown): McdError {
  if (error instanceof McdError) return error
  const message = error instanceof Error ? error.message : String(error)
  return new McdError(`${service} answered something mcd does not understand: ${message}`, {cause: error})
}
