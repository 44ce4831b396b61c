import {randomUUID} from 'node:crypto'
import type {Sql} from 'postgres'
import {McdError} from '../errors.ts'
import type {Runtime} from '../runtime.ts'
import type {StoredEvent} from './events.ts'
import {type Journal, LostAppendError, type NewEvent, type Snapshot} from './journal.ts'
import {locationText, type PostgresPlace} from './location.ts'
import {codeOf, postgresServer} from './postgres-server.ts'
import {areTablesThere, createTables, inSchema, orEmpty, UNIQUE_VIOLATION} from './postgres-tables.ts'
import {aheadOf} from './shared-clock.ts'

export type PostgresOptions = {readonly runtime: Runtime; readonly readOnly?: boolean}

type Row = {sequence: string; at_ms: string; run: string; event: string}

/**
 * The journals of many fleets in one PostgreSQL database: events under (journal, sequence), which is the primary key, so that
 * of two who append at once one violates it. `name` tells the fleets apart. An append returned is one that is committed.
 */
export async function postgresJournal(
  place: PostgresPlace,
  name: string,
  {runtime, readOnly = false}: PostgresOptions,
): Promise<Journal> {
  const where = locationText(place)
  const server = postgresServer(place, runtime)
  const refuse = () => Promise.reject(new McdError(`The journal in ${where} was opened to read only.`))
  const at = (sql: Sql): Stored => ({
    sql,
    name,
    events: inSchema(sql, place, 'mcd_events'),
    snapshots: inSchema(sql, place, 'mcd_snapshots'),
  })

  let clockAheadMs = 0
  try {
    await server.ask('open', async sql => {
      const areThere = await areTablesThere(sql, place, where)
      // Once it is connected: that takes longer than the question.
      const askedAtMs = runtime.now()
      const theirsMs = await clockOf(sql)
      clockAheadMs = aheadOf({askedAtMs, answeredAtMs: runtime.now(), theirsMs})
      if (!areThere && !readOnly) await createTables(sql, place)
    })
  } catch (error) {
    await server.close()
    throw error
  }
  return {
    clockAheadMs,
    read: (after = 0) => server.ask('read', sql => orEmpty([], () => readEvents(at(sql), after))),
    append: readOnly
      ? refuse
      : (expectedSequence, events) => {
          const writer = randomUUID()
          return server.ask('append', sql => append(at(sql), expectedSequence, events, writer))
        },
    loadSnapshot: fold => server.ask('read', sql => orEmpty(undefined, () => readSnapshot(at(sql), fold))),
    saveSnapshot: readOnly ? refuse : snapshot => server.ask('save', sql => saveSnapshot(at(sql), snapshot)),
    close: server.close,
  }
}

/** The tables, and the journal in them. */
type Stored = {
  readonly sql: Sql
  readonly name: string
  readonly events: ReturnType<typeof inSchema>
  readonly snapshots: ReturnType<typeof inSchema>
}

/** Again with the same `writer` where the reply was lost: what it wrote is known by that. */
async function append(
  stored: Stored,
  expectedSequence: number,
  events: readonly NewEvent[],
  writer: string,
): Promise<number> {
  const after = expectedSequence + events.length
  const inserted = await insert(stored, expectedSequence, events, writer).catch((error: unknown) => {
    if (codeOf(error) === UNIQUE_VIOLATION) return 0
    throw error
  })
  if (inserted > 0) return after
  if (await isWritten(stored, expectedSequence, writer)) return after
  const next = (await lastSequence(stored)) + 1
  if (next === expectedSequence && events.length === 0) return after
  throw new LostAppendError(expectedSequence, next)
}

/** One statement, so that it needs one round trip and no transaction: all of them, and only behind the last one. */
async function insert(
  {sql, name, events: table}: Stored,
  first: number,
  events: readonly NewEvent[],
  writer: string,
): Promise<number> {
  const rows = events.map(({atMs, run, event}, index) => ({
    sequence: first + index,
    at_ms: atMs,
    run,
    event: JSON.stringify(event),
  }))
  const {count} = await sql`
    INSERT INTO ${table} (journal, sequence, at_ms, run, event, writer)
    SELECT ${name}, added.sequence, added.at_ms, added.run, added.event, ${writer}::uuid
    FROM json_to_recordset(${JSON.stringify(rows)}::text::json)
      AS added (sequence bigint, at_ms bigint, run text, event text)
    WHERE (SELECT coalesce(max(sequence), 0) FROM ${table} WHERE journal = ${name}) = ${first - 1}`
  return count
}

async function readEvents({sql, name, events}: Stored, after: number): Promise<StoredEvent[]> {
  const rows = await sql<Row[]>`
    SELECT sequence, at_ms, run, event FROM ${events}
    WHERE journal = ${name} AND sequence > ${after} ORDER BY sequence`
  return rows.map(({sequence, at_ms, run, event}) => ({
    sequence: Number(sequence),
    atMs: Number(at_ms),
    run,
    event: JSON.parse(event),
  }))
}

async function clockOf(sql: Sql): Promise<number> {
  const [row] = await sql<{ms: string}[]>`SELECT extract(epoch FROM clock_timestamp()) * 1000 AS ms`
  return Number(row?.ms)
}

async function lastSequence({sql, name, events}: Stored): Promise<number> {
  const [row] = await sql<{last: string}[]>`
    SELECT coalesce(max(sequence), 0) AS last FROM ${events} WHERE journal = ${name}`
  return Number(row?.last ?? 0)
}

async function isWritten({sql, name, events}: Stored, sequence: number, writer: string): Promise<boolean> {
  const rows = await sql`
    SELECT 1 FROM ${events} WHERE journal = ${name} AND sequence = ${sequence} AND writer = ${writer}`
  return rows.length > 0
}

async function readSnapshot({sql, name, snapshots}: Stored, fold: number): Promise<Snapshot | undefined> {
  const [row] = await sql<{sequence: string; state: string}[]>`
    SELECT sequence, state FROM ${snapshots} WHERE journal = ${name} AND fold = ${fold}`
  return row && {fold, sequence: Number(row.sequence), state: row.state}
}

async function saveSnapshot(
  {sql, name, snapshots}: Stored,
  {fold, sequence, state}: Snapshot,
): Promise<void> {
  await sql`
    INSERT INTO ${snapshots} AS kept (journal, fold, sequence, state)
    VALUES (${name}, ${fold}, ${sequence}, ${state})
    ON CONFLICT (journal, fold) DO UPDATE SET sequence = excluded.sequence, state = excluded.state
    WHERE excluded.sequence > kept.sequence`
}
