import type {Sql} from 'postgres'
import {McdError} from '../errors.ts'
import type {PostgresPlace} from './location.ts'
import {codeOf} from './postgres-server.ts'

/** Raise it when the tables have another form. An older mcd then refuses to read them. */
const FORMAT = 1

/** PostgreSQL's own codes. Source: PostgreSQL documentation, "Appendix A. PostgreSQL Error Codes". */
export const UNIQUE_VIOLATION = '23505'
const UNDEFINED_TABLE = '42P01'
/** Of a table, a schema, a table's type, and of the rows that these are in the catalogue. */
const CREATED_MEANWHILE = ['42P07', '42P06', '42710', UNIQUE_VIOLATION]

type Table = 'mcd_format' | 'mcd_events' | 'mcd_snapshots'

/**
 * A table's name with its schema: no search path is set, which a pooler in between would not keep. Without a schema the role's
 * own search path decides. Upper case is lower case, as everywhere in SQL without quotes.
 */
export const inSchema = (sql: Sql, {schema}: PostgresPlace, table: Table) =>
  sql(schema === undefined ? table : `${schema.toLowerCase()}.${table}`)

/** Whether the tables are there. Throws where a newer mcd made them. */
export async function areTablesThere(sql: Sql, place: PostgresPlace, where: string): Promise<boolean> {
  const format = await orEmpty(0, async () => {
    const [row] = await sql<{format: number | null}[]>`
      SELECT max(format) AS format FROM ${inSchema(sql, place, 'mcd_format')}`
    return row?.format ?? 0
  })
  if (format > FORMAT)
    throw new McdError(`The journals in ${where} were written by a newer mcd (format ${format}).`, {
      suggestions: ['Use that version, or a later one, for this fleet.'],
    })
  return format > 0
}

/**
 * Whoever comes first makes them, and nobody else needs the right to: PostgreSQL asks for it even where nothing is left to be
 * made. Two first runs at once are both right: what the other one made meanwhile is there. The format stands last.
 */
export async function createTables(sql: Sql, place: PostgresPlace): Promise<void> {
  const create = (statement: PromiseLike<unknown>) =>
    Promise.resolve(statement).catch((error: unknown) => {
      if (!CREATED_MEANWHILE.includes(codeOf(error) ?? '')) throw error
    })
  if (place.schema !== undefined) {
    const schema = place.schema.toLowerCase()
    const isThere = (await sql`SELECT 1 FROM pg_namespace WHERE nspname = ${schema}`).length > 0
    if (!isThere) await create(sql`CREATE SCHEMA IF NOT EXISTS ${sql(schema)}`)
  }
  await create(sql`
    CREATE TABLE IF NOT EXISTS ${inSchema(sql, place, 'mcd_events')} (
      journal text NOT NULL, sequence bigint NOT NULL, at_ms bigint NOT NULL, run text NOT NULL, event text NOT NULL,
      writer uuid NOT NULL, PRIMARY KEY (journal, sequence))`)
  await create(sql`
    CREATE TABLE IF NOT EXISTS ${inSchema(sql, place, 'mcd_snapshots')} (
      journal text NOT NULL, fold integer NOT NULL, sequence bigint NOT NULL, state text NOT NULL,
      PRIMARY KEY (journal, fold))`)
  const format = inSchema(sql, place, 'mcd_format')
  await create(sql`CREATE TABLE IF NOT EXISTS ${format} (format integer PRIMARY KEY)`)
  await sql`INSERT INTO ${format} VALUES (${FORMAT}) ON CONFLICT DO NOTHING`
}

/** Where nothing was ever written there is no table to read from. */
export const orEmpty = <T>(empty: T, work: () => Promise<T>): Promise<T> =>
  work().catch((error: unknown) => {
    if (codeOf(error) === UNDEFINED_TABLE) return empty
    throw error
  })
