import {AuthError, InterruptedError, McdError, UnreachableError, WrongTimeError} from '../errors.ts'
import type {Finding} from './examine.ts'

const EXPIRED = ['ExpiredToken', 'ExpiredTokenException']
/** Signatures are dated, and AWS bears five minutes: a code of EC2's, the words of STS and Route53, a code of others. */
const WRONG_TIME = /RequestExpired|Signature (?:expired|not yet current)|RequestTimeTooSkewed/

/** Whether AWS refused a call for its date alone; the credentials may be good. `said` holds its code and its words. */
export const isWrongTime = (said: string): boolean => WRONG_TIME.test(said)

/** No credentials were found: thrown before anything is sent. */
const NO_CREDENTIALS = ['CredentialsProviderError', 'TokenProviderError']
/** They were found, and are no good. Source: EC2 API Reference, "Error codes for the Amazon EC2 API"; the others use some of these. */
const CREDENTIALS = [
  'AuthFailure',
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'IncompleteSignature',
  'MissingAuthenticationToken',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidAccessKeyId',
  'OptInRequired',
  'Blocked',
]
/** They are good, and do not allow this call: EC2's word, and that of the others. */
const PERMISSION = ['UnauthorizedOperation', 'AccessDenied', 'AccessDeniedException']

/** By what AWS or its SDK calls the error. */
export const findsNoCredentials = (name: string): boolean => NO_CREDENTIALS.includes(name)
export const refusesCredentials = (name: string): boolean => CREDENTIALS.includes(name)
export const refusesPermission = (name: string): boolean => PERMISSION.includes(name)

/** Whether the credentials are good, and only this call was not allowed them. */
export const isDenied = (error: unknown): error is AuthError =>
  error instanceof AuthError && refusesPermission(nameOfCause(error))

/** What AWS or its SDK called the error behind one of ours: `ExpiredToken`. */
const nameOfCause = ({cause}: McdError): string => (cause instanceof Error ? cause.name : '')

/**
 * What AWS says without the request that it repeats to whoever signed it wrongly: the canonical string holds every signed
 * header, the session token among them.
 */
export const withoutRequest = (message: string): string =>
  message.replace(/\s*The (?:Canonical String|String-to-Sign)[\s\S]*$/, '')

/** What a call that failed says of the way to the vendor, of the credentials, or of this machine's clock. `ways`: what to check of the way. */
export function accessFinding(error: unknown, subject: string, ways: string): Finding {
  if (!(error instanceof McdError) || error instanceof InterruptedError) throw error
  const {message: detail, suggestions} = error
  const failed = (check: Finding['check'], ...remedies: string[]): Finding => ({
    check,
    subject,
    outcome: 'failed',
    detail,
    remedy: remedies.join(' '),
  })
  if (error instanceof UnreachableError) return failed('reach', `Check ${ways}.`)
  if (!(error instanceof AuthError))
    return failed('settings', ...(suggestions.length > 0 ? suggestions : [`Check ${ways}.`]))
  if (error instanceof WrongTimeError) return failed('clock', "Set this machine's clock right.")
  const name = nameOfCause(error)
  if (EXPIRED.includes(name))
    return failed(
      'identity',
      'Sign in again ("aws sso login"), or set fresh AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.',
    )
  return failed('identity', ...suggestions)
}
