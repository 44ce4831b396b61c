import type {Folding} from './folding.ts'

/**
 * Of an instance that has ended for sure only that is kept, and what people ask of the past: nobody waits for it any more, no
 * record of it is taken away again for its sake, and its end is told or never will be. Client tokens are no part of this: each
 * launch draws a new one.
 */
export function noteEnded({recorded: {ended, seen, leaving}, sent}: Folding, id: string, atMs: number): void {
  ended.set(id, atMs)
  seen.delete(id)
  const way = leaving.get(id)
  if (!way) return
  const zones = [...way.zones].map(([zone, {removedAtMs, servedAtMs}]) => {
    sent.delete(`${zone} ${id}`)
    return [zone, {removed: [], removedAtMs, ...(servedAtMs !== undefined && {servedAtMs})}] as const
  })
  leaving.set(id, {zones: new Map(zones)})
}
