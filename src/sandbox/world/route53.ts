import {Bucket} from './bucket.ts'
import type {Principal} from './calls.ts'
import type {Core} from './core.ts'
import {SANDBOX} from './credentials.ts'
import type {DnsAnswer} from './dns-answer.ts'
import {applyBatch, ZONE_MAX_SETS} from './route53/change-batch.ts'
import {type ChangeInput, readChanges} from './route53/change-input.ts'
import {
  listSets,
  listZones,
  listZonesByName,
  type RecordSetPage,
  type RecordSetQuery,
  type ZonePage,
} from './route53/listing.ts'
import {askedName, isWithin, storedName} from './route53/names.ts'
import {Policies, type Route53Action} from './route53/policy.ts'
import {
  hostedZoneAlreadyExists,
  hostedZoneNotPrivate,
  invalidDomainName,
  invalidInput,
  noSuchChange,
  noSuchHostedZone,
  priorRequestNotComplete,
  throttled,
} from './route53/refusals.ts'
import {createZone, type HostedZone, resourceId, setCount, type ZoneOptions} from './route53/zone.ts'

export type ChangeInfo = {
  /** `C…`, without `/change/`. */
  readonly id: string
  readonly status: 'PENDING' | 'INSYNC'
  readonly submittedAtMs: number
}

type Accepted = {readonly submittedAtMs: number; readonly servedAtMs: number}
type Effect = (text: string) => void

/** All Route53 calls of an account together. Source: Route 53 Developer Guide, "Quotas". */
const REQUESTS_PER_SECOND = 5
/** Source: as above. */
const VPCS_PER_PRIVATE_ZONE = 300

/** Route53 as a strict model: hosted zones, record sets with their routing, and name servers that serve a change a little later. */
export class Route53World {
  /** Who may do what; tests take permissions away here. */
  readonly policies = new Policies()
  readonly #core: Core
  readonly #bucket: Bucket
  readonly #zones: HostedZone[] = []
  readonly #changes = new Map<string, Accepted>()
  readonly #busy = new Map<string, number>()

  constructor(core: Core) {
    this.#core = core
    this.#bucket = new Bucket(core.clock, REQUESTS_PER_SECOND, REQUESTS_PER_SECOND)
    this.addZone(SANDBOX.zone)
  }

  // Setting the scene

  addZone(name: string, options: ZoneOptions = {}): HostedZone {
    const stored = storedName(name)
    if ('problem' in stored) throw invalidDomainName(name)
    const zone = createZone(stored.name, options)
    this.#zones.push(zone)
    return zone
  }

  /** The first of this name; undefined when there is none. */
  zone(name: string): HostedZone | undefined {
    return this.#zones.find(zone => zone.name === `${name}.`)
  }

  /** The next `times` changes of this zone find an earlier request still being processed. */
  rejectNextChanges(zoneId: string, times: number): void {
    this.#busy.set(zoneId, times)
  }

  // The API

  listHostedZones(principal: Principal, query: {marker?: string; maxItems?: string}): ZonePage {
    return this.#enter(principal, 'ListHostedZones', '*', () => listZones(this.#zones, query))
  }

  listHostedZonesByName(
    principal: Principal,
    query: {dnsName?: string; hostedZoneId?: string; maxItems?: string},
  ): ZonePage {
    return this.#enter(principal, 'ListHostedZonesByName', '*', () => listZonesByName(this.#zones, query))
  }

  getHostedZone(principal: Principal, id: string): HostedZone {
    return this.#inZone(principal, 'GetHostedZone', id, zone => zone)
  }

  /** Calling again with one `callerReference` is refused. */
  createHostedZone(
    principal: Principal,
    {name, ...options}: ZoneOptions & {name: string; callerReference: string},
  ): {zone: HostedZone; change: ChangeInfo} {
    return this.#enter(principal, 'CreateHostedZone', '*', effect => {
      if (this.#zones.some(({callerReference}) => callerReference === options.callerReference))
        throw hostedZoneAlreadyExists()
      const zone = this.addZone(name, options)
      effect(`create zone ${name} ${zone.id}`)
      return {zone, change: this.#accept(zone)}
    })
  }

