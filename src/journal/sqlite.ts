import {closeSync, existsSync, mkdirSync, openSync, statSync, writeFileSync} from 'node:fs'
import {dirname, join, sep} from 'node:path'
import type {DatabaseSync} from 'node:sqlite'
import {pathToFileURL} from 'node:url'
import {McdError} from '../errors.ts'
import type {StoredEvent} from './events.ts'
import {type Journal, LostAppendError, type Snapshot} from './journal.ts'
import {explained} from './sqlite-errors.ts'
import {hasSnapshots, migrate} from './sqlite-schema.ts'

/** How long an append waits for another process's append. They take milliseconds: more than this is a stuck program. */
const BUSY_MS = 2_000

type Row = {sequence: number; at_ms: number; run: string; event: string}

/**
 * The journal of one fleet in one SQLite file beside the fleet file. An append returned is an append on the disk: the
 * intent is durable before the call it announces (law 2). With `readOnly` nothing is written, not even an empty file
 * (law 9): an absent journal reads as an empty one.
 */
export async function sqliteJournal(
  path: string,
  {readOnly = false}: {readOnly?: boolean} = {},
): Promise<Journal> {
  // Imported here, since reading help or a version must not pay for it.
  const {DatabaseSync} = await import('node:sqlite')
  return readOnly ? reader(path, DatabaseSync) : writer(path, DatabaseSync)
}

function writer(path: string, Database: typeof DatabaseSync): Journal {
  const database = explained(path, () => {
    makeFile(path)
    const opened = new Database(path, {timeout: BUSY_MS})
    try {
      migrate(opened, path)
      // FULL: the log is flushed at every commit, not only at checkpoints.
      opened.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    } catch (error) {
      opened.close()
      throw error
    }
    return opened
  })
  const last = database.prepare('SELECT coalesce(max(sequence), 0) AS last FROM events')
  const insert = database.prepare('INSERT INTO events (sequence, at_ms, run, event) VALUES (?, ?, ?, ?)')
  const keep = database.prepare(
    `INSERT INTO snapshots (fold, sequence, state) VALUES (?, ?, ?)
      ON CONFLICT (fold) DO UPDATE SET sequence = excluded.sequence, state = excluded.state
      WHERE excluded.sequence > sequence`,
  )

  return {
    read: async after => explained(path, () => readEvents(database, after)),
    append: async (expectedSequence, events) =>
      explained(path, () => {
        database.exec('BEGIN IMMEDIATE')
        try {
          const next = (last.get() as {last: number}).last + 1
          if (next !== expectedSequence) throw new LostAppendError(expectedSequence, next)
          for (const [index, {atMs, run, event}] of events.entries()) {
            insert.run(next + index, atMs, run, JSON.stringify(event))
          }
          database.exec('COMMIT')
          return next + events.length
        } catch (error) {
          if (database.isTransaction) database.exec('ROLLBACK')
          throw error
        }
      }),
    loadSnapshot: async fold => explained(path, () => readSnapshot(database, fold)),
    saveSnapshot: async ({fold, sequence, state}) =>
      explained(path, () => void keep.run(fold, sequence, state)),
    async close() {
      if (database.isOpen) database.close()
    },
  }
}

function reader(path: string, Database: typeof DatabaseSync): Journal {
  type Look<T> = (database: DatabaseSync, canHoldSnapshots: boolean) => T

  const open = <T>(look: Look<T>, unchanging: boolean): T => {
    const location = pathToFileURL(path)
    if (unchanging) location.search = '?immutable=1'
    const database = new Database(location, {readOnly: true, timeout: BUSY_MS})
    try {
      return look(database, hasSnapshots(database, path))
    } finally {
      database.close()
    }
  }
  // A plain read-only connection leaves index files behind (-shm, -wal). Where no writer has left a log, the file is whole
  // by itself and can be read as it lies; if a writer came meanwhile, that reading is thrown away.
  const atRest = <T>(absent: T, look: Look<T>): T =>
    explained(path, () => {
      if (!existsSync(path) || statSync(path).size === 0) return absent
      const before = stateOf(path)
      if (before.log) return open(look, false)
      const found = open(look, true)
      const after = stateOf(path)
      return after.log || after.writtenMs !== before.writtenMs ? open(look, false) : found
    })
  const refuse = () => Promise.reject(new McdError(`The journal ${path} was opened to read only.`))

  return {
    read: async after => atRest<StoredEvent[]>([], database => readEvents(database, after)),
    append: refuse,
    loadSnapshot: async fold =>
      atRest(undefined, (database, canHoldSnapshots) =>
        canHoldSnapshots ? readSnapshot(database, fold) : undefined,
      ),
    saveSnapshot: refuse,
    close: async () => {},
  }
}

const stateOf = (path: string) => ({
  log: existsSync(`${path}-wal`) || existsSync(`${path}-journal`),
  writtenMs: statSync(path).mtimeMs,
})

function readEvents(database: DatabaseSync, after = 0): StoredEvent[] {
  const rows = database
    .prepare('SELECT sequence, at_ms, run, event FROM events WHERE sequence > ? ORDER BY sequence')
    .all(after) as Row[]
  return rows.map(({sequence, at_ms, run, event}) => ({sequence, atMs: at_ms, run, event: JSON.parse(event)}))
}

function readSnapshot(database: DatabaseSync, fold: number): Snapshot | undefined {
  const row = database.prepare('SELECT sequence, state FROM snapshots WHERE fold = ?').get(fold)
  return row && {fold, ...(row as Pick<Snapshot, 'sequence' | 'state'>)}
}

/** The file and its folders, for their owner alone; a `.mcd` folder on the way ignores itself in Git. */
function makeFile(path: string): void {
  const folder = dirname(path)
  mkdirSync(folder, {recursive: true, mode: 0o700})
  closeSync(openSync(path, 'a', 0o600))
  const names = folder.split(sep)
  const home = names.lastIndexOf('.mcd')
  const ignore = join(names.slice(0, home + 1).join(sep), '.gitignore')
  if (home >= 0 && !existsSync(ignore)) writeFileSync(ignore, '*\n')
}
