import {randomUUID} from 'node:crypto'
import type {Sql, TransactionSql} from 'postgres'
import {AuthError, McdError, UnreachableError} from '../errors.ts'
import type {StoredEvent} from './events.ts'
import {type Journal, LostAppendError, type Snapshot} from './journal.ts'
import {locationText, type PostgresPlace} from './location.ts'

/** Raise it when the tables have another form. An older mcd then refuses to read them. */
const FORMAT = 1
const CONNECT_TIMEOUT_SECONDS = 10

type Row = {sequence: string; at_ms: string; run: string; event: string}

/** PostgreSQL's own codes. Source: PostgreSQL documentation, "Appendix A. PostgreSQL Error Codes". */
const UNIQUE_VIOLATION = '23505'
const UNDEFINED_TABLE = '42P01'
const CREATED_MEANWHILE = ['42P07', '42710', UNIQUE_VIOLATION]
const REFUSED_LOGIN = ['28000', '28P01', '3D000', '42501']

/**
 * The journals of many fleets in one PostgreSQL database: events under (journal, sequence), which is the primary key, so that
 * of two who append at once one violates it. `name` tells the fleets apart. An append returned is one that is committed.
 */
export async function postgresJournal(
  place: PostgresPlace,
  name: string,
  {readOnly = false}: {readOnly?: boolean} = {},
): Promise<Journal> {
  const sql = await connect(place)
  const where = locationText(place)
  const explained = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw explain(where, error)
    }
  }
  /** Where nothing was ever written there is no table to read from. */
  const orEmpty = <T>(empty: T, work: () => Promise<T>): Promise<T> =>
    explained(() =>
      work().catch((error: unknown) => {
        if (codeOf(error) === UNDEFINED_TABLE) return empty
        throw error
      }),
    )
  const refuse = () => Promise.reject(new McdError(`The journal in ${where} was opened to read only.`))

  try {
    await orEmpty(undefined, () => checkFormat(sql, where))
    if (!readOnly) await explained(() => createTables(sql, place))
  } catch (error) {
    await sql.end()
    throw error
  }
  return {
    read: (after = 0) => orEmpty([], () => readEvents(sql, name, after)),
    append: readOnly
      ? refuse
      : (expectedSequence, events) =>
          explained(async () => {
            const writer = randomUUID()
            try {
              return await sql.begin(async transaction => {
                const next = (await lastSequence(transaction, name)) + 1
                if (next !== expectedSequence) throw new LostAppendError(expectedSequence, next)
                if (events.length === 0) return next
                const rows = events.map(({atMs, run, event}, index) => ({
                  journal: name,
                  sequence: next + index,
                  at_ms: atMs,
                  run,
                  event: JSON.stringify(event),
                  writer,
                }))
                await transaction`INSERT INTO mcd_events ${transaction(rows)}`
                return next + events.length
              })
            } catch (error) {
              if (error instanceof LostAppendError) throw error
              const last = await lastSequence(sql, name)
              if (codeOf(error) === UNIQUE_VIOLATION) throw new LostAppendError(expectedSequence, last + 1)
              // The connection broke, perhaps after the commit: then the events are there, by this writer.
              if (isBroken(error) && (await isWritten(sql, name, expectedSequence, writer)))
                return expectedSequence + events.length
              throw error
            }
          }),
    loadSnapshot: fold => orEmpty(undefined, () => readSnapshot(sql, name, fold)),
    saveSnapshot: readOnly
      ? refuse
      : ({fold, sequence, state}) =>
          explained(async () => {
            await sql`
              INSERT INTO mcd_snapshots ${sql({journal: name, fold, sequence, state})}
              ON CONFLICT (journal, fold) DO UPDATE SET sequence = excluded.sequence, state = excluded.state
              WHERE excluded.sequence > mcd_snapshots.sequence`
          }),
    close: () => sql.end(),
  }
}

/** Imported here: most fleets keep their state beside the fleet file. */
async function connect(place: PostgresPlace): Promise<Sql> {
  const {host, port, database, user, password, schema, sslmode} = place
  const {default: postgres} = await import('postgres')
  return postgres({
    host,
    ...(port === undefined ? {} : {port}),
    database,
    ...(user === undefined ? {} : {user}),
    ...(password === undefined ? {} : {password: password.reveal()}),
    ssl: sslmode === 'disable' ? false : sslmode,
    // One run is one writer; and a pooler in between may hand each statement to another connection.
    max: 1,
    prepare: false,
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    onnotice: () => {},
    connection: {application_name: 'mcd', ...(schema === undefined ? {} : {search_path: schema})},
  })
}

