import type {
  ChangeResourceRecordSetsCommandInput,
  ChangeResourceRecordSetsCommandOutput,
  GetChangeCommandInput,
  GetChangeCommandOutput,
  GetHostedZoneLimitCommandInput,
  GetHostedZoneLimitCommandOutput,
  ListHostedZonesByNameCommandInput,
  ListHostedZonesByNameCommandOutput,
  ListResourceRecordSetsCommandInput,
  ListResourceRecordSetsCommandOutput,
  Route53ClientConfig,
} from '@aws-sdk/client-route-53'
import type {GetCallerIdentityCommandOutput} from '@aws-sdk/client-sts'
import {classify} from './classify.ts'

/**
 * Route53 as mcd uses it, one request per method and no retries. Rejects with what classify.ts makes of a failure.
 */
export type Route53Client = {
  listHostedZonesByName(
    input: ListHostedZonesByNameCommandInput,
    signal: AbortSignal,
  ): Promise<Reply<ListHostedZonesByNameCommandOutput>>
  listResourceRecordSets(
    input: ListResourceRecordSetsCommandInput,
    signal: AbortSignal,
  ): Promise<Reply<ListResourceRecordSetsCommandOutput>>
  changeResourceRecordSets(
    input: ChangeResourceRecordSetsCommandInput,
    signal: AbortSignal,
  ): Promise<Reply<ChangeResourceRecordSetsCommandOutput>>
  getChange(input: GetChangeCommandInput, signal: AbortSignal): Promise<Reply<GetChangeCommandOutput>>
  getHostedZoneLimit(
    input: GetHostedZoneLimitCommandInput,
    signal: AbortSignal,
  ): Promise<Reply<GetHostedZoneLimitCommandOutput>>
  /** Of the token service: Route53 itself does not tell whose credentials it is given. */
  getCallerIdentity(signal: AbortSignal): Promise<Reply<GetCallerIdentityCommandOutput>>
}
type Reply<Output> = Omit<Output, '$metadata'>

type AwsKeys = {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

export type ClientOptions = {
  /** Else the SDK's own `AWS_ENDPOINT_URL_ROUTE_53`, `AWS_ENDPOINT_URL`, or AWS. */
  readonly endpoint?: string
  /** Else the default chain: environment, profiles, single sign-on, web identity, instance role. */
  readonly credentials?: AwsKeys
  /** A profile of the shared AWS configuration; else `AWS_PROFILE`. */
  readonly profile?: string
  readonly requestHandler?: NonNullable<Route53ClientConfig['requestHandler']>
  /** Requests at a time. */
  readonly concurrency?: number | undefined
}

/** Route53 is global and signed as this. */
const REGION = 'us-east-1'
const CONCURRENCY = 4

/** Over the official SDK. */
export function route53Client(options: ClientOptions): Route53Client {
  let loading: ReturnType<typeof load> | undefined
  const send = async <T>(
    what: string,
    request: (loaded: Awaited<ReturnType<typeof load>>) => Promise<T>,
  ): Promise<T> => {
    try {
      loading ??= load(options)
      const loaded = await loading
      return await loaded.queue.add(() => request(loaded))
    } catch (error) {
      throw classify(what, error)
    }
  }
  return {
    listHostedZonesByName: (input, abortSignal) =>
      send('ListHostedZonesByName', ({sdk, api}) =>
        api.send(new sdk.ListHostedZonesByNameCommand(input), {abortSignal}),
      ),
    listResourceRecordSets: (input, abortSignal) =>
      send('ListResourceRecordSets', ({sdk, api}) =>
        api.send(new sdk.ListResourceRecordSetsCommand(input), {abortSignal}),
      ),
    changeResourceRecordSets: (input, abortSignal) =>
      send('ChangeResourceRecordSets', ({sdk, api}) =>
        api.send(new sdk.ChangeResourceRecordSetsCommand(input), {abortSignal}),
      ),
    getChange: (input, abortSignal) =>
      send('GetChange', ({sdk, api}) => api.send(new sdk.GetChangeCommand(input), {abortSignal})),
    getHostedZoneLimit: (input, abortSignal) =>
      send('GetHostedZoneLimit', ({sdk, api}) =>
        api.send(new sdk.GetHostedZoneLimitCommand(input), {abortSignal}),
      ),
    getCallerIdentity: abortSignal =>
      send('GetCallerIdentity', async ({config}) => {
        const {GetCallerIdentityCommand, STSClient} = await import('@aws-sdk/client-sts')
        return new STSClient(config).send(new GetCallerIdentityCommand({}), {abortSignal})
      }),
  }
}

/** Imported here and not at the top: most commands need no Route53. */
async function load({
  endpoint,
  credentials,
  profile,
  requestHandler,
  concurrency = CONCURRENCY,
}: ClientOptions) {
  const [sdk, {fromNodeProviderChain}, {default: PQueue}] = await Promise.all([
    import('@aws-sdk/client-route-53'),
    import('@aws-sdk/credential-providers'),
    import('p-queue'),
  ])
  const config = {
    region: REGION,
    // Retries and their pacing are mcd's own, in providers/call.ts.
    maxAttempts: 1,
    credentials: credentials ?? fromNodeProviderChain({...(profile !== undefined && {profile})}),
    ...(endpoint !== undefined && {endpoint}),
    ...(requestHandler && {requestHandler}),
  }
  return {sdk, api: new sdk.Route53Client(config), config, queue: new PQueue({concurrency})}
}
