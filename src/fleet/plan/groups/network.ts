import type {Action} from '../action.ts'
import type {FleetView} from '../fleet-view.ts'

/** `<place> <group>` of what lives, or may still appear, behind ingress of ours. */
function usedIngress({desired, living, expected, openLaunches}: FleetView): Set<string> {
  const named = new Map(
    desired.groups.flatMap(({group, launch}) =>
      group.wish.securityGroups.length > 0 && launch
        ? [[`${group.place.key} ${group.name}`, launch.spec]]
        : [],
    ),
  )
  const behind = [...living.values()].flatMap(({place, mark}) => {
    const key = `${place} ${mark.group}`
    // Those of the present spec are in the groups that the file names.
    return named.get(key) === mark.spec ? [] : [key]
  })
  const coming = [...expected.values(), ...openLaunches.values()].map(({place, group}) => `${place} ${group}`)
  return new Set([...behind, ...coming.filter(key => !named.has(key))])
}

/** Ingress whose group is no longer declared, or goes down, once no instance is left behind it (decision 11). */
export function planNetworkRemoval(view: FleetView): Action[] {
  const {goal, fleet} = view.desired
  const owners = new Set([fleet.dns, ...view.recorded.owners])
  const inUse = usedIngress(view)
  const wanted = (place: string, group: string): boolean => {
    if (goal.kind !== 'down') {
      const declared = fleet.groups.find(({name, place: {key}}) => name === group && key === place)
      return (
        declared !== undefined && declared.wish.open.length > 0 && declared.wish.securityGroups.length === 0
      )
    }
    return goal.instances !== undefined || (goal.groups !== undefined && !goal.groups.includes(group))
  }
  const actions: Action[] = []
  for (const place of view.observed.places.values()) {
    if (!place.readable) continue
    for (const piece of place.network) {
      if (piece.fleet !== fleet.name || !owners.has(piece.dns)) continue
      if (wanted(piece.place, piece.group) && !piece.twin) continue
      const users = !piece.twin && inUse.has(`${piece.place} ${piece.group}`)
      actions.push({
        kind: 'remove-network',
        key: `remove-network ${piece.id}`,
        place: piece.place,
        piece,
        reason: piece.twin
          ? `group ${piece.group} has another that does the same`
          : `group ${piece.group} has no use for it any more`,
        after: users ? [`group ${piece.group} has ended`] : [],
      })
    }
  }
  return actions
}
