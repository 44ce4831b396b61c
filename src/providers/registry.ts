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

/** The provider of a place: one line per provider. */
export function computeProvider(place: Place, around: Surroundings): ComputeProvider {
  switch (place.provider) {
    case 'aws':
      return awsCompute(awsOptions(place, around))
    case 'joyent':
      return joyentCompute(joyentOptions(place, around))
    default:
      return place.provider satisfies never
  }
}

/** The DNS of a vendor with the operator's credentials, or with others: those of instances. */
export function dnsProvider(
  vendor: DnsVendor,
  around: Surroundings,
  credentials?: DnsCredentials,
): DnsProvider {
  switch (vendor) {
    case 'cloudflare':
      return cloudflareDns(cloudflareOptions(around, credentials))
    case 'route53':
      return route53Dns(route53Options(around, credentials))
    default:
      return vendor satisfies never
  }
}

/** Who tries out what a fleet needs of a place. Throws as computeProvider does. */
export function computeExaminer(place: Place, around: Surroundings): ExamineCompute {
  switch (place.provider) {
    case 'aws':
      return examineAws(awsOptions(place, around))
    case 'joyent':
      return examineJoyent(joyentOptions(place, around))
    default:
      return place.provider satisfies never
  }
}

/** Who tries out what it needs of a zone: with the operator's credentials, or with others, those of instances. */
export function dnsExaminer(
  vendor: DnsVendor,
  around: Surroundings,
  credentials?: DnsCredentials,
): ExamineDns {
  switch (vendor) {
    case 'cloudflare':
      return examineCloudflare(cloudflareOptions(around, credentials))
    case 'route53':
      return examineRoute53(route53Options(around, credentials))
    default:
      return vendor satisfies never
  }
}

/** Where the calls of a place go, those to EC2 or CloudAPI. Throws AuthError where only a profile tells that is not there. */
export function placeAddress(place: Place, {sandbox}: Surroundings, env = process.env): string {
  switch (place.provider) {
    case 'aws': {
      const {region = '', endpoint, compatible} = place
      if (sandbox) return compatible ? sandbox.aws.eucalyptus : sandbox.aws.endpoint
      const own = endpoint ?? env.AWS_ENDPOINT_URL_EC2 ?? env.AWS_ENDPOINT_URL
      return own ?? `https://ec2.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`
    }
    case 'joyent':
      return sandbox?.triton.url ?? loadProfile(place, {env}).url
    default:
      return place.provider satisfies never
  }
}

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
