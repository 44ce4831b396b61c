import {RefusedError} from '../../errors.ts'
import type {Recorded} from '../../journal/recorded.ts'
import type {Desired, DesiredGroup} from '../desired.ts'
import {nameKey, type Observed, shownInstances} from '../observed.ts'
import type {Outside} from '../outside.ts'
import {batchSize} from '../plan/groups/rollout.ts'
import {mostInstances} from './failover.ts'
import {nameWish} from './name-wish.ts'

/** Throws RefusedError where there are any reasons to. Nothing was changed by then. */
export function refuse(reasons: readonly string[]): void {
  if (reasons.length === 0) return
  throw new RefusedError([...new Set(reasons)], {
    suggestions: ['Mend the fleet file, then run again. Nothing was changed.'],
  })
}

/** What the vendors would refuse of the declared names, with all who are to stand there, one sentence each. */
export function dnsRefusals(
  outside: Outside,
  desired: Desired,
  recorded: Recorded,
  observed: Observed,
): string[] {
  const {fleet} = desired
  const total =
    desired.goal.kind === 'sync'
      ? livingOf(desired, observed)
      : mostInstances(fleet) + surge(desired, recorded, observed)
  return fleet.names.flatMap(each => {
    const {vendor, name} = each
    const seen = observed.names.get(nameKey(vendor, name))
    if (!seen?.readable) return []
    return outside
      .dns(vendor)
      .refusals(
        {
          ...nameWish(fleet, each, total),
          ipv6: each.ipv6 !== false && someHaveIpv6(observed),
        },
        [...seen.members, ...seen.holds, ...(seen.discovery ?? [])],
      )
      .map(reason => `dns ${name}: ${reason}`)
  })
}

/**
 * Who stands in DNS beside those that are declared (decision 16): one batch of a rollout, and the instances of groups that
 * left the file, until what follows them serves.
 */
function surge({fleet, goal, groups}: Desired, {asked}: Recorded, observed: Observed): number {
  const declared = new Map(groups.map(each => [`${each.group.place.key} ${each.group.name}`, each]))
  const outdated = new Map<DesiredGroup, number>()
  const renewed = new Set([...asked.keys(), ...((goal.kind === 'up' && goal.renew) || [])])
  let left = 0
  for (const {id, place, mark, state} of shownInstances(observed)) {
    if (mark.dns !== fleet.dns || state === 'gone') continue
    const group = declared.get(`${place} ${mark.group}`)
    if (!group) left++
    else if (group.launch && (group.launch.spec !== mark.spec || renewed.has(id)))
      outdated.set(group, (outdated.get(group) ?? 0) + 1)
  }
  const batches = [...outdated].map(([{group}, count]) =>
    Math.min(count, batchSize(fleet.rollout, group.count)),
  )
  return left + Math.max(0, ...batches)
}

/** A run of DNS alone launches nobody. */
const livingOf = ({fleet}: Desired, observed: Observed): number =>
  shownInstances(observed).filter(({mark, state}) => mark.dns === fleet.dns && state !== 'gone').length

/** Of those that live: what a launch will have, its subnets decide. */
const someHaveIpv6 = (observed: Observed): boolean =>
  shownInstances(observed).some(({publicIpv6}) => publicIpv6 !== undefined)
