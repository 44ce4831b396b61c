import type {ZoneKey} from '../../../journal/events.ts'
import type {Instance} from '../../../providers/compute.ts'
import type {Action} from '../action.ts'
import type {FleetView} from '../fleet-view.ts'
import {absenceOf, rememberedFor} from './remember.ts'

/** What an instance that is out of DNS is waited for; the first of both that is still to come. */
export type DrainUntil = (Action & {kind: 'drain'})['until']

/**
 * What still has to pass for those that leave DNS: one drain for all that share a moment. `outOf` are the actions that take
 * each of them out first. `until` has those that are not forgotten yet;
 * with `--now` there are none.
 */
export function planDrains(
  view: FleetView,
  instances: readonly Instance[],
  zones: readonly ZoneKey[],
  outOf: ReadonlyMap<string, readonly string[]>,
): {actions: Action[]; until: ReadonlyMap<string, DrainUntil>} {
  if (view.desired.now) return {actions: [], until: new Map()}
  const remembered = rememberedFor(view)
  const until = new Map<string, DrainUntil>()
  const drains = new Map<string, Wait & {ids: string[]; rememberedMs: number; seen: Set<ZoneKey>}>()
  for (const instance of instances) {
    const {id} = instance
    const rememberedMs = remembered(id)
    const after = outOf.get(id) ?? []
    const drain: Wait | undefined =
      after.length > 0 ? {until: 'served', zones, after} : drainState(view, instance, zones, rememberedMs)
    if (!drain) continue
    until.set(id, drain.until)
    const key = `drain ${drain.until}${drain.after.length > 0 ? ' later' : ''}${drain.untilMs === undefined ? '' : ` ${drain.untilMs}`}`
    const shared = drains.get(key) ?? {...drain, ids: [], rememberedMs, seen: new Set()}
    drains.set(key, shared)
    shared.ids.push(id)
    for (const zone of drain.zones) shared.seen.add(zone)
  }
  const actions = [...drains].map(
    ([key, {until: moment, untilMs, after, ids, seen, rememberedMs}]): Action => ({
      kind: 'drain',
      key,
      until: moment,
      zones: [...seen],
      after,
      instances: ids,
      ...(untilMs === undefined ? {} : {untilMs}),
      reason: `resolvers may remember the addresses for ${Math.round(rememberedMs / 1000)} s`,
    }),
  )
  return {actions, until}
}

type Wait = {
  readonly until: DrainUntil
  readonly zones: readonly ZoneKey[]
  readonly after: readonly string[]
  readonly untilMs?: number
}

/** Of these, those that still stand in DNS, or whose removal is not served or not forgotten yet. */
export function rememberedOnes(view: FleetView, instances: readonly Instance[]): readonly Instance[] {
  const remembered = rememberedFor(view)
  const standing = new Set(
    [...view.observed.names.values()].flatMap(name =>
      name.readable
        ? [...name.members, ...(name.discovery ?? [])].flatMap(({mark, type}) =>
            type !== 'TXT' && mark?.fleet === view.desired.fleet.name ? [mark.instance] : [],
          )
        : [],
    ),
  )
  return instances.filter(instance => {
    const {id} = instance
    const left = absenceOf(view.recorded, id)?.zones
    return standing.has(id) || (left && drainState(view, instance, [...left.keys()], remembered(id)))
  })
}

/** What still has to pass for an instance that is out of every zone; undefined when nobody can remember it any more. */
function drainState(
  view: FleetView,
  {id, state}: Instance,
  zones: readonly ZoneKey[],
  rememberedMs: number,
): Wait | undefined {
  const left = absenceOf(view.recorded, id)?.zones
  const wasSomewhere = [...(left?.values() ?? [])].some(({removed}) => removed.length > 0)
  // Never was anywhere: it has not even run.
  if (state === 'pending' && !wasSomewhere) return undefined
  const waiting = zones.filter(zone => left?.get(zone)?.servedAtMs === undefined)
  if (waiting.length > 0) return {until: 'served', zones: waiting, after: []}
  const untilMs = forgottenAtMs(view, id, zones, rememberedMs) ?? 0
  return view.observed.atMs < untilMs ? {until: 'forgotten', zones, after: [], untilMs} : undefined
}

/** When resolvers should have forgotten an instance that is out of these zones; undefined where that was never served. */
export function forgottenAtMs(
  {recorded}: FleetView,
  id: string,
  zones: readonly ZoneKey[],
  rememberedMs: number,
): number | undefined {
  const left = absenceOf(recorded, id)?.zones
  const servedAtMs = zones.flatMap(zone => left?.get(zone)?.servedAtMs ?? [])
  return servedAtMs.length > 0 ? Math.max(...servedAtMs) + rememberedMs : undefined
}
