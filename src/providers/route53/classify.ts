import {AuthError, McdError, TransientError, WrongTimeError} from '../../errors.ts'
import {
  findsNoCredentials,
  isWrongTime,
  refusesCredentials,
  refusesPermission,
  withoutRequest,
} from '../aws-access.ts'
import {unexpected} from '../call.ts'
import {isConnectionFailure, neverConnected} from '../connection.ts'

/** Route53 refused a batch whole. `reasons` are its own words, as many as there are. */
export class BatchRefusal extends McdError {
  override name = 'BatchRefusal'
  readonly reasons: readonly string[]

  constructor(reasons: readonly string[], options: {cause?: unknown} = {}) {
    super(`Route53 refused the change: ${reasons.join(', ')}`, options)
    this.reasons = reasons
  }

  /** Whether it was lost against somebody else's change, which another attempt may win. */
  get isLostRace(): boolean {
    return this.reasons.some(reason => LOST_RACE.some(fragment => reason.includes(fragment)))
  }
}

/** The change's id is not known (any more). */
export class UnknownChange extends McdError {
  override name = 'UnknownChange'
}

const LOST_RACE = [
  'but it was not found',
  'but the values provided do not match the current values',
  'but it already exists',
  // A set of another routing came in between: what stands there now says it better.
  'cannot be created because a non multivalue answer rrset exists',
  'cannot be created as',
]

/** What the SDK throws, as far as it is read. */
type SdkError = Error & {
  code?: string
  messages?: string[]
  $metadata?: {httpStatusCode?: number}
  $response?: {statusCode?: number}
}

const THROTTLED = [
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'TooManyRequestsException',
  'RequestLimitExceeded',
]

/** What a failed call means for mcd. `what` is Route53's name of the call. */
export function classify(what: string, thrown: unknown): McdError {
  if (!(thrown instanceof Error) || thrown instanceof McdError) return unexpected('Route53', thrown)
  const error = thrown as SdkError
  const {name, cause} = error
  const message = withoutRequest(error.message)
  const status = error.$metadata?.httpStatusCode ?? error.$response?.statusCode
  const told = `${name}: ${message}`

  if (THROTTLED.includes(name))
    return new TransientError(`Route53 throttled ${what}`, {effect: 'none', throttled: true, cause: error})
  if (name === 'PriorRequestNotComplete')
    return new TransientError('Route53 is still busy with an earlier change of this zone', {
      effect: 'none',
      cause: error,
    })
  if (refusesPermission(name))
    return new AuthError(`These credentials may not ${what} in Route53: ${message}`, {
      cause: error,
      suggestions: [
        'mcd needs route53:ListHostedZonesByName, ListResourceRecordSets, ChangeResourceRecordSets and GetChange.',
      ],
    })
  if (findsNoCredentials(name))
    return new AuthError(`mcd found no AWS credentials: ${message}`, {
      cause: error,
      suggestions: [
        'Check the profile (AWS_PROFILE, or "profile" in the group), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in with "aws sso login".',
      ],
    })
  if (isWrongTime(told))
    return new WrongTimeError(`Route53 refused the time of ${what}: ${message}`, {
      cause: error,
      suggestions: ["Set this machine's clock right, then run again."],
    })
  if (refusesCredentials(name) || status === 401 || status === 403)
    return new AuthError(`Route53 refused the credentials for ${what}: ${told}`, {
      cause: error,
      suggestions: ['Check AWS_PROFILE, AWS_ACCESS_KEY_ID or your single sign-on session, then run again.'],
    })
  if (name === 'InvalidChangeBatch') return new BatchRefusal(reasonsOf(error), {cause: error})
  if (name === 'NoSuchChange')
    return new UnknownChange(`Route53 does not know this change: ${message}`, {cause: error})
  if (status !== undefined && status >= 500)
    return new TransientError(`Route53 answered ${what} with ${status}`, {effect: 'unknown', cause: error})
  const code = [error.code, (cause as SdkError | undefined)?.code, name].find(known =>
    isConnectionFailure(known),
  )
  if (code)
    return new TransientError(`Route53 could not be reached for ${what}: ${connectionDetail(error, code)}`, {
      effect: neverConnected(code) ? 'none' : 'unknown',
      cause: error,
    })
  if (status !== undefined && status >= 400)
    return new McdError(`Route53 refused ${what}: ${told}`, {cause: error})
  return unexpected('Route53', error)
}

/** Node's own words name the address: `connect ECONNREFUSED 192.0.2.1:443`. */
function connectionDetail(error: SdkError, code: string): string {
  const cause = error.cause as SdkError | undefined
  return [error, cause].map(each => each?.message ?? '').find(text => text.includes(code)) ?? code
}

/** One bracketed list in the message today; older services and SDKs filled `messages` instead. */
function reasonsOf({message, messages = []}: SdkError): string[] {
  const listed = message.replace(/^\[([\s\S]*)\]$/, '$1').split(/, (?=[A-Z])/)
  return [...listed, ...messages].filter(reason => reason !== '' && reason !== 'UnknownError')
}
