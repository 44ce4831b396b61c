import type {Instance} from '../../../providers/compute.ts'
import type {DesiredGroup} from '../../desired.ts'
import type {FleetView} from '../fleet-view.ts'
import {isExhausted, shortfallsOf} from './shortfall.ts'
import {type Share, spread} from './spread.ts'

/** How so many more of a group are divided over zones and types, as far as there is room in this run. */
export function sharesOf(
  view: FleetView,
  {group, launch}: DesiredGroup,
  there: readonly Instance[],
  count: number,
): Share[] {
  if (!launch || count <= 0) return []
  const living = new Map<string, number>()
  for (const {zone = ''} of there) living.set(zone, (living.get(zone) ?? 0) + 1)
  const short = shortfallsOf(view, group)
  return spread(launch.target, living, count, (zone, type) => isExhausted(short, zone, type))
}
