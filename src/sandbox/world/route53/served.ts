import type {DnsAnswer, DnsRecord} from '../dns-answer.ts'
import {plainName} from './names.ts'
import type {ZoneSets} from './record-set.ts'
import {type RecordSet, routingOf} from './record-set.ts'
import {readValue} from './values.ts'

/** A multivalue answer holds up to eight members. */
const MULTIVALUE_ANSWERS = 8
/** CNAME and alias chains longer than this are cut off. */
const CHAIN_LIMIT = 8

type Pending = {readonly atMs: number; readonly sets: ZoneSets}

/** What the name servers of one zone answer: the zone as it was when the last change reached all of them. */
export class Served {
  readonly #zone: string
  #sets: ZoneSets
  #pending: Pending[] = []
  #rotation = 0

  constructor(zone: string, sets: ZoneSets) {
    this.#zone = zone
    this.#sets = sets
  }

  /** From `atMs` on the servers answer from these sets. Returns when that really is: no change overtakes an earlier one. */
  publish(sets: ZoneSets, atMs: number): number {
    const servedAtMs = Math.max(atMs, this.#pending.at(-1)?.atMs ?? atMs)
    this.#pending.push({atMs: servedAtMs, sets})
    return servedAtMs
  }

  /** `name` in stored form, within the zone. `type` of the query, `ANY` included. */
  answer(name: string, type: string, nowMs: number, random: () => number): DnsAnswer {
    this.#catchUp(nowMs)
    const answers: DnsRecord[] = []
    let asked = name
    for (let link = 0; link < CHAIN_LIMIT; link++) {
      const here = this.#at(asked)
      if (!here)
        return {rcode: answers.length > 0 ? 'NOERROR' : 'NXDOMAIN', answers, authorities: this.#soa()}
      const matching = here.filter(set => set.type === type || type === 'ANY')
      if (matching.length > 0) {
        answers.push(...this.#records(asked, matching, random))
        break
      }
      const cname = this.#records(
        asked,
        here.filter(set => set.type === 'CNAME'),
        random,
      )
      answers.push(...cname)
      const [first] = cname
      if (first?.type !== 'CNAME') break
      asked = `${first.data.toLowerCase()}.`
      // A name outside the zone is the resolver's to follow.
      if (asked !== this.#zone && !asked.endsWith(`.${this.#zone}`)) break
    }
    return {rcode: 'NOERROR', answers, authorities: answers.length > 0 ? [] : this.#soa()}
  }

  #catchUp(nowMs: number): void {
    for (;;) {
      const [next] = this.#pending
      if (!next || next.atMs > nowMs) return
      this.#sets = next.sets
      this.#pending.shift()
    }
  }

  /** The sets that speak for a name: its own, or a wildcard's. Empty for a name that only has names below it, undefined where there is none. */
  #at(name: string): readonly RecordSet[] | undefined {
    const own = this.#sets.get(name)
    if (own) return own
    const names = [...this.#sets.keys()]
    if (names.some(other => other.endsWith(`.${name}`))) return []
    const labels = name.split('.')
    for (let from = 1; from < labels.length - 1; from++) {
      const parent = labels.slice(from).join('.')
      const wildcard = this.#sets.get(`\\052.${parent}`)
      if (wildcard) return wildcard
      // The closest encloser: a wildcard above a name that exists does not speak for what is below it (RFC 4592).
      if (this.#sets.has(parent) || names.some(other => other.endsWith(`.${parent}`))) return undefined
    }
    return undefined
  }

  #records(asked: string, sets: readonly RecordSet[], random: () => number): DnsRecord[] {
    const types = [...new Set(sets.map(set => set.type))]
    return types.flatMap(type => {
      const records = chosen(
        sets.filter(set => set.type === type),
        random,
      ).flatMap(set => this.#recordsOf(asked, set, random))
      if (sets.some(set => set.multiValueAnswer) && records.length > MULTIVALUE_ANSWERS)
        return shuffled(records, random).slice(0, MULTIVALUE_ANSWERS)
      return rotated(records, this.#rotation++)
    })
  }

  #recordsOf(asked: string, set: RecordSet, random: () => number): DnsRecord[] {
    const name = plainName(asked)
    if (set.aliasTarget) {
      // Targets outside this zone (load balancers, buckets) are not part of this world and answer nothing.
      const target = this.#sets
        .get(set.aliasTarget.dnsName)
        ?.filter(other => other.type === set.type && !other.aliasTarget)
      return this.#records(set.aliasTarget.dnsName, target ?? [], random).map(record => ({...record, name}))
    }
    return set.values.flatMap(value => {
      const read = readValue(set.type, value)
      return 'data' in read ? [{name, ttlSeconds: set.ttlSeconds, ...read.data}] : []
    })
  }

  #soa(): DnsRecord[] {
    const soa = this.#sets.get(this.#zone)?.filter(set => set.type === 'SOA') ?? []
    return soa.flatMap(set => this.#recordsOf(this.#zone, set, () => 0))
  }
}

/** Which sets of one name and type speak in this answer: one by its weight, all others always. */
function chosen(sets: readonly RecordSet[], random: () => number): readonly RecordSet[] {
  const weighted = sets.filter(set => routingOf(set) === 'weighted')
  if (weighted.length === 0) return sets
  // When all weights are zero, all are chosen equally often.
  const even = weighted.every(({weight}) => weight === 0)
  const weightOf = (set: RecordSet) => (even ? 1 : (set.weight ?? 0))
  let point = random() * weighted.reduce((sum, set) => sum + weightOf(set), 0)
  const winner = weighted.find(set => {
    point -= weightOf(set)
    return point < 0
  })
  return winner ? [winner] : weighted.slice(-1)
}

function rotated<T>(items: readonly T[], by: number): T[] {
  const start = items.length > 0 ? by % items.length : 0
  return [...items.slice(start), ...items.slice(0, start)]
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map(item => ({item, at: random()}))
    .sort((a, b) => a.at - b.at)
    .map(({item}) => item)
}
