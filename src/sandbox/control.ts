import {McdError, UsageError} from '../errors.ts'
import {readRecord, type SandboxRecord, sandboxPaths} from './folder.ts'

const ANSWER_DEADLINE_MS = 5_000

/** Throws McdError where the sandbox of this folder has ended. */
export function recordOf(folder: string): SandboxRecord {
  const record = readRecord(sandboxPaths(folder))
  if (!record) throw new McdError('The sandbox has ended.', {suggestions: ['Run "mcd sandbox start".']})
  return record
}

/** Asks the control port of a running sandbox. Throws UsageError for what it cannot make sense of. */
export const get = (record: SandboxRecord, path: string): Promise<unknown> => ask(record, 'GET', path)
export const post = (record: SandboxRecord, path: string, body?: object): Promise<unknown> =>
  ask(record, 'POST', path, body)

async function ask(
  {ports, id}: SandboxRecord,
  method: string,
  path: string,
  body?: object,
): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${ports.control}${path}`, {
    method,
    ...(body && {body: JSON.stringify(body)}),
    // A connection kept from before may have died while this process was busy elsewhere.
    headers: {'x-mcd-sandbox': id, connection: 'close'},
    signal: AbortSignal.timeout(ANSWER_DEADLINE_MS),
  })
  if (response.status === 422) {
    const {message, suggestions} = (await response.json()) as UsageError
    throw new UsageError(message, {suggestions})
  }
  if (!response.ok)
    throw new McdError(`The sandbox answered ${path} with HTTP ${response.status}: ${await response.text()}`)
  return response.json()
}
