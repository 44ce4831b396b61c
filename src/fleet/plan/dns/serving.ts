import {holdInstance} from '../../../mark.ts'
import type {Member} from '../../../providers/dns.ts'
import type {Fleet} from '../../model.ts'
import {nameKey, type Observed} from '../../observed.ts'
import {type Action, isReady} from '../action.ts'
import {type FleetView, isHealthy} from '../fleet-view.ts'
import {addressesOf} from './address-records.ts'

/**
 * The names that serve now and would hold no address once these instances have left, and those whom the actions keep out
 * (law 5): the declared ones, and while none of them serves yet, those of earlier days. What is swept serves nobody.
 */
export function emptiedBy(
  {name: fleetName, names}: Fleet,
  observed: Observed,
  leaving: ReadonlySet<string>,
  actions: readonly Action[],
): string[] {
  const removals = actions
    .filter(isReady)
    .flatMap(action =>
      action.kind === 'deregister' && action.leaving.length === 0 && !action.onceAnswered ? [action] : [],
    )
  const keptOut = new Set(removals.flatMap(action => (action.heldOut ? action.remove : [])))
  const swept = new Set(removals.flatMap(action => (action.heldOut ? [] : action.remove)))
  const servingAt = (key: string): Member[] => {
    const seen = observed.names.get(key)
    if (!seen?.readable) return []
    // What else stands beside the holds, the entries of companions and people's texts, holds nobody out.
    const held = new Set(seen.holds.flatMap(({value}) => holdInstance(value) ?? []))
    return seen.members.filter(
      member => member.type !== 'TXT' && !held.has(member.mark?.instance ?? '') && !swept.has(member),
    )
  }
  const goes = (member: Member) =>
    keptOut.has(member) || (member.mark?.fleet === fleetName && leaving.has(member.mark.instance))
  const declared = names.map(({vendor, name}) => nameKey(vendor, name))
  const relied = declared.some(key => servingAt(key).length > 0) ? declared : [...observed.names.keys()]
  return relied.flatMap(key => {
    const serving = servingAt(key)
    return serving.length > 0 && serving.every(goes) ? [key.slice(key.indexOf('/') + 1)] : []
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
      !view.drained.has(instance.id) &&
      names.every(({name, answered}) => {
        const isThere = (address: string) =>
          answered.has(`${address} ${instance.id}`) || answered.has(`${address} `)
        return addressesOf(instance, name).some(isThere)
      }),
  )
  return new Set(serving.map(({id}) => id))
}
