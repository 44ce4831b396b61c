import {query} from '../dns/query.ts'
import {McdError} from '../errors.ts'
import type {Runtime} from '../runtime.ts'
import type {Secret} from '../secret.ts'
import {type AwsComputeOptions, awsCompute} from './aws/compute.ts'
import {examineAws} from './aws/examine.ts'
import type {Limits} from './call.ts'
import {type CloudflareOptions, cloudflareDns} from './cloudflare/dns.ts'
import {examineCloudflare} from './cloudflare/examine.ts'
import {cloudflareToken} from './cloudflare/token.ts'
import type {ComputeProvider, Place} from './compute.ts'
import type {DnsCredentials, DnsProvider, DnsVendor} from './dns.ts'
import type {ExamineCompute, ExamineDns} from './examine.ts'
import {joyentCompute} from './joyent/compute.ts'
import type {JoyentComputeOptions} from './joyent/connect.ts'
import {examineJoyent} from './joyent/examine.ts'
import {loadProfile, type TritonProfile} from './joyent/profile.ts'
import {type Route53Options, route53Dns} from './route53/dns.ts'
import {examineRoute53} from './route53/examine.ts'

/** What every provider is made with. */
export type Surroundings = {
  readonly runtime: Runtime
  readonly limits?: Readonly<Partial<Record<Place['provider'] | DnsVendor, Limits>>>
  /** Endpoints and credentials that stand in for everything of the fleet file and the environment. */
  readonly sandbox?: {
    readonly aws: {readonly endpoint: string; readonly eucalyptus: string; readonly credentials: AwsKeys}
    readonly triton: {
      readonly url: string
      readonly account: string
      readonly keyId: string
      readonly key: Secret
    }
    readonly cloudflare: {readonly baseUrl: string; readonly apiToken: Secret}
    /** One server each stands for all of the vendor's. */
    readonly nameServers: Readonly<Record<DnsVendor, {readonly host: string; readonly port: number}>>
  }
}

const NAME_SERVER_TIMEOUT_MS = 5_000

type AwsKeys = {readonly accessKeyId: string; readonly secretAccessKey: string}

/** API addresses other than the vendors' own, as mcd uses them: what instances are told must be the same. */
export function apiAddresses(
  {sandbox}: Surroundings,
  env = process.env,
): {cloudflare?: string; route53?: string} {
  const cloudflare = sandbox?.cloudflare.baseUrl ?? env.CLOUDFLARE_BASE_URL
  const route53 = sandbox?.aws.endpoint ?? env.AWS_ENDPOINT_URL_ROUTE_53 ?? env.AWS_ENDPOINT_URL
  return {...(cloudflare ? {cloudflare} : {}), ...(route53 ? {route53} : {})}
}

/** What mcd makes of one provider's adapter. Makers throw AuthError where its credentials are not there. */
type Cloud = {
  readonly provider: (place: Place, around: Surroundings) => ComputeProvider
  readonly examiner: (place: Place, around: Surroundings) => ExamineCompute
  /** Where its calls go. */
  readonly address: (place: Place, around: Surroundings, env: NodeJS.ProcessEnv) => string
}

const CLOUDS: Readonly<Record<Place['provider'], Cloud>> = {
  aws: {
    provider: (place, around) => awsCompute(awsOptions(place, around)),
    examiner: (place, around) => examineAws(awsOptions(place, around)),
    address({region = '', endpoint, compatible}, {sandbox}, env) {
      if (sandbox) return compatible ? sandbox.aws.eucalyptus : sandbox.aws.endpoint
      const own = endpoint ?? env.AWS_ENDPOINT_URL_EC2 ?? env.AWS_ENDPOINT_URL
      return own ?? `https://ec2.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`
    },
  },
  joyent: {
    provider: (place, around) => joyentCompute(joyentOptions(place, around)),
    examiner: (place, around) => examineJoyent(joyentOptions(place, around)),
    address: (place, {sandbox}, env) => sandbox?.triton.url ?? loadProfile(place, {env}).url,
  },
}

/** The same of one DNS vendor's: with the operator's credentials, or with others, those of instances. */
type Vendor = {
  readonly provider: (around: Surroundings, credentials?: DnsCredentials) => DnsProvider
  readonly examiner: (around: Surroundings, credentials?: DnsCredentials) => ExamineDns
}

