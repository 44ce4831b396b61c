import {zoneKey} from '../../journal/events.ts'
import {holdInstance} from '../../mark.ts'
import type {Instance} from '../../providers/compute.ts'
import type {Member} from '../../providers/dns.ts'
import type {DnsName} from '../model.ts'
import {nameKey} from '../observed.ts'
import type {Note} from './action.ts'
import {type FleetView, isHealthy, isLeaving, launchedInRun} from './fleet-view.ts'

/**
 * A missing record of an instance that registers itself is its own business for this long after launch; later, mcd
 * repairs it. Boot, package installation and the script's patience with a throttled vendor fit in.
 */
const SELF_REGISTRATION_GRACE_MS = 5 * 60_000

/** What one name needs. `awaiting` are instances whose own registration has yet to come. */
export type NamePlan = {
  readonly create: readonly Member[]
  readonly remove: readonly Member[]
  readonly awaiting: readonly string[]
  readonly notes: readonly Note[]
}

/** Addresses of instances that stay, for one declared name. Those `departing` by this plan get no new record; leaving instances are the drain's business. Foreign members are never in the result. */
export function planName(view: FleetView, name: DnsName, departing: ReadonlySet<string>): NamePlan {
  const observed = view.observed.names.get(nameKey(name.vendor, name.name))
  if (!observed?.readable) return {create: [], remove: [], awaiting: [], notes: []}
  const ours = observed.members.filter(
    ({mark, type}) => mark?.fleet === view.desired.fleet.name && (type === 'A' || type === 'AAAA'),
  )
  const create: Member[] = []
  const remove: Member[] = []
  const awaiting: string[] = []
  const notes: Note[] = []
  const inPlace = new Set<string>()

  for (const member of ours) {
    const id = member.mark?.instance ?? ''
    const verdict = judge(view, name, id, member, inPlace)
    if (verdict === 'right') inPlace.add(id)
    if (verdict === 'wrong' || verdict === 'dead') remove.push(member)
  }

  for (const hold of observed.holds) {
    const id = holdInstance(hold.value) ?? ''
    const instance = view.living.get(id)
    // A hold without a drain in the journal is left over from a journal that was lost: the instance stays, so it may serve again.
    if (hold.mark?.fleet === view.desired.fleet.name && instance && !isLeaving(view, id)) remove.push(hold)
    else if (hold.mark?.fleet === view.desired.fleet.name && isGone(view, id)) remove.push(hold)
  }

  for (const instance of view.living.values()) {
    const goes = isLeaving(view, instance.id) || departing.has(instance.id)
    if (inPlace.has(instance.id) || goes || instance.state !== 'running') continue
    const value = addressOf(instance, name)
    if (value === undefined) {
      notes.push({
        kind: 'no-address',
        text: `${instance.id} has no ${name.address} address for ${name.name}.`,
        blocks: true,
        instance: instance.id,
      })
      continue
    }
    const foreign = observed.members.find(
      member => member.value === value && member.mark?.fleet !== view.desired.fleet.name,
    )
    if (foreign) {
      notes.push({
        kind: 'foreign-record',
        text: `${name.name} already answers ${value} by a record that is not mcd's: it is left as it is, and ${instance.id} gets none of its own.`,
        blocks: false,
        instance: instance.id,
      })
      continue
    }
    const drifted = remove.some(member => member.mark?.instance === instance.id && member.type !== 'TXT')
    if (!isHealthy(view, instance) && !drifted) continue
    if (name.registration === 'self' && !drifted && mayStillRegister(view, instance))
      awaiting.push(instance.id)
    else create.push(memberFor(view, name, instance, value))
  }
  return {create, remove, awaiting, notes}
}

type Verdict = 'right' | 'wrong' | 'dead' | 'leave'

function judge(
  view: FleetView,
  name: DnsName,
  id: string,
  member: Member,
  inPlace: ReadonlySet<string>,
): Verdict {
  if (isLeaving(view, id)) return 'leave'
  const instance = view.living.get(id)
  if (!instance) return isGone(view, id) ? 'dead' : 'leave'
  // Stopped by somebody's hand: its address was given back and may be a stranger's tomorrow.
  if (instance.state === 'stopped') return 'dead'
  if (instance.state !== 'running') return 'leave'
  if (inPlace.has(id)) return 'wrong'
  const ttlRight = member.ttlSeconds === name.ttlSeconds || name.proxied
  return member.value === addressOf(instance, name) && ttlRight && (member.proxied ?? false) === name.proxied
    ? 'right'
    : 'wrong'
}

/** Ended, or shown by no place although all could be read. */
export function isGone(view: FleetView, id: string): boolean {
  return view.gone.has(id) || (view.allReadable && !view.living.has(id) && !view.expected.has(id))
}

function mayStillRegister(view: FleetView, instance: Instance): boolean {
  return (
    launchedInRun(view, instance.id) ||
    view.observed.atMs - instance.launchedAtMs < SELF_REGISTRATION_GRACE_MS
  )
}

function addressOf(instance: Instance, name: DnsName): string | undefined {
  return name.address === 'public' ? instance.publicIp : instance.privateIp
}

function memberFor(view: FleetView, name: DnsName, instance: Instance, value: string): Member {
  return {
    name: name.name,
    type: value.includes(':') ? 'AAAA' : 'A',
    value,
    ttlSeconds: name.ttlSeconds,
    mark: {fleet: view.desired.fleet.name, group: instance.mark.group, instance: instance.id},
    ...(name.vendor === 'cloudflare' ? {proxied: name.proxied} : {}),
  }
}

export const zoneOf = ({vendor, zone}: Pick<DnsName, 'vendor' | 'zone'>): string => zoneKey(vendor, zone)
