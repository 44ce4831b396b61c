import type {JournalEvent} from '../../journal/events.ts'

/**
 * Follows the events of all runs, oldest first, and tells of each which instances it shows to be lost: they ended, or lost their
 * mark, though nothing had asked for that. Each is told once. What a run launched and never got to run is that run's own story.
 */
export function lossesAlong(): (run: string, event: JournalEvent) => readonly string[] {
  /** To end by a run, or lost already. */
  const accounted = new Set<string>()
  const launchedBy = new Map<string, string>()
  const first = (ids: readonly string[]) => {
    const fresh = ids.filter(id => !accounted.has(id))
    for (const id of fresh) accounted.add(id)
    return fresh
  }
  return (run, event) => {
    switch (event.type) {
      case 'intent':
        if (event.what.kind === 'terminate') first(event.what.instances)
        if (event.what.kind === 'change-dns') first(event.what.leaving)
        return []
      case 'outcome':
        if (event.result.kind !== 'done') return []
        for (const id of event.result.instances ?? []) launchedBy.set(id, run)
        first(event.result.doubles ?? [])
        return []
      case 'instances-lost':
        return first(event.instances)
      case 'instances-ended':
        return first(event.instances.filter(id => launchedBy.get(id) !== run))
      default:
        return []
    }
  }
}
