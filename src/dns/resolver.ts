import {getServers} from 'node:dns'
import {UnreachableError, UsageError} from '../errors.ts'
import type {Runtime} from '../runtime.ts'
import {type DnsReply, type NameServer, NoAnswerError, query} from './query.ts'

/** Asks one question; NXDOMAIN and an empty answer are answers. Throws UnreachableError when no server gives any. */
export type Ask = (name: string, type: string) => Promise<DnsReply>

/** A datagram may be lost: all are asked once with little patience, then those that were silent with more. */
const TIMEOUTS_MS = [2_000, 5_000]

/**
 * Asks these name servers in turn, resolvers and authoritative ones alike, and takes the first answer. One that refuses or
 * fails is left for the next and not asked again.
 */
export function resolver(
  servers: readonly NameServer[],
  runtime: Pick<Runtime, 'sleep' | 'random'>,
  timeoutsMs: readonly number[] = TIMEOUTS_MS,
): Ask {
  return async (name, type) => {
    const failures = new Map<NameServer, string>()
    let silent = servers
    for (const timeoutMs of timeoutsMs) {
      const stillSilent: NameServer[] = []
      for (const server of silent) {
        try {
          const reply = await query(server, name, type, {timeoutMs, runtime, recursive: true})
          if (reply.rcode === 'NOERROR' || reply.rcode === 'NXDOMAIN') return reply
          failures.set(server, `Name server ${serverText(server)} answered ${reply.rcode} to ${type} ${name}`)
        } catch (error) {
          if (!(error instanceof NoAnswerError)) throw error
          failures.set(server, error.message)
          stillSilent.push(server)
        }
      }
      silent = stillSilent
    }
    throw new UnreachableError([...failures.values()].join('\n') || 'This system knows no name server.', {
      suggestions: ['Name another server: --server HOST:PORT.'],
    })
  }
}

/** Those of the system: /etc/resolv.conf. */
export const systemServers = (): NameServer[] => getServers().map(readServer)

/** `192.0.2.53`, `192.0.2.53:5353`, `ns.example.com`, `[2001:db8::53]:53` or `2001:db8::53`. Throws UsageError. */
export function readServer(text: string): NameServer {
  const [, bracketed, bare, host, digits] =
    /^(?:\[([^\]]+)\]|([^:]*:[^:]*:.*)|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? []
  const name = bracketed ?? bare ?? host
  const port = digits === undefined ? 53 : Number(digits)
  if (name === undefined || port < 1 || port > 65_535)
    throw new UsageError(`"${text}" is no name server.`, {
      suggestions: ['Give HOST, HOST:PORT or [ADDRESS]:PORT, as in --server 192.0.2.53:53.'],
    })
  return {host: name, port}
}

/** `192.0.2.53:53`, `[2001:db8::53]:53` */
export const serverText = ({host, port = 53}: NameServer): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
