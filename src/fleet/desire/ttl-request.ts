import {RefusedError, UsageError} from '../../errors.ts'
import type {JournalEvent} from '../../journal/events.ts'
import type {LoweredTtl, Recorded} from '../../journal/recorded.ts'
import {nearest} from '../../nearest.ts'
import {DNS_CAPABILITIES} from '../../providers/dns-capabilities.ts'
import type {Desired} from '../desired.ts'
import type {DnsName, Fleet} from '../model.ts'
import {nameKey} from '../observed.ts'
import type {Outside} from '../outside.ts'
import type {LoweredTtls} from './lowered-ttl.ts'

/** What `mcd ttl` asks for; without names, all of the fleet file's. Without `ttlSeconds`, the vendor's shortest. */
export type TtlRequest = {readonly names?: readonly string[]} & (
  | {readonly kind: 'lower-ttl'; readonly ttlSeconds?: number}
  | {readonly kind: 'restore-ttl'}
)

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
export function ttlRun(outside: Outside, {names}: Fleet, request: TtlRequest, recorded: Recorded): TtlRun {
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
    .map(name => ({...name, wanted: request.ttlSeconds ?? DNS_CAPABILITIES[name.vendor].shortestTtlSeconds}))
    // A proxied name answers as the vendor's edge does; what is short already needs nothing.
    .filter(
      ({proxied, wanted, ttlSeconds}) =>
        request.names || request.ttlSeconds !== undefined || (!proxied && wanted < ttlSeconds),
    )
  if (wishes.length === 0)
    throw new UsageError(
      'There is no TTL to lower: every name of the fleet file has the shortest one already, or is proxied.',
    )
  const refusals = wishes.flatMap(name => refusalsOf(outside, name))
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
): string[] {
  if (proxied)
    return [`${name} is proxied: its edge answers for it, and no TTL of its records reaches a client.`]
  if (wanted >= ttlSeconds)
    return [`${name} has a TTL of ${ttlSeconds} s in the fleet file: ${wanted} s would not be lower.`]
  if (routing === 'simple')
    return [
      `${name} is one record set ("routing: simple"), whose TTL others may share: change "ttl" in the fleet file instead.`,
    ]
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
