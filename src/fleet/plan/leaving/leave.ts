import type {ZoneKey} from '../../../journal/events.ts'
import {holdInstance, holdName, holdValue} from '../../../mark.ts'
import type {Instance} from '../../../providers/compute.ts'
import type {DnsVendor, Member} from '../../../providers/dns.ts'
import {DNS_CAPABILITIES} from '../../../providers/dns-capabilities.ts'
import {nameKey} from '../../observed.ts'
import type {Action} from '../action.ts'
import {holdRouting} from '../dns/address-records.ts'
import {isDead, isGone, zoneOf} from '../dns/membership.ts'
import type {FleetView} from '../fleet-view.ts'
import {planDrains} from './drain.ts'
import {planQuiet, quietReason} from './quiet.ts'

/** An instance that is to go, and why. */
export type Leaver = {readonly instance: Instance; readonly reason: string}

/** A name of ours, declared or of earlier days. */
export type OurName = {
  readonly vendor: DnsVendor
  readonly zone: string
  readonly name: string
  readonly ttlSeconds: number
  readonly declared: boolean
  readonly selfRegistered: boolean
}

/** CloudFlare's, by its documentation. */
const AUTOMATIC_TTL_SECONDS = 300

export function ourNames({desired, recorded}: FleetView): OurName[] {
  const declared = desired.fleet.names.map(({vendor, zone, name, ttlSeconds, registration}) => ({
    vendor,
    zone,
    name,
    ttlSeconds,
    declared: true,
    selfRegistered: registration === 'self',
  }))
  const earlier = recorded.names
    .filter(known => !declared.some(({vendor, name}) => vendor === known.vendor && name === known.name))
    // How instances of earlier days registered is not known: a hold is written for safety.
    .map(({vendor, zone, name, maxTtlSeconds}) => ({
      vendor,
      zone,
      name,
      // One that was always proxied had none of its own.
      ttlSeconds: maxTtlSeconds > 0 ? maxTtlSeconds : AUTOMATIC_TTL_SECONDS,
      declared: false,
      selfRegistered: true,
    }))
  return [...declared, ...earlier]
}

/**
 * DNS before death: out of every zone, the removal served, the TTL passed, and only then terminated. One deregister a zone
 * for all that leave together. Returns each instance's next step and what follows it.
 */
export function planLeaving(
  view: FleetView,
  leavers: readonly Leaver[],
  blockedBy: readonly string[] = [],
): Action[] {
  if (leavers.length === 0) return []
  const names = ourNames(view)
  const zones = [...new Set(names.map(zoneOf))]
  const deregister: Action[] = []
  const outOf = new Map<string, string[]>()
  for (const zone of zones) {
    const inZone = names.filter(name => zoneOf(name) === zone)
    const readable = inZone.every(
      ({vendor, name}) => view.observed.names.get(nameKey(vendor, name))?.readable,
    )
    const standing = new Set(membersOf(view, inZone, leavers).map(({mark}) => mark?.instance))
    // Recorded as out, and back in all the same: its own script had read the zone before the hold stood.
    const here = leavers.filter(
      ({instance: {id}}) => !view.recorded.leaving.get(id)?.zones.has(zone) || (readable && standing.has(id)),
    )
    if (here.length === 0) continue
    const key = readable ? `deregister ${zone}` : `read ${zone}`
    for (const {instance} of here) append(outOf, instance.id, key)
    // A zone that cannot be read cannot be left: whoever stands in it stays alive.
    if (!readable) continue
    deregister.push({
      kind: 'deregister',
      key,
      zone,
      create: inZone.flatMap(name => {
        const observed = view.observed.names.get(nameKey(name.vendor, name.name))
        return observed?.readable ? holdsFor(view, name, observed.holds, here) : []
      }),
      remove: membersOf(view, inZone, here),
      leaving: here.map(({instance}) => instance.id),
      reason: reasonsOf(here),
      after: blockedBy,
    })
  }
  return [...deregister, ...planEnds(view, leavers, zones, outOf)]
}

