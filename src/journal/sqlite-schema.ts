import type {DatabaseSync} from 'node:sqlite'
import {McdError} from '../errors.ts'

/** "mcdj": tells a journal from any other SQLite file (its header field application_id). */
const APPLICATION_ID = 0x6d63646a

/** Each brings a journal one version up; user_version counts those done. Add at the end, change none. */
const MIGRATIONS = [
  `CREATE TABLE events (
    sequence INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    run TEXT NOT NULL,
    event TEXT NOT NULL
  ) STRICT`,
  `CREATE TABLE snapshots (
    fold INTEGER PRIMARY KEY,
    sequence INTEGER NOT NULL,
    state TEXT NOT NULL
  ) STRICT`,
]
/** The first version with snapshots: readers, who cannot migrate, read older journals without them (law 9). */
const SNAPSHOTS = 2

/** Brings an older or empty file to this version, all or nothing. Throws where the file is newer, or something else. */
export function migrate(database: DatabaseSync, path: string): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    const version = versionOf(database, path)
    for (const migration of MIGRATIONS.slice(version)) database.exec(migration)
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${MIGRATIONS.length}`)
    database.exec('COMMIT')
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

/** Whether a reader may ask for them. Throws where the file is newer, or something else. */
export const hasSnapshots = (database: DatabaseSync, path: string): boolean =>
  versionOf(database, path) >= SNAPSHOTS

function versionOf(database: DatabaseSync, path: string): number {
  const pragma = (name: string) => Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0])
  const tables = database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get() as {tables: number}
  const version = pragma('user_version')
  const empty = version === 0 && tables.tables === 0
  if (!empty && pragma('application_id') !== APPLICATION_ID) throw new NotAJournalError(path)
  if (version > MIGRATIONS.length) {
    throw new McdError(
      `The journal ${path} was written by a newer mcd (format ${version}; this one knows ${MIGRATIONS.length}).`,
      {suggestions: ['Update mcd, then run the same command again.']},
    )
  }
  return version
}

/** What lies at `path` cannot be read as a journal. */
export class NotAJournalError extends McdError {
  override name = 'NotAJournalError'
  readonly path: string

  constructor(path: string, cause?: unknown) {
    super(`${path} is not a journal of mcd, or is damaged.`, {
      cause,
      suggestions: [
        'If it is damaged, run "mcd state rebuild": it moves it aside, and finds what is yours again by its marks.',
        'If it is another program’s file, keep the fleet file in a folder of its own.',
      ],
    })
    this.path = path
  }
}
