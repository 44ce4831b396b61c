import {
  AuthError,
  CapacityError,
  McdError,
  QuotaError,
  RefusedError,
  TransientError,
  UnreachableError,
} from '../../errors.ts'
import {neverConnected} from '../connection.ts'
import type {ApiReply} from './transport.ts'

/** The name is taken by a living instance of this account. The launch decides whether it is ours. */
export class NameTakenError extends McdError {
  override name = 'NameTakenError'
}

/** Deletion protection stands in the way. */
export class ProtectedError extends McdError {
  override name = 'ProtectedError'
}

/** CloudAPI knows the caller, who may not make this call. */
export class NotAllowedError extends AuthError {
  override name = 'NotAllowedError'
}

type ErrorBody = {
  code?: string
  message?: string
  errors?: {field?: string; code?: string; message?: string}[]
}

/**
 * A reply of 400 and more as an error of ours. The status decides first: gateways in front of CloudAPI answer in shapes
 * of their own, or in none. Source of codes: CloudAPI reference and lib/ of sdc-cloudapi.
 */
export function errorFrom(what: string, {status, body, requestId}: ApiReply): McdError {
  const {code, message, errors} = readBody(body)
  const said = describe(status, code, message, errors)
  const text = `CloudAPI refused ${what}: ${said}`
  if (status === 420 || status === 429)
    return new TransientError(`CloudAPI throttled ${what}`, {effect: 'none', throttled: true})
  if (status >= 500) {
    const traced = requestId ? ` (request ${requestId})` : ''
    return new TransientError(`CloudAPI failed ${what}: ${said}${traced}`, {effect: 'unknown'})
  }
  // A clock that is wrong makes a header that CloudAPI calls invalid, and says no more of it (its lib/authorization.js).
  if (status === 401 || code === 'InvalidHeader') return notAuthenticated(text)
  if (status === 403) return /quota/i.test(said) ? new QuotaError(text, QUOTA_HELP) : notAllowed(text)
  if (status === 413)
    return new RefusedError([text], {suggestions: ['Make the userdata template or the metadata smaller.']})
  if (errors.some(({field, code: fault}) => field === 'alias' && fault === 'Duplicate'))
    return new NameTakenError(text)
  if (code === 'CannotDestroyMachine') return new ProtectedError(text)
  if (code === 'InsufficientCapacity' || (status === 409 && /capacity|no compute resources/i.test(said)))
    return new CapacityError(text, {suggestions: ['Choose another package, or list several in "type".']})
  if (code === 'KeyRequired')
    return new RefusedError([text], {suggestions: ['Add an SSH key to the account: triton key add FILE.pub']})
  return new McdError(
    text,
    requestId ? {suggestions: [`The cloud's operator finds it as request ${requestId}.`]} : {},
  )
}

/** What the network threw. Only a connection that never stood is sure to have had no effect. */
export function networkError(what: string, url: string, error: unknown): McdError {
  if (error instanceof McdError) return error
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = String((cause as {code?: unknown} | undefined)?.code ?? '')
  const reason = cause instanceof Error && cause.message ? cause.message : String(code || cause)
  if (CERTIFICATE.test(code))
    return new UnreachableError(`The certificate of ${url} is not trusted: ${reason}`, {
      cause: error,
      suggestions: [
        'If this private cloud has a self-signed certificate, set "insecure": true in its triton profile, or TRITON_TLS_INSECURE=1.',
      ],
    })
  return new TransientError(`CloudAPI at ${url} could not be reached for ${what}: ${reason}`, {
    cause: error,
    effect: neverConnected(code) ? 'none' : 'unknown',
  })
}

const CERTIFICATE = /SELF_SIGNED|^CERT_|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|ERR_TLS_CERT/
const QUOTA_HELP = {suggestions: ['Ask the operator of this cloud for higher limits, or lower "count".']}

function notAuthenticated(text: string): AuthError {
  return new AuthError(text, {
    suggestions: [
      'Check the account and the key fingerprint, and that the key is registered ("triton key list").',
      "A clock that is more than 5 minutes wrong is refused in the same way: check this machine's time.",
    ],
  })
}

function notAllowed(text: string): NotAllowedError {
  return new NotAllowedError(text, {
    suggestions: ['Give this user a role that allows the call, or use the account itself.'],
  })
}

/** Codes come with or without the Error suffix; some gateways wrap the body once more. */
function readBody(body: unknown): {code: string; message: string; errors: NonNullable<ErrorBody['errors']>} {
  const outer = (typeof body === 'object' && body !== null ? body : {}) as ErrorBody & {error?: unknown}
  const inner = (typeof outer.error === 'object' && outer.error !== null ? outer.error : outer) as ErrorBody
  return {
    code: String(inner.code ?? '').replace(/Error$/, ''),
    message: typeof inner.message === 'string' ? inner.message : '',
    errors: Array.isArray(inner.errors) ? inner.errors : [],
  }
}

function describe(
  status: number,
  code: string,
  message: string,
  errors: NonNullable<ErrorBody['errors']>,
): string {
  const fields = errors.map(error => `${error.field ?? '?'}: ${error.message ?? error.code ?? ''}`).join('; ')
  const said = [message, fields].filter(Boolean).join(': ') || `status ${status}`
  return code ? `${said} (${code})` : said
}
