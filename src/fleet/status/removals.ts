import type {StoredEvent, ZoneKey} from '../../journal/events.ts'

/** When a run of mcd took a value away, as its journal says. */
export type Removal = {
  readonly atMs: number
  readonly run: string
  /** What resolvers were told. */
  readonly ttlSeconds: number
}

/**
 * The last removal of each value, by zone, name and value. What instances and people removed is in no journal: of what mcd put
 * back since, no removal of its own tells when it went.
 */
export function removalsOf(events: readonly StoredEvent[]): ReadonlyMap<string, Removal> {
  const removals = new Map<string, Removal>()
  const steps = new Map<
    string,
    {remove: readonly {key: string; ttlSeconds: number}[]; created: readonly string[]}
  >()
  for (const {atMs, run, event} of events) {
    if (event.type === 'intent' && event.what.kind === 'change-dns') {
      const {zone, change} = event.what
      const remove = change.remove.map(({name, value, ttlSeconds}) => ({
        key: removalKey(zone, name, value),
        ttlSeconds,
      }))
      const created = change.create.map(({name, value}) => removalKey(zone, name, value))
      steps.set(event.step, {remove, created})
    }
    if (event.type !== 'outcome' || event.result.kind !== 'done') continue
    const {remove = [], created = []} = steps.get(event.step) ?? {}
    for (const {key, ttlSeconds} of remove) removals.set(key, {atMs, run, ttlSeconds})
    for (const key of created) removals.delete(key)
    steps.delete(event.step)
  }
  return removals
}

export const removalKey = (zone: ZoneKey, name: string, value: string): string => `${zone} ${name} ${value}`
