import type {JournalEvent} from '../../journal/events.ts'
import type {Recorded} from '../../journal/recorded.ts'
import type {Fleet} from '../model.ts'
import {nameKey, type Observed, shownInstances} from '../observed.ts'
import {ownersOf} from '../ownership.ts'

/**
 * Places and names that the file has given up and where nothing of ours is left: no instance, no ingress, no record. mcd
 * looks there no more (decision 4 is fulfilled), so that credentials given back do not keep every later run from its work. And
 * drained instances that have ended by themselves.
 */
export function leftBehind(fleet: Fleet, recorded: Recorded, observed: Observed): JournalEvent[] {
  const owners = ownersOf(fleet, recorded)
  const declared = new Set(fleet.groups.map(({place}) => place.key))
  const mayHide = new Set([...recorded.launches.values()].flatMap(({open, place}) => (open ? [place] : [])))
  const places = [...recorded.places].filter(([key, {left}]) => {
    const seen = observed.places.get(key)
    if (left || declared.has(key) || mayHide.has(key) || !seen?.readable) return false
    const alive = seen.instances.some(({mark, state}) => owners.has(mark.dns) && state !== 'gone')
    return !alive && !seen.unmarked && !seen.network.some(({dns}) => owners.has(dns))
  })
  const named = new Set(fleet.names.map(({vendor, name}) => nameKey(vendor, name)))
  const names = recorded.names.filter(({vendor, name}) => {
    const seen = observed.names.get(nameKey(vendor, name))
    if (named.has(nameKey(vendor, name)) || !seen?.readable) return false
    return ![...seen.members, ...seen.holds, ...(seen.discovery ?? [])].some(
      ({mark}) => mark?.fleet === fleet.name,
    )
  })
  const gone = new Set(shownInstances(observed).flatMap(({id, state}) => (state === 'gone' ? [id] : [])))
  const drained = [...recorded.drained.keys()].filter(id => gone.has(id))
  return [
    ...(drained.length > 0 ? [{type: 'drain-lifted', instances: drained} as const] : []),
    ...places.map(([place]) => ({type: 'place-left', place}) as const),
    ...names.map(({vendor, zone, name}) => ({type: 'name-left', vendor, zone, name}) as const),
  ]
}
