import type {Recorded} from '../../journal/recorded.ts'
import type {Desired, Targets} from '../desired.ts'
import type {Observed} from '../observed.ts'
import {ownersOf} from '../ownership.ts'
import {resolveTargets} from './targets.ts'

/**
 * Whom `mcd replace` replaces. By name: these. Otherwise what an earlier run left of its request, so that the same command
 * can be run again (with a journal that was lost, the request is lost); else what is of an older launch spec; and where
 * nothing is, every instance of the fleet or of the groups that were named.
 */
export function renewal(
  desired: Desired,
  wanted: Targets,
  recorded: Recorded,
  observed: Observed,
): Desired['goal'] & {kind: 'up'} {
  const {groups, instances} = resolveTargets(desired.fleet, wanted, observed, recorded)
  if (instances) {
    const living = new Set(livingIn(desired, undefined, recorded, observed).map(({id}) => id))
    return {kind: 'up', only: {instances}, renew: instances.filter(id => living.has(id))}
  }
  const only = groups ? {only: {groups}} : {}
  const members = livingIn(desired, groups, recorded, observed)
  const specs = new Map(
    desired.groups.flatMap(({group, launch}) => (launch ? [[group.name, launch.spec]] : [])),
  )
  const isOutdated = members.some(({group, spec}) => specs.has(group) && specs.get(group) !== spec)
  const goesOn = isOutdated || isRequestOpen(groups, members, recorded)
  return {kind: 'up', ...only, ...(goesOn ? {} : {renew: members.map(({id}) => id)})}
}

type Candidate = {readonly id: string; readonly group: string; readonly spec: string}

/** Alive and staying in declared groups; of a place that is silent, what the journal knows to be there. */
function livingIn(
  {fleet}: Desired,
  groups: readonly string[] | undefined,
  {launches, leaving, terminatedAtMs, ended, owners}: Recorded,
  {places}: Observed,
): Candidate[] {
  const ours = ownersOf(fleet, {owners})
  const declared = fleet.groups.filter(({name}) => !groups || groups.includes(name))
  const candidates = declared.flatMap(({name, place: {key}}): Candidate[] => {
    const place = places.get(key)
    if (place?.readable)
      return place.instances
        .filter(({mark, state}) => mark.group === name && ours.has(mark.dns) && state !== 'gone')
        .map(({id, mark}) => ({id, group: name, spec: mark.spec}))
    return [...launches.values()]
      .filter(launch => launch.group === name && launch.place === key)
      .flatMap(({instances, order}) => instances.map(id => ({id, group: name, spec: order.mark.spec})))
  })
  return candidates.filter(({id}) => ![leaving, terminatedAtMs, ended].some(those => those.has(id)))
}

/** Asked for before, in these groups, and by no run seen to its end. */
function isRequestOpen(
  groups: readonly string[] | undefined,
  members: readonly Candidate[],
  {asked, launches}: Recorded,
): boolean {
  if (!groups) return asked.size > 0
  const here = new Set(members.map(({id}) => id))
  for (const {group, instances} of launches.values())
    if (groups.includes(group)) for (const id of instances) here.add(id)
  return [...asked.keys()].some(id => here.has(id))
}
