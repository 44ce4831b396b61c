import {canonicalIpv6} from '../../dns/ipv6.ts'
import {markFromComment, markToComment, type RecordMark} from '../../mark.ts'
import type {Member, Zone} from '../dns.ts'

/** The fields mcd reads of a DNS record, as the API gives them. */
export type VendorRecord = {
  readonly id: string
  readonly name: string
  readonly type: string
  readonly content: string
  readonly ttl: number
  readonly proxied?: boolean
  readonly comment?: string | null
  readonly created_on?: string
}

/** What mcd sends to create one. */
export type NewRecord = {
  readonly name: string
  readonly type: Member['type']
  readonly content: string
  readonly ttl: number
  readonly proxied: boolean
  readonly comment: string
}

/** The fields mcd reads of a zone. `plan` decides how many records it holds. */
export type VendorZone = {
  readonly id: string
  readonly name: string
  readonly status?: string
  readonly account: {readonly id?: string}
  readonly name_servers?: readonly string[] | null
  readonly created_on?: string
  readonly plan?: {readonly legacy_id?: string; readonly name?: string}
}

/** A token as its verification shows it. Times are ISO 8601. */
export type VendorToken = {
  readonly id: string
  /** `active`, `disabled`, `expired`. */
  readonly status: string
  readonly expires_on?: string
  readonly not_before?: string
}

/** Records in a zone, and how many it may hold; null where its account has one quota for all. Source: reference, "DNS Record Usage". */
export type VendorUsage = {readonly record_quota: number | null; readonly record_usage: number}

/** CloudFlare writes 1 for "automatic", which its servers answer as 300. */
const AUTOMATIC_TTL = 1
const AUTOMATIC_TTL_SECONDS = 300

const TXT_STRING_MAX_BYTES = 255

export function toZone({id, name, account, name_servers}: VendorZone): Zone {
  return {id, name: name.toLowerCase(), account: account.id ?? '', nameServers: name_servers ?? []}
}

/** Undefined for the types mcd has no members of. */
export function toMember({id, name, type, content, ttl, proxied, comment}: VendorRecord): Member | undefined {
  if (!isMemberType(type)) return undefined
  const mark = markFromComment(comment)
  return {
    name: name.toLowerCase(),
    type,
    value: plainValue(type, content),
    ttlSeconds: ttl === AUTOMATIC_TTL ? AUTOMATIC_TTL_SECONDS : ttl,
    ...(mark && {mark}),
    proxied: proxied ?? false,
    routing: 'single',
    ref: id,
  }
}

/** A proxied record is always automatic; anything else sent would come back as 1. */
export function toNewRecord(member: Member & {mark: RecordMark}): NewRecord {
  const {name, type, value, ttlSeconds, mark, proxied = false} = member
  return {
    name,
    type,
    content: type === 'TXT' ? quoteTxt(value) : value,
    ttl: proxied ? AUTOMATIC_TTL : ttlSeconds,
    proxied,
    comment: markToComment(mark),
  }
}

/** What two records of one set must differ in: values that CloudFlare takes for the same give the same key. */
export function memberKey({name, type, value}: Pick<Member, 'name' | 'type' | 'value'>): string {
  return `${name} ${type} ${type === 'AAAA' ? canonicalIpv6(value) : value}`
}

/** As quoted character strings of at most 255 bytes each (RFC 1035 §3.3.14), never cut inside a character. */
export function quoteTxt(text: string): string {
  const strings: string[] = ['']
  for (const char of text) {
    const current = strings.at(-1) ?? ''
    if (Buffer.byteLength(current + char) > TXT_STRING_MAX_BYTES) strings.push(char)
    else strings[strings.length - 1] = current + char
  }
  return strings.map(string => `"${string.replace(/["\\]/g, '\\$&')}"`).join(' ')
}

/** The plain text of quoted character strings, joined. Unquoted content, which the API also gives, is returned as it is. */
export function unquoteTxt(content: string): string {
  if (!content.startsWith('"')) return content
  const bytes: Buffer[] = []
  for (const [, string = ''] of content.matchAll(/"((?:[^"\\]|\\[\s\S])*)"/g)) {
    for (const [plain, code, char] of string.matchAll(/\\(\d{3})|\\([\s\S])|[^\\]+/g)) {
      bytes.push(code === undefined ? Buffer.from(char ?? plain) : Buffer.of(Number(code) & 255))
    }
  }
  return Buffer.concat(bytes).toString('utf8')
}

function isMemberType(type: string): type is Member['type'] {
  return type === 'A' || type === 'AAAA' || type === 'TXT' || type === 'CNAME'
}

function plainValue(type: Member['type'], content: string): string {
  if (type === 'TXT') return unquoteTxt(content)
  if (type === 'AAAA') return canonicalIpv6(content)
  return type === 'CNAME' ? content.toLowerCase().replace(/\.$/, '') : content
}
