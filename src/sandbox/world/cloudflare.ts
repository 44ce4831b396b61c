import type {CloudflareAction} from './cloudflare/actions.ts'
import {type Batch, Draft} from './cloudflare/draft.ts'
import type {Page} from './cloudflare/paging.ts'
import {RATE_LIMIT, RateWindow} from './cloudflare/rate-window.ts'
import type {CloudflareRecord} from './cloudflare/record.ts'
import {queryRecords} from './cloudflare/record-query.ts'
import {hiddenZone, invalidToken, missingRecord, notAuthorized, throttled} from './cloudflare/refusals.ts'
import {type ApiToken, checkPermission, checkUsable, type Permission, sees} from './cloudflare/tokens.ts'
import {type CloudflareZone, createZone, hex32, queryZones, type ZoneOptions} from './cloudflare/zone.ts'
import type {Core} from './core.ts'
import {SANDBOX} from './credentials.ts'
import type {DnsAnswer} from './dns-answer.ts'

/** Who sends a request: the bearer token, and the address it comes from where there is a network. */
export type CloudflareSession = {readonly token: string; readonly address?: string}

type Effect = (text: string) => void

/** CloudFlare's DNS as a strict model: zones, records, tokens, limits, and an edge that serves changes a little later. */
export class CloudflareWorld {
  readonly #core: Core
  readonly #zones = new Map<string, CloudflareZone>()
  readonly #tokens = new Map<string, ApiToken>()
  readonly #windows = new Map<string, RateWindow>()

  constructor(core: Core) {
    this.#core = core
    const {id} = this.addZone(SANDBOX.zone)
    const {operatorToken, instancesToken} = SANDBOX.cloudflare
    this.addToken({
      value: operatorToken,
      principal: 'operator',
      permissions: ['zone-read', 'dns-write'],
      zones: 'all',
    })
    // The least an instance needs: its zone's records. It is told the zone's id.
    this.addToken({value: instancesToken, principal: 'instances', permissions: ['dns-write'], zones: [id]})
  }

  // Setting the scene

  addZone(name: string, options: ZoneOptions = {}): CloudflareZone {
    const zone = createZone(name, this.#core.clock.now(), options)
    this.#zones.set(zone.id, zone)
    return zone
  }

  /** By name; undefined when there is none. */
  zone(name: string): CloudflareZone | undefined {
    return [...this.#zones.values()].find(zone => zone.name === name)
  }

  addToken(
    token: Pick<ApiToken, 'value' | 'principal' | 'permissions' | 'zones'> & Partial<ApiToken>,
  ): ApiToken {
    const whole: ApiToken = {
      id: hex32(`token:${token.value}`),
      owner: 'sandbox',
      kind: 'user',
      status: 'active',
      ...token,
    }
    this.#tokens.set(whole.value, whole)
    return whole
  }

  revokeToken(value: string): void {
    const token = this.#tokens.get(value)
    if (token) token.status = 'disabled'
  }

  /** What the owner of this token has left of the rate limit; undefined for an unknown token. */
  rateOf(value: string): {limit: number; remaining: number; resetSeconds: number} | undefined {
    const token = this.#tokens.get(value)
    if (!token) return undefined
    const {remaining, resetSeconds} = this.#window(token)
    return {limit: RATE_LIMIT, remaining, resetSeconds: Math.max(0, resetSeconds)}
  }

  // The API

  listZones(session: CloudflareSession, params: URLSearchParams): Page<CloudflareZone> {
    return this.#enter(session, 'GET /zones', token => {
      const visible = [...this.#zones.values()].filter(
        ({id}) => token.permissions.includes('zone-read') && sees(token, id),
      )
      return queryZones(visible, params)
    })
  }

