import {createHash, createHmac, timingSafeEqual} from 'node:crypto'
import {VendorError} from '../world/vendor-error.ts'
import type {WireRequest} from './http.ts'

/** What a valid signature proves: whose key, and the scope it was made for. */
export type SignedBy = {accessKeyId: string; region: string; service: string}

/** The key behind an access key id; undefined when it does not exist or was revoked. */
export type SecretOf = (
  accessKeyId: string,
) => {secret: string; sessionToken?: string | undefined} | undefined

/** A request is good for five minutes either side of its date ("Signature Version 4 signing process"). */
const MAX_SKEW_MS = 5 * 60_000
/** S3 alone takes a body that the signature does not speak of. */
const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD'

/**
 * Checks an AWS Signature Version 4 in the Authorization header by node:crypto alone, so that no signer judges itself.
 * Throws VendorError in the words of the service the signature was made for.
 * Source: IAM User Guide, "Create a signed AWS API request".
 */
export function verifySigV4(request: WireRequest, secretOf: SecretOf, nowMs: number): SignedBy {
  const claim = parseAuthorization(request.headers.authorization)
  const {service} = claim
  const amzDate = requestDate(request.headers, service)
  if (!amzDate.startsWith(claim.date)) {
    throw refuse(
      'incomplete',
      service,
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${claim.date}' != '${amzDate}'.`,
    )
  }
  if (Math.abs(nowMs - parseAmzDate(amzDate)) > MAX_SKEW_MS) {
    throw refuse(
      'expired',
      service,
      `Signature expired: ${amzDate} is more than 5 min. from ${formatAmzDate(nowMs)}.`,
    )
  }
  const key = secretOf(claim.accessKeyId)
  if (!key || request.headers['x-amz-security-token'] !== key.sessionToken)
    throw refuse('unknown-key', service)
  const unsigned = mustBeSigned(request.headers).filter(name => !claim.signedHeaders.includes(name))
  if (unsigned.length > 0) {
    throw refuse(
      'mismatch',
      service,
      `There were headers present in the request which were not signed: ${unsigned.join(', ')}`,
    )
  }
  const declared = request.headers['x-amz-content-sha256']
  const bodyHash = declared === UNSIGNED_PAYLOAD && service === 's3' ? declared : sha256(request.body)
  if (declared !== undefined && declared !== bodyHash)
    throw refuse(
      'mismatch',
      service,
      'The provided x-amz-content-sha256 header does not match what was computed.',
    )
  const path = service === 's3' ? request.path : canonicalPath(request.path)
  const canonical = canonicalRequest({...request, path}, claim.signedHeaders, bodyHash)
  const scope = `${claim.date}/${claim.region}/${service}/aws4_request`
  const toSign = ['AWS4-HMAC-SHA256', amzDate, scope, sha256(canonical)].join('\n')
  const signingKey = [claim.date, claim.region, service, 'aws4_request'].reduce<Buffer | string>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    `AWS4${key.secret}`,
  )
  const expected = createHmac('sha256', signingKey).update(toSign).digest()
  const given = Buffer.from(claim.signature, 'hex')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw refuse('mismatch', service)
  return {accessKeyId: claim.accessKeyId, region: claim.region, service}
}

/** Region and service of the credential scope, unverified: for choosing whose protocol an error must be told in. */
export function claimedScope(
  authorization: string | undefined,
): {region: string; service: string} | undefined {
  const match = /Credential=[^/,\s]+\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request/.exec(authorization ?? '')
  return match ? {region: match[1] as string, service: match[2] as string} : undefined
}

function parseAuthorization(header: string | undefined) {
  const service = claimedScope(header)?.service ?? ''
  if (!header) throw refuse('missing', service)
  const match = /^AWS4-HMAC-SHA256\s+(.*)$/.exec(header)
  const fields = Object.fromEntries(
    (match?.[1] ?? '').split(',').map(field => {
      const [name = '', ...rest] = field.trim().split('=')
      return [name, rest.join('=')]
    }),
  )
  const [accessKeyId, date, region, scopeService, terminator] = (fields.Credential ?? '').split('/')
  const {SignedHeaders: signed, Signature: signature} = fields
  if (
    !accessKeyId ||
    !date ||
    !region ||
    !scopeService ||
    terminator !== 'aws4_request' ||
    !signed ||
    !signature
  ) {
    throw refuse(
      'incomplete',
      service,
      'Authorization header requires Credential, SignedHeaders and Signature parameters of an AWS4-HMAC-SHA256 signature.',
    )
  }
  return {accessKeyId, date, region, service: scopeService, signedHeaders: signed.split(';'), signature}
}