/** The waits of those that are out, and the ends that follow: one terminate a place. */
function planEnds(
  view: FleetView,
  leavers: readonly Leaver[],
  zones: readonly ZoneKey[],
  outOf: ReadonlyMap<string, readonly string[]>,
): Action[] {
  const instances = leavers.map(({instance}) => instance)
  const {actions, until} = planDrains(view, instances, zones, outOf)
  const forgotten = view.desired.now ? [] : instances.filter(({id}) => !until.has(id))
  const {actions: watches, waiting, inUse} = planQuiet(view, forgotten, zones)
  const ends = new Map<string, {place: string; ids: string[]; reasons: Set<string>; after: Set<string>}>()
  for (const {instance, reason} of leavers) {
    const {id, place} = instance
    const drain = until.get(id) ?? (waiting.has(id) ? 'quiet' : undefined)
    const first = drain ? [`drain ${drain}`] : (outOf.get(id) ?? [])
    const key = `terminate ${place}${first.length > 0 ? ' later' : ''}`
    const end = ends.get(key) ?? {place, ids: [], reasons: new Set(), after: new Set()}
    ends.set(key, end)
    end.ids.push(id)
    end.reasons.add(reason)
    for (const each of first) end.after.add(each)
  }
  return [
    ...actions.map(action => ({...action, reason: drainReason(view, action)})),
    ...watches,
    ...[...ends].map(
      ([key, {place, ids, reasons, after}]): Action => ({
        kind: 'terminate',
        key,
        place,
        instances: ids,
        ...(ids.some(id => inUse.has(id)) && {inUse: ids.flatMap(id => inUse.get(id) ?? [])}),
        reason: reasons.size > 1 ? 'no longer wanted' : ([...reasons][0] ?? ''),
        after: [...after],
      }),
    ),
  ]
}

/** A plan tells of all that an end waits for, also while the first of it is still to come. */
const drainReason = ({desired: {fleet}}: FleetView, {reason}: Action): string =>
  fleet.drainQuiet ? `${reason}; then ${quietReason(fleet.drainQuiet)}` : reason

const membersOf = (view: FleetView, names: readonly OurName[], leavers: readonly Leaver[]): Member[] =>
  recordsOf(view, names, new Set(leavers.map(({instance}) => instance.id)))

/** Every record of these instances under these names, DNS-SD first; holds are none. */
export function recordsOf(view: FleetView, names: readonly OurName[], ids: ReadonlySet<string>): Member[] {
  return names.flatMap(({vendor, name}) => {
    const observed = view.observed.names.get(nameKey(vendor, name))
    if (!observed?.readable) return []
    return [...(observed.discovery ?? []), ...observed.members].filter(
      ({mark, type}) => type !== 'TXT' && mark?.fleet === view.desired.fleet.name && ids.has(mark.instance),
    )
  })
}

/**
 * The holds that are missing, where instances repair their own records (decision 18), and for whoever came back after its
 * removal: how an instance registers was settled when it was launched, whatever the file says by now.
 */
export function holdsFor(
  view: FleetView,
  {vendor, zone, name, ttlSeconds, selfRegistered}: OurName,
  standing: readonly Member[],
  leavers: readonly Pick<Leaver, 'instance'>[],
): Member[] {
  const held = new Set(standing.map(({value}) => holdInstance(value)))
  const cameBack = (id: string) => view.recorded.leaving.get(id)?.zones.has(zoneOf({vendor, zone}))
  return leavers
    .filter(({instance: {id}}) => !held.has(id) && (selfRegistered || cameBack(id)))
    .map(({instance}) => holdFor(view, {vendor, name, ttlSeconds}, instance))
}

export const holdFor = (
  view: FleetView,
  {vendor, name, ttlSeconds}: Pick<OurName, 'vendor' | 'name' | 'ttlSeconds'>,
  {id, mark}: Instance,
  word?: 'drained',
): Member => ({
  name: holdName(name),
  type: 'TXT',
  value: holdValue(id, word),
  ttlSeconds,
  mark: {fleet: view.desired.fleet.name, group: mark.group, instance: id},
  ...(DNS_CAPABILITIES[vendor].proxies && {proxied: false}),
  ...holdRouting(view, {vendor, name}),
})

/** Holds and records whose instance is gone: what is left of a leave that went through. */
export function planSweep(view: FleetView): Map<ZoneKey, Member[]> {
  const dead = new Map<ZoneKey, Member[]>()
  for (const name of ourNames(view)) {
    const observed = view.observed.names.get(nameKey(name.vendor, name.name))
    if (!observed?.readable) continue
    const ours = ({mark}: Member) => mark?.fleet === view.desired.fleet.name
    // A hold too many keeps somebody out of DNS, an address too few takes somebody out of it.
    const members = [
      ...[...(observed.discovery ?? []), ...observed.members].filter(
        member => ours(member) && isDead(view, member.mark?.instance ?? ''),
      ),
      ...observed.holds.filter(hold => ours(hold) && isGone(view, hold.mark?.instance ?? '')),
    ]
    if (members.length > 0) append(dead, zoneOf(name), ...members)
  }
  return dead
}

function reasonsOf(leavers: readonly {reason: string}[]): string {
  return [...new Set(leavers.map(({reason}) => reason))].join('; ')
}

function append<K, V>(lists: Map<K, V[]>, key: K, ...values: readonly V[]): void {
  const list = lists.get(key)
  if (list) for (const value of values) list.push(value)
  else lists.set(key, [...values])
}
