import type {ZoneKey} from '../../journal/events.ts'
import {holdInstance, holdName, holdValue} from '../../mark.ts'
import type {Instance} from '../../providers/compute.ts'
import type {DnsVendor, Member} from '../../providers/dns.ts'
import {nameKey} from '../observed.ts'
import type {Action} from './action.ts'
import type {FleetView} from './fleet-view.ts'
import type {Leaver} from './group.ts'
import {isGone, zoneOf} from './membership.ts'

/** A name of ours, declared or of earlier days. */
export type OurName = {
  readonly vendor: DnsVendor
  readonly zone: string
  readonly name: string
  readonly ttlSeconds: number
  readonly declared: boolean
  readonly selfRegistered: boolean
}

/** Added to the largest TTL: clocks and servers are not exact. */
const DRAIN_MARGIN_MS = 5_000

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
      ttlSeconds: maxTtlSeconds,
      declared: false,
      selfRegistered: true,
    }))
  return [...declared, ...earlier]
}

/** How long resolvers may remember an address of this fleet (decision 19). */
function drainMs({desired, recorded, observed}: FleetView): number {
  if (desired.fleet.drainWait !== 'auto') return desired.fleet.drainWait.ms
  const published = [
    ...desired.fleet.names.map(name => name.ttlSeconds),
    ...recorded.names.map(name => name.maxTtlSeconds),
  ]
  const standing = [...observed.names.values()].flatMap(name =>
    name.readable
      ? name.members.filter(({mark}) => mark?.fleet === desired.fleet.name).map(member => member.ttlSeconds)
      : [],
  )
  return Math.max(0, ...published, ...standing) * 1000 + DRAIN_MARGIN_MS
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
    // Recorded as out, and back in all the same: its own script had read the zone before the hold stood.
    const here = leavers.filter(
      ({instance}) =>
        !view.recorded.leaving.get(instance.id)?.zones.has(zone) ||
        (readable && membersOf(view, inZone, [instance]).length > 0),
    )
    if (here.length === 0) continue
    const key = readable ? `deregister ${zone}` : `read ${zone}`
    for (const {instance} of here) outOf.set(instance.id, [...(outOf.get(instance.id) ?? []), key])
    // A zone that cannot be read cannot be left: whoever stands in it stays alive.
    if (!readable) continue
    const change = removalOf(
      view,
      inZone,
      here.map(({instance}) => instance),
    )
    deregister.push({
      kind: 'deregister',
      key,
      zone,
      ...change,
      leaving: here.map(({instance}) => instance.id),
      reason: reasonsOf(here),
      after: blockedBy,
    })
  }

  const drains = new Map<string, Action & {kind: 'drain'}>()
  const terminates = new Map<string, Action & {kind: 'terminate'}>()
  for (const {instance, reason} of leavers) {
    const after = outOf.get(instance.id) ?? []
    const drain =
      after.length > 0 ? {until: 'served' as const, zones, after} : drainState(view, instance, zones)
    if (drain) {
      const key = `drain ${drain.until}${drain.after.length > 0 ? ' later' : ''}${'untilMs' in drain ? ` ${drain.untilMs}` : ''}`
      const known = drains.get(key)
      drains.set(key, {
        kind: 'drain',
        key,
        until: drain.until,
        zones: drain.zones,
        after: drain.after,
        instances: [...(known?.instances ?? []), instance.id],
        ...('untilMs' in drain ? {untilMs: drain.untilMs} : {}),
        reason: `resolvers may remember the addresses for ${Math.round(drainMs(view) / 1000)} s`,
      })
    }
    const key = `terminate ${instance.place}${drain ? ' later' : ''}`
    const known = terminates.get(key)
    terminates.set(key, {
      kind: 'terminate',
      key,
      place: instance.place,
      instances: [...(known?.instances ?? []), instance.id],
      reason: known && known.reason !== reason ? 'no longer wanted' : reason,
      after: drain ? [...new Set([...(known?.after ?? []), `drain ${drain.until}`])] : [],
    })
  }
  return [...deregister, ...drains.values(), ...terminates.values()]
}

/** What still has to pass for an instance that is out of every zone; undefined when it may end now. */
function drainState(
  view: FleetView,
  instance: Instance,
  zones: readonly ZoneKey[],
):
  | {until: 'served'; zones: ZoneKey[]; after: string[]}
  | {until: 'forgotten'; zones: ZoneKey[]; after: string[]; untilMs: number}
  | undefined {
  // Never was anywhere: it has not even run.
  if (instance.state === 'pending') return undefined
  const left = view.recorded.leaving.get(instance.id)
  const waiting = zones.filter(zone => left?.zones.get(zone)?.servedAtMs === undefined)
  if (waiting.length > 0) return {until: 'served', zones: waiting, after: []}
  const untilMs = Math.max(0, ...zones.map(zone => left?.zones.get(zone)?.servedAtMs ?? 0)) + drainMs(view)
  return view.observed.atMs < untilMs
    ? {until: 'forgotten', zones: [...zones], after: [], untilMs}
    : undefined
}

function membersOf(view: FleetView, names: readonly OurName[], instances: readonly Instance[]): Member[] {
  const ids = new Set(instances.map(({id}) => id))
  return names.flatMap(({vendor, name}) => {
    const observed = view.observed.names.get(nameKey(vendor, name))
    if (!observed?.readable) return []
    return observed.members.filter(
      ({mark, type}) => type !== 'TXT' && mark?.fleet === view.desired.fleet.name && ids.has(mark.instance),
    )
  })
}

function removalOf(
  view: FleetView,
  names: readonly OurName[],
  instances: readonly Instance[],
): {create: Member[]; remove: Member[]} {
  const create = names.flatMap(name => {
    const observed = view.observed.names.get(nameKey(name.vendor, name.name))
    return observed?.readable ? holdsFor(view, name, observed.holds, instances) : []
  })
  return {create, remove: membersOf(view, names, instances)}
}

/** The holds that are missing, where instances repair their own records (decision 18). */
export function holdsFor(
  view: FleetView,
  {vendor, name, ttlSeconds, selfRegistered}: OurName,
  standing: readonly Member[],
  instances: readonly Instance[],
): Member[] {
  if (!selfRegistered) return []
  const held = new Set(standing.map(({value}) => holdInstance(value)))
  return instances
    .filter(({id}) => !held.has(id))
    .map(({id, mark}) => ({
      name: holdName(name),
      type: 'TXT',
      value: holdValue(id),
      ttlSeconds,
      mark: {fleet: view.desired.fleet.name, group: mark.group, instance: id},
      ...(vendor === 'cloudflare' ? {proxied: false} : {}),
    }))
}

/** Holds and records whose instance is gone: what is left of a leave that went through. */
export function planSweep(view: FleetView): Map<ZoneKey, Member[]> {
  const dead = new Map<ZoneKey, Member[]>()
  for (const name of ourNames(view)) {
    const observed = view.observed.names.get(nameKey(name.vendor, name.name))
    if (!observed?.readable) continue
    const members = [...observed.members, ...observed.holds].filter(
      ({mark}) => mark?.fleet === view.desired.fleet.name && isGone(view, mark.instance),
    )
    if (members.length > 0) dead.set(zoneOf(name), [...(dead.get(zoneOf(name)) ?? []), ...members])
  }
  return dead
}

function reasonsOf(leavers: readonly {reason: string}[]): string {
  return [...new Set(leavers.map(({reason}) => reason))].join('; ')
}
