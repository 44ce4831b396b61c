/**
 * The marks: how everything mcd creates says whose it is (law 1). This format is an interface between versions and with
 * the registration script, which writes the same bytes; it is defined here and nowhere else.
 */

/** What an instance carries. `fleet` and `dns` together are the owner (decision 1). */
export type Mark = {
  /** Fleet name, a DNS label of at most 24 characters. */
  fleet: string
  /** The fleet's first full DNS name, lower case, no final dot. */
  dns: string
  /** Group name, a DNS label of at most 24 characters. */
  group: string
  /** The launch that made it: a UUID, also the EC2 client token. */
  launch: string
  /** Hash of the launch spec (decision 7): 12 hex digits. */
  spec: string
}

const MARK_KEYS = ['fleet', 'dns', 'group', 'launch', 'spec'] as const satisfies readonly (keyof Mark)[]

/** EC2 tags use `mcd:`, Triton tags and metadata `mcd_` (a colon cannot stand in a Triton tag filter). */
export type TagPrefix = 'mcd:' | 'mcd_'

/** `{'mcd:fleet': 'web', …}` */
export function markToTags(mark: Mark, prefix: TagPrefix): Record<string, string> {
  return Object.fromEntries(MARK_KEYS.map(key => [`${prefix}${key}`, mark[key]]))
}

/** The mark these tags carry; undefined unless it is whole: half a mark is not ours to touch. */
export function markFromTags(tags: Record<string, string>, prefix: TagPrefix): Mark | undefined {
  const entries = MARK_KEYS.map(key => [key, tags[`${prefix}${key}`]] as const)
  if (entries.some(([, value]) => !value)) return undefined
  return Object.fromEntries(entries) as Mark
}

/** The tags of this mark that are not there, or say something else: `mcd:fleet=web`. */
export function lackingOf(mark: Mark, tags: Record<string, string>, prefix: TagPrefix): string[] {
  return Object.entries(markToTags(mark, prefix)).flatMap(([key, value]) =>
    tags[key] === value ? [] : [`${key}=${value}`],
  )
}

/** What a DNS record carries. The record's own name says which DNS name it serves. */
export type RecordMark = {fleet: string; group: string; instance: string}

/** CloudFlare comment, within the 100 characters of a free zone: `mcd:v1 f=web g=east i=<id>`. */
export function markToComment({fleet, group, instance}: RecordMark): string {
  return `mcd:v1 f=${fleet} g=${group} i=${instance}`
}

export function markFromComment(comment: string | null | undefined): RecordMark | undefined {
  const match = /^mcd:v1 f=([a-z0-9-]{1,24}) g=([a-z0-9-]{1,24}) i=([A-Za-z0-9-]+)$/.exec(comment ?? '')
  return match
    ? {fleet: match[1] as string, group: match[2] as string, instance: match[3] as string}
    : undefined
}

/** Route53 set identifier: `mcd:v1:web:i-0abc`. It has no room for the group, which the instance itself tells. */
export function markToSetIdentifier({fleet, instance}: Pick<RecordMark, 'fleet' | 'instance'>): string {
  return `mcd:v1:${fleet}:${instance}`
}

export function markFromSetIdentifier(identifier: string | undefined): Omit<RecordMark, 'group'> | undefined {
  const match = /^mcd:v1:([a-z0-9-]{1,24}):([A-Za-z0-9-]+)$/.exec(identifier ?? '')
  return match ? {fleet: match[1] as string, instance: match[2] as string} : undefined
}

/** Types whose values may share one record set with strangers' values, and so say in a companion whose they are. */
const SHARED_TYPES = ['A', 'AAAA', 'TXT', 'SRV', 'PTR'] as const
export type SharedType = (typeof SHARED_TYPES)[number]

/**
 * Whose a value is in a set that must be one record set (Route53's SRV and PTR sets, and all of a name with simple routing),
 * as a TXT value at `_mcd.<name of the set>`: `srv web i-0abc 0 0 80 i-0abc.www.example.com`, `a web i-0abc 192.0.2.7`,
 * `txt web i-0abc out i-0abc` for a hold, and `ptr web - v1._http._tcp.example.com` for what is the whole fleet's.
 */
export const markToEntry = (
  type: SharedType,
  {fleet, instance}: Pick<RecordMark, 'fleet' | 'instance'>,
  value: string,
): string => `${type.toLowerCase()} ${fleet} ${instance} ${value}`

export type Entry = {type: SharedType; mark: Omit<RecordMark, 'group'>; value: string}

export function markFromEntry(entry: string): Entry | undefined {
  const [, word, fleet = '', instance = '', value = ''] =
    /^([a-z]+) ([a-z0-9-]{1,24}) ([A-Za-z0-9-]+) (.+)$/.exec(entry) ?? []
  const type = SHARED_TYPES.find(known => known.toLowerCase() === word)
  return type && {type, mark: {fleet, instance}, value}
}

/** Stands for an instance in the marks of what belongs to the fleet as a whole: its DNS-SD definition. */
export const WHOLE_FLEET = '-'

/**
 * Where a fleet's holds live (decision 18): TXT values `out <instance id>` at `_mcd.<name>`. Behind the id of those that a
 * person took out stands `drained`: what a lost journal knew, and what good health does not lift. Other words may follow.
 */
export const holdName = (dnsName: string): string => `_mcd.${dnsName}`
export const holdValue = (instance: string, word?: 'drained'): string =>
  word === undefined ? `out ${instance}` : `out ${instance} ${word}`
export const holdInstance = (value: string): string | undefined =>
  /^out ([A-Za-z0-9-]+)(?: .*)?$/.exec(value)?.[1]
export const isDrainedHold = (value: string): boolean => /^out [A-Za-z0-9-]+ drained$/.test(value)