  listRecordSets(principal: Principal, zoneId: string, query: RecordSetQuery): RecordSetPage {
    return this.#inZone(principal, 'ListResourceRecordSets', zoneId, zone => listSets(zone, query))
  }

  /** All or nothing. */
  changeRecordSets(principal: Principal, zoneId: string, changes: readonly ChangeInput[]): ChangeInfo {
    return this.#inZone(principal, 'ChangeResourceRecordSets', zoneId, (zone, effect) => {
      const read = readChanges(changes)
      const busy = this.#busy.get(zoneId) ?? 0
      if (busy > 0) {
        this.#busy.set(zoneId, busy - 1)
        throw priorRequestNotComplete()
      }
      const {sets, effects} = applyBatch(zone, read)
      zone.sets = sets
      for (const text of effects) effect(text)
      return this.#accept(zone)
    })
  }

  getChange(principal: Principal, id: string): ChangeInfo {
    return this.#enter(principal, 'GetChange', `change/${id}`, () => {
      const accepted = this.#changes.get(id)
      if (!accepted) throw noSuchChange(id)
      return this.#info(id, accepted)
    })
  }

  /** How much of a limit is used up. */
  hostedZoneLimit(principal: Principal, zoneId: string, type: string): {count: number; limit: number} {
    return this.#inZone(principal, 'GetHostedZoneLimit', zoneId, zone => {
      if (type === 'MAX_RRSETS_BY_ZONE') return {count: setCount(zone.sets), limit: ZONE_MAX_SETS}
      if (type !== 'MAX_VPCS_ASSOCIATED_BY_ZONE')
        throw invalidInput(
          `1 validation error detected: Value '${type}' at 'type' failed to satisfy constraint: Member must satisfy enum value set: [MAX_RRSETS_BY_ZONE, MAX_VPCS_ASSOCIATED_BY_ZONE]`,
        )
      if (!zone.privateZone) throw hostedZoneNotPrivate()
      return {count: 1, limit: VPCS_PER_PRIVATE_ZONE}
    })
  }

  // The name servers

  /** What the name servers answer now. `type` as in a query: `A`, `ANY`. */
  answer(name: string, type: string): DnsAnswer {
    const stored = storedName(askedName(name))
    if ('problem' in stored) return {rcode: 'REFUSED', answers: [], authorities: []}
    const [zone] = this.#zones
      .filter(zone => !zone.privateZone && isWithin(stored.name, zone.name))
      .sort((a, b) => b.name.length - a.name.length)
    if (!zone) return {rcode: 'REFUSED', answers: [], authorities: []}
    return zone.served.answer(stored.name, type, this.#core.clock.now(), this.#core.random)
  }

  #enter<T>(principal: Principal, action: Route53Action, resource: string, serve: (effect: Effect) => T): T {
    return this.#core.calls.run({service: 'route53', action, principal}, effect => {
      if (!this.#bucket.take()) throw throttled()
      this.policies.check(principal, action, resource)
      return serve(effect)
    })
  }

  #inZone<T>(
    principal: Principal,
    action: Route53Action,
    id: string,
    serve: (zone: HostedZone, effect: Effect) => T,
  ): T {
    return this.#enter(principal, action, `hostedzone/${id}`, effect => {
      const zone = this.#zones.find(zone => zone.id === id)
      if (!zone) throw noSuchHostedZone(id)
      return serve(zone, effect)
    })
  }

  #accept(zone: HostedZone): ChangeInfo {
    const submittedAtMs = this.#core.clock.now()
    const servedAtMs = zone.served.publish(
      zone.sets,
      submittedAtMs + this.#core.calls.plan.late(this.#core.delays.dnsServedMs),
    )
    const id = resourceId('C', `${zone.id} ${this.#changes.size}`)
    const accepted = {submittedAtMs, servedAtMs}
    this.#changes.set(id, accepted)
    return this.#info(id, accepted)
  }

  #info(id: string, {submittedAtMs, servedAtMs}: Accepted): ChangeInfo {
    return {id, submittedAtMs, status: this.#core.clock.now() >= servedAtMs ? 'INSYNC' : 'PENDING'}
  }
}
