import type {RecordedLaunch} from '../../../journal/recorded.ts'
import type {Instance} from '../../../providers/compute.ts'
import type {DesiredGroup} from '../../desired.ts'
import {type FleetView, isLeaving, launchedInRun, staying} from '../fleet-view.ts'
import {chooseSurplus, useBy} from './surplus.ts'

/** One group as it stands: who fills its places, and who is on the way. */
export type GroupStanding = {
  readonly desired: DesiredGroup
  /** Of the launch spec that the file asks for, as many as it asks for, and those this run was told to spare. */
  readonly kept: readonly Instance[]
  /** More of them than are wanted. */
  readonly surplus: readonly Instance[]
  /** To be replaced: of another launch spec, or somebody asked for it. They serve until then. */
  readonly outdated: readonly Instance[]
  /** Of the kept, those that nobody waits for: this run was told to spare them although they are outdated, or they are drained. */
  readonly spared: ReadonlySet<string>
  /** Sent, and nobody knows what came of them. */
  readonly open: readonly RecordedLaunch[]
  /** How many of the open launches do not show yet. */
  readonly coming: number
  /** Launched for sure, and not shown yet. */
  readonly onTheirWay: number
  /** Launched by this run and ended by themselves: no other takes their place in this run. */
  readonly lost: readonly Instance[]
  /** Places that nobody fills and nobody is on the way to; below zero, so many are too much. */
  readonly missing: number
}

/** Undefined while the place cannot be read: then nobody knows. */
export function standingOf(
  view: FleetView,
  desired: DesiredGroup,
  serving: ReadonlySet<string>,
): GroupStanding | undefined {
  const {group} = desired
  const place = group.place.key
  if (!view.observed.places.get(place)?.readable) return undefined

  const isHere = (each: {group: string; place: string}) => each.group === group.name && each.place === place
  const members = staying(view, desired)
  const isMeant = meant(view, desired)
  const past = members.filter(instance => isPast(view, desired, instance))
  const outdated = past.filter(isMeant)
  const goes = new Set(outdated)
  const filling = members.filter(member => !goes.has(member))
  const surplus = chooseSurplus(filling, filling.length - group.count, useBy(view, serving))
  const excess = new Set(surplus)
  const kept = filling.filter(member => !excess.has(member))

  const open = [...view.openLaunches.values()].filter(isHere)
  const shown = new Map<string, number>()
  for (const {mark} of members) shown.set(mark.launch, (shown.get(mark.launch) ?? 0) + 1)
  const coming = open.reduce(
    (sum, {order}) => sum + Math.max(0, order.count - (shown.get(order.mark.launch) ?? 0)),
    0,
  )
  const onTheirWay = [...view.expected.values()].filter(isHere).length
  const lost = [...view.gone.values()].filter(
    ({id, mark, place: key, unplaced}) =>
      isHere({group: mark.group, place: key}) && !unplaced && launchedInRun(view, id) && !isLeaving(view, id),
  )
  return {
    desired,
    kept,
    surplus,
    outdated,
    spared: new Set([
      ...past.filter(instance => !isMeant(instance)).map(({id}) => id),
      ...kept.map(({id}) => id).filter(id => view.drained.has(id)),
    ]),
    open,
    coming,
    onTheirWay,
    lost,
    missing: group.count - kept.length - outdated.length - coming - onTheirWay - lost.length,
  }
}

/** Without anything to launch in its place, nobody is outdated. */
function isPast(view: FleetView, {launch}: DesiredGroup, {id, mark}: Instance): boolean {
  return launch !== undefined && (mark.spec !== launch.spec || view.asked.has(id))
}

/** `mcd replace` may have named what it is for. */
function meant({desired: {goal}}: FleetView, {group}: DesiredGroup): (instance: Instance) => boolean {
  const only = goal.kind === 'up' ? goal.only : undefined
  if (!only || only.groups?.includes(group.name)) return () => true
  const instances = new Set(only.instances)
  return ({id}) => instances.has(id)
}
