import type {Note} from '../action.ts'
import type {FleetView} from '../fleet-view.ts'
import type {GroupStanding} from './standing.ts'

/**
 * Instances of the right launch spec that were told something else at boot: a registration part that has changed since, or a
 * secret. That rolls nothing by itself (decision 7). Of instances that the journal does not know, nobody can tell.
 */
export function renewableNotes({recorded}: FleetView, {desired, kept}: GroupStanding): Note[] {
  const {group, launch} = desired
  if (launch?.userdataDigest === undefined) return []
  const earlier = kept.filter(({mark}) => {
    const digest = recorded.launches.get(mark.launch)?.order.userdataDigest
    return mark.spec === launch.spec && digest !== undefined && digest !== launch.userdataDigest
  })
  if (earlier.length === 0) return []
  const [first] = earlier
  const who =
    earlier.length === 1
      ? `${first?.id} in group ${group.name} runs`
      : `${earlier.length} instances of group ${group.name} run`
  return [
    {
      kind: 'outdated-userdata',
      text: `${who} an older registration part or an earlier secret: "mcd replace ${earlier.length === 1 ? first?.id : `--group ${group.name}`}" renews ${earlier.length === 1 ? 'it' : 'them'}.`,
      blocks: false,
      ...(earlier.length === 1 && first ? {instance: first.id} : {}),
    },
  ]
}
