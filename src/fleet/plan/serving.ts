import {holdInstance} from '../../mark.ts'
import type {Member} from '../../providers/dns.ts'
import type {Fleet} from '../model.ts'
import {nameKey, type Observed} from '../observed.ts'

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
