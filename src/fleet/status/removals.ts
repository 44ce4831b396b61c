import type {StoredEvent, ZoneKey} from '../../journal/events.ts'

/** When a run of mcd took a value away, as its journal says. */
export type Removal = {
  readonly atMs: number
  readonly run: string
  /** What resolvers were told. */
  readonly ttlSeconds: number
}

/** The last removal of each value, by zone, name and value. What instances and people removed is in no journal. */
export function removalsOf(events: readonly StoredEvent[]): ReadonlyMap<string, Removal> {
  const removals = new Map<string, Removal>()
  const steps = new Map<string, {zone: ZoneKey; remove: readonly {key: string; ttlSeconds: number}[]}>()
  for (const {atMs, run, event} of events) {
    if (event.type === 'intent' && event.what.kind === 'change-dns') {
      const {zone, change} = event.what
      const remove = change.remove.map(({name, value, ttlSeconds}) => ({
        key: removalKey(zone, name, value),
        ttlSeconds,
      }))
      if (remove.length > 0) steps.set(event.step, {zone, remove})
    }
    if (event.type !== 'outcome' || event.result.kind !== 'done') continue
    for (const {key, ttlSeconds} of steps.get(event.step)?.remove ?? [])
      removals.set(key, {atMs, run, ttlSeconds})
    steps.delete(event.step)
  }
  return removals
}

export const removalKey = (zone: ZoneKey, name: string, value: string): string => `${zone} ${name} ${value}`
