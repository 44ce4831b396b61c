import type {Runtime} from '../../runtime.ts'
import {atMost, type CallOptions, createCaller, type Limits, type Rate} from '../call.ts'
import type {AwsCallName, AwsCalls, AwsClient} from './calls.ts'

/** Calls with pacing and retries. Throws UnreachableError when these are used up. */
export type AwsApi = <C extends AwsCallName>(
  call: C,
  input: AwsCalls[C]['input'],
) => Promise<AwsCalls[C]['output']>

/** Request buckets of one account and region. Source: EC2 Developer Guide, "Request throttling for the Amazon EC2 API". */
const RATES: Record<string, Rate> = {
  run: {burst: 5, perSecond: 2},
  terminate: {burst: 100, perSecond: 5},
  tag: {burst: 100, perSecond: 10},
  read: {burst: 100, perSecond: 20},
  mutate: {burst: 50, perSecond: 5},
  ingress: {burst: 50, perSecond: 5},
}

const BUCKETS: Partial<Record<AwsCallName, keyof typeof RATES>> = {
  RunInstances: 'run',
  TerminateInstances: 'terminate',
  CreateTags: 'tag',
  AuthorizeSecurityGroupIngress: 'ingress',
  RevokeSecurityGroupIngress: 'ingress',
  CreateSecurityGroup: 'mutate',
  DeleteSecurityGroup: 'mutate',
  ModifyInstanceAttribute: 'mutate',
}

/** EC2 takes its time over a large launch. */
const RUN_TIMEOUT_MS = 90_000

/**
 * Every call may be sent again after a lost reply: EC2 deduplicates RunInstances by its token, the others are idempotent
 * by nature or answer that what they would do is done.
 */
export function awsApi(client: AwsClient, runtime: Runtime, {perSecond}: Limits): AwsApi {
  const caller = createCaller(
    runtime,
    'AWS',
    Object.fromEntries(Object.entries(RATES).map(([name, rate]) => [name, atMost(rate, perSecond)])),
  )
  return (call, input) => {
    const bucket = BUCKETS[call] ?? 'read'
    const options: CallOptions = {
      name: call,
      bucket,
      reads: bucket === 'read',
      ...(call === 'RunInstances' ? {timeoutMs: RUN_TIMEOUT_MS} : {}),
    }
    return caller(options, signal => client(call, input, signal))
  }
}

/** All pages of a listing: until no NextToken comes, also past an empty page. */
export async function allPages<Page extends {NextToken?: string | undefined}>(
  next: (token: {NextToken?: string}) => Promise<Page>,
): Promise<Page[]> {
  const pages: Page[] = []
  let token: string | undefined
  do {
    const page = await next(token === undefined ? {} : {NextToken: token})
    pages.push(page)
    token = page.NextToken || undefined
  } while (token !== undefined)
  return pages
}
