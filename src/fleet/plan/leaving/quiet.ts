import {formatDuration} from '../../../duration.ts'
import type {ZoneKey} from '../../../journal/events.ts'
import type {Instance} from '../../../providers/compute.ts'
import type {DrainQuiet} from '../../model.ts'
import type {Action, Use} from '../action.ts'
import type {FleetView} from '../fleet-view.ts'
import {forgottenAtMs} from './drain.ts'
import {rememberedFor} from './remember.ts'

/**
 * `drain.quiet`, of those that resolvers should have forgotten: who is still used waits, until nobody has been connected for
 * as long as the file says or `drain.max` has passed. `inUse` end all the same, for that has passed.
 */
export function planQuiet(
  view: FleetView,
  forgotten: readonly Instance[],
  zones: readonly ZoneKey[],
): {actions: Action[]; waiting: ReadonlySet<string>; inUse: ReadonlyMap<string, Use>} {
  const {drainQuiet} = view.desired.fleet
  const waits = new Map<number, Instance[]>()
  const waiting = new Set<string>()
  const inUse = new Map<string, Use>()
  if (!drainQuiet) return {actions: [], waiting, inUse}
  const remembered = rememberedFor(view)
  for (const instance of forgotten) {
    const {id, state} = instance
    const sinceMs = forgottenAtMs(view, id, zones, remembered(id))
    // Nobody can be connected to what does not run, or never was in DNS.
    if (state !== 'running' || sinceMs === undefined) continue
    const quiet = view.observed.quiet?.get(id)
    if (quiet?.isQuiet) continue
    const untilMs = sinceMs + drainQuiet.maxMs
    // However late it is, it is asked once: whoever ends it must know whom that hurts.
    if (quiet && view.observed.atMs >= untilMs) inUse.set(id, {instance: id, ...quiet.seen})
    else {
      waits.set(untilMs, [...(waits.get(untilMs) ?? []), instance])
      waiting.add(id)
    }
  }
  const actions = [...waits].map(([untilMs, instances]): Action => {
    const looks = instances.map(({id}) => view.observed.quiet?.get(id))
    return {
      kind: 'drain',
      key: `drain quiet ${untilMs}`,
      until: 'quiet',
      zones,
      instances: instances.map(({id}) => id),
      untilMs,
      lookAtMs: Math.min(untilMs, ...looks.map(quiet => quiet?.lookAgainAtMs ?? 0)),
      uses: instances.flatMap(({id}, index) => (looks[index] ? [{instance: id, ...looks[index].seen}] : [])),
      reason: quietReason(drainQuiet),
      after: [],
    }
  })
  return {actions, waiting, inUse}
}

/** Also what follows the waits for resolvers. */
export const quietReason = ({forMs, maxMs}: DrainQuiet): string =>
  `each ends once nobody has been connected to it for ${formatDuration(forMs)}, or after ${formatDuration(maxMs)}`
