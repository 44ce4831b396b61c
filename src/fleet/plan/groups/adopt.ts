import type {Action} from '../action.ts'
import type {FleetView} from '../fleet-view.ts'

/**
 * What earlier launches made for groups that want nothing of them any more (a `down`, a group taken out of the file): it is
 * looked for until it shows or cannot come any more, and never sent again. Ended before it is seen it cannot be.
 */
export function planAdoption(
  view: FleetView,
  isUnwanted: (launch: {group: string; place: string; instances: readonly string[]}) => boolean,
): Action[] {
  const actions: Action[] = []
  const hidden = new Map<string, string[]>()
  for (const [id, {launch}] of view.expected) hidden.set(launch, [...(hidden.get(launch) ?? []), id])
  for (const launch of new Set([...view.openLaunches.keys(), ...hidden.keys()])) {
    const known = view.recorded.launches.get(launch)
    if (!known) continue
    const {group, place, open, order} = known
    const instances = hidden.get(launch) ?? []
    if (!isUnwanted({group, place, instances}) || !view.observed.places.get(place)?.readable) continue
    actions.push(adoption({group, place, launch, count: open ? order.count : instances.length, open}))
  }
  return actions
}

export function adoption({
  group,
  place,
  launch,
  count,
  open,
}: {
  group: string
  place: string
  launch: string
  count: number
  open: boolean
}): Action {
  return {
    kind: 'adopt',
    key: `adopt ${launch}`,
    place,
    group,
    launch,
    count,
    reason: open ? 'an earlier launch may have happened' : 'launched, and not shown by the cloud yet',
    after: [],
  }
}
