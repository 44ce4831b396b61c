import {type NameServer, query} from '../dns/query.ts'
import {serverText} from '../dns/resolver.ts'
import type {ServerAnswer} from '../fleet/outside.ts'
import type {Runtime} from '../runtime.ts'

/** Nobody waits long for a server that may not be reached from here at all: port 53 is blocked in many networks. */
const TIMEOUT_MS = 3_000

/** Asks each of these servers, all at once. Never throws but for an interrupted run: who gives no answer says nothing. */
export function askEach(
  servers: readonly NameServer[],
  name: string,
  type: string,
  {runtime, recursive = false}: {readonly runtime: Runtime; readonly recursive?: boolean},
): Promise<ServerAnswer[]> {
  return Promise.all(
    servers.map(async server => {
      const said = {server: serverText(server).replace(/:53$/, '')}
      const reply = await query(server, name, type, {timeoutMs: TIMEOUT_MS, runtime, recursive}).catch(() => {
        runtime.signal.throwIfAborted()
        return undefined
      })
      if (!reply) return said
      if (reply.rcode !== 'NOERROR' && reply.rcode !== 'NXDOMAIN') return {...said, error: reply.rcode}
      const records = reply.answers.flatMap(({type: of, value, ttlSeconds}) =>
        of === type ? [{value, ttlSeconds}] : [],
      )
      return {...said, records}
    }),
  )
}
