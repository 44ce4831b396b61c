/** Where a fleet's journal lies. */
export type StateLocation =
  /** `.mcd/` beside the fleet file. */
  | {readonly kind: 'local'}
  | {
      readonly kind: 's3'
      readonly bucket: string
      /** Without slashes at its ends; '' is the bucket itself. */
      readonly prefix: string
      readonly region?: string
      readonly endpoint?: string
      readonly encryption?: {readonly kind: 'AES256' | 'aws:kms'; readonly kmsKeyId?: string}
    }

const S3_OPTIONS = ['region', 'endpoint', 'encryption', 'kmsKeyId']

/**
 * `local`, or `s3://BUCKET/PREFIX?region=…&endpoint=…&encryption=AES256|aws:kms&kmsKeyId=…`. What is wrong with another text
 * completes "state …".
 */
export function parseLocation(text: string): StateLocation | {readonly problem: string} {
  if (text === 'local') return {kind: 'local'}
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 's3:') return parseS3(url)
  return {problem: 'must be "local", or a place such as "s3://bucket/prefix"'}
}

function parseS3(url: URL): StateLocation | {readonly problem: string} {
  const {hostname: bucket, pathname, searchParams, username, password, hash} = url
  if (username || password)
    return {problem: 'must not hold credentials: they come from the environment, as for the AWS CLI'}
  // Amazon S3 User Guide, "General purpose bucket naming rules".
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket))
    return {problem: `names no bucket ("${bucket}"): write s3://BUCKET/PREFIX`}
  const unknown = [...searchParams.keys()].filter(key => !S3_OPTIONS.includes(key))
  if (unknown.length > 0 || hash)
    return {problem: `knows no "${unknown[0] ?? hash}": after "?" stand ${S3_OPTIONS.join(', ')}`}
  const [region, endpoint, kind, kmsKeyId] = S3_OPTIONS.map(key => searchParams.get(key) ?? undefined)
  if (kind !== undefined && kind !== 'AES256' && kind !== 'aws:kms')
    return {problem: `must have the encryption AES256 or aws:kms, not "${kind}"`}
  if (kmsKeyId !== undefined && kind !== 'aws:kms')
    return {problem: 'names a kmsKeyId, which needs "encryption=aws:kms"'}
  if (endpoint !== undefined && !/^https?:\/\//.test(endpoint))
    return {problem: `must have an endpoint that is a URL, not "${endpoint}"`}
  return {
    kind: 's3',
    bucket,
    prefix: decodeURIComponent(pathname).replace(/^\/+|\/+$/g, ''),
    ...(region === undefined ? {} : {region}),
    ...(endpoint === undefined ? {} : {endpoint}),
    ...(kind === undefined ? {} : {encryption: {kind, ...(kmsKeyId === undefined ? {} : {kmsKeyId})}}),
  }
}

/** As people write it, without the options. */
export const locationText = (location: StateLocation): string =>
  location.kind === 'local'
    ? 'local'
    : `s3://${location.bucket}${location.prefix === '' ? '' : `/${location.prefix}`}`
