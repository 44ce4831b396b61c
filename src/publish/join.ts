import {isIP} from 'node:net'
import {canonicalIpv6} from '../dns/ipv6.ts'
import {RefusedError, UsageError} from '../errors.ts'
import {type DiscoveredTarget, srvHost, targetMembers} from '../fleet/discovery.ts'
import {WHOLE_FLEET} from '../mark.ts'
import type {DnsChange, Member, NameWish} from '../providers/dns.ts'
import {
  isOwned,
  isThere,
  namesOf,
  ownerHint,
  ownerOf,
  recordText,
  type Service,
  stale,
  whose,
} from './service.ts'

/** One machine that serves. */
export type Machine = Service & {
  /** Its name inside the zone, in full. */
  readonly host: string
  /** One IPv4 and one IPv6 address at most. */
  readonly addresses: readonly string[]
  readonly port: number
  readonly priority: number
  readonly weight: number
}

/** One IPv4 and one IPv6 address at most, in their shortest form. Throws UsageError. */
export function readAddresses(given: readonly string[]): string[] {
  const wrong = given.filter(address => isIP(address) === 0)
  if (wrong.length > 0)
    throw new UsageError(wrong.map(address => `"${address}" is no IPv4 or IPv6 address.`).join('\n'))
  if (new Set(given.map(isIP)).size < given.length)
    throw new UsageError('A machine has one IPv4 and one IPv6 address here at most.', {
      suggestions: ['Give another --host to each further address: the SRV set holds one target per machine.'],
    })
  return given.map(canonicalIpv6)
}

/**
 * What is still to be done for a machine to be a target of its service: its address, and its value in the SRV set. It has one
 * value there and the addresses that it names: earlier ones of the same owner are replaced. Throws RefusedError where its
 * name leads somewhere else already.
 */
export function planJoin(standing: readonly Member[], machine: Machine): DnsChange {
  const {owner, host, addresses} = machine
  const {instance: set} = namesOf(machine)
  const wanted = [
    ...new Map(
      addresses
        .flatMap(address => targetMembers(targetOf(machine, set, address)))
        .map(member => [recordText(member), member]),
    ).values(),
  ]
  const clashes = standing.filter(
    member =>
      member.name === host &&
      (member.type === 'CNAME' || (isAddress(member) && !isOwned(member, owner))) &&
      !addresses.includes(member.value),
  )
  if (clashes.length > 0)
    throw new RefusedError(
      clashes.map(
        member =>
          `${recordText(member)} ${whose(member.mark)}: who follows the service to ${host} would be led there, too.`,
      ),
      {suggestions: ['Choose another --host, a name for this machine alone.', ...ownerHint(clashes)]},
    )
  const missing = wanted.filter(each => !isThere(each, standing))
  const earlier = standing.filter(
    member =>
      isOwned(member, owner) &&
      !wanted.some(each => recordText(each) === recordText(member)) &&
      (leadsTo(member, set, host) || (isAddress(member) && member.name === host)),
  )
  return {create: missing, remove: [...stale(missing, standing, owner), ...earlier]}
}

/** What the vendor is asked to hold: the set with this machine in it, and its name. */
export function srvWish(standing: readonly Member[], machine: Machine): NameWish {
  const {owner, host, priority, weight, port, ttlSeconds} = machine
  const {instance: set} = namesOf(machine)
  const values = standing.filter(({type, name}) => type === 'SRV' && name === set)
  const own = `${priority} ${weight} ${port} ${host}`
  const beside = values.filter(member => isOwned(member, owner) && srvHost(member.value) !== host)
  return {
    name: host,
    ttlSeconds,
    proxied: false,
    members: 1,
    fleet: owner,
    discovery: {
      name: set,
      members: beside.length + 1,
      // The vendor writes a final dot.
      valueCharacters: Math.max(...[own, ...values.map(({value}) => value)].map(({length}) => length)) + 1,
    },
  }
}

/** Where it stands in the set already, by others: clients see it twice, or find it taken out when they leave. */
export const joinedByOthers = (standing: readonly Member[], machine: Machine): Member[] =>
  standing.filter(
    member => leadsTo(member, namesOf(machine).instance, machine.host) && !isOwned(member, machine.owner),
  )

export type Leaver = Pick<Machine, 'zone' | 'service' | 'instance' | 'owner' | 'host'>

/**
 * What is still to be done for a machine to be no target any more: its value in the SRV set, and, once no set of the zone
 * leads to it, its addresses. Those that another owner's target still needs are handed over. `standing` holds every set that
 * the zone lists.
 */
export function planLeave(standing: readonly Member[], leaver: Leaver): DnsChange {
  const {owner, host} = leaver
  const own = targetsOf(standing, leaver).filter(member => isOwned(member, owner))
  if (own.length > 0) return {create: [], remove: own}
  const addresses = addressesOf(standing, leaver)
  const needed = standing.filter(({type, value}) => type === 'SRV' && srvHost(value) === host)
  if (needed.length === 0) return {create: [], remove: addresses}
  const heir = needed.find(member => member.mark && !isOwned(member, owner))?.mark
  if (!heir || needed.some(member => isOwned(member, owner))) return {create: [], remove: []}
  return {
    create: addresses.map(({name, type, value, ttlSeconds}) => ({name, type, value, ttlSeconds, mark: heir})),
    remove: addresses,
  }
}

/** Throws RefusedError when it is a target by others alone. */
export function checkLeave(standing: readonly Member[], leaver: Leaver): void {
  const values = targetsOf(standing, leaver)
  const isOurs = [...values, ...addressesOf(standing, leaver)].some(member => isOwned(member, leaver.owner))
  if (values.length === 0 || isOurs) return
  throw new RefusedError(
    values.map(member => `${recordText(member)} ${whose(member.mark)}.`),
    {suggestions: ownerHint(values)},
  )
}

const targetsOf = (standing: readonly Member[], {host, ...service}: Leaver): Member[] =>
  standing.filter(member => leadsTo(member, namesOf(service).instance, host))

const addressesOf = (standing: readonly Member[], {host, owner}: Leaver): Member[] =>
  standing.filter(member => member.name === host && isAddress(member) && isOwned(member, owner))

const targetOf = (
  {owner, host, port, priority, weight, ttlSeconds}: Machine,
  set: string,
  address: string,
): DiscoveredTarget => ({
  set,
  host,
  address,
  port,
  priority,
  weight,
  ttlSeconds,
  mark: {fleet: owner, group: WHOLE_FLEET, instance: ownerOf(host)},
})

const isAddress = ({type}: Member): boolean => type === 'A' || type === 'AAAA'

const leadsTo = ({type, name, value}: Member, set: string, host: string): boolean =>
  type === 'SRV' && name === set && srvHost(value) === host
