import type {DnsAnswer, DnsRecord} from '../dns-answer.ts'
import {AUTOMATIC_TTL, AUTOMATIC_TTL_SECONDS, type CloudflareRecord} from './record.ts'
import {txtStrings} from './txt.ts'

type Published = {readonly atMs: number; readonly id: string; readonly record: CloudflareRecord | undefined}

/** The edge's own addresses, which proxied names answer with. From the documentation ranges (RFC 5737, RFC 3849). */
const EDGE = {A: ['203.0.113.1', '203.0.113.2'], AAAA: ['2001:db8::1', '2001:db8::2']}
const NS_TTL_SECONDS = 86_400
const SOA_TTL_SECONDS = 1_800
const CNAME_CHAIN_MAX = 8

/** One zone as its name servers serve it: every change appears a while after it was accepted, each record by itself. */
export class ServedZone {
  readonly #name: string
  readonly #nameServers: readonly string[]
  readonly #records = new Map<string, CloudflareRecord>()
  /** Not yet served, in order of acceptance. */
  #pending: Published[] = []
  #serial = 1
  #turn = 0

  constructor(name: string, nameServers: readonly string[]) {
    this.#name = name
    this.#nameServers = nameServers
  }

  publish(changes: ReadonlyMap<string, CloudflareRecord | undefined>, atMs: number): void {
    for (const [id, record] of changes) this.#pending.push({atMs, id, record})
  }

  /** The answer at this moment. Every query shifts the order of the values by one. */
  answer(name: string, type: string, nowMs: number): DnsAnswer {
    this.#serve(nowMs)
    this.#turn++
    const answers = this.#follow(name, type)
    if (answers.length > 0) return {rcode: 'NOERROR', answers, authorities: []}
    return {rcode: this.#exists(name) ? 'NOERROR' : 'NXDOMAIN', answers: [], authorities: [this.#soa()]}
  }

  #serve(nowMs: number): void {
    const due = this.#pending.filter(({atMs}) => atMs <= nowMs)
    if (due.length === 0) return
    for (const {id, record} of due) {
      if (record) this.#records.set(id, record)
      else this.#records.delete(id)
    }
    this.#serial++
    this.#pending = this.#pending.filter(({atMs}) => atMs > nowMs)
  }

  /** The records asked for, through CNAMEs as far as they stay in this zone. */
  #follow(name: string, type: string): DnsRecord[] {
    const chain: DnsRecord[] = []
    for (let owner = name; chain.length < CNAME_CHAIN_MAX; ) {
      const found = this.#at(owner)
      const wanted = found.filter(record => type === 'ANY' || record.type === type)
      const alias = found.find(record => record.type === 'CNAME')
      if (wanted.length > 0 || !alias) return [...chain, ...rotated(wanted, this.#turn)]
      chain.push(alias)
      owner = String(alias.data)
      if (!this.#holds(owner)) break
    }
    return chain
  }

  /** Everything at one name, from the wildcard nearest above it where the name itself is not there (RFC 4592). */
  #at(name: string): DnsRecord[] {
    const own = name === this.#name ? this.#apex() : []
    const source = this.#exists(name) ? name : this.#wildcard(name)
    const stored = [...this.#records.values()].filter(record => record.name === source)
    const proxied = stored.some(record => record.proxied)
    const addresses = (['A', 'AAAA'] as const).flatMap(type =>
      EDGE[type].map(data => ({name, ttlSeconds: AUTOMATIC_TTL_SECONDS, type, data})),
    )
    // One proxied record makes the whole name proxied.
    const behindEdge = (record: CloudflareRecord) => proxied && ['A', 'AAAA', 'CNAME'].includes(record.type)
    const shown = stored.filter(record => !behindEdge(record)).map(record => toDns(record, name))
    return [...own, ...shown, ...(proxied ? addresses : [])]
  }

  #wildcard(name: string): string | undefined {
    for (let above = parent(name); this.#holds(above); above = parent(above)) {
      if (this.#has(`*.${above}`)) return `*.${above}`
      if (this.#exists(above)) return undefined
    }
    return undefined
  }

  #has(name: string): boolean {
    return [...this.#records.values()].some(record => record.name === name)
  }

  /** Also names that hold nothing themselves but have names below them. */
  #exists(name: string): boolean {
    return (
      name === this.#name ||
      [...this.#records.values()].some(record => record.name === name || record.name.endsWith(`.${name}`))
    )
  }

  #holds(name: string): boolean {
    return name === this.#name || name.endsWith(`.${this.#name}`)
  }

  #apex(): DnsRecord[] {
    const servers = this.#nameServers.map(data => ({
      name: this.#name,
      ttlSeconds: NS_TTL_SECONDS,
      type: 'NS' as const,
      data,
    }))
    return [this.#soa(), ...servers]
  }

  #soa(): DnsRecord {
    const [mname = this.#name] = this.#nameServers
    return {
      name: this.#name,
      ttlSeconds: SOA_TTL_SECONDS,
      type: 'SOA',
      data: {
        mname,
        rname: 'dns.cloudflare.test',
        serial: this.#serial,
        refresh: 10_000,
        retry: 2_400,
        expire: 604_800,
        minimum: SOA_TTL_SECONDS,
      },
    }
  }
}

function toDns({type, content, data, priority = 0, ttl}: CloudflareRecord, name: string): DnsRecord {
  const base = {name, ttlSeconds: ttl === AUTOMATIC_TTL ? AUTOMATIC_TTL_SECONDS : ttl}
  switch (type) {
    case 'TXT':
      return {...base, type, data: txtStrings(content) ?? []}
    case 'MX':
      return {...base, type, data: {preference: priority, exchange: content}}
    case 'SRV':
      return {
        ...base,
        type,
        data: {
          priority: Number(data?.priority),
          weight: Number(data?.weight),
          port: Number(data?.port),
          target: String(data?.target),
        },
      }
    case 'CAA':
      return {
        ...base,
        type,
        data: {flags: Number(data?.flags), tag: String(data?.tag), value: String(data?.value)},
      }
    default:
      return {...base, type, data: content}
  }
}

function rotated<T>(items: readonly T[], turn: number): T[] {
  const start = items.length === 0 ? 0 : turn % items.length
  return [...items.slice(start), ...items.slice(0, start)]
}

const parent = (name: string) => name.slice(name.indexOf('.') + 1)
