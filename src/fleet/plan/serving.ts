import {holdInstance} from '../../mark.ts'
import type {Member} from '../../providers/dns.ts'
import type {Fleet} from '../model.ts'
import {nameKey, type Observed} from '../observed.ts'
import {type FleetView, isHealthy} from './fleet-view.ts'
import {addressOf} from './membership.ts'

/** The declared names that serve now and would hold no address once these instances have left (law 5). */
export function emptiedBy(
  {name: fleetName, names}: Fleet,
  observed: Observed,
  leaving: ReadonlySet<string>,
): string[] {
  return names.flatMap(({vendor, name}) => {
    const seen = observed.names.get(nameKey(vendor, name))
    if (!seen?.readable) return []
    const held = new Set(seen.holds.map(({value}) => holdInstance(value)))
    const serving = seen.members.filter(({type, mark}) => type !== 'TXT' && !held.has(mark?.instance))
    const goes = ({mark}: Member) => mark?.fleet === fleetName && leaving.has(mark.instance)
    return serving.length > 0 && serving.every(goes) ? [name] : []
  })
}

/**
 * Ids of those that are healthy and in every declared name: what takes the place of another one must have got so far. An
 * address for which somebody else's record answers has its place, too.
 */
export function servingIds(view: FleetView): ReadonlySet<string> {
  const {fleet} = view.desired
  const names = fleet.names.map(name => {
    const seen = view.observed.names.get(nameKey(name.vendor, name.name))
    const members = seen?.readable ? seen.members.filter(({type}) => type !== 'TXT') : []
    const whose = ({mark}: Member) => (mark?.fleet === fleet.name ? mark.instance : '')
    return {name, answered: new Set(members.map(member => `${member.value} ${whose(member)}`))}
  })
  const serving = [...view.living.values()].filter(
    instance =>
      isHealthy(view, instance) &&
      names.every(({name, answered}) => {
        const address = addressOf(instance, name)
        return answered.has(`${address} ${instance.id}`) || answered.has(`${address} `)
      }),
  )
  return new Set(serving.map(({id}) => id))
}
