import {Bucket} from '../bucket.ts'
import type {Clock} from '../clock.ts'
import {ec2Error} from './errors.ts'

type Rate = readonly [burst: number, perSecond: number]

/** Request buckets by action. Source: EC2 Developer Guide, "Request throttling for the Amazon EC2 API". */
const REQUESTS: Record<string, Rate> = {
  RunInstances: [5, 2],
  StartInstances: [5, 2],
  TerminateInstances: [100, 5],
  CreateTags: [100, 10],
  DeleteTags: [100, 10],
}
/** Actions that share a bucket of their own class. */
const UNCOMMON_MUTATING = new Set([
  'AuthorizeSecurityGroupIngress',
  'RevokeSecurityGroupIngress',
  'CreateKeyPair',
  'RequestSpotInstances',
])
const MUTATING: Rate = [50, 5]
const READING: Rate = [100, 20]
const READING_EVERYTHING: Rate = [50, 10]
/** Describes that cost more when sent with neither filter nor pagination. */
const COSTLY = new Set(['DescribeInstances', 'DescribeInstanceStatus', 'DescribeSecurityGroups'])

/** Resource buckets, in instances. */
const INSTANCES: Record<string, Rate> = {
  RunInstances: [1000, 2],
  StartInstances: [1000, 2],
  TerminateInstances: [1000, 20],
  StopInstances: [1000, 20],
}

/** The token buckets of one account in one region. */
export class Throttle {
  readonly #buckets = new Map<string, Bucket>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** One request. `narrowed`: it carries a filter, ids or pagination. */
  request(action: string, narrowed: boolean): void {
    const [name, rate] = requestBucket(action, narrowed)
    this.#take(name, rate, 1)
  }

  /** What a request does to `count` instances. */
  instances(action: string, count: number): void {
    const rate = INSTANCES[action]
    if (rate) this.#take(`instances ${action}`, rate, count)
  }

  #take(name: string, [burst, perSecond]: Rate, cost: number): void {
    const bucket = this.#buckets.get(name) ?? new Bucket(this.#clock, burst, perSecond)
    this.#buckets.set(name, bucket)
    if (!bucket.take(cost)) throw ec2Error('RequestLimitExceeded', 'Request limit exceeded.')
  }
}

function requestBucket(action: string, narrowed: boolean): [string, Rate] {
  const own = REQUESTS[action]
  if (own) return [action, own]
  if (/^(Describe|Get|List)/.test(action)) {
    return COSTLY.has(action) && !narrowed
      ? [`${action} unfiltered`, READING_EVERYTHING]
      : ['reading', READING]
  }
  return UNCOMMON_MUTATING.has(action) ? ['uncommon', MUTATING] : ['mutating', MUTATING]
}
