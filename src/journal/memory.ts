import type {StoredEvent} from './events.ts'
import {type Journal, LostAppendError, type Snapshot} from './journal.ts'

/** What several handles on one journal in memory share. */
export type MemoryStore = {readonly lines: string[]; readonly snapshots: Map<number, Snapshot>}

export const memoryStore = (): MemoryStore => ({lines: [], snapshots: new Map()})

/** A journal that ends with the process: for tests and simulations. Events are kept as JSON, as every store keeps them. */
export function memoryJournal({lines, snapshots}: MemoryStore = memoryStore()): Journal {
  return {
    read: async (after = 0) => lines.slice(after).map(line => JSON.parse(line) as StoredEvent),
    async append(expectedSequence, events) {
      const next = lines.length + 1
      if (next !== expectedSequence) throw new LostAppendError(expectedSequence, next)
      lines.push(...events.map((event, index) => JSON.stringify({sequence: next + index, ...event})))
      return lines.length + 1
    },
    loadSnapshot: async fold => snapshots.get(fold),
    async saveSnapshot(snapshot) {
      const kept = snapshots.get(snapshot.fold)
      if (!kept || kept.sequence < snapshot.sequence) snapshots.set(snapshot.fold, snapshot)
    },
    close: async () => {},
  }
}
