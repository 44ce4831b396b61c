import type {StoredEvent} from '../../journal/events.ts'
import {holdInstance} from '../../mark.ts'
import type {Instance} from '../../providers/compute.ts'
import type {Inspection} from '../inspect/inspect.ts'
import {nameKey} from '../observed.ts'
import {fleetView} from '../plan/fleet-view.ts'
import {absenceOf, rememberedFor} from '../plan/leaving/remember.ts'
import type {FleetStatus, ServerStatus} from '../status/report.ts'
import {nextFor} from './next.ts'
import {pastOf} from './past.ts'
import type {NameOfInstance, WhyReport} from './report.ts'

/** Everything that one look, its plan and the journal say of one instance. Pure; `id` is whole. */
export function explainInstance(
  id: string,
  inspection: Inspection,
  status: FleetStatus,
  events: readonly StoredEvent[],
): WhyReport {
  const {desired, observed, recorded, plan} = inspection
  const {fleet} = desired
  const view = fleetView(desired, recorded, observed, 'none')
  const past = pastOf(events, id)
  const instance = view.living.get(id) ?? view.gone.get(id) ?? view.strangers.get(id) ?? view.unmarked.get(id)
  const made = [...recorded.launches.values()].find(({instances}) => instances.includes(id))
  const recordedAs = made ?? recorded.found.get(id)
  const group = instance?.mark.group ?? recordedAs?.group
  const place = instance?.place ?? recordedAs?.place
  const seenPlace = place === undefined ? undefined : observed.places.get(place)
  const standing = standingOf()
  const health = observed.health.get(id)
  const servedAt = status.instances.find(each => each.id === id)?.servedAt
  const spec = standing === 'lives' && instance ? specOf(instance) : undefined
  const lacks = view.unmarked.get(id)?.lacks
  const out = outOf()
  return {
    fleet: fleet.name,
    instance: id,
    standing,
    ...(lacks && {lacks}),
    ...(group && {group}),
    ...(place !== undefined && {place}),
    ...(seenPlace?.readable === false && {silent: seenPlace.why}),
    ...(instance && {seen: {...seenAs(instance), ...(servedAt !== undefined && {servedAt})}}),
    ...(spec && {spec}),
    past,
    ...(health && {health: {verdict: health.verdict, ...(health.why !== undefined && {why: health.why})}}),
    names: fleet.names.map(({vendor, name}) => nameOf(vendor, name)),
    ...(out && {out}),
    drained: view.drained.has(id),
    next: nextFor(id, plan),
    differences: status.differences.filter(difference => difference.instance === id),
  }

  function standingOf(): WhyReport['standing'] {
    if (view.strangers.has(id)) return 'foreign'
    if (view.unmarked.has(id)) return 'unmarked'
    if (view.gone.has(id)) return 'ended'
    if (view.living.has(id)) return recorded.leaving.has(id) ? 'leaves' : 'lives'
    // A place that says nothing may hold it still, and so may one that shows a launch of a moment ago late.
    if (seenPlace?.readable === false || view.expected.has(id)) return 'unseen'
    return view.allReadable ? 'ended' : 'unseen'
  }

  function specOf({mark, place: key}: Instance): NonNullable<WhyReport['spec']> {
    const declared = desired.groups.find(
      each => each.group.name === mark.group && each.group.place.key === key,
    )
    if (!declared) return 'undeclared'
    if (!declared.launch) return 'unknown'
    return declared.launch.spec === mark.spec ? 'current' : 'older'
  }

  function outOf(): WhyReport['out'] {
    const zones = [...(absenceOf(recorded, id)?.zones ?? [])]
    if (zones.length === 0) return undefined
    const served = zones.map(([, {servedAtMs}]) => servedAtMs)
    const lastMs = served.every(ms => ms !== undefined) ? Math.max(...served) : undefined
    return {
      zones: zones.map(([zone, {removedAtMs, servedAtMs}]) => ({
        zone,
        removedAt: iso(removedAtMs),
        ...(servedAtMs !== undefined && {servedAt: iso(servedAtMs)}),
      })),
      ...(lastMs !== undefined && {forgottenAt: iso(lastMs + rememberedFor(view)(id))}),
    }
  }

  function nameOf(vendor: (typeof fleet.names)[number]['vendor'], name: string): NameOfInstance {
    const seen = observed.names.get(nameKey(vendor, name))
    const answers = status.names.find(each => each.provider === vendor && each.name === name)?.answers
    const members = seen?.readable ? [...seen.members, ...(seen.discovery ?? [])] : []
    const ours = members.filter(({mark}) => mark?.fleet === fleet.name && mark.instance === id)
    const hold = seen?.readable ? seen.holds.find(({value}) => holdInstance(value) === id) : undefined
    const addresses = new Set(
      [instance?.publicIp, instance?.publicIpv6, instance?.privateIp, ...ours.map(({value}) => value)].filter(
        address => address !== undefined,
      ),
    )
    return {
      name,
      provider: vendor,
      readable: seen?.readable ?? false,
      records: ours.map(({name: at, type, value, ttlSeconds, proxied, mark}) => ({
        name: at,
        type,
        value,
        ttlSeconds,
        ...(proxied && {proxied}),
        group: mark?.group ?? '',
      })),
      ...(hold && {hold: {value: hold.value, group: hold.mark?.group ?? ''}}),
      servers: countAnswers(answers?.servers ?? [], addresses),
      resolvers: countAnswers(answers?.resolvers ?? [], addresses),
      remarks: [...(answers?.servers ?? []), ...(answers?.resolvers ?? [])].flatMap(({remark = ''}) =>
        [...addresses].some(address => remark.includes(address)) ? remark : [],
      ),
    }
  }
}

function seenAs({
  state,
  stateReason,
  name,
  zone,
  type,
  publicIp,
  publicIpv6,
  privateIp,
  launchedAtMs,
  mark,
}: Instance): NonNullable<WhyReport['seen']> {
  return {
    state,
    ...(stateReason !== undefined && {stateReason}),
    ...(name !== undefined && {name}),
    ...(zone !== undefined && {zone}),
    ...(type !== undefined && {type}),
    ...(publicIp !== undefined && {publicIp}),
    ...(publicIpv6 !== undefined && {publicIpv6}),
    ...(privateIp !== undefined && {privateIp}),
    launchedAt: iso(launchedAtMs),
    owner: mark.dns,
  }
}

function countAnswers(
  servers: readonly ServerStatus[],
  addresses: ReadonlySet<string>,
): NameOfInstance['servers'] {
  const heard = servers.filter(({records}) => records)
  const answering = heard.filter(({records}) => records?.some(({value}) => addresses.has(value)))
  return {answering: answering.length, heard: heard.length, silent: servers.length - heard.length}
}

const iso = (ms: number): string => new Date(ms).toISOString()