async function checkFormat(sql: Sql, where: string): Promise<undefined> {
  const [row] = await sql<{format: number}[]>`SELECT max(format) AS format FROM mcd_format`
  if ((row?.format ?? 0) > FORMAT)
    throw new McdError(`The journals in ${where} were written by a newer mcd (format ${row?.format}).`, {
      suggestions: ['Use that version, or a later one, for this fleet.'],
    })
  return undefined
}

/** Two first runs at once are both right: what the other one made meanwhile is there. */
async function createTables(sql: Sql, {schema}: PostgresPlace): Promise<void> {
  const statements = [
    ...(schema === undefined ? [] : [`CREATE SCHEMA IF NOT EXISTS ${schema}`]),
    'CREATE TABLE IF NOT EXISTS mcd_format (format integer PRIMARY KEY)',
    `INSERT INTO mcd_format VALUES (${FORMAT}) ON CONFLICT DO NOTHING`,
    `CREATE TABLE IF NOT EXISTS mcd_events (
      journal text NOT NULL, sequence bigint NOT NULL, at_ms bigint NOT NULL, run text NOT NULL, event text NOT NULL,
      writer uuid NOT NULL, PRIMARY KEY (journal, sequence))`,
    `CREATE TABLE IF NOT EXISTS mcd_snapshots (
      journal text NOT NULL, fold integer NOT NULL, sequence bigint NOT NULL, state text NOT NULL,
      PRIMARY KEY (journal, fold))`,
  ]
  for (const statement of statements)
    await sql.unsafe(statement).catch((error: unknown) => {
      if (!CREATED_MEANWHILE.includes(codeOf(error) ?? '')) throw error
    })
}

async function readEvents(sql: Sql, name: string, after: number): Promise<StoredEvent[]> {
  const rows = await sql<Row[]>`
    SELECT sequence, at_ms, run, event FROM mcd_events
    WHERE journal = ${name} AND sequence > ${after} ORDER BY sequence`
  return rows.map(({sequence, at_ms, run, event}) => ({
    sequence: Number(sequence),
    atMs: Number(at_ms),
    run,
    event: JSON.parse(event),
  }))
}

async function lastSequence(sql: Sql | TransactionSql, name: string): Promise<number> {
  const [row] = await sql<{last: string}[]>`
    SELECT coalesce(max(sequence), 0) AS last FROM mcd_events WHERE journal = ${name}`
  return Number(row?.last ?? 0)
}

async function isWritten(sql: Sql, name: string, sequence: number, writer: string): Promise<boolean> {
  const rows = await sql`
    SELECT 1 FROM mcd_events WHERE journal = ${name} AND sequence = ${sequence} AND writer = ${writer}`
  return rows.length > 0
}

async function readSnapshot(sql: Sql, name: string, fold: number): Promise<Snapshot | undefined> {
  const [row] = await sql<{sequence: string; state: string}[]>`
    SELECT sequence, state FROM mcd_snapshots WHERE journal = ${name} AND fold = ${fold}`
  return row && {fold, sequence: Number(row.sequence), state: row.state}
}

const codeOf = (error: unknown): string | undefined => (error as {code?: string} | undefined)?.code

/** Node's codes and those of the postgres package, which begin with CONNECTION. */
const isBroken = (error: unknown): boolean =>
  /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_|CONN)/.test(codeOf(error) ?? '')

function explain(where: string, error: unknown): unknown {
  if (error instanceof McdError) return error
  const code = codeOf(error)
  const message = error instanceof Error ? error.message : String(error)
  if (code !== undefined && REFUSED_LOGIN.includes(code))
    return new AuthError(`PostgreSQL refused the journal in ${where}: ${message}.`, {
      cause: error,
      suggestions: [
        'Set PGPASSWORD, or write the password as a variable of the environment into "state"; the role needs CREATE at first, then SELECT, INSERT and UPDATE.',
      ],
    })
  if (isBroken(error))
    return new UnreachableError(`PostgreSQL could not be reached for the journal in ${where}: ${message}.`, {
      cause: error,
      effect: 'unknown',
      suggestions: [
        'Check the address and the network, then run the same command again: it goes on where it stopped.',
      ],
    })
  return new McdError(`PostgreSQL refused the journal in ${where}: ${message}.`, {cause: error})
}