  getZone(session: CloudflareSession, zoneId: string): CloudflareZone {
    return this.#enter(session, 'GET /zones/:id', token => {
      const zone = this.#zones.get(zoneId)
      if (!zone || !sees(token, zoneId) || !token.permissions.includes('zone-read')) throw hiddenZone()
      return zone
    })
  }

  listRecords(session: CloudflareSession, zoneId: string, params: URLSearchParams): Page<CloudflareRecord> {
    return this.#inZone(session, 'GET /zones/:id/dns_records', 'dns-read', zoneId, zone =>
      queryRecords([...zone.records.values()], params, zone.plan),
    )
  }

  /** How full the zone is. */
  usage(session: CloudflareSession, zoneId: string): {records: number; quota: number} {
    return this.#inZone(session, 'GET /zones/:id/dns_records/usage', 'dns-read', zoneId, zone => ({
      records: zone.records.size,
      quota: zone.plan.records,
    }))
  }

  getRecord(session: CloudflareSession, zoneId: string, id: string): CloudflareRecord {
    return this.#inZone(session, 'GET /zones/:id/dns_records/:id', 'dns-read', zoneId, zone => {
      const record = zone.records.get(id)
      if (!record) throw missingRecord()
      return record
    })
  }

  createRecord(session: CloudflareSession, zoneId: string, input: unknown): CloudflareRecord {
    return this.#write(session, 'POST /zones/:id/dns_records', zoneId, draft => draft.create(input))
  }

  patchRecord(session: CloudflareSession, zoneId: string, id: string, input: unknown): CloudflareRecord {
    return this.#write(session, 'PATCH /zones/:id/dns_records/:id', zoneId, draft => draft.patch(id, input))
  }

  putRecord(session: CloudflareSession, zoneId: string, id: string, input: unknown): CloudflareRecord {
    return this.#write(session, 'PUT /zones/:id/dns_records/:id', zoneId, draft => draft.put(id, input))
  }

  deleteRecord(session: CloudflareSession, zoneId: string, id: string): CloudflareRecord {
    return this.#write(session, 'DELETE /zones/:id/dns_records/:id', zoneId, draft => draft.delete(id))
  }

  /** All or nothing. */
  batchRecords(session: CloudflareSession, zoneId: string, body: unknown): Batch {
    return this.#write(session, 'POST /zones/:id/dns_records/batch', zoneId, draft => draft.batch(body))
  }

  /** For user tokens; account-owned ones are unknown here, and the other way round. */
  verifyToken(session: CloudflareSession): ApiToken {
    return this.#enter(session, 'GET /user/tokens/verify', token => {
      if (token.kind !== 'user') throw invalidToken()
      return token
    })
  }

  verifyAccountToken(session: CloudflareSession, accountId: string): ApiToken {
    return this.#enter(session, 'GET /accounts/:id/tokens/verify', token => {
      const known = [...this.#zones.values()].some(({account}) => account.id === accountId)
      if (token.kind !== 'account' || !known) throw invalidToken()
      return token
    })
  }

  // The edge

  /** What the zone's name servers answer now; its values in another order from query to query. */
  answer(name: string, type: string): DnsAnswer {
    const lower = name.toLowerCase().replace(/\.$/, '')
    const zone = [...this.#zones.values()]
      .filter(({name, status}) => status === 'active' && (lower === name || lower.endsWith(`.${name}`)))
      .sort((a, b) => b.name.length - a.name.length)[0]
    return zone
      ? zone.served.answer(lower, type, this.#core.clock.now())
      : {rcode: 'REFUSED', answers: [], authorities: []}
  }

  #enter<T>(
    {token: value, address}: CloudflareSession,
    action: CloudflareAction,
    serve: (token: ApiToken, effect: Effect) => T,
  ): T {
    const token = this.#tokens.get(value)
    const principal = {name: token?.principal ?? 'unknown', ...(address && {address})}
    return this.#core.calls.run({service: 'cloudflare', action, principal}, effect => {
      if (token && !this.#window(token).take()) throw throttled(this.#window(token).resetSeconds)
      checkUsable(token, this.#core.clock.now(), address)
      return serve(token, effect)
    })
  }

  #inZone<T>(
    session: CloudflareSession,
    action: CloudflareAction,
    permission: Permission,
    zoneId: string,
    serve: (zone: CloudflareZone, effect: Effect) => T,
  ): T {
    return this.#enter(session, action, (token, effect) => {
      checkPermission(token, permission, zoneId)
      const zone = this.#zones.get(zoneId)
      if (!zone) throw notAuthorized()
      return serve(zone, effect)
    })
  }

  /** Works on a draft and commits it when nothing in it was refused. */
  #write<T>(
    session: CloudflareSession,
    action: CloudflareAction,
    zoneId: string,
    work: (draft: Draft) => T,
  ): T {
    return this.#inZone(session, action, 'dns-write', zoneId, (zone, effect) => {
      const nowMs = this.#core.clock.now()
      const draft = new Draft(zone, nowMs, () => this.#newId())
      const result = work(draft)
      zone.records = draft.records
      zone.served.publish(draft.changes, nowMs + this.#core.calls.plan.late(this.#core.delays.dnsServedMs))
      for (const text of draft.effects) effect(text)
      return result
    })
  }

  #window({owner}: ApiToken): RateWindow {
    const window = this.#windows.get(owner) ?? new RateWindow(this.#core.clock)
    this.#windows.set(owner, window)
    return window
  }

  #newId(): string {
    const word = () =>
      Math.floor(this.#core.random() * 2 ** 32)
        .toString(16)
        .padStart(8, '0')
    return word() + word() + word() + word()
  }
}
