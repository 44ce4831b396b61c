import type {Recorded} from '../../journal/recorded.ts'
import type {RecordMark} from '../../mark.ts'
import {momentText} from '../../moment-text.ts'
import type {Desired, DesiredGroup, Takeover} from '../desired.ts'
import type {Fleet, Group} from '../model.ts'
import {nameKey, type Observed, shownInstances} from '../observed.ts'

/**
 * Failover (decision 13). While the place of a group has been silent for `after`, the group `to` has so many instances that
 * both together are known to have `floor` in service. What still serves is asked of the silent group's instances, not of
 * their cloud: those that stand in DNS and answer the health check count, and nothing is bought while they do. When the
 * place is heard again its survivors are counted as ever, and `to` has too many: the ordinary surplus.
 */
export function withFailover(desired: Desired, recorded: Recorded, observed: Observed): Desired {
  const {fleet} = desired
  const takeovers = fleet.groups.flatMap(group => takeoverOf(fleet, group, recorded, observed) ?? [])
  const groups = desired.groups.map((each): DesiredGroup => {
    const declared = fleet.groups.find(({name}) => name === each.group.name) ?? each.group
    const wanted = takeovers.flatMap(({to, wanted: count}) => (to === declared.name ? [count] : []))
    return {...each, group: {...declared, count: Math.max(declared.count, ...wanted)}}
  })
  return {...desired, groups, takeovers}
}

/** Instances that may be in DNS at once: those that are declared, and the most that one silent cloud makes grow beside them. */
export function mostInstances({groups}: Fleet): number {
  const counts = new Map(groups.map(({name, count}) => [name, count]))
  const growth = groups.map(({failover}) => (failover ? failover.floor - (counts.get(failover.to) ?? 0) : 0))
  return groups.reduce((sum, {count}) => sum + count, 0) + Math.max(0, ...growth)
}

/** The instances of groups that fail over, while their place is silent, as DNS and the journal know them. */
export function silentInstances(
  {name: fleetName, groups, names}: Fleet,
  {launches}: Recorded,
  observed: Pick<Observed, 'places' | 'names'>,
): {readonly id: string; readonly address: string}[] {
  const silent = new Set(
    groups.flatMap(({name, place, failover}) =>
      failover && observed.places.get(place.key)?.readable === false ? [name] : [],
    ),
  )
  if (silent.size === 0) return []
  const launched = new Map(
    [...launches.values()].flatMap(({group, instances}) => instances.map(id => [id, group] as const)),
  )
  const shown = new Set(shownInstances(observed).map(({id}) => id))
  /** Route53's marks have no room for the group. What neither journal nor any cloud knows may be anybody's. */
  const mayBeSilent = ({group, instance}: RecordMark): boolean => {
    const of = group || launched.get(instance)
    return of === undefined ? !shown.has(instance) : silent.has(of)
  }
  const known = new Map<string, string>()
  for (const {vendor, name} of names) {
    const seen = observed.names.get(nameKey(vendor, name))
    for (const {type, value, mark} of seen?.readable ? seen.members : []) {
      if (type === 'TXT' || mark?.fleet !== fleetName || !mayBeSilent(mark)) continue
      // IPv4 where there is both, as for all whose health is asked: whoever asks may have no other.
      if (type !== 'AAAA' || !known.has(mark.instance)) known.set(mark.instance, value)
    }
  }
  return [...known].map(([id, address]) => ({id, address}))
}

/** What the silence of one group's place means for the group that takes over; undefined while there is no silence. */
function takeoverOf(
  fleet: Fleet,
  group: Group,
  recorded: Recorded,
  observed: Observed,
): Takeover | undefined {
  const {name, place, failover} = group
  const heir = fleet.groups.find(each => each.name === failover?.to)
  // A place that was never reached holds nothing of ours that could be missed.
  const isSilent = observed.places.get(place.key)?.readable === false && recorded.places.has(place.key)
  if (!failover || !heir || !isSilent) return undefined

  const living = countLiving(fleet, heir, recorded, observed)
  // What took over stays as long as the silence lasts: an instance may stop answering for a moment, and answer again.
  const held = Math.min(failover.floor, living ?? 0)
  const waits = (text: string): Takeover => ({to: heir.name, wanted: held, text})
  if (living === undefined)
    return waits(`${heir.name} cannot take over for ${name}: its cloud is silent, too.`)
  if (!fleet.names.some(({vendor, name: dns}) => observed.names.get(nameKey(vendor, dns))?.readable))
    return waits(`${heir.name} does not take over for ${name}: without DNS nobody can tell what serves.`)

  const last = silentInstances({...fleet, groups: [group]}, recorded, observed)
  const serving = last.filter(({id}) => observed.health.get(id)?.verdict !== 'unhealthy').length
  const answering = `${serving} of its ${last.length} in DNS ${serving === 1 ? 'answers' : 'answer'}`
  const wanted = Math.max(held, failover.floor - serving)
  if (wanted <= heir.count) return waits(`${heir.name} need not grow for ${name}: ${answering}.`)
  if (isUndecided(observed))
    return waits(
      `Whether ${heir.name} takes over for ${name} is not known before more health checks: ${answering}.`,
    )
  if (hearsNobody(observed))
    return waits(`${heir.name} does not take over for ${name}: no instance of any cloud answers from here.`)

  const sinceMs = recorded.silentSinceMs.get(place.key)
  const dueMs = (sinceMs ?? observed.atMs) + failover.afterMs
  if (sinceMs === undefined || observed.atMs < dueMs) {
    const again = `${sinceMs === undefined ? 'silent now, and still' : 'still silent'} at ${momentText(dueMs)} or later`
    return waits(`${heir.name} grows to ${wanted} if "mcd up" finds ${name} ${again} (${answering}).`)
  }
  const text = `${heir.name} is to have ${wanted} in place of ${name}, which has been silent since ${momentText(sinceMs)} (${answering}).`
  return {to: heir.name, wanted, text}
}

/** Those that stay; undefined while their place is silent. */
function countLiving(
  fleet: Fleet,
  {name, place}: Group,
  {leaving}: Recorded,
  {places}: Observed,
): number | undefined {
  const seen = places.get(place.key)
  if (!seen?.readable) return undefined
  return seen.instances.filter(
    ({id, mark, state}) =>
      mark.group === name && mark.dns === fleet.dns && state !== 'gone' && !leaving.has(id),
  ).length
}

/** Nobody has been heard yet, and somebody may be: a probe is not enough for a verdict, and a first look has one. */
function isUndecided({health}: Observed): boolean {
  const verdicts = [...health.values()].map(({verdict}) => verdict)
  return verdicts.includes('unknown') && !verdicts.includes('healthy')
}

/** There are instances to be heard, and none is: then it is this prober that is cut off (decision 21). */
function hearsNobody(observed: Observed): boolean {
  const isAnybodyThere = shownInstances(observed).some(({state}) => state === 'running')
  return isAnybodyThere && [...observed.health.values()].every(({verdict}) => verdict !== 'healthy')
}
