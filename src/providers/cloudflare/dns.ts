import {query} from '../../dns/query.ts'
import {McdError, ZoneNotFoundError} from '../../errors.ts'
import type {Runtime} from '../../runtime.ts'
import type {Secret} from '../../secret.ts'
import type {Limits} from '../call.ts'
import type {DnsProvider, Member, Zone} from '../dns.ts'
import {cloudflareApi, readAll, TIMEOUT_MS} from './api.ts'
import {sendChange} from './change.ts'
import {type CloudflareClient, cloudflareClient} from './client.ts'
import {toMember, toZone, type VendorZone} from './convert.ts'
import {minTtlSeconds, recordsQuota, refusals, SMALLEST_QUOTA} from './refusals.ts'
import {type AskNameServer, askAll, awaitArrival} from './served.ts'
import {checkToken} from './token.ts'

const QUERY_TIMEOUT_MS = 5_000
/**
 * Where no name server can be asked (a network that blocks port 53), a removal counts as served after this: CloudFlare
 * publishes a change within seconds, and a drain that never ends helps nobody.
 */
const SILENCE_MS = 60_000

type Surroundings = {
  readonly runtime: Runtime
  /** The fleet file's own limits, instead of our defaults. */
  readonly limits?: Limits | undefined
  /** How the zone's name servers are asked: port 53 of each, unless the sandbox answers for them. */
  readonly query?: AskNameServer
}

export type CloudflareOptions = Surroundings & {
  readonly apiToken: Secret
  readonly baseUrl?: string
  readonly fetch?: typeof fetch
}

/** CloudFlare's DNS: one record per member, its mark in the comment. Throws AuthError for a token that cannot be one. */
export function cloudflareDns({apiToken, baseUrl, fetch, ...surroundings}: CloudflareOptions): DnsProvider {
  const {concurrency} = surroundings.limits ?? {}
  const client = cloudflareClient({apiToken: checkToken(apiToken), baseUrl, fetch, concurrency})
  return dnsOver(client, surroundings)
}

/** The same over any client of CloudFlare's API. */
export function dnsOver(
  client: CloudflareClient,
  {runtime, limits, query: ask = overPort53(runtime)}: Surroundings,
): DnsProvider {
  const api = cloudflareApi(client, runtime, limits)
  const {call} = api
  /** By zone name, learned when the zone was found: what plan it is on decides how many records it holds. */
  const plans = new Map<string, VendorZone>()
  /** By record id, of what was listed. */
  const madeAtMs = new Map<string, number>()

  const listMembers = async (zone: Zone, names: readonly string[]): Promise<Member[]> => {
    const lists = await Promise.all(
      names.map(name =>
        readAll(page =>
          call({name: 'GET dns_records', bucket: 'api', reads: true, timeoutMs: TIMEOUT_MS}, signal =>
            client.records(zone.id, name, page, signal),
          ),
        ),
      ),
    )
    const records = new Map(lists.flat().map(record => [record.id, record]))
    for (const {id, created_on} of records.values()) if (created_on) madeAtMs.set(id, Date.parse(created_on))
    return [...records.values()].map(toMember).filter(member => member !== undefined)
  }

  return {
    vendor: 'cloudflare',

    async findZone(name) {
      const zones = await readAll(page =>
        call({name: 'GET zones', bucket: 'api', reads: true, timeoutMs: TIMEOUT_MS}, signal =>
          client.zones(name, page, signal),
        ),
      )
      const named = zones.filter(zone => zone.name.toLowerCase() === name)
      const zone = named.find(({status = 'active'}) => status === 'active')
      if (!zone && named[0]) throw inactive(name, named[0].status)
      if (!zone) throw new ZoneNotFoundError(name, 'CloudFlare')
      plans.set(name, zone)
      return toZone(zone)
    },

    listMembers,

    async change(zone, change) {
      // A proxied name answers with CloudFlare's own addresses, and a hold is nobody's to remember.
      const doomed = change.remove.filter(({type, proxied}) => type !== 'TXT' && !proxied)
      const madeAt = ({ref = ''}: Member) => madeAtMs.get(ref) ?? 0
      await awaitArrival(zone.nameServers, doomed, madeAt, ask, runtime)
      await sendChange(api, zone, change)
      return {id: `${zone.id}@${runtime.now()}`}
    },

    async removalServed(zone, removed, _receipt, removedAtMs) {
      const proxied = removed.filter(member => member.proxied)
      const plain = removed.filter(member => !member.proxied)
      if (plain.length > 0) {
        const verdict = await askAll(zone.nameServers, plain, ask)
        const patienceIsOver = removedAtMs !== undefined && runtime.now() - removedAtMs >= SILENCE_MS
        if (verdict === 'answered' || (verdict === 'silent' && !patienceIsOver)) return false
      }
      if (proxied.length === 0) return true
      // A proxied name answers with CloudFlare's own addresses: only the API tells what stands behind them.
      const left = await listMembers(zone, [...new Set(proxied.map(({name}) => name))])
      return !left.some(({ref}) => proxied.some(member => member.ref === ref))
    },

    refusals(wish, existing) {
      const [zone] = [...plans]
        .filter(([name]) => wish.name === name || wish.name.endsWith(`.${name}`))
        // A zone may lie in another one.
        .sort(([a], [b]) => b.length - a.length)
        .map(([, found]) => found)
      return zone
        ? refusals(wish, existing, recordsQuota(zone), minTtlSeconds(zone))
        : refusals(wish, existing, SMALLEST_QUOTA)
    },
  }
}

function inactive(name: string, status = 'unknown'): McdError {
  return new McdError(
    `Zone ${name} is ${status} in CloudFlare: it answers nobody until its registrar names CloudFlare's servers.`,
    {
      suggestions: [
        'Set the name servers that CloudFlare shows for this zone at your registrar, then run again.',
      ],
    },
  )
}

function overPort53(runtime: Runtime): AskNameServer {
  return (host, name, type) => query({host}, name, type, {timeoutMs: QUERY_TIMEOUT_MS, runtime})
}
