import type {JournalEvent} from '../journal/events.ts'
import type {Recorded} from '../journal/recorded.ts'
import type {Instance} from '../providers/compute.ts'
import type {Fleet} from './model.ts'
import type {Observed} from './observed.ts'
import {ownersOf} from './ownership.ts'

/**
 * How long an instance may be missing from listings though it is there. EC2 speaks of "minutes at most"; what is still missing
 * then was ended, or lost its mark. Source: "Eventual consistency in the Amazon EC2 API".
 */
export const VISIBILITY_MS = 5 * 60_000

/**
 * Every instance that this journal can name: a launch of its own made it, or it was met by its mark, or mcd had it ended, as a
 * launch does with doubles.
 */
export const knownInstances = ({launches, found, terminatedAtMs}: Recorded): Set<string> =>
  new Set([
    ...found.keys(),
    ...[...launches.values()].flatMap(({instances}) => instances),
    ...terminatedAtMs.keys(),
  ])

/**
 * Adoption: instances of ours that the journal does not know are written down, so that a later run can tell their end from
 * their absence. What a launch without an answer made is left to that launch's outcome.
 */
export function adoptions(fleet: Pick<Fleet, 'dns'>, recorded: Recorded, {places}: Observed): JournalEvent[] {
  const owners = ownersOf(fleet, recorded)
  const known = knownInstances(recorded)
  return [...places].flatMap(([place, seen]) => {
    const strays = seen.readable
      ? seen.instances.filter(
          ({id, mark}) => owners.has(mark.dns) && !known.has(id) && !recorded.launches.get(mark.launch)?.open,
        )
      : []
    return strays.length > 0 ? [instancesFound(place, strays)] : []
  })
}

export const instancesFound = (place: string, instances: readonly Instance[]): JournalEvent => ({
  type: 'instances-found',
  place,
  instances: instances.map(({id, mark: {group, launch, spec}}) => ({id, group, launch, spec})),
})

/** Those of this journal of which their clouds now show that they have ended: nobody need ask after them again. */
export function endings(recorded: Recorded, {places}: Observed): JournalEvent[] {
  const known = knownInstances(recorded)
  return [...places].flatMap(([place, seen]): JournalEvent[] => {
    if (!seen.readable) return []
    const gone = seen.instances.flatMap(({id, state}) => (state === 'gone' && known.has(id) ? [id] : []))
    const instances = [...gone, ...(seen.ended ?? [])].filter(id => !recorded.ended.has(id))
    return instances.length > 0 ? [{type: 'instances-ended', place, instances}] : []
  })
}
