import type {EC2ClientConfig} from '@aws-sdk/client-ec2'
import {McdError} from '../../errors.ts'
import type {Mark} from '../../mark.ts'
import type {Runtime} from '../../runtime.ts'
import type {Limits} from '../call.ts'
import {
  type ComputeCapabilities,
  type ComputeProvider,
  type Described,
  type Instance,
  no,
  type Place,
  yes,
} from '../compute.ts'
import {type AwsApi, allPages, awsApi} from './api.ts'
import type {AwsClient, AwsKeys} from './calls.ts'
import {isRefusal} from './classify.ts'
import {sdkClient} from './client.ts'
import {filter, instancesOf, toDescribed, toInstance} from './convert.ts'
import {launch} from './launch.ts'
import {deleteSecurityGroup, ensureSecurityGroup, listSecurityGroups} from './network.ts'
import {resolveOnAmazon} from './resolve.ts'
import {resolveOnCompatible} from './resolve-compatible.ts'
import {terminate} from './terminate.ts'

export type AwsComputeOptions = {
  readonly place: Place
  readonly runtime: Runtime
  /** In place of the place's own endpoint and of AWS_ENDPOINT_URL_EC2 and AWS_ENDPOINT_URL. */
  readonly endpoint?: string
  /** In place of the AWS default chain. */
  readonly credentials?: AwsKeys
  readonly limits?: Limits
  readonly requestHandler?: NonNullable<EC2ClientConfig['requestHandler']>
}

export const CONCURRENCY = 10
const PAGE_SIZE = 1000
const BOOT_LOG_LINES = 100
/** The most that EC2 takes in one filter. Source: EC2 User Guide, "List and filter your resources". */
const FILTER_VALUES = 200

const AMAZON: ComputeCapabilities = {
  zones: yes,
  batchLaunch: yes,
  launchToken: yes,
  spot: yes,
  disk: yes,
  deletionProtection: yes,
  bootLog: yes,
  // The limit is on the bytes before base64; cloud-init decompresses gzip by itself.
  userdataMaxBytes: 16_384,
  userdataGzip: true,
}

const COMPATIBLE: ComputeCapabilities = {
  ...AMAZON,
  spot: no('Eucalyptus has no spot instances'),
  deletionProtection: no('Eucalyptus has no termination protection'),
}

/** Instances on Amazon EC2, or on a cloud that speaks EC2 (decision 12), in one region. Nothing is loaded before the first call. */
export function awsCompute({
  place,
  runtime,
  endpoint,
  credentials,
  limits = {},
  requestHandler,
}: AwsComputeOptions): ComputeProvider {
  const client = sdkClient({
    place,
    endpoint,
    credentials,
    requestHandler,
    concurrency: limits.concurrency ?? CONCURRENCY,
  })
  return computeOver(client, {place, runtime, limits})
}

/** The same over any client: the adapter's own decisions, without the SDK. */
export function computeOver(
  client: AwsClient,
  {place, runtime, limits}: {place: Place; runtime: Runtime; limits: Limits},
): ComputeProvider {
  const api = awsApi(client, runtime, limits)
  return {
    place,
    capabilities: place.compatible ? COMPATIBLE : AMAZON,
    identify: () => (place.compatible ? ownerOfGroups(api) : callerAccount(api)),
    resolveLaunch: wish => (place.compatible ? resolveOnCompatible(api, wish) : resolveOnAmazon(api, wish)),

    listInstances: fleet => listInstances(api, place, fleet),
    describe: made => describe(api, place, made),

    launch: order => launch(api, runtime, place, order),
    terminate: ids => terminate(api, runtime, ids),
    ensureNetwork: async wish => [await ensureSecurityGroup(api, runtime, place, wish)],
    listNetwork: fleet => listSecurityGroups(api, place, fleet),
    removeNetwork: ({id}) => deleteSecurityGroup(api, id),
    bootLog: id => bootLog(api, place, id),
  }
}

export async function listInstances(api: AwsApi, place: Place, fleet: string): Promise<Instance[]> {
  const input = {
    Filters: [filter('tag:mcd:fleet', fleet)],
    ...(place.compatible ? {} : {MaxResults: PAGE_SIZE}),
  }
  const pages = await allPages(token => api('DescribeInstances', {...input, ...token}))
  const listed = pages
    .flatMap(({Reservations}) => instancesOf(Reservations))
    .flatMap(one => toInstance(one, place.key) ?? [])
  return [...new Map(listed.map(instance => [instance.id, instance])).values()]
}

/** By a filter, since one unknown id among ids fails the whole call. */
async function describe(api: AwsApi, place: Place, made: ReadonlyMap<string, Mark>): Promise<Described[]> {
  const ids = [...made.keys()]
  const found: Described[] = []
  for (let from = 0; from < ids.length; from += FILTER_VALUES) {
    const Filters = [filter('instance-id', ...ids.slice(from, from + FILTER_VALUES))]
    const pages = await allPages(token => api('DescribeInstances', {Filters, ...token}))
    for (const one of pages.flatMap(({Reservations}) => instancesOf(Reservations))) {
      const mark = made.get(one.InstanceId ?? '')
      const described = mark && toDescribed(one, place.key, mark)
      if (described) found.push(described)
    }
  }
  return found
}

async function callerAccount(api: AwsApi): Promise<string> {
  const {Account} = await api('GetCallerIdentity', {})
  if (!Account) throw new McdError('AWS did not say whose credentials these are.')
  return Account
}

/** Eucalyptus keeps its token service elsewhere: whose credentials these are, its security groups tell. */
async function ownerOfGroups(api: AwsApi): Promise<string> {
  const {SecurityGroups = []} = await api('DescribeSecurityGroups', {
    Filters: [filter('group-name', 'default')],
  })
  const owner = SecurityGroups[0]?.OwnerId
  if (!owner)
    throw new McdError('This cloud shows no default security group, by which mcd tells the account.')
  return owner
}

async function bootLog(api: AwsApi, {compatible}: Place, InstanceId: string): Promise<string | undefined> {
  try {
    const {Output = ''} = await api('GetConsoleOutput', {
      InstanceId,
      ...(compatible ? {} : {Latest: true}),
    }).catch(error => {
      // Only the newer types show more than the boot.
      if (isRefusal(error, 'UnsupportedOperation')) return api('GetConsoleOutput', {InstanceId})
      throw error
    })
    const text = Buffer.from(Output, 'base64').toString()
    return text.trim() === '' ? undefined : text.split('\n').slice(-BOOT_LOG_LINES).join('\n')
  } catch (error) {
    if (isRefusal(error, 'InvalidInstanceID.NotFound')) return undefined
    throw error
  }
}
