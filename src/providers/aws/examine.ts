import type {Runtime} from '../../runtime.ts'
import type {Limits} from '../call.ts'
import type {Place} from '../compute.ts'
import type {ExamineCompute} from '../examine.ts'
import {awsApi} from './api.ts'
import {type AwsClient, sdkClient} from './client.ts'
import {type AwsComputeOptions, CONCURRENCY} from './compute.ts'
import {examineAccess} from './examine/access.ts'
import {examineReads} from './examine/reads.ts'

/** Looks at one region, or at a cloud that speaks EC2, with calls that cannot change anything. */
export function examineAws({
  place,
  runtime,
  endpoint,
  credentials,
  limits = {},
  requestHandler,
}: AwsComputeOptions): ExamineCompute {
  const concurrency = limits.concurrency ?? CONCURRENCY
  const client = sdkClient({place, endpoint, credentials, requestHandler, concurrency})
  return examineOver(client, {place, runtime, limits})
}

/** The same over any client. */
export function examineOver(
  client: AwsClient,
  {place, runtime, limits}: {place: Place; runtime: Runtime; limits: Limits},
): ExamineCompute {
  const api = awsApi(client, runtime, limits)
  return async needs => {
    const {finding, isIn} = await examineAccess(api, place)
    if (!isIn) return [finding]
    return [finding, ...(await examineReads(api, place, needs))]
  }
}
