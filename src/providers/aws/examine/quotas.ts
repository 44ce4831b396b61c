import {UnreachableError} from '../../../errors.ts'
import {isDenied} from '../../aws-access.ts'
import type {Instance, Place} from '../../compute.ts'
import type {ComputeNeeds, Finding} from '../../examine.ts'
import {type AwsApi, allPages} from '../api.ts'
import {isRefusal} from '../classify.ts'
import {filter, instancesOf} from '../convert.ts'
import {type QuotaClass, quotaClassOf} from './quota-classes.ts'
import {allowing} from './verdict.ts'

type Use = {readonly type: string; readonly spot: boolean; readonly count: number}

/** Whether the account's limits on vCPUs leave room for what this fleet has still to launch. */
export async function examineQuotas(
  api: AwsApi,
  place: Place,
  needs: ComputeNeeds,
  ours: readonly Instance[],
): Promise<Finding[]> {
  if (place.compatible) return []
  const wanted = needs.groups.flatMap(group => stillToLaunch(group, ours))
  const running = await runningInstances(api)
  const vcpus = await vcpusOfTypes(api, [...wanted, ...running])
  const classes = new Map<string, QuotaClass>()
  for (const {type, spot} of wanted) {
    const limit = quotaClassOf(type, {spot})
    if (limit) classes.set(limit.code, limit)
  }
  const sum = (uses: readonly Use[], {code}: QuotaClass) =>
    uses
      .filter(({type, spot}) => quotaClassOf(type, {spot})?.code === code)
      .reduce((total, {type, count}) => total + count * (vcpus.get(type) ?? 0), 0)
  return Promise.all(
    [...classes.values()].map(limit =>
      examineQuota(api, place, limit, {used: sum(running, limit), more: sum(wanted, limit)}),
    ),
  )
}

/** By the type that is tried first. */
function stillToLaunch(
  {name, count, wish}: ComputeNeeds['groups'][number],
  ours: readonly Instance[],
): Use[] {
  const [type] = wish.types
  const here = ours.filter(({mark, state}) => mark.group === name && state !== 'gone' && state !== 'stopping')
  return type === undefined ? [] : [{type, spot: wish.spot, count: Math.max(0, count - here.length)}]
}

/** Of the whole account, whoever made them. */
async function runningInstances(api: AwsApi): Promise<Use[]> {
  const pages = await allPages(token =>
    api('DescribeInstances', {
      Filters: [filter('instance-state-name', 'pending', 'running')],
      MaxResults: 1000,
      ...token,
    }),
  )
  return pages
    .flatMap(({Reservations}) => instancesOf(Reservations))
    .map(({InstanceType, InstanceLifecycle}) => ({
      type: String(InstanceType),
      spot: InstanceLifecycle === 'spot',
      count: 1,
    }))
}

/** A filter takes 200 values. */
const VALUES_PER_FILTER = 200

async function vcpusOfTypes(api: AwsApi, uses: readonly Use[]): Promise<Map<string, number>> {
  const types = [...new Set(uses.map(({type}) => type))]
  const found = new Map<string, number>()
  for (let at = 0; at < types.length; at += VALUES_PER_FILTER) {
    const Filters = [filter('instance-type', ...types.slice(at, at + VALUES_PER_FILTER))]
    const pages = await allPages(token => api('DescribeInstanceTypes', {Filters, ...token}))
    for (const {InstanceType, VCpuInfo} of pages.flatMap(({InstanceTypes}) => InstanceTypes ?? []))
      found.set(String(InstanceType), VCpuInfo?.DefaultVCpus ?? 0)
  }
  return found
}

async function examineQuota(
  api: AwsApi,
  {region = ''}: Place,
  {code, name}: QuotaClass,
  {used, more}: {used: number; more: number},
): Promise<Finding> {
  const about = {check: 'quota' as const, subject: `${name} in ${region}`}
  try {
    const limit = await limitOf(api, code)
    if (limit === undefined) return {...about, outcome: 'unknown', detail: 'AWS does not tell this quota.'}
    const detail = `${used} of ${limit} vCPUs are in use, and this fleet needs ${more} more.`
    if (more === 0 || used + more <= limit) return {...about, outcome: 'ok', detail}
    const ask = `aws service-quotas request-service-quota-increase --region ${region} --service-code ec2 --quota-code ${code} --desired-value ${used + more}`
    return {...about, outcome: 'failed', detail, remedy: `Ask for a higher quota (${ask}), or lower "count".`}
  } catch (error) {
    if (isDenied(error))
      return {
        ...about,
        outcome: 'unknown',
        detail: `These credentials may not ask for quotas, which only this check needs; ${used} vCPUs are in use, and this fleet needs ${more} more.`,
        remedy: allowing('servicequotas:GetServiceQuota'),
      }
    if (error instanceof UnreachableError) return {...about, outcome: 'unknown', detail: error.message}
    throw error
  }
}

/** Service Quotas may know a value of this account's own, or the one that AWS gives to all. */
async function limitOf(api: AwsApi, QuotaCode: string): Promise<number | undefined> {
  const which = {ServiceCode: 'ec2', QuotaCode}
  try {
    return (await api('GetServiceQuota', which)).Quota?.Value
  } catch (error) {
    if (!isRefusal(error, 'NoSuchResourceException')) throw error
  }
  try {
    return (await api('GetAWSDefaultServiceQuota', which)).Quota?.Value
  } catch (error) {
    if (isRefusal(error, 'NoSuchResourceException')) return undefined
    throw error
  }
}