/** The host, and every x-amz-* header that is there. */
const mustBeSigned = (headers: Record<string, string>): string[] => [
  'host',
  ...Object.keys(headers).filter(name => name.startsWith('x-amz-')),
]

function canonicalRequest(request: WireRequest, signedHeaders: string[], bodyHash: string): string {
  const headers = signedHeaders.map(
    name => `${name}:${(request.headers[name] ?? '').trim().replace(/ +/g, ' ')}\n`,
  )
  return [
    request.method,
    request.path,
    canonicalQuery(request.rawQuery),
    headers.join(''),
    signedHeaders.join(';'),
    bodyHash,
  ].join('\n')
}

/** Every service but S3 normalises the path as sent and encodes it once more. */
function canonicalPath(path: string): string {
  const kept: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop()
    else if (segment !== '' && segment !== '.') kept.push(encode(segment))
  }
  return `/${kept.join('/')}${path.endsWith('/') && kept.length > 0 ? '/' : ''}`
}

function canonicalQuery(rawQuery: string): string {
  if (rawQuery === '') return ''
  const pairs = rawQuery.split('&').map(pair => {
    const [name = '', ...rest] = pair.split('=')
    return [encode(decode(name)), encode(decode(rest.join('=')))] as const
  })
  return pairs
    .sort(([nameA, valueA], [nameB, valueB]) => compare(nameA, nameB) || compare(valueA, valueB))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** RFC 3986: everything but unreserved characters. */
const encode = (text: string): string =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex')

function requestDate(headers: Record<string, string>, service: string): string {
  const given = headers['x-amz-date'] ?? headers.date
  if (given && /^\d{8}T\d{6}Z$/.test(given)) return given
  const parsed = given ? Date.parse(given) : Number.NaN
  if (Number.isNaN(parsed)) {
    throw refuse(
      'incomplete',
      service,
      "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
    )
  }
  return formatAmzDate(parsed)
}

const formatAmzDate = (ms: number): string => new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, '')

const parseAmzDate = (text: string): number =>
  Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))

type Refusal = 'missing' | 'incomplete' | 'expired' | 'unknown-key' | 'mismatch'
type Words = Record<Refusal, readonly [status: number, code: string]>

/** Route53, STS and most others. Source: IAM User Guide, "Common errors". */
const COMMON: Words = {
  missing: [403, 'MissingAuthenticationToken'],
  incomplete: [400, 'IncompleteSignature'],
  expired: [403, 'SignatureDoesNotMatch'],
  'unknown-key': [403, 'InvalidClientTokenId'],
  mismatch: [403, 'SignatureDoesNotMatch'],
}
const WORDS: Record<string, Omit<Words, 'missing'>> = {
  ec2: {
    incomplete: [400, 'IncompleteSignature'],
    expired: [400, 'RequestExpired'],
    'unknown-key': [401, 'AuthFailure'],
    mismatch: [403, 'SignatureDoesNotMatch'],
  },
  s3: {
    incomplete: [400, 'AuthorizationHeaderMalformed'],
    expired: [403, 'RequestTimeTooSkewed'],
    'unknown-key': [403, 'InvalidAccessKeyId'],
    mismatch: [403, 'SignatureDoesNotMatch'],
  },
  // The JSON protocols name the same refusals as exceptions.
  ssm: {
    incomplete: [400, 'IncompleteSignatureException'],
    expired: [400, 'InvalidSignatureException'],
    'unknown-key': [400, 'UnrecognizedClientException'],
    mismatch: [400, 'InvalidSignatureException'],
  },
}

const MESSAGES: Record<Refusal, string> = {
  missing: 'Request is missing Authentication Token',
  incomplete: 'The request signature does not conform to AWS standards.',
  expired: 'Request has expired.',
  'unknown-key': 'The security token included in the request is invalid.',
  mismatch:
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
}

function refuse(refusal: Refusal, service: string, message = MESSAGES[refusal]): VendorError {
  const [status, code] = {...COMMON, ...WORDS[service]}[refusal]
  const told =
    code === 'AuthFailure' ? 'AWS was not able to validate the provided access credentials' : message
  return new VendorError(status, code, told)
}
