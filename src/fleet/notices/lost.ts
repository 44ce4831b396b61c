import type {JournalEvent} from '../../journal/events.ts'
import type {SeenInstance} from '../../journal/notice.ts'
import type {Recorded} from '../../journal/recorded.ts'
import type {Instance} from '../../providers/compute.ts'
import type {Fleet} from '../model.ts'
import type {Observed} from '../observed.ts'

export type LostInstance = SeenInstance & {
  readonly id: string
  /** As its cloud still shows it; absent where the cloud shows it no more. */
  readonly shown?: Instance
}

/** A listing may lag by so much: whoever was seen for the first time since then may be missing from it and live. */
const LISTING_LAG_MS = 5 * 60_000

/**
 * Those that ran, and ended though nothing in this journal had asked for it: a spot interruption, somebody at the cloud's
 * console, a host that died. A place that could not be read says nothing (law 6), and who was on the way out was to end.
 */
export function lostInstances(recorded: Recorded, {atMs, places}: Observed): LostInstance[] {
  const shown = new Map(
    [...places.values()].flatMap(place =>
      place.readable ? place.instances.map(each => [each.id, each] as const) : [],
    ),
  )
  return [...recorded.seen].flatMap(([id, seen]) => {
    if (seen.state !== 'running' || recorded.leaving.has(id) || recorded.terminatedAtMs.has(id)) return []
    const instance = shown.get(id)
    const isGone = instance
      ? instance.state === 'gone'
      : places.get(seen.place)?.readable === true && atMs - seen.seenAtMs > LISTING_LAG_MS
    return isGone ? [{...seen, id, ...(instance ? {shown: instance} : {})}] : []
  })
}

export const lossesRecorded = (lost: readonly LostInstance[]): JournalEvent[] =>
  [...Map.groupBy(lost, ({place}) => place)].map(([place, of]) => ({
    type: 'instances-lost',
    place,
    instances: of.map(({id}) => id),
  }))

/** Those of this fleet that are seen running for the first time, and were not told to go. */
export function firstSeen({dns}: Pick<Fleet, 'dns'>, recorded: Recorded, {places}: Observed): JournalEvent[] {
  const owners = new Set([dns, ...recorded.owners])
  const isNew = ({id, mark, state}: Instance) =>
    state === 'running' &&
    owners.has(mark.dns) &&
    !recorded.seen.has(id) &&
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
export const lossData = ({id, group, place, address, seenAtMs, shown}: LostInstance, foundAtMs: number) => ({
  instance: id,
  group,
  place,
  ...(address === undefined ? {} : {address}),
  ...(shown?.zone === undefined ? {} : {zone: shown.zone}),
  /** `gone`: its cloud still shows it, as ended. `absent`: it shows it no more. */
  state: shown ? 'gone' : 'absent',
  ...(shown?.stateReason === undefined ? {} : {why: shown.stateReason}),
  runningSince: iso(shown?.launchedAtMs ?? seenAtMs),
  foundAt: iso(foundAtMs),
})

const iso = (ms: number): string => new Date(ms).toISOString()
