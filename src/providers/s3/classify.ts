import {AuthError, McdError, TransientError, WrongTimeError} from '../../errors.ts'
import {findsNoCredentials} from '../aws-access.ts'
import {unexpected} from '../call.ts'
import {isConnectionFailure, neverConnected} from '../connection.ts'

/** What the SDK throws, as far as it is read. */
type SdkError = Error & {
  code?: string
  /** Which one is right, where the region is wrong. */
  Region?: string
  $metadata?: {httpStatusCode?: number}
  $response?: {statusCode?: number; headers?: Readonly<Record<string, string>>}
}

/** Nothing stands under the key, or under the version that was named. */
export class NoSuchKey extends McdError {
  override name = 'NoSuchKey'
}

/** The condition of a write does not hold: something stands there already, or something else. */
export class PreconditionFailed extends McdError {
  override name = 'PreconditionFailed'
}

/** Also of what is not there, where the listing is granted for a prefix alone. */
export class AccessDenied extends AuthError {
  override name = 'AccessDenied'
}

/** Another conditional write of the same key was under way: neither its end nor ours is told. */
export class WriteConflict extends TransientError {
  override name = 'WriteConflict'
}

const THROTTLED = ['SlowDown', 'Throttling', 'ThrottlingException', 'RequestLimitExceeded', 'TooManyRequests']
/** Where a request went to another region than its bucket's. */
const ELSEWHERE = ['PermanentRedirect', 'AuthorizationHeaderMalformed', 'IllegalLocationConstraintException']
const REFUSED_KEYS = [
  'ExpiredToken',
  'TokenRefreshRequired',
  'InvalidToken',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
]
const KMS = /\bkms:\w+|^KMS\./

/** What a failed call means for mcd. `what` is S3's name of the call. Source: Amazon S3 API Reference, "Error responses". */
export function classify(what: string, bucket: string, thrown: unknown): McdError {
  if (!(thrown instanceof Error) || thrown instanceof McdError) return unexpected('S3', thrown)
  const error = thrown as SdkError
  const {name, message, cause} = error
  const status = error.$metadata?.httpStatusCode ?? error.$response?.statusCode
  const told = `${name}: ${message}`

  if (name === 'PreconditionFailed' || status === 412)
    return new PreconditionFailed(`S3 ${what}: ${message}`, {cause: error})
  if (name === 'ConditionalRequestConflict' || status === 409)
    return new WriteConflict(`S3 was busy with another write of the same object (${what})`, {
      effect: 'none',
      cause: error,
    })
  if (name === 'NoSuchBucket')
    return new McdError(`The bucket ${bucket} does not exist, or not in this region.`, {
      cause: error,
      suggestions: [
        `Create it: aws s3 mb s3://${bucket}`,
        'Name its region in the fleet file: state: s3://BUCKET/PREFIX?region=REGION',
      ],
    })
  if (name === 'NoSuchKey' || status === 404) return new NoSuchKey(`S3 ${what}: ${message}`, {cause: error})
  if (ELSEWHERE.includes(name) || status === 301) {
    const region = error.Region ?? error.$response?.headers?.['x-amz-bucket-region']
    return new McdError(`The bucket ${bucket} lives in another region${region ? `, in ${region}` : ''}.`, {
      cause: error,
      suggestions: [
        `Name its region in the fleet file: state: s3://BUCKET/PREFIX?region=${region ?? 'REGION'}`,
      ],
    })
  }
  if (message === 'Region is missing')
    return new McdError(`No region is named for the bucket ${bucket}.`, {
      cause: error,
      suggestions: [
        'Name it in the fleet file: state: s3://BUCKET/PREFIX?region=REGION',
        'Set AWS_REGION, or a region in your AWS profile.',
      ],
    })
  if (findsNoCredentials(name))
    return new AuthError(`mcd found no AWS credentials for the state in ${bucket}: ${message}`, {
      cause: error,
      suggestions: [
        'Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in with "aws sso login".',
      ],
    })
  if (name === 'RequestTimeTooSkewed')
    return new WrongTimeError(`S3 refused the time of ${what}: ${message}`, {
      cause: error,
      suggestions: ["Set this machine's clock right, then run again."],
    })
  if (REFUSED_KEYS.includes(name))
    return new AuthError(`S3 refused the credentials for ${what} in ${bucket}: ${message} (${name})`, {
      cause: error,
      suggestions: [
        'Check AWS_PROFILE and AWS_ACCESS_KEY_ID, or sign in again with "aws sso login", then run again.',
      ],
    })
  if (KMS.test(told))
    return new AuthError(`S3 may not use the key of ${bucket} for ${what}: ${told}`, {
      cause: error,
      suggestions: [
        'Allow kms:GenerateDataKey and kms:Decrypt on that key, in its key policy, too ("mcd policy" prints it where "state" names the key).',
      ],
    })
  if (status === 401 || status === 403)
    return new AccessDenied(`S3 refused ${what} in ${bucket}: ${told}`, {
      cause: error,
      suggestions: [
        'mcd needs s3:GetObject and s3:PutObject on the prefix, and s3:ListBucket on the bucket ("mcd policy" prints it).',
      ],
    })
  if (THROTTLED.includes(name))
    return new TransientError(`S3 throttled ${what}`, {effect: 'none', throttled: true, cause: error})
  if (status === 501)
    return new McdError(`The store behind ${bucket} does not know conditional writes (${told}).`, {
      cause: error,
      suggestions: ['Keep the state in S3, or in a store that honours If-None-Match and If-Match.'],
    })
  if (name === 'RequestTimeout' || (status !== undefined && status >= 500))
    return new TransientError(`S3 answered ${what} with ${status} (${name})`, {
      effect: 'unknown',
      cause: error,
    })
  const code = [error.code, (cause as SdkError | undefined)?.code, name].find(known =>
    isConnectionFailure(known),
  )
  if (code)
    return new TransientError(`S3 could not be reached for ${what}: ${code}`, {
      effect: neverConnected(code) ? 'none' : 'unknown',
      cause: error,
    })
  if (status !== undefined && status >= 400)
    return new McdError(`S3 refused ${what} in ${bucket}: ${told}`, {cause: error})
  return unexpected('S3', error)
}
