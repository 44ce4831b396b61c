import {execa} from 'execa'
import {query} from '../../src/dns/query.ts'
import {realRuntime} from '../../src/runtime.ts'
import type {DnsEndpoint} from '../../src/sandbox/running.ts'
import type {RunningSandbox} from './cli.ts'

/** Clients of the fleet that know nothing of mcd. */

/** What `dig +short` answers, in the order of the answer. Needs dig. */
export async function dig({host, port}: DnsEndpoint, name: string, type = 'A'): Promise<string[]> {
  const {stdout} = await execa('dig', [
    `@${host}`,
    ...['-p', String(port), '+short', '+time=3', '+tries=2', name, type],
  ])
  return stdout.split('\n').filter(line => line !== '' && !line.startsWith(';'))
}

/** The page a browser would get at this address of the name: the sandbox's map says where the address is really served. Needs curl. */
export async function curl(
  {instances}: Pick<RunningSandbox, 'instances'>,
  name: string,
  address: string,
  servicePort = 80,
): Promise<string> {
  const serving = instances.find(({publicIp}) => publicIp === address)?.serving
  if (!serving) throw new Error(`nothing serves at ${address}`)
  const {stdout} = await execa('curl', [
    ...['--silent', '--show-error', '--fail', '--max-time', '5'],
    ...['--connect-to', `${name}:${servicePort}:${serving.host}:${serving.port}`],
    `http://${name}:${servicePort}/`,
  ])
  return stdout
}

/** A resolver as every client has one: it remembers an answer for exactly as long as its TTL allows, and picks from it at random. */
export function ttlResolver(server: DnsEndpoint, name: string): {address(): Promise<string | undefined>} {
  let known: {addresses: string[]; staleAtMs: number} = {addresses: [], staleAtMs: 0}
  return {
    async address() {
      if (Date.now() >= known.staleAtMs) {
        const {answers} = await query(server, name, 'A', {timeoutMs: 3_000, runtime: realRuntime()})
        const addresses = answers.filter(({type}) => type === 'A')
        known = {
          addresses: addresses.map(({value}) => value),
          staleAtMs: Date.now() + 1_000 * Math.min(...addresses.map(({ttlSeconds}) => ttlSeconds)),
        }
      }
      return known.addresses[Math.floor(Math.random() * known.addresses.length)]
    },
  }
}