const VENDORS: Readonly<Record<DnsVendor, Vendor>> = {
  cloudflare: {
    provider: (around, credentials) => cloudflareDns(cloudflareOptions(around, credentials)),
    examiner: (around, credentials) => examineCloudflare(cloudflareOptions(around, credentials)),
  },
  route53: {
    provider: (around, credentials) => route53Dns(route53Options(around, credentials)),
    examiner: (around, credentials) => examineRoute53(route53Options(around, credentials)),
  },
}

export const computeProvider = (place: Place, around: Surroundings): ComputeProvider =>
  CLOUDS[place.provider].provider(place, around)

export const dnsProvider = (
  vendor: DnsVendor,
  around: Surroundings,
  credentials?: DnsCredentials,
): DnsProvider => VENDORS[vendor].provider(around, credentials)

/** Who tries out what a fleet needs of a place. */
export const computeExaminer = (place: Place, around: Surroundings): ExamineCompute =>
  CLOUDS[place.provider].examiner(place, around)

/** Who tries out what it needs of a zone. */
export const dnsExaminer = (
  vendor: DnsVendor,
  around: Surroundings,
  credentials?: DnsCredentials,
): ExamineDns => VENDORS[vendor].examiner(around, credentials)

/** Where the calls of a place go, those to EC2 or CloudAPI. Throws AuthError where only a profile tells that is not there. */
export const placeAddress = (place: Place, around: Surroundings, env = process.env): string =>
  CLOUDS[place.provider].address(place, around, env)

const awsOptions = (place: Place, around: Surroundings): AwsComputeOptions => ({
  place,
  ...inSandboxAws(around, place),
  ...common(around, 'aws'),
})

const joyentOptions = (place: Place, around: Surroundings): JoyentComputeOptions => ({
  place: {...place, ...inSandboxPlace(around)},
  ...inSandboxTriton(around),
  ...common(around, 'joyent'),
})

/** Throws AuthError where there is no token. */
function cloudflareOptions(around: Surroundings, credentials?: DnsCredentials): CloudflareOptions {
  if (credentials && credentials.kind !== 'token') throw new McdError('CloudFlare takes a token.')
  const apiToken = credentials?.token ?? around.sandbox?.cloudflare.apiToken ?? cloudflareToken(process.env)
  return {apiToken, ...cloudflareAddresses(around), ...common(around, 'cloudflare')}
}

function route53Options(around: Surroundings, credentials?: DnsCredentials): Route53Options {
  if (credentials && credentials.kind !== 'keys') throw new McdError('Route53 takes an access key.')
  const keys = credentials && {
    accessKeyId: credentials.accessKeyId.reveal(),
    secretAccessKey: credentials.secretAccessKey.reveal(),
  }
  const theirs = keys ?? around.sandbox?.aws.credentials
  return {
    ...(around.sandbox ? {endpoint: around.sandbox.aws.endpoint} : {}),
    ...(theirs ? {credentials: theirs} : {}),
    ...common(around, 'route53'),
  }
}

function common(
  {runtime, limits}: Surroundings,
  provider: Place['provider'] | DnsVendor,
): {runtime: Runtime; limits?: Limits} {
  const own = limits?.[provider]
  return {runtime, ...(own ? {limits: own} : {})}
}

function inSandboxAws(
  {sandbox}: Surroundings,
  {compatible}: Place,
): {endpoint?: string; credentials?: AwsKeys} {
  if (!sandbox) return {}
  return {
    endpoint: compatible ? sandbox.aws.eucalyptus : sandbox.aws.endpoint,
    credentials: sandbox.aws.credentials,
  }
}

/** The key stays the file's: it names the place in the journal. */
const inSandboxPlace = ({sandbox}: Surroundings): {endpoint?: string} =>
  sandbox ? {endpoint: sandbox.triton.url} : {}

function inSandboxTriton({sandbox}: Surroundings): {profile?: TritonProfile; key?: Secret} {
  if (!sandbox) return {}
  const {url, account, keyId, key} = sandbox.triton
  return {profile: {name: 'sandbox', url, account, keyId, insecure: false}, key}
}

function cloudflareAddresses(around: Surroundings): Pick<CloudflareOptions, 'baseUrl' | 'query'> {
  const {cloudflare: baseUrl} = apiAddresses(around)
  const own = baseUrl ? {baseUrl} : {}
  if (!around.sandbox) return own
  const {runtime, sandbox} = around
  return {
    ...own,
    query: (_nameServer, name, type) =>
      query(sandbox.nameServers.cloudflare, name, type, {timeoutMs: NAME_SERVER_TIMEOUT_MS, runtime}),
  }
}
