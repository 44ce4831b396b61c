import {createHash} from 'node:crypto'
import {canonicalIpv6, isPublicIpv6} from '../../dns/ipv6.ts'
import {lackingOf, type Mark, markFromTags, markToTags} from '../../mark.ts'
import {Secret} from '../../secret.ts'
import type {Described, Instance, InstanceState, LaunchOrder} from '../compute.ts'
import {INGRESS_TAG, ingressTag} from './ingress.ts'
import type {ApiMachine, NewMachine} from './shapes.ts'

/** What identifies a machine image and package to CloudAPI: the adapter's own part of a LaunchTarget. */
export type VendorTarget = {
  /** Package ids by the names the fleet file uses. */
  readonly packages: Readonly<Record<string, string>>
  /** Empty where the cloud chooses: one public and one internal network. */
  readonly networks: readonly string[]
}

/** CloudAPI has states of its own for what comes and goes; one it adds later is unknown to us, not gone. */
const STATES: Record<string, InstanceState> = {
  provisioning: 'pending',
  running: 'running',
  // Seen while it reboots.
  ready: 'running',
  stopping: 'stopping',
  stopped: 'stopped',
  deleted: 'gone',
  failed: 'gone',
}

export const stateOf = ({state}: ApiMachine): InstanceState => STATES[state] ?? 'unknown'

/** undefined unless it carries a whole mark: then it is not ours. */
export function toInstance(machine: ApiMachine, place: string): Instance | undefined {
  const mark = markOf(machine)
  return mark && withMark(machine, place, mark)
}

/** undefined for one that has ended. */
export function toDescribed(machine: ApiMachine, place: string, made: Mark): Described | undefined {
  if (stateOf(machine) === 'gone') return undefined
  const own = markOf(machine)
  return own?.fleet === made.fleet
    ? {...withMark(machine, place, own), lacks: []}
    : {...withMark(machine, place, made), lacks: lackingOf(made, tagsOf(machine), 'mcd_')}
}

function withMark(machine: ApiMachine, place: string, mark: Mark): Instance {
  const {publicIp, privateIp, publicIpv6} = addressesOf(machine)
  const reason = reasonOf(machine)
  return {
    id: machine.id,
    place,
    mark,
    state: stateOf(machine),
    name: machine.name,
    imageId: machine.image,
    launchedAtMs: Date.parse(machine.created),
    ...(machine.package ? {type: machine.package} : {}),
    ...(publicIp ? {publicIp} : {}),
    ...(privateIp ? {privateIp} : {}),
    ...(publicIpv6 ? {publicIpv6} : {}),
    ...(reason ? {stateReason: reason} : {}),
    // The cloud says no more than that; by far the most common cause is that no server has room.
    ...(machine.state === 'failed' ? {unplaced: true as const} : {}),
  }
}

export const markOf = (machine: ApiMachine): Mark | undefined => markFromTags(tagsOf(machine), 'mcd_')

const tagsOf = ({tags = {}}: ApiMachine): Record<string, string> =>
  Object.fromEntries(Object.entries(tags).map(([key, value]) => [key, String(value)]))

function reasonOf({state, id}: ApiMachine): string | undefined {
  if (state === 'failed')
    return `provisioning failed, most often because no server has room for this package ("triton instance audit ${id.slice(0, 8)}" shows the job)`
  if (state === 'offline') return 'the cloud lost sight of its server; it may well be serving'
  return undefined
}

/**
 * There is no public/private flag on a NIC: an address outside the private, link-local and carrier-NAT ranges is public.
 * The primary NIC counts first.
 */
function addressesOf({
  nics = [],
  ips = [],
  primaryIp = '',
}: ApiMachine): Pick<Instance, 'publicIp' | 'privateIp' | 'publicIpv6'> {
  const primaryFirst = [...nics].sort((a, b) => Number(b.primary ?? false) - Number(a.primary ?? false))
  // Of a NIC with several addresses the list alone names all.
  const all = [...(nics.length > 0 ? primaryFirst.map(({ip}) => ip) : [primaryIp]), ...ips]
  const addresses = all.filter(isIPv4)
  const publicIp = addresses.find(address => !isPrivate(address))
  const privateIp = addresses.find(isPrivate)
  const publicIpv6 = all.find(isPublicIpv6)
  return {
    ...(publicIp ? {publicIp} : {}),
    ...(privateIp ? {privateIp} : {}),
    ...(publicIpv6 ? {publicIpv6: canonicalIpv6(publicIpv6)} : {}),
  }
}

/** RFC 1918, RFC 3927, RFC 6598. */
const NOT_PUBLIC =
  /^(10\.|172\.(1[6-9]|2\d|3[01])\.|192\.168\.|169\.254\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/
export const isPrivate = (address: string): boolean => NOT_PUBLIC.test(address)
/** A NIC without a fixed address says "dhcp". */
const isIPv4 = (text: string) => /^\d+(\.\d+){3}$/.test(text)

/**
 * The name of the instance at this place of a launch: always the same, so that the uniqueness of names keeps a launch
 * that is sent twice from making two.
 */
export function machineName({fleet, group, launch}: Mark, index: number): string {
  const digest = createHash('sha256').update(`${launch}/${index}`).digest('hex')
  return `${fleet}-${group}-${digest.slice(0, 8)}`
}

/** The CreateMachine body: mark, tags and userdata go in the same call, so that there is no moment without them. */
export function toNewMachine(order: LaunchOrder, userdata: string, index: number): NewMachine {
  const {mark, type, target} = order
  const {wish} = target
  const vendor = target.vendor as VendorTarget
  const marks = markToTags(mark, 'mcd_')
  const opensPorts = wish.open.length > 0
  return {
    name: machineName(mark, index),
    image: target.imageId,
    package: vendor.packages[type] ?? type,
    ...(vendor.networks.length > 0 ? {networks: vendor.networks} : {}),
    // Soft: a hard rule fails the launch where there are fewer servers than instances.
    affinity: [`mcd_fleet!=~${mark.fleet}`],
    firewall_enabled: opensPorts,
    deletion_protection: wish.deletionProtection,
    ...prefixed('tag.', wish.tags),
    ...prefixed('tag.', marks),
    ...(opensPorts ? {[`tag.${INGRESS_TAG}`]: ingressTag(mark)} : {}),
    ...prefixed('metadata.', wish.metadata),
    // Guests cannot read their tags: the registration script reads the same as metadata.
    ...prefixed('metadata.', marks),
    'metadata.cloud-init:user-data': userdata,
  }
}

function prefixed(prefix: string, values: Readonly<Record<string, string | Secret>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      `${prefix}${key}`,
      value instanceof Secret ? value.reveal() : value,
    ]),
  )
}
