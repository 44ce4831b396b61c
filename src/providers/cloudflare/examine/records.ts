import type {Member, NameWish} from '../../dns.ts'
import type {Finding, ZoneNeeds} from '../../examine.ts'
import type {VendorZone} from '../convert.ts'
import {minTtlSeconds, recordsQuota, refusals} from '../refusals.ts'
import {ask, type Desk} from './desk.ts'

/** Whether the zone takes the records that the fleet is to have, and has room for them. */
export async function recordFindings(
  desk: Desk,
  zone: VendorZone,
  {names}: ZoneNeeds,
  existing: readonly Member[],
): Promise<Finding[]> {
  return [
    ...names.flatMap(wish => refusalFindings(zone, wish, existing)),
    await roomFinding(desk, zone, names, existing),
  ]
}

function refusalFindings(zone: VendorZone, wish: NameWish, existing: readonly Member[]): Finding[] {
  const about = {check: 'records' as const, subject: wish.name}
  const refused = refusals(wish, existing, recordsQuota(zone), minTtlSeconds(zone))
  if (refused.length === 0)
    return [
      {
        ...about,
        outcome: 'ok',
        detail: `CloudFlare takes ${count(wish.members, 'address', 'addresses')} here.`,
      },
    ]
  return refused.map(detail => ({
    ...about,
    outcome: 'failed',
    detail,
    remedy: 'Change this in "dns" of the fleet file, or take away what stands under the name.',
  }))
}

async function roomFinding(
  desk: Desk,
  zone: VendorZone,
  names: readonly NameWish[],
  existing: readonly Member[],
): Promise<Finding> {
  const about = {check: 'quota' as const, subject: `records of ${zone.name}`}
  const used = await ask(desk, 'GET dns_records/usage', signal => desk.client.usage(zone.id, signal))
  if (used.error) return {...about, outcome: 'unknown', detail: used.error.message}
  const {record_quota: quota, record_usage: usage} = used.value
  const isThere = ({name, type, mark}: Member) =>
    mark !== undefined && type !== 'TXT' && names.some(wish => wish.name === name)
  const wanted = names.reduce((sum, {members, ipv6}) => sum + members * (ipv6 ? 2 : 1), 0)
  const toCome = Math.max(0, wanted - existing.filter(isThere).length)
  if (quota === null)
    return {
      ...about,
      outcome: 'unknown',
      detail: `The zone has ${usage}; its account has one quota for all its zones.`,
    }
  const detail = `The zone has ${usage} of ${count(quota, 'record', 'records')}, and the fleet is to add ${toCome}.`
  if (usage + toCome <= quota) return {...about, outcome: 'ok', detail}
  return {
    ...about,
    outcome: 'failed',
    detail,
    remedy: 'Remove records that nobody needs, lower "count", or move the zone to a larger plan.',
  }
}

const count = (number: number, one: string, many: string): string => `${number} ${number === 1 ? one : many}`
