import {canonical} from '../presentation.ts'
import type {DnsReply} from '../query.ts'
import type {Ask} from '../resolver.ts'
import {browseName, serviceName} from './names.ts'
import type {Target} from './select.ts'

/** A host that an SRV value names. */
export type Host = {
  /** IPv4 first. */
  readonly addresses: readonly string[]
  /** Where it is an alias, which RFC 2782 forbids. */
  readonly alias?: string
}

/** One instance of a service as DNS has it. */
export type Instance = {
  /** `v1._http._tcp.example.com` */
  readonly name: string
  readonly targets: readonly Target[]
  /** The strings of each TXT record; there should be one record. */
  readonly txt: readonly (readonly string[])[]
  /** The hosts of `targets`, by name. */
  readonly hosts: ReadonlyMap<string, Host>
  /** Sizes of the answers that a client needs. */
  readonly answers: readonly Answer[]
}

/** How large an answer is. */
export type Answer = {readonly question: string; readonly bytes: number}

/** "The service is decidedly not available at this domain" (RFC 2782). */
export const NOWHERE = '.'
/** A chain of aliases that is longer leads in a circle, or nobody follows it. */
const ALIASES_MAX = 8
/** A set may have hundreds of hosts, and each is two questions. */
const HOSTS_AT_ONCE = 16

/** What a PTR set lists: instances of `_http._tcp`, or services. Sorted, names as they are written there. */
export async function listed(ask: Ask, name: string): Promise<{names: string[]; answer: Answer}> {
  const reply = await ask(name, 'PTR')
  const byName = new Map(valuesOf(reply, 'PTR').map(value => [canonical(value), value]))
  return {
    names: [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value),
    answer: {question: `PTR ${name}`, bytes: reply.bytes ?? 0},
  }
}

/** `_http._tcp` of each service that the domain lists. Other domains' services are left out. */
export async function listServices(ask: Ask, domain: string): Promise<string[]> {
  const {names} = await listed(ask, browseName(domain))
  const end = `.${canonical(domain)}`
  return names.map(canonical).flatMap(name => (name.endsWith(end) ? [name.slice(0, -end.length)] : []))
}

export const listInstances = (ask: Ask, service: string, domain: string) =>
  listed(ask, serviceName(service, domain))

export async function lookUpInstance(ask: Ask, name: string): Promise<Instance> {
  const [srv, txt] = await Promise.all([ask(name, 'SRV'), ask(name, 'TXT')])
  const targets = valuesOf(srv, 'SRV').map(readTarget)
  const names = [...new Set(targets.map(({target}) => target))].filter(target => target !== NOWHERE)
  const hosts = new Map<string, Host>()
  for (let at = 0; at < names.length; at += HOSTS_AT_ONCE)
    await Promise.all(
      names.slice(at, at + HOSTS_AT_ONCE).map(async host => hosts.set(host, await lookUpHost(ask, host))),
    )
  return {
    name,
    targets,
    txt: txt.answers.flatMap(({type, strings}) => (type === 'TXT' && strings ? [strings] : [])),
    hosts,
    answers: [
      {question: `SRV ${name}`, bytes: srv.bytes ?? 0},
      {question: `TXT ${name}`, bytes: txt.bytes ?? 0},
    ],
  }
}

async function lookUpHost(ask: Ask, name: string): Promise<Host> {
  const [a, aaaa] = await Promise.all([follow(ask, name, 'A'), follow(ask, name, 'AAAA')])
  const alias = a.alias ?? aaaa.alias
  return {
    addresses: [...new Set([...a.addresses, ...aaaa.addresses])],
    ...(alias !== undefined && {alias}),
  }
}

/**
 * The addresses of one type, behind aliases if need be: a resolver gives the whole chain, an authoritative server only the
 * part that it holds. `alias` is where the name itself leads.
 */
async function follow(
  ask: Ask,
  name: string,
  type: 'A' | 'AAAA',
): Promise<{addresses: string[]; alias?: string}> {
  let alias: string | undefined
  for (let at = name, hops = 0; hops < ALIASES_MAX; hops++) {
    const reply = await ask(at, type)
    const addresses = valuesOf(reply, type)
    const chain = valuesOf(reply, 'CNAME')
    const next = chain.at(-1)
    alias ??= chain[0]
    if (addresses.length > 0 || next === undefined) return {addresses, ...(alias !== undefined && {alias})}
    at = next
  }
  return {addresses: [], ...(alias !== undefined && {alias})}
}

const valuesOf = ({answers}: DnsReply, type: string): string[] =>
  answers.flatMap(answer => (answer.type === type ? [answer.value] : []))

function readTarget(value: string): Target {
  const [priority = '', weight = '', port = '', ...target] = value.split(' ')
  return {
    priority: Number(priority),
    weight: Number(weight),
    port: Number(port),
    target: target.join(' '),
  }
}
