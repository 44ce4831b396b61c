/** Exit statuses of the command contract. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  partly: 3,
  locked: 4,
  differences: 10,
  unavailable: 69,
  interrupted: 130,
  terminated: 143,
} as const

export type McdErrorOptions = {cause?: unknown; suggestions?: string[]}

/**
 * What happened and why in `message`, what to do in `suggestions` (printed by oclif). Never carries a secret.
 * A subclass exists where code somewhere reads the kind; otherwise McdError itself is thrown.
 */
export class McdError extends Error {
  override name = 'McdError'
  readonly suggestions: string[]
  /** Exit status of a command that ends with this error. */
  readonly exit: number = EXIT.failed

  constructor(message: string, {cause, suggestions = []}: McdErrorOptions = {}) {
    super(message, cause === undefined ? undefined : {cause})
    this.suggestions = suggestions
  }
}

/** As people read it: what happened, then what to do. */
export function formatError({message, suggestions}: McdError): string {
  const hints = suggestions.map(suggestion => `  → ${suggestion}`)
  return [message, ...hints].join('\n')
}

/** A flag, an argument or a missing permission flag. */
export class UsageError extends McdError {
  override name = 'UsageError'
  override readonly exit = EXIT.usage
}

/** One mistake in the fleet file. `line` and `column` count from 1; absent where the file has no such place. */
export type Problem = {file: string; line?: number; column?: number; message: string; hint?: string}

/** The fleet file has mistakes: all of them, in file order. */
export class FleetFileError extends McdError {
  override name = 'FleetFileError'
  override readonly exit = EXIT.usage
  readonly problems: Problem[]

  constructor(problems: Problem[]) {
    super(problems.map(formatProblem).join('\n'))
    this.problems = problems
  }
}

/** `mcd.yaml:12:5: message (hint)` */
export function formatProblem({file, line, column, message, hint}: Problem): string {
  const at = line === undefined ? file : `${file}:${line}:${column ?? 1}`
  return `${at}: ${message}${hint ? ` (${hint})` : ''}`
}

/**
 * Several things the clouds or the zone would refuse, found before anything was changed. Thrown with all of them at once.
 */
export class RefusedError extends McdError {
  override name = 'RefusedError'
  readonly reasons: string[]

  constructor(reasons: string[], options: McdErrorOptions = {}) {
    super(reasons.join('\n'), options)
    this.reasons = reasons
  }
}

/**
 * Trying again can help: throttled, 5xx, timed out, connection lost. Retry lives in providers/call.ts and reads this
 * type, never a message. `effect` says whether the call may have taken effect: 'none' for throttling and refused
 * connections, 'unknown' for lost replies.
 */
export class TransientError extends McdError {
  override name = 'TransientError'
  readonly effect: 'none' | 'unknown'
  /** What the server asked us to wait. */
  readonly retryAfterMs: number | undefined
  /** True when it was throttling: pacing slows down. */
  readonly throttled: boolean

  constructor(
    message: string,
    {
      effect,
      retryAfterMs,
      throttled = false,
      ...options
    }: McdErrorOptions & {effect: 'none' | 'unknown'; retryAfterMs?: number | undefined; throttled?: boolean},
  ) {
    super(message, options)
    this.effect = effect
    this.retryAfterMs = retryAfterMs
    this.throttled = throttled
  }
}

/** The vendor could not be reached, or kept failing, for as long as we try. Its resources are unknown, not absent (law 6). */
export class UnreachableError extends McdError {
  override name = 'UnreachableError'
  /** Whether the last call may have taken effect all the same. */
  readonly effect: 'none' | 'unknown'

  constructor(
    message: string,
    {effect = 'none', ...options}: McdErrorOptions & {effect?: 'none' | 'unknown'} = {},
  ) {
    super(message, options)
    this.effect = effect
  }
}

/** A launch made it, as the cloud itself says, and no listing shows it yet: it only has to be waited for. */
export class NotShownError extends UnreachableError {
  override name = 'NotShownError'

  constructor(message: string, options: McdErrorOptions = {}) {
    super(message, {...options, effect: 'unknown'})
  }
}

/** Credentials are missing or were refused, or lack a permission. Not thrown when the vendor is unreachable. */
export class AuthError extends McdError {
  override name = 'AuthError'
}

/** A signature was refused for its time: no word about the credentials. */
export class WrongTimeError extends AuthError {
  override name = 'WrongTimeError'
}

/** The cloud has no room for this type in this place now. Another type or zone may do. */
export class CapacityError extends McdError {
  override name = 'CapacityError'
}

/** The account's quota is used up: trying again does not help. */
export class QuotaError extends McdError {
  override name = 'QuotaError'
}

/** Somebody else changed the record set between our read and our write. Read again, decide again. */
export class ConflictError extends McdError {
  override name = 'ConflictError'
}

/** The credentials work but cannot see this zone. Not thrown when the vendor is unreachable. */
export class ZoneNotFoundError extends McdError {
  override name = 'ZoneNotFoundError'

  constructor(zone: string, vendor: string, options: {cause?: unknown} = {}) {
    super(`Zone ${zone} was not found in ${vendor}: these credentials can list zones, but not this one.`, {
      ...options,
      suggestions: [
        'Check the spelling of the zone: "zone" in the fleet file, or --zone.',
        `Give these credentials access to ${zone}, then run again.`,
      ],
    })
  }
}

/** Another run works on this fleet. */
export class LockedError extends McdError {
  override name = 'LockedError'
  override readonly exit = EXIT.locked
}

/** Ctrl-C (130) or SIGTERM (143). */
export class InterruptedError extends McdError {
  override name = 'InterruptedError'
  override readonly exit: number
  readonly signal: 'SIGINT' | 'SIGTERM'
  /** Aborted once a call in flight is waited for no longer, with the InterruptedError that it ends with. Who interrupts decides. */
  readonly abandon: AbortSignal

  constructor(
    signal: 'SIGINT' | 'SIGTERM' = 'SIGINT',
    {
      message = 'Interrupted: what had begun is recorded.',
      abandon = new AbortController().signal,
    }: {message?: string; abandon?: AbortSignal} = {},
  ) {
    super(message, {suggestions: ['Run the same command again to go on.']})
    this.signal = signal
    this.exit = signal === 'SIGTERM' ? EXIT.terminated : EXIT.interrupted
    this.abandon = abandon
  }

  /** The same where nothing has begun: no call is waited for. */
  atOnce(): InterruptedError {
    const message = 'Interrupted before anything began.'
    const abandon = AbortSignal.abort(new InterruptedError(this.signal, {message}))
    return new InterruptedError(this.signal, {message, abandon})
  }
}
