import type {Member, NameWish} from '../dns.ts'
import type {VendorZone} from './convert.ts'

const MIN_TTL_SECONDS = 60
/** Source: CloudFlare's reference, "Time to Live (TTL)". */
const ENTERPRISE_MIN_TTL_SECONDS = 30
const MAX_TTL_SECONDS = 86_400
/** What a free zone made since this day holds; older ones hold 1,000. (manage-dns-records page, August 2026) */
const SMALL_FREE_ZONES_SINCE = '2024-09-01'
export const SMALLEST_QUOTA = 200

/** How many records a zone of this plan holds. A plan we do not know counts as the smallest. */
export function recordsQuota({plan, created_on = SMALL_FREE_ZONES_SINCE}: VendorZone): number {
  switch (plan?.legacy_id) {
    case 'pro':
    case 'business':
      return 3_500
    case 'enterprise':
      return 1_000_000
    default:
      return created_on < SMALL_FREE_ZONES_SINCE ? 1_000 : SMALLEST_QUOTA
  }
}

export const minTtlSeconds = ({plan}: VendorZone): number =>
  plan?.legacy_id === 'enterprise' ? ENTERPRISE_MIN_TTL_SECONDS : MIN_TTL_SECONDS

/** The content of all records of one name and type together. */
const SET_MAX_CHARS = 8_192
const maxChars = ({ipv6}: NameWish): number =>
  (ipv6 ? 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff' : '255.255.255.255').length

/** Everything CloudFlare would refuse about a wish, each in one sentence. 300 is what it calls automatic. */
export function refusals(
  wish: NameWish,
  existing: readonly Member[],
  quota: number,
  shortestTtl: number = MIN_TTL_SECONDS,
): string[] {
  const here = existing.filter(({name}) => name === wish.name)
  return [
    ttlRange(wish, shortestTtl),
    tooMany(wish, here, quota),
    cnameInTheWay(wish, here),
    mixedProxying(wish, here),
    unnamedService(wish),
  ].filter(reason => reason !== undefined)
}

function ttlRange({name, ttlSeconds}: NameWish, shortest: number): string | undefined {
  if (ttlSeconds >= shortest && ttlSeconds <= MAX_TTL_SECONDS) return undefined
  const paid = shortest > ENTERPRISE_MIN_TTL_SECONDS && ttlSeconds >= ENTERPRISE_MIN_TTL_SECONDS
  const plan = paid && ttlSeconds < shortest ? ' in a zone that is not on the Enterprise plan' : ''
  return `CloudFlare takes a TTL from ${shortest} to ${MAX_TTL_SECONDS} seconds${plan}; ${name} asks for ${ttlSeconds}.`
}

function tooMany(wish: NameWish, here: readonly Member[], quota: number): string | undefined {
  const {name, members, ipv6} = wish
  const limit = Math.min(Math.floor(quota / (ipv6 ? 2 : 1)), Math.floor(SET_MAX_CHARS / maxChars(wish)))
  const foreign = here.filter(member => member.type === 'A' && !isOurs(wish, member)).length
  if (members + foreign <= limit) return undefined
  const others = foreign > 0 ? ` beside ${foreign} foreign ones` : ''
  return `CloudFlare holds ${limit} addresses here (a zone of this plan has ${quota} records in all); ${name} is to have ${members}${others}.`
}

function cnameInTheWay({name}: NameWish, here: readonly Member[]): string | undefined {
  const alias = here.find(({type}) => type === 'CNAME')
  return (
    alias &&
    `${name} is a CNAME for ${alias.value}: CloudFlare takes no addresses beside it. Remove it or choose another name.`
  )
}

/**
 * CloudFlare's API documents SRV records at `_service._proto.name` ("dns-records_SRVRecord": the first label is "normally" a
 * service), and clients report others refused. What may fail half-way through a run is not begun.
 */
function unnamedService({discovery}: NameWish): string | undefined {
  return (
    discovery &&
    `${discovery.name}: CloudFlare is only known to take SRV records under names that begin with a service such as _http._tcp. Use a zone in Route53, or leave out "discovery".`
  )
}

/** One proxied record makes the whole name answer with CloudFlare's addresses until the last one goes. */
function mixedProxying(wish: NameWish, here: readonly Member[]): string | undefined {
  const {name, proxied} = wish
  const others = here.filter(
    other =>
      !isOurs(wish, other) &&
      (other.type === 'A' || other.type === 'AAAA') &&
      (other.proxied ?? false) !== proxied,
  )
  if (others.length === 0) return undefined
  const values = others.map(({value}) => value).join(', ')
  return `${name} has foreign records that are ${proxied ? 'not ' : ''}proxied (${values}): mixed with ours${proxied ? '' : ', which are not,'} the whole name would act as proxied.`
}

const isOurs = ({fleet}: NameWish, {mark}: Member): boolean =>
  mark !== undefined && (fleet === undefined || mark.fleet === fleet)
