import {holdName} from '../../../mark.ts'
import type {Instance} from '../../../providers/compute.ts'
import type {DnsVendor, Member} from '../../../providers/dns.ts'
import {DNS_CAPABILITIES} from '../../../providers/dns-capabilities.ts'
import type {DnsName} from '../../model.ts'
import {nameKey, type ObservedName} from '../../observed.ts'
import type {FleetView} from '../fleet-view.ts'

/** What a name answers for an instance, IPv4 first. IPv6 is public alone. */
export function addressesOf(
  {publicIp, privateIp, publicIpv6}: Pick<Instance, 'publicIp' | 'privateIp' | 'publicIpv6'>,
  {address, ipv6}: Pick<DnsName, 'address' | 'ipv6'>,
): string[] {
  const all = address === 'public' ? [publicIp, ipv6 === false ? undefined : publicIpv6] : [privateIp]
  return all.filter(each => each !== undefined)
}

/** The record that makes a name answer this address of an instance. */
export function addressRecord(view: FleetView, name: DnsName, instance: Instance, value: string): Member {
  const {group} = instance.mark
  return {
    name: name.name,
    type: value.includes(':') ? 'AAAA' : 'A',
    value,
    ttlSeconds: name.ttlSeconds,
    mark: {fleet: view.desired.fleet.name, group, instance: instance.id},
    ...(DNS_CAPABILITIES[name.vendor].proxies && {proxied: name.proxied}),
    ...routingFor(name, weightIn(view, group)),
  }
}

/** The same record under the name as it is declared now: all of a name move at once when it routes another way. */
export const movedRecord = (view: FleetView, name: DnsName, member: Member): Member => ({
  name: member.name,
  type: member.type,
  value: member.value,
  ttlSeconds: name.ttlSeconds,
  ...(member.mark && {mark: member.mark}),
  ...(member.type === 'TXT'
    ? name.routing === 'simple' && {routing: 'simple' as const}
    : routingFor(name, weightIn(view, groupOf(view, member), member.weight))),
})

const routingFor = ({routing}: DnsName, weight: number): Pick<Member, 'routing' | 'weight'> =>
  routing === 'weighted' ? {routing, weight} : routing === 'simple' ? {routing} : {}

/** Without a weight of its own a group has 1: a weight of 0 beside others is never answered. */
const weightIn = ({desired}: FleetView, group: string, before = 1): number =>
  desired.fleet.groups.find(({name}) => name === group)?.weight ?? before

const groupOf = (view: FleetView, {mark}: Member): string =>
  view.living.get(mark?.instance ?? '')?.mark.group ?? mark?.group ?? ''

/** Whether a record of ours has the settings that its name asks for. `standing` are all values under the name. */
export function isAsDeclared(
  view: FleetView,
  name: DnsName,
  member: Member,
  standing: readonly Member[],
): boolean {
  if (name.routing === 'weighted' && member.weight !== weightIn(view, groupOf(view, member))) return false
  // Some vendors' marks have no room for the group.
  if (member.mark?.group && member.mark.group !== groupOf(view, member)) return false
  return (
    (member.proxied ?? false) === name.proxied &&
    routingOf(member) === name.routing &&
    hasDeclaredTtl(view, name, member, standing)
  )
}

function hasDeclaredTtl(
  view: FleetView,
  name: DnsName,
  {type, routing, ttlSeconds}: Member,
  standing: readonly Member[],
): boolean {
  if (ttlSeconds === name.ttlSeconds || name.proxied) return true
  // A set that strangers share has the TTL that they gave it.
  return (
    routing === 'simple' &&
    standing.some(other => other.type === type && other.mark?.fleet !== view.desired.fleet.name)
  )
}

/** Vendors that have records alone route them as others do their multivalue ones. */
export const routingOf = ({routing = 'multivalue'}: Pick<Member, 'routing'>): Member['routing'] =>
  routing === 'single' ? 'multivalue' : routing

/**
 * Whether the records of ours under a name must change together: sets of different routing cannot stand side by side, and
 * those that share a set, or a TTL, cannot differ in it.
 */
export function moveTogether(
  view: FleetView,
  name: DnsName,
  ours: readonly Member[],
  {members, holds}: Extract<ObservedName, {readable: true}>,
): boolean {
  if (!DNS_CAPABILITIES[name.vendor].routes) return false
  const heldAs = name.routing === 'simple' ? 'simple' : 'multivalue'
  const ourHolds = holds.filter(({mark}) => mark?.fleet === view.desired.fleet.name)
  return (
    ours.some(member => routingOf(member) !== name.routing) ||
    ourHolds.some(hold => routingOf(hold) !== heldAs) ||
    (name.routing !== 'multivalue' && ours.some(member => !hasDeclaredTtl(view, name, member, members)))
  )
}

/** How a hold under this name must be written: as what stands beside it, and where nothing does, as the name is declared. */
export function holdRouting(
  {observed, desired}: FleetView,
  {vendor, name}: {readonly vendor: DnsVendor; readonly name: string},
): Pick<Member, 'routing'> {
  if (!DNS_CAPABILITIES[vendor].routes) return {}
  const seen = observed.names.get(nameKey(vendor, name))
  const beside = seen?.readable ? seen.holds.filter(hold => hold.name === holdName(name)) : []
  const declared = desired.fleet.names.find(each => each.vendor === vendor && each.name === name)
  const isSimple =
    beside.length > 0 ? beside.some(({routing}) => routing === 'simple') : declared?.routing === 'simple'
  return isSimple ? {routing: 'simple'} : {}
}
