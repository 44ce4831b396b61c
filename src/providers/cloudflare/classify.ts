import {AuthError, ConflictError, McdError, QuotaError, TransientError} from '../../errors.ts'

/** One error of an envelope. The real cause often stands in `error_chain` under a wrapper such as 1004. */
export type VendorCause = {
  readonly code?: number
  readonly message?: string
  readonly error_chain?: readonly VendorCause[]
}

export type VendorFailure = {
  readonly status: number
  /** Empty where the body was no envelope: an HTML page of the edge. */
  readonly errors: readonly VendorCause[]
  readonly retryAfterSeconds?: number | undefined
}

/** A refusal that trying again does not change. `codes` holds every code of it, the chain included. */
export class CloudflareRefusal extends McdError {
  override name = 'CloudflareRefusal'
  readonly codes: readonly number[]

  constructor(message: string, codes: readonly number[]) {
    super(message)
    this.codes = codes
  }
}

/** The token is none, or lacks a permission, or may not be used from here. */
export class DeniedError extends AuthError {
  override name = 'DeniedError'
  /** Only some addresses may use the token, and this machine's is none of them. */
  readonly wrongAddress: boolean

  constructor(message: string, wrongAddress: boolean) {
    const advice = wrongAddress
      ? "Add this machine's address to those that may use the API token, or make another token."
      : 'The API token needs "DNS Write" and "Zone Read" on this zone, and must be valid from this address.'
    super(message, {suggestions: [advice]})
    this.wrongAddress = wrongAddress
  }
}

/** 81057 is what older zones answer. */
const IDENTICAL = [81057, 81058]
const MISSING = [81044]
/** A CNAME where an address should go, an address where a CNAME should, NS records at the name. */
const TAKEN = [81053, 81054, 81056]
const QUOTA = [81045]
/** Missing or malformed header, unknown token, wrong location. */
const CREDENTIALS = [6003, 6111, 9106, 9109, 10000]
/** One code for what the token may not reach, and for an address that it may not be used from. */
const LOCATION = 9109

export const isIdentical = (error: unknown): boolean =>
  error instanceof CloudflareRefusal && error.codes.some(code => IDENTICAL.includes(code))
export const isMissing = (error: unknown): boolean =>
  error instanceof CloudflareRefusal && error.codes.some(code => MISSING.includes(code))

/** What an unsuccessful answer means for mcd. `what` names the call, for people: `POST dns_records/batch`. */
export function classify(what: string, {status, errors, retryAfterSeconds}: VendorFailure): McdError {
  const causes = errors.flatMap(function all(error): VendorCause[] {
    return [error, ...(error.error_chain ?? []).flatMap(all)]
  })
  const codes = causes.flatMap(({code}) => (code === undefined ? [] : [code]))
  const told = causes.map(({code, message}) => `${message ?? 'no message'} (${code ?? 'no code'})`).join(', ')
  const message = `CloudFlare refused ${what} with ${status}${told ? `: ${told}` : ''}`
  if (status === 429) {
    const retryAfterMs = retryAfterSeconds === undefined ? undefined : retryAfterSeconds * 1000
    return new TransientError(`CloudFlare throttled ${what}`, {effect: 'none', throttled: true, retryAfterMs})
  }
  if (status >= 500 || status === 408)
    return new TransientError(`CloudFlare answered ${what} with ${status}`, {effect: 'unknown'})
  const has = (known: readonly number[]) => codes.some(code => known.includes(code))
  if (has(TAKEN))
    return new ConflictError(message, {
      suggestions: ['Look at the records under this name: ours cannot live beside them.'],
    })
  if (has(QUOTA))
    return new QuotaError(message, {
      suggestions: ['A free zone holds 200 records: remove some, or move the zone to a larger plan.'],
    })
  if (status === 401 || status === 403 || has(CREDENTIALS))
    return new DeniedError(
      message,
      causes.some(({code, message: text = ''}) => code === LOCATION && /location/i.test(text)),
    )
  return new CloudflareRefusal(message, codes)
}
