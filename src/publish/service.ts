import {hash} from 'node:crypto'
import {canonical} from '../dns/presentation.ts'
import {instanceProblem} from '../dns/sd/names.ts'
import {shownAttribute} from '../dns/sd/txt.ts'
import {UsageError} from '../errors.ts'
import {type DiscoveryNames, discoveryNames} from '../fleet/discovery.ts'
import {fullName} from '../fleet/file/dns-name.ts'
import {normaliseDomain} from '../fleet/file/values.ts'
import type {RecordMark} from '../mark.ts'
import type {Member} from '../providers/dns.ts'

/** A service that people publish by hand, beside fleets or without any: one instance of it is one SRV set (decision 23). */
export type Service = {
  /** Lower case, no final dot. */
  readonly zone: string
  /** `_http._tcp` */
  readonly service: string
  /** As people read it; one label however many dots it has. */
  readonly instance: string
  /** Stands in the marks where a fleet's name does: who may take it out again. */
  readonly owner: string
  readonly ttlSeconds: number
}

export type ServiceNames = Pick<Service, 'zone' | 'service' | 'instance'>

/** Whoever defines by hand and names nobody. */
export const BY_HAND = 'by-hand'

/** An owner stands in marks, where room is short (decision 2). */
const OWNER = /^[a-z0-9](?:[a-z0-9-]{0,22}[a-z0-9])?$/
const OWNER_MAX_CHARACTERS = 24
const DIGEST_CHARACTERS = 6
const SERVICE = /^_[a-z0-9](?:[a-z0-9-]{0,13}[a-z0-9])?\._(?:tcp|udp)$/i

export const namesOf = ({zone, service, instance}: ServiceNames): DiscoveryNames =>
  discoveryNames(zone, {service, instance})

/** What is given, in one form. Throws UsageError with everything that is no zone, no service, no instance or no owner. */
export function readService(given: Service): Service {
  const zone = normaliseDomain(given.zone)
  const instanceWhy = instanceProblem(given.instance)
  const problems = [
    ...(zone?.includes('.') ? [] : [`"${given.zone}" is no DNS zone such as example.com.`]),
    ...(SERVICE.test(given.service) ? [] : [`"${given.service}" is no service such as _http._tcp.`]),
    ...(instanceWhy === undefined ? [] : [`The name of the instance ${instanceWhy}.`]),
    ...(OWNER.test(given.owner)
      ? []
      : [`"${given.owner}" is no owner: a DNS label of at most ${OWNER_MAX_CHARACTERS} characters.`]),
  ]
  if (zone === undefined || problems.length > 0) throw new UsageError(problems.join('\n'))
  return {...given, zone, service: given.service.toLowerCase()}
}

/** A host inside the zone, in full. Throws UsageError. */
export function readHost(host: string, zone: string): string {
  const full = fullName(host, normaliseDomain(zone) ?? zone)
  if ('name' in full) return full.name
  throw new UsageError(`${full.message.replace(/^name /, '--host ')}.`, {
    suggestions: full.hint === undefined ? [] : [full.hint.replace(/^w/, 'W').concat('.')],
  })
}

/** A host's name as a label: `db1.example.com` becomes `db1-example-com`; a long one ends with a digest, so that two stay two. */
export function ownerOf(host: string): string {
  const label = host
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
  if (label.length <= OWNER_MAX_CHARACTERS) return label
  const digest = hash('sha256', host.toLowerCase()).slice(0, DIGEST_CHARACTERS)
  return `${label.slice(0, OWNER_MAX_CHARACTERS - DIGEST_CHARACTERS - 1).replace(/-+$/, '')}-${digest}`
}

export const isOwned = ({mark}: Member, owner: string): boolean => mark?.fleet === owner

/** For people: whose a record is. */
export const whose = (mark: RecordMark | undefined): string =>
  mark ? `belongs to "${mark.fleet}"` : "carries no mark of mcd's"

/** For people: `SRV v1._http._tcp.example.com 0 0 80 db1.example.com`. What looks like a secret is left out. */
export const recordText = ({name, type, value}: Member): string =>
  `${type} ${name} ${type === 'TXT' ? value.split('\n').map(shownAttribute).map(quoted).join(' ') : value}`

const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`

/** What to do about records that another owner made. */
export function ownerHint(members: readonly Member[]): string[] {
  const owners = new Set(members.flatMap(({mark}) => mark?.fleet ?? []))
  return [...owners].map(owner => `If you are "${owner}": add --owner ${owner}.`)
}

/**
 * Whether this stands there as it should, whoever made it. The TTL counts where all of the set is the same owner's: one that
 * several share has that of whoever was first.
 */
export function isThere(wanted: Member, standing: readonly Member[]): boolean {
  const set = standing.filter(({name, type}) => name === wanted.name && type === wanted.type)
  const isShared = set.some(({mark}) => mark?.fleet !== wanted.mark?.fleet)
  return set.some(
    member => isSameValue(wanted, member) && (isShared || member.ttlSeconds === wanted.ttlSeconds),
  )
}

/** What of the owner's stands in the way of the missing: the same value with another TTL, an earlier text. */
export const stale = (
  missing: readonly Member[],
  standing: readonly Member[],
  owner: string,
): readonly Member[] =>
  standing.filter(
    member =>
      isOwned(member, owner) &&
      missing.some(
        each =>
          each.name === member.name &&
          each.type === member.type &&
          (each.type === 'TXT' || isSameValue(each, member)),
      ),
  )

/** Names are equal without the case of their letters; attributes are not. */
const isSameValue = (a: Member, b: Member): boolean =>
  a.type === b.type && (a.type === 'PTR' ? canonical(a.value) === canonical(b.value) : a.value === b.value)
