import {AuthError, CapacityError, McdError, QuotaError, TransientError, WrongTimeError} from '../../errors.ts'
import {
  findsNoCredentials,
  isWrongTime,
  refusesCredentials,
  refusesPermission,
  withoutRequest,
} from '../aws-access.ts'
import {unexpected} from '../call.ts'
import {isConnectionFailure, neverConnected} from '../connection.ts'

/** AWS refused a call for a reason that some caller reads by its code: `InvalidGroup.Duplicate`. */
export class AwsRefusal extends McdError {
  override name = 'AwsRefusal'
  readonly code: string

  constructor(
    call: string,
    code: string,
    message: string,
    options: {cause?: unknown; suggestions?: string[]} = {},
  ) {
    super(`AWS refused ${call}: ${message} (${code})`, options)
    this.code = code
  }
}

export const isRefusal = (error: unknown, ...codes: string[]): boolean =>
  error instanceof AwsRefusal && codes.includes(error.code)

/** What the SDK throws, as far as it is read. */
export type SdkError = Error & {
  code?: string
  $metadata?: {httpStatusCode?: number | undefined}
  $response?: {statusCode?: number}
}

/** Source of the codes: EC2 API Reference, "Error codes for the Amazon EC2 API". */
const THROTTLED = [
  'RequestLimitExceeded',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
  'EC2ThrottledException',
]
const CAPACITY = [
  'InsufficientInstanceCapacity',
  'InsufficientHostCapacity',
  'InsufficientCapacity',
  'InsufficientFreeAddressesInSubnet',
  'UnfulfillableCapacity',
  'SpotMaxPriceTooLow',
  // The zone stopped offering the type between plan and launch: another zone or type may do, as with capacity.
  'Unsupported',
]
const QUOTA = [
  'VcpuLimitExceeded',
  'InstanceLimitExceeded',
  'MaxSpotInstanceCountExceeded',
  'VolumeLimitExceeded',
  'SecurityGroupLimitExceeded',
  'PendingVerification',
]
const WHERE_FROM =
  'Check the profile (AWS_PROFILE, or "profile" in the group), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in with "aws sso login".'

/** What a failed call means for mcd. `call` is the vendor's name of it. */
export function classify(call: string, thrown: unknown): McdError {
  if (!(thrown instanceof Error) || thrown instanceof McdError) return unexpected('AWS', thrown)
  const error = thrown as SdkError
  const {name} = error
  const message = withoutRequest(error.message)
  const status = error.$metadata?.httpStatusCode ?? error.$response?.statusCode
  const cause = error

  if (THROTTLED.includes(name))
    return new TransientError(`AWS throttled ${call}`, {effect: 'none', throttled: true, cause})
  if (CAPACITY.includes(name)) return new CapacityError(message, {cause})
  if (QUOTA.includes(name)) {
    return new QuotaError(message, {
      cause,
      suggestions: ['Ask AWS for a higher quota (Service Quotas, Amazon EC2), or lower "count".'],
    })
  }
  if (refusesPermission(name)) {
    return new AuthError(`These credentials may not ${call}: ${message}`, {
      cause,
      suggestions: [
        `Allow ${call} in the IAM policy of these credentials. An instance profile also needs iam:PassRole on its role.`,
      ],
    })
  }
  if (isWrongTime(`${name} ${message}`)) {
    return new WrongTimeError(`AWS refused the time of ${call}: ${message}`, {
      cause,
      suggestions: ["Set this machine's clock right, then run again."],
    })
  }
  if (findsNoCredentials(name)) {
    return new AuthError(`mcd found no AWS credentials: ${message}`, {cause, suggestions: [WHERE_FROM]})
  }
  if (refusesCredentials(name) || status === 401) {
    return new AuthError(`AWS refused the credentials for ${call}: ${message} (${name})`, {
      cause,
      suggestions: [
        'Check AWS_PROFILE, AWS_ACCESS_KEY_ID or your single sign-on session, then run again.',
        // EC2 answers the same for a region that does not exist and for one that an account has not enabled.
        ...(name === 'AuthFailure'
          ? ['Check the spelling of "region", and that your account has it enabled.']
          : []),
      ],
    })
  }
  if (status !== undefined && status >= 500) {
    return new TransientError(`AWS answered ${call} with ${status} ${name}`, {effect: 'unknown', cause})
  }
  const lost = connectionCode(error)
  if (lost !== undefined) {
    return new TransientError(`AWS could not be reached for ${call}: ${connectionDetail(error, lost)}`, {
      effect: neverConnected(lost) ? 'none' : 'unknown',
      cause,
    })
  }
  if (status !== undefined && status >= 400)
    return new AwsRefusal(call, name, message, {cause, suggestions: adviceOn(message)})
  return unexpected('AWS', error)
}

/** Where the connection broke: on the error itself, its cause, or one of several addresses that were tried. */
function connectionCode(error: SdkError): string | undefined {
  const {cause} = error as {cause?: SdkError}
  const tried = (cause ?? error) as {errors?: SdkError[]}
  return [error.code, cause?.code, ...(tried.errors ?? []).map(({code}) => code), error.name].find(
    isConnectionFailure,
  )
}

/** Node's own words name the address: `connect ECONNREFUSED 192.0.2.1:443`. */
function connectionDetail(error: SdkError, code: string): string {
  const {cause} = error as {cause?: SdkError}
  const {errors = []} = (cause ?? error) as {errors?: SdkError[]}
  return [error, cause, ...errors].map(each => each?.message ?? '').find(text => text.includes(code)) ?? code
}

function adviceOn(message: string): string[] {
  return /Invalid IAM Instance Profile name|no associated IAM Roles/.test(message)
    ? [
        'Check "instanceProfile" in the fleet file. A profile that was made a moment ago takes a minute or two: run again.',
      ]
    : []
}
