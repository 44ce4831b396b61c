import type {StoredEvent} from './events.ts'
import {type Journal, LostAppendError} from './journal.ts'

/** What several handles on one journal in memory share. */
export type MemoryStore = {readonly lines: string[]}

/** A journal that ends with the process: for tests and simulations. Events are kept as JSON, as every store keeps them. */
export function memoryJournal(store: MemoryStore = {lines: []}): Journal {
  return {
    read: async (after = 0) => store.lines.slice(after).map(line => JSON.parse(line) as StoredEvent),
    async append(expectedSequence, events) {
      const next = store.lines.length + 1
      if (next !== expectedSequence) throw new LostAppendError(expectedSequence, next)
      store.lines.push(...events.map((event, index) => JSON.stringify({sequence: next + index, ...event})))
      return store.lines.length + 1
    },
    close: async () => {},
  }
}
