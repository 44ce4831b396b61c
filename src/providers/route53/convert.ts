import type {HostedZone, ResourceRecordSet} from '@aws-sdk/client-route-53'
import {canonicalIpv6} from '../../dns/ipv6.ts'
import {McdError} from '../../errors.ts'
import {markFromSetIdentifier, markToSetIdentifier} from '../../mark.ts'
import type {Member, Zone} from '../dns.ts'
import {isShared} from './companion.ts'
import {fromVendorName, fromVendorTarget, toVendorName, toVendorTarget} from './names.ts'
import {quoteTxt, unquoteLines, unquoteTxt} from './txt.ts'

const MEMBER_TYPES = ['A', 'AAAA', 'TXT', 'CNAME', 'SRV', 'PTR'] as const satisfies readonly Member['type'][]

/** Aliases have no TTL of their own: those of load balancers answer with this one. */
const ALIAS_TTL_SECONDS = 60

/** The account is not told by Route53; the zone's id, unique over all accounts, stands for it (decision 5). */
export function toZone(zone: HostedZone, nameServers: readonly string[]): Zone {
  const id = bareId(zone.Id)
  return {
    id,
    name: fromVendorName(zone.Name ?? ''),
    account: id,
    nameServers: nameServers.map(fromVendorName),
  }
}

/** `Z…` and `C…`, which answers show as `/hostedzone/Z…` and `/change/C…`. */
export const bareId = (id: string | undefined): string => (id ?? '').replace(/^\/(hostedzone|change)\//, '')

/** One member for each value; none for types that are not ours to read. */
export function toMembers(set: ResourceRecordSet): Member[] {
  const type = MEMBER_TYPES.find(known => known === set.Type)
  if (!type) return []
  const routing = routingOf(set)
  const isOwnSet = routing === 'multivalue' || routing === 'weighted'
  const mark = isOwnSet ? markFromSetIdentifier(set.SetIdentifier) : undefined
  const values = set.AliasTarget
    ? [fromVendorName(set.AliasTarget.DNSName ?? '')]
    : valuesOf(set).map(value => (mark && type === 'TXT' ? unquoteLines(value) : plainValue(type, value)))
  return values.map(value => ({
    name: fromVendorName(set.Name ?? ''),
    type,
    value,
    ttlSeconds: set.TTL ?? ALIAS_TTL_SECONDS,
    ...(mark && {mark: {...mark, group: ''}}),
    routing,
    ...(set.Weight !== undefined && {weight: set.Weight}),
    // A value of a shared set is found by itself: the set may look another way by the time of its removal.
    ...(isShared({type, routing}) ? {} : {ref: toRef(set)}),
  }))
}

/** The set of its own that a member to create becomes. Throws for one without mark: its set would have no name. */
export function toRecordSet({
  name,
  type,
  value,
  ttlSeconds,
  mark,
  routing,
  weight = 0,
}: Member): ResourceRecordSet {
  if (!mark) throw new McdError(`${type} ${name} ${value} carries no mark: mcd creates nothing without one.`)
  return {
    Name: toVendorName(name),
    Type: type,
    SetIdentifier: markToSetIdentifier(mark),
    ...(routing === 'weighted' ? {Weight: weight} : {MultiValueAnswer: true}),
    TTL: ttlSeconds,
    ResourceRecords: [{Value: vendorValue(type, value)}],
  }
}

/** A member's value as Route53 takes it. */
export function vendorValue(type: Member['type'], value: string): string {
  switch (type) {
    case 'TXT':
      return quoteTxt(value)
    case 'PTR':
      return toVendorTarget(value)
    case 'SRV': {
      const [target = '', ...numbers] = value.split(' ').reverse()
      return [...numbers.reverse(), toVendorName(target)].join(' ')
    }
    default:
      return value
  }
}

export function routingOf(set: ResourceRecordSet): NonNullable<Member['routing']> {
  if (set.MultiValueAnswer) return 'multivalue'
  if (set.Weight !== undefined) return 'weighted'
  return set.SetIdentifier !== undefined || set.AliasTarget ? 'other' : 'simple'
}

/** The set as it was listed, byte for byte: a DELETE must repeat it so. */
const toRef = (set: ResourceRecordSet): string => JSON.stringify(set)

/** The set a listed member stands in. Throws for a member that was not listed here. */
export function fromRef({name, type, value, ref}: Member): ResourceRecordSet {
  if (ref?.startsWith('{')) return JSON.parse(ref) as ResourceRecordSet
  throw new McdError(`${type} ${name} ${value} cannot be removed from Route53: it was not read from there.`)
}

export const valuesOf = (set: ResourceRecordSet): string[] =>
  (set.ResourceRecords ?? []).map(({Value}) => Value ?? '')

/** A value as members hold it, whichever way it is spelled. */
export function plainValue(type: Member['type'], value: string): string {
  switch (type) {
    case 'A':
      return value
    case 'AAAA':
      return canonicalIpv6(value)
    case 'TXT':
      return unquoteTxt(value)
    case 'CNAME':
      return fromVendorName(value)
    case 'PTR':
      return fromVendorTarget(value)
    case 'SRV': {
      const [target = '', ...numbers] = value.split(' ').reverse()
      return [...numbers.reverse(), fromVendorName(target)].join(' ')
    }
  }
}
