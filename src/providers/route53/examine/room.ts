import {holdName} from '../../../mark.ts'
import {isDenied} from '../../aws-access.ts'
import type {Member, NameWish} from '../../dns.ts'
import type {Finding, ZoneNeeds} from '../../examine.ts'
import type {Route53Api} from '../api.ts'
import {isOurs} from '../clashes.ts'
import {allowing, notAllowed} from './reads.ts'

/** Whether the zone has room for the record sets that are still to come. */
export async function examineRoom(
  api: Route53Api,
  zoneId: string,
  needs: ZoneNeeds,
  members: readonly Member[] = [],
): Promise<Finding> {
  const about = {check: 'quota' as const, subject: `record sets of ${needs.zone}`}
  try {
    const {Count: count = 0, Limit} = await api.getHostedZoneLimit({
      HostedZoneId: zoneId,
      Type: 'MAX_RRSETS_BY_ZONE',
    })
    const limit = Limit?.Value ?? 0
    const more = needs.names.reduce((sum, wish) => sum + setsToCome(wish, members), 0)
    const detail = `The zone holds ${count} of ${limit} record sets, and this fleet adds up to ${more}.`
    if (count + more <= limit) return {...about, outcome: 'ok', detail}
    const remedy = `Ask AWS for a higher limit of records in zone ${needs.zone}, lower the counts, or remove what is no longer used.`
    return {...about, outcome: 'failed', detail, remedy}
  } catch (error) {
    if (!isDenied(error)) return notAllowed('GetHostedZoneLimit', needs, error)
    return {
      ...about,
      outcome: 'unknown',
      detail: 'These credentials may not ask how full the zone is, which only this check needs.',
      remedy: allowing('route53:GetHostedZoneLimit', needs),
    }
  }
}

/**
 * A set for each member and kind of address, or one for all with its companion; for DNS-SD a host name for each member beside
 * the SRV set, its attributes and its two pointers, with the companions of these. Less what is there.
 */
function setsToCome(wish: NameWish, members: readonly Member[]): number {
  const {name, members: wanted, routing, ipv6, discovery} = wish
  const kinds = ipv6 ? 2 : 1
  const own = routing === 'simple' ? kinds + 1 : wanted * kinds
  const around = discovery ? (discovery.members ?? wanted) * kinds + DISCOVERY_SETS : 0
  const names = [name, ...(discovery ? [discovery.name] : [])]
  const here = members.filter(
    member =>
      [...names, ...names.map(holdName)].includes(member.name) &&
      member.type !== 'CNAME' &&
      (routing === 'simple' || isOurs(wish, member)),
  )
  const sets = new Set(here.map(({name: at, type, ref}) => `${at} ${type} ${ref ?? ''}`))
  return Math.max(0, own + around - sets.size)
}

const DISCOVERY_SETS = 7
