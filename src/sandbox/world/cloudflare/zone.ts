import {createHash} from 'node:crypto'
import {choiceParameter, inOrder, numberParameter, type Page, paged} from './paging.ts'
import {FREE_PLAN, type PlanLimits} from './plan.ts'
import type {CloudflareRecord} from './record.ts'
import {invalidQuery} from './refusals.ts'
import {ServedZone} from './served-zone.ts'

export type CloudflareZone = {
  /** 32 hex digits, the same for the same name in every world: a rehearsed configuration stays valid. */
  readonly id: string
  /** Lower case, no final dot. */
  readonly name: string
  readonly account: {readonly id: string; readonly name: string}
  readonly nameServers: readonly string[]
  readonly createdOnMs: number
  readonly plan: PlanLimits
  /** Only an active zone is delegated to CloudFlare; a new one is pending until its registrar says so. */
  status: 'active' | 'pending'
  /** By id, oldest first: what the API shows. */
  records: ReadonlyMap<string, CloudflareRecord>
  /** What resolvers are told, a little later. */
  readonly served: ServedZone
}

export type ZoneOptions = {
  plan?: Partial<PlanLimits>
  status?: CloudflareZone['status']
  account?: CloudflareZone['account']
}

/** Under the reserved domain .test (RFC 6761): never a real server. */
const NAME_SERVERS = ['ada.ns.cloudflare.test', 'bob.ns.cloudflare.test']
const ACCOUNT = {id: hex32('account:sandbox'), name: 'Sandbox'}

export function createZone(
  name: string,
  nowMs: number,
  {plan, status = 'active', account = ACCOUNT}: ZoneOptions = {},
): CloudflareZone {
  return {
    id: hex32(`zone:${account.id}:${name}`),
    name,
    account,
    nameServers: NAME_SERVERS,
    createdOnMs: nowMs,
    plan: {...FREE_PLAN, ...plan},
    status,
    records: new Map(),
    served: new ServedZone(name, NAME_SERVERS),
  }
}

const PREFIXES: Record<string, (value: string, wanted: string) => boolean> = {
  equal: (value, wanted) => value === wanted,
  not_equal: (value, wanted) => value !== wanted,
  starts_with: (value, wanted) => value.startsWith(wanted),
  ends_with: (value, wanted) => value.endsWith(wanted),
  contains: (value, wanted) => value.includes(wanted),
  starts_with_case_sensitive: (value, wanted) => value.startsWith(wanted),
  ends_with_case_sensitive: (value, wanted) => value.endsWith(wanted),
  contains_case_sensitive: (value, wanted) => value.includes(wanted),
}

const field: Record<string, (zone: CloudflareZone) => string> = {
  name: zone => zone.name,
  status: zone => zone.status,
  'account.id': zone => zone.account.id,
  'account.name': zone => zone.account.name.toLowerCase(),
}

/** Answers `GET /zones`: an unknown name is an empty list, not an error. */
export function queryZones(zones: readonly CloudflareZone[], params: URLSearchParams): Page<CloudflareZone> {
  const paging = ['page', 'per_page', 'order', 'direction', 'match']
  const filters = [...params]
    .filter(([key]) => !paging.includes(key))
    .map(([key, value]) => {
      const read = field[key]
      if (!read) throw invalidQuery(key, 'unknown parameter')
      const [, prefix = 'equal', wanted = value] = /^(\w+):(.*)$/.exec(value) ?? []
      const compare = PREFIXES[prefix]
      if (!compare) throw invalidQuery(key, `unknown operator "${prefix}"`)
      return (zone: CloudflareZone) => compare(read(zone), wanted.toLowerCase())
    })
  const any = choiceParameter(params, 'match', ['all', 'any']) === 'any'
  const found = zones.filter(
    zone =>
      filters.length === 0 || (any ? filters.some(fits => fits(zone)) : filters.every(fits => fits(zone))),
  )
  const order = choiceParameter(params, 'order', ['name', 'status', 'account.id', 'account.name']) ?? 'name'
  const ordered = inOrder(
    found,
    field[order] as (zone: CloudflareZone) => string,
    choiceParameter(params, 'direction', ['asc', 'desc']),
  )
  return paged(
    ordered,
    numberParameter(params, 'page', 1, 1, Number.MAX_SAFE_INTEGER),
    numberParameter(params, 'per_page', 20, 5, 50),
  )
}

export function hex32(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}
