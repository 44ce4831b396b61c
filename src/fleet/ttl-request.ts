import {RefusedError, UsageError} from '../errors.ts'
import type {JournalEvent} from '../journal/events.ts'
import type {LoweredTtl, Recorded} from '../journal/recorded.ts'
import {nearest} from '../nearest.ts'
import type {DnsVendor} from '../providers/dns.ts'
import type {Desired} from './desired.ts'
import type {LoweredTtls} from './lowered-ttl.ts'
import type {DnsName, Fleet} from './model.ts'
import {nameKey, type Observed} from './observed.ts'
import type {Outside} from './outside.ts'

/** What `mcd ttl` asks for; without names, all of the fleet file's. Without `ttlSeconds`, the vendor's shortest. */
export type TtlRequest = {readonly names?: readonly string[]} & (
  | {readonly kind: 'lower-ttl'; readonly ttlSeconds?: number}
  | {readonly kind: 'restore-ttl'}
)

/** CloudFlare takes no shorter one on most plans; on Route53 each answer is billed, and resolvers ask anew that often. */
const SHORTEST_SECONDS: Readonly<Record<DnsVendor, number>> = {cloudflare: 60, route53: 5}

type TtlRun = {
  readonly goal: Desired['goal'] & {readonly kind: 'sync'}
  readonly asks: readonly JournalEvent[]
  /** As this run is to see them from its first look on. */
  readonly lowered: LoweredTtls
}

/**
 * The run that lowers the TTL of these names and waits until the longer one has passed everywhere, or puts the fleet file's
 * back. Throws UsageError for names that are not the file's, and RefusedError where a TTL cannot be lowered.
 */
export function ttlRun(
  outside: Outside,
  {names}: Fleet,
  request: TtlRequest,
  observed: Observed,
  recorded: Recorded,
): TtlRun {
  const meant = resolveNames(names, request.names)
  const lowered = new Map<string, Pick<LoweredTtl, 'ttlSeconds'>>(recorded.lowered)
  if (request.kind === 'restore-ttl') {
    const back = meant.filter(({vendor, name}) => lowered.delete(nameKey(vendor, name)))
    return {
      goal: {kind: 'sync'},
      asks: back.map(({vendor, name}) => ({type: 'ttl-restored', vendor, name})),
      lowered,
    }
  }
  const wishes = meant
    .map(name => ({...name, wanted: request.ttlSeconds ?? SHORTEST_SECONDS[name.vendor]}))
    // A proxied name answers as the vendor's edge does; what is short already needs nothing.
    .filter(
      ({proxied, wanted, ttlSeconds}) =>
        request.names || request.ttlSeconds !== undefined || (!proxied && wanted < ttlSeconds),
    )
  const refusals = wishes.flatMap(name => refusalsOf(outside, name, observed))
  if (refusals.length > 0) throw new RefusedError(refusals, {suggestions: ['Nothing was changed.']})
  const asks: JournalEvent[] = []
  for (const {vendor, zone, name, wanted: ttlSeconds} of wishes) {
    if (lowered.get(nameKey(vendor, name))?.ttlSeconds !== ttlSeconds)
      asks.push({type: 'ttl-lowered', vendor, zone, name, ttlSeconds})
    lowered.set(nameKey(vendor, name), {ttlSeconds})
  }
  return {
    goal: {kind: 'sync', settle: wishes.map(({vendor, name}) => nameKey(vendor, name))},
    asks,
    lowered,
  }
}

function refusalsOf(
  outside: Outside,
  {vendor, name, proxied, routing, wanted, ttlSeconds}: DnsName & {readonly wanted: number},
  observed: Observed,
): string[] {
  if (proxied)
    return [`${name} is proxied: its edge answers for it, and no TTL of its records reaches a client.`]
  if (wanted >= ttlSeconds)
    return [`${name} has a TTL of ${ttlSeconds} s in the fleet file: ${wanted} s would not be lower.`]
  const seen = observed.names.get(nameKey(vendor, name))
  const members = seen?.readable ? [...seen.members, ...seen.holds] : []
  if (vendor === 'route53' && routing === 'simple' && members.some(({type, mark}) => type === 'A' && !mark))
    return [`${name} is one record set that others share, whose TTL is not the fleet's alone to change.`]
  return outside.dns(vendor).refusals({name, ttlSeconds: wanted, proxied, members: 0}, [])
}

function resolveNames(
  declared: readonly DnsName[],
  wanted: readonly string[] | undefined,
): readonly DnsName[] {
  if (!wanted) return declared
  const known = declared.map(({name}) => name)
  const unknown = wanted.filter(name => !known.includes(name))
  if (unknown.length > 0)
    throw new UsageError(
      unknown
        .map(name => {
          const near = nearest(name, known)
          return `The fleet file has no name "${name}"${near === undefined ? '.' : `; did you mean "${near}"?`}`
        })
        .join('\n'),
      {suggestions: [`Its names are ${known.join(', ')}.`]},
    )
  return declared.filter(({name}) => wanted.includes(name))
}
