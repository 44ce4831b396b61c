import {Secret} from '../secret.ts'

/** Where a fleet's journal lies. */
export type StateLocation =
  /** `.mcd/` beside the fleet file. */
  {readonly kind: 'local'} | S3Place | PostgresPlace

export type S3Place = {
  readonly kind: 's3'
  readonly bucket: string
  /** Without slashes at its ends; '' is the bucket itself. */
  readonly prefix: string
  readonly region?: string
  readonly endpoint?: string
  readonly encryption?: {readonly kind: 'AES256' | 'aws:kms'; readonly kmsKeyId?: string}
}

/** What is absent is what libpq takes in its place: PGUSER, PGPASSWORD, and so on. */
export type PostgresPlace = {
  readonly kind: 'postgres'
  /** An address of IPv6 without its brackets. */
  readonly host: string
  readonly port?: number
  readonly database: string
  readonly user?: string
  readonly password?: Secret
  /** Where its tables are; the first of the search path when left out. */
  readonly schema?: string
  /** How far the connection is trusted, in libpq's words. */
  readonly sslmode: SslMode
}

const SSL_MODES = ['disable', 'prefer', 'require', 'verify-full'] as const
export type SslMode = (typeof SSL_MODES)[number]

const POSTGRES_OPTIONS = ['sslmode', 'schema']
const S3_OPTIONS = ['region', 'endpoint', 'encryption', 'kmsKeyId']

/**
 * `local`, `s3://BUCKET/PREFIX?region=…&endpoint=…&encryption=AES256|aws:kms&kmsKeyId=…`, or
 * `postgres://USER@HOST:PORT/DATABASE?sslmode=…&schema=…`. What is wrong with another text completes "state …".
 */
export function parseLocation(text: string): StateLocation | {readonly problem: string} {
  if (text === 'local') return {kind: 'local'}
  const encoded = withEncodedPassword(text)
  const url = URL.canParse(encoded) ? new URL(encoded) : undefined
  if (url?.protocol === 's3:') return parseS3(url)
  if (url?.protocol === 'postgres:' || url?.protocol === 'postgresql:') return parsePostgres(url)
  return {problem: LOCATION_WORDS}
}

/**
 * A password comes from a variable as it is. With "/", "?" or "#" in it the rest of it would pass for a database or an option,
 * which messages name. One that is encoded already stays.
 */
const withEncodedPassword = (text: string): string =>
  text.replace(
    /^(postgres(?:ql)?:\/\/[^:@/?#]*:)(.*)(@[^@]*)$/s,
    (_, before: string, password: string, after: string) =>
      `${before}${encodeURIComponent(decoded(password))}${after}`,
  )

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

export const LOCATION_WORDS =
  'must be "local", or a place such as "s3://bucket/prefix" or "postgres://host/database"'

function parsePostgres(url: URL): StateLocation | {readonly problem: string} {
  const {hostname, port, pathname, searchParams, username, password, hash} = url
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  const database = decoded(pathname.slice(1))
  if (host === '' || database === '' || database.includes('/'))
    return {problem: 'must name a host and a database: write postgres://USER@HOST/DATABASE'}
  const unknown = unknownOption(searchParams, hash, POSTGRES_OPTIONS)
  if (unknown) return unknown
  const sslmode = searchParams.get('sslmode') ?? (isThisMachine(host) ? 'disable' : 'require')
  if (!isSslMode(sslmode))
    return {problem: `must have an sslmode of ${SSL_MODES.join(', ')}, not "${sslmode}"`}
  const schema = searchParams.get('schema')
  if (schema !== null && !/^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(schema))
    return {problem: 'must have a schema of letters, digits and "_"'}
  return {
    kind: 'postgres',
    host,
    ...(port === '' ? {} : {port: Number(port)}),
    database,
    ...(username === '' ? {} : {user: decoded(username)}),
    ...(password === '' ? {} : {password: new Secret(decodeURIComponent(password), 'state')}),
    ...(schema === null ? {} : {schema}),
    sslmode,
  }
}

const isSslMode = (text: string): text is SslMode => (SSL_MODES as readonly string[]).includes(text)

/** What does not leave the machine needs no TLS. */
const isThisMachine = (host: string): boolean => /^(localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host)

function unknownOption(
  options: URLSearchParams,
  hash: string,
  known: readonly string[],
): {readonly problem: string} | undefined {
  const [unknown = hash] = [...options.keys()].filter(key => !known.includes(key))
  return unknown === '' ? undefined : {problem: `knows no "${unknown}": after "?" stand ${known.join(', ')}`}
}

function parseS3(url: URL): StateLocation | {readonly problem: string} {
  const {hostname: bucket, pathname, searchParams, username, password, hash} = url
  if (username || password)
    return {problem: 'must not hold credentials: they come from the environment, as for the AWS CLI'}
  // Amazon S3 User Guide, "General purpose bucket naming rules".
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket))
    return {problem: `names no bucket ("${bucket}"): write s3://BUCKET/PREFIX`}
  const unknown = unknownOption(searchParams, hash, S3_OPTIONS)
  if (unknown) return unknown
  const [region, endpoint, kind, kmsKeyId] = S3_OPTIONS.map(key => searchParams.get(key) ?? undefined)
  if (kind !== undefined && kind !== 'AES256' && kind !== 'aws:kms')
    return {problem: `must have the encryption AES256 or aws:kms, not "${kind}"`}
  if (kmsKeyId !== undefined && kind !== 'aws:kms')
    return {problem: 'names a kmsKeyId, which needs "encryption=aws:kms"'}
  if (endpoint !== undefined && !isEndpoint(endpoint))
    return {
      problem: 'must have an endpoint that is a URL such as "https://store.example.com", without credentials',
    }
  return {
    kind: 's3',
    bucket,
    prefix: decoded(pathname).replace(/^\/+|\/+$/g, ''),
    ...(region === undefined ? {} : {region}),
    ...(endpoint === undefined ? {} : {endpoint}),
    ...(kind === undefined ? {} : {encryption: {kind, ...(kmsKeyId === undefined ? {} : {kmsKeyId})}}),
  }
}

function isEndpoint(text: string): boolean {
  const url = /^https?:\/\//.test(text) ? URL.parse(text) : null
  return url !== null && url.username === '' && url.password === ''
}

/** Under which the journal of one fleet lies in the bucket, without a slash at its end. */
export const journalPrefix = ({prefix}: Pick<S3Place, 'prefix'>, fleet: string): string =>
  prefix === '' ? fleet : `${prefix}/${fleet}`

/** As people know it: without options, and without a password. */
export function locationText(location: StateLocation): string {
  switch (location.kind) {
    case 'local':
      return 'local'
    case 's3':
      return `s3://${location.bucket}${location.prefix === '' ? '' : `/${location.prefix}`}`
    case 'postgres': {
      const {user, host, port, database} = location
      const at = host.includes(':') ? `[${host}]` : host
      return `postgres://${user === undefined ? '' : `${user}@`}${at}${port === undefined ? '' : `:${port}`}/${database}`
    }
    default:
      return location satisfies never
  }
}
