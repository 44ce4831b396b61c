import type {OutgoingHttpHeaders} from 'node:http'
import type {CountConnections} from '../../fleet/outside.ts'
import {lookLimit, type Runtime} from '../../runtime.ts'
import type {AddressMap} from '../health-probe.ts'

const TIMEOUT_MS = 5_000
/** A number and a line break: whatever is longer is another page. */
const MOST_BYTES = 1_024
/** By which a service can leave these requests out of its count. */
const USER_AGENT = 'mcd connection count'

/** Asks the service's own page, whose body is one number. */
export function countByCounter(runtime: Runtime, addressOf: AddressMap): CountConnections {
  return async ({address, service, host, by}) => {
    if (by.kind !== 'counter') throw new TypeError('The counter is asked for by its path.')
    const {port, health} = service
    const {late, end} = lookLimit(runtime, TIMEOUT_MS)
    const page = `${address}:${port}${by.path}`
    try {
      const target = await addressOf(address, port)
      const headers = {host, 'user-agent': USER_AGENT}
      const {status, body} = await get(target, by.path, headers, health.protocol === 'https', late)
      if (status !== 200)
        return {why: `HTTP ${status} from ${page}; see that the service shows its number there`}
      const text = body.trim()
      if (/^\d{1,9}$/.test(text)) return {connections: Number(text)}
      return {why: `${page} shows ${JSON.stringify(text.slice(0, 40))} where one number should stand`}
    } catch (error) {
      runtime.signal.throwIfAborted()
      if (late.aborted) return {why: `no answer from ${page} within ${TIMEOUT_MS / 1_000} s`}
      return {why: `${(error as NodeJS.ErrnoException).code ?? (error as Error).message} at ${page}`}
    } finally {
      end()
    }
  }
}

/** On a connection of its own, which ends with the answer: it must not be there at the next look. */
async function get(
  {host: hostname, port}: {host: string; port: number},
  path: string,
  headers: OutgoingHttpHeaders,
  isHttps: boolean,
  signal: AbortSignal,
): Promise<{status: number; body: string}> {
  const {request} = isHttps ? await import('node:https') : await import('node:http')
  const {promise, resolve, reject} = Promise.withResolvers<{status: number; body: string}>()
  const outgoing = request({
    ...{hostname, port, path, headers, agent: false, signal},
    // An instance is asked by its address: its certificate is for the name, if it is for anything.
    ...(isHttps && {servername: String(headers.host), rejectUnauthorized: false}),
  })
  outgoing.on('error', reject)
  outgoing.on('response', response => {
    let body = ''
    response.setEncoding('utf8')
    response.on('data', chunk => {
      body = (body + chunk).slice(0, MOST_BYTES)
    })
    response.on('end', () => resolve({status: response.statusCode ?? 0, body}))
    response.on('error', reject)
  })
  outgoing.end()
  return promise
}
