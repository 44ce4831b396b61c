import type {Sql} from 'postgres'
import {AuthError, McdError, TransientError} from '../errors.ts'
import {createCaller} from '../providers/call.ts'
import {isConnectionFailure, neverConnected} from '../providers/connection.ts'
import type {Runtime} from '../runtime.ts'
import {locationText, type PostgresPlace} from './location.ts'

/**
 * PostgreSQL over one connection at a time. `ask` gives a piece of work the connection; what is in it may be done twice, since
 * it is done again on a new connection where one was lost or gave no answer. Throws UnreachableError when that does not help.
 */
export type PostgresServer = {
  ask<T>(name: string, work: (sql: Sql) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** A journal is small statements: one that takes longer than this hangs. */
const TIMEOUT_MS = 10_000
/** Within the same, so that it is told what was not reached. */
const CONNECT_TIMEOUT_SECONDS = 8
const CLOSE_TIMEOUT_SECONDS = 2
const DEFAULT_PORT = 5432

export function postgresServer(place: PostgresPlace, runtime: Runtime): PostgresServer {
  const where = locationText(place)
  const call = createCaller(runtime, 'PostgreSQL')
  let connection: Promise<Sql> | undefined
  return {
    ask: (name, work) =>
      call({name, timeoutMs: TIMEOUT_MS}, async signal => {
        connection ??= connect(place)
        const own = connection
        const leave = async () => {
          if (connection === own) connection = undefined
          await (await own).end({timeout: 0})
        }
        signal.addEventListener('abort', () => void leave().catch(() => {}), {once: true})
        try {
          return await work(await own)
        } catch (thrown) {
          const error = explain(where, thrown)
          // The next attempt begins with a connection of its own, whatever state this one is in.
          if (error instanceof TransientError) await leave().catch(() => {})
          throw error
        }
      }),
    close: async () => (await connection)?.end({timeout: CLOSE_TIMEOUT_SECONDS}),
  }
}

/** Imported here: most fleets keep their state beside the fleet file. */
async function connect({host, port, database, user, password, sslmode}: PostgresPlace): Promise<Sql> {
  const {default: postgres} = await import('postgres')
  return postgres({
    ...addressOf(host, port),
    database,
    ...(user === undefined ? {} : {user}),
    ...(password === undefined ? {} : {password: password.reveal()}),
    ssl: sslmode === 'disable' ? false : sslmode,
    // One run is one writer. A pooler in between may hand each statement to another connection, and refuses settings at the start.
    max: 1,
    prepare: false,
    fetch_types: false,
    connection: {application_name: 'mcd'},
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    // Retries and their pacing are mcd's own, in providers/call.ts.
    backoff: () => 0,
    onnotice: () => {},
  })
}

/** As lists of one, which its types do not tell of: a text it would split at its colons, of which an address of IPv6 has some. */
const addressOf = (host: string, port = Number(process.env.PGPORT ?? DEFAULT_PORT)) =>
  ({host: [host], port: [port]}) as unknown as {host: string; port: number}

export const codeOf = (error: unknown): string | undefined => (error as {code?: string} | undefined)?.code

const REFUSED_LOGIN = ['28000', '28P01', '3D000']
const INSUFFICIENT_PRIVILEGE = '42501'
const READ_ONLY_TRANSACTION = '25006'
/** Ended by an administrator, crashed, starting up; no connection left: a server that was started again, or is full for a moment. */
const AWAY = ['57P01', '57P02', '57P03', '53300']
/** Serialization failure and deadlock: two met, and one of them was undone. */
const UNDONE = ['40001', '40P01']
/** SQLSTATE class 08 is Connection Exception; CONNECTION_… and CONNECT_TIMEOUT are the postgres package's own. */
const LOST = /^(08|CONNECTION_|CONNECT_TIMEOUT$)/

/** Node's and OpenSSL's words for a certificate that is not as "verify-full" asks for. */
const UNTRUSTED = /CERT|^UNABLE_TO_|^ERR_TLS_/

/** What a failed statement means for mcd. Source of the codes: PostgreSQL documentation, "Appendix A. PostgreSQL Error Codes". */
function explain(where: string, error: unknown): McdError {
  if (error instanceof McdError) return error
  const code = codeOf(error) ?? ''
  const message = error instanceof Error ? error.message : String(error)
  if (REFUSED_LOGIN.includes(code))
    return new AuthError(`PostgreSQL refused the journal in ${where}: ${message}.`, {
      cause: error,
      suggestions: ['Set PGPASSWORD, or write the password as a variable of the environment into "state".'],
    })
  if (code === INSUFFICIENT_PRIVILEGE)
    return new AuthError(`PostgreSQL refused the journal in ${where}: ${message}.`, {
      cause: error,
      suggestions: [
        'Ask for what "mcd policy" prints: GRANT CREATE, USAGE ON SCHEMA for the first run, which makes the tables; then SELECT, INSERT and UPDATE on them.',
      ],
    })
  if (code === READ_ONLY_TRANSACTION)
    return new McdError(`PostgreSQL takes no writes at ${where}: ${message}.`, {
      cause: error,
      suggestions: ['Name the primary server in "state": this one is a standby, or was set to read only.'],
    })
  if (UNDONE.includes(code))
    return new TransientError(`PostgreSQL undid a statement that met another one: ${message}.`, {
      effect: 'none',
      cause: error,
    })
  if (code === 'ECONNRESET' && /SSL|TLS/i.test(message))
    return new McdError(`PostgreSQL at ${where} speaks no TLS: ${message}.`, {cause: error})
  if (UNTRUSTED.test(code))
    return new McdError(`The certificate of PostgreSQL at ${where} is not trusted: ${message}.`, {
      cause: error,
      suggestions: [
        'Set NODE_EXTRA_CA_CERTS to the file with the certificate of the authority that signed it, or write the name that it was made out for into "state".',
      ],
    })
  if (LOST.test(code) || AWAY.includes(code) || isConnectionFailure(code))
    return new TransientError(`PostgreSQL could not be reached for the journal in ${where}: ${message}.`, {
      effect: neverConnected(code) ? 'none' : 'unknown',
      cause: error,
    })
  return new McdError(`PostgreSQL refused the journal in ${where}: ${message}.`, {cause: error})
}
