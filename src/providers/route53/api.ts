import type * as SDK from '@aws-sdk/client-route-53'
import type {Runtime} from '../../runtime.ts'
import {atMost, createCaller, type Limits} from '../call.ts'
import type {Route53Client} from './client.ts'

/** All Route53 calls of one account, which every instance and every mcd share. Source: Route 53 Developer Guide, "Quotas". */
const RATE = {burst: 5, perSecond: 5}

/** Calls with pacing and retries. Throws UnreachableError when these are used up. */
export type Route53Api = ReturnType<typeof route53Api>

export function route53Api(client: Route53Client, runtime: Runtime, {perSecond}: Limits = {}) {
  const call = createCaller(runtime, 'Route53', {api: atMost(RATE, perSecond)})
  const reads = {bucket: 'api', reads: true}
  return {
    listHostedZonesByName: (input: SDK.ListHostedZonesByNameCommandInput) =>
      call({name: 'ListHostedZonesByName', ...reads}, signal => client.listHostedZonesByName(input, signal)),
    listResourceRecordSets: (input: SDK.ListResourceRecordSetsCommandInput) =>
      call({name: 'ListResourceRecordSets', ...reads}, signal =>
        client.listResourceRecordSets(input, signal),
      ),
    changeResourceRecordSets: (
      input: SDK.ChangeResourceRecordSetsCommandInput,
      {attempts}: {readonly attempts?: number} = {},
    ) =>
      call(
        {name: 'ChangeResourceRecordSets', bucket: 'api', ...(attempts !== undefined && {attempts})},
        signal => client.changeResourceRecordSets(input, signal),
      ),
    getChange: (input: SDK.GetChangeCommandInput) =>
      call({name: 'GetChange', ...reads}, signal => client.getChange(input, signal)),
    getHostedZoneLimit: (input: SDK.GetHostedZoneLimitCommandInput) =>
      call({name: 'GetHostedZoneLimit', ...reads}, signal => client.getHostedZoneLimit(input, signal)),
    /** Of the token service, which has buckets of its own. */
    getCallerIdentity: () => call({name: 'GetCallerIdentity'}, signal => client.getCallerIdentity(signal)),
  }
}
