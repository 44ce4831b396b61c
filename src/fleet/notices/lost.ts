import type {JournalEvent} from '../../journal/events.ts'
import type {SeenInstance} from '../../journal/notice.ts'
import type {Recorded} from '../../journal/recorded.ts'
import type {Described, Instance} from '../../providers/compute.ts'
import {VISIBILITY_MS} from '../known-instances.ts'
import type {Fleet} from '../model.ts'
import type {Observed, ObservedPlace} from '../observed.ts'
import {ownersOf} from '../ownership.ts'

export type LostInstance = SeenInstance & {
  readonly id: string
  /** As its cloud still shows it; absent where the cloud shows it no more. With `lacks`, it lives on without its mark. */
  readonly shown?: Instance & Partial<Pick<Described, 'lacks'>>
}

/**
 * Those that ran, and ended though nothing in this journal had asked for it: a spot interruption, somebody at the cloud's
 * console, a host that died. And those whose mark somebody took away: the fleet has lost them as well.
 * A place that could not be read says nothing (law 6), and who was on the way out was to end.
 */
export function lostInstances(recorded: Recorded, {atMs, places}: Observed): LostInstance[] {
  const shown = new Map<string, NonNullable<LostInstance['shown']>>(
    [...places.values()].flatMap(place =>
      place.readable
        ? [...(place.unmarked ?? []), ...place.instances].map(each => [each.id, each] as const)
        : [],
    ),
  )
  return [...recorded.seen].flatMap(([id, seen]) => {
    if (seen.state !== 'running' || recorded.leaving.has(id) || recorded.terminatedAtMs.has(id)) return []
    const instance = shown.get(id)
    const isGone = instance
      ? instance.state === 'gone' || instance.lacks !== undefined
      : isAbsent(places.get(seen.place), id, atMs - seen.seenAtMs)
    return isGone ? [{...seen, id, ...(instance ? {shown: instance} : {})}] : []
  })
}

/** Asked for by its id, or not shown for longer than a listing may lag. */
const isAbsent = (place: ObservedPlace | undefined, id: string, seenForMs: number): boolean =>
  place?.readable === true && (place.ended?.includes(id) || seenForMs > VISIBILITY_MS)

export const lossesRecorded = (lost: readonly LostInstance[]): JournalEvent[] =>
  [...Map.groupBy(lost, each => `${isUnmarked(each)} ${each.place}`).values()].map(of => ({
    type: 'instances-lost',
    place: of[0]?.place ?? '',
    instances: of.map(({id}) => id),
    ...(of.every(isUnmarked) && {unmarked: true}),
  }))

export const isUnmarked = ({shown}: LostInstance): boolean => shown?.lacks !== undefined

/** Those of this fleet that are seen running for the first time, or again, and were not told to go. */
export function firstSeen(fleet: Pick<Fleet, 'dns'>, recorded: Recorded, {places}: Observed): JournalEvent[] {
  const owners = ownersOf(fleet, recorded)
  const isNew = ({id, mark, state}: Instance) =>
    state === 'running' &&
    owners.has(mark.dns) &&
    (recorded.seen.get(id)?.state ?? 'lost') === 'lost' &&
    !recorded.leaving.has(id) &&
    !recorded.terminatedAtMs.has(id)
  return [...places].flatMap(([place, seen]): JournalEvent[] => {
    const instances = seen.readable ? seen.instances.filter(isNew) : []
    if (instances.length === 0) return []
    return [{type: 'instances-seen', place, instances: instances.map(seenAs)}]
  })
}

function seenAs({id, mark: {group}, publicIp, publicIpv6, privateIp}: Instance) {
  const address = publicIp ?? publicIpv6 ?? privateIp
  return {id, group, ...(address === undefined ? {} : {address})}
}

/** The body's `data` beside what every notice says. */
export const lossData = (lost: LostInstance, foundAtMs: number) => {
  const {id, group, place, address, seenAtMs, shown} = lost
  return {
    instance: id,
    group,
    place,
    ...(address === undefined ? {} : {address}),
    ...(shown?.zone === undefined ? {} : {zone: shown.zone}),
    /** `gone`: its cloud still shows it, as ended. `absent`: it shows it no more. `unmarked`: it lives on without its mark. */
    state: isUnmarked(lost) ? 'unmarked' : shown ? 'gone' : 'absent',
    ...(shown?.lacks ? {lacks: shown.lacks} : {}),
    ...(shown?.stateReason === undefined ? {} : {why: shown.stateReason}),
    runningSince: iso(shown?.launchedAtMs ?? seenAtMs),
    foundAt: iso(foundAtMs),
  }
}

const iso = (ms: number): string => new Date(ms).toISOString()
