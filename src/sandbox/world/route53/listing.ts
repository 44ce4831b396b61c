import {sortKey, storedName} from './names.ts'
import type {RecordSet} from './record-set.ts'
import {invalidDomainName, invalidInput} from './refusals.ts'
import type {HostedZone} from './zone.ts'

const RECORD_SET_PAGE = 300
const ZONE_PAGE = 100

export type RecordSetQuery = {name?: string; type?: string; identifier?: string; maxItems?: string}
export type RecordSetPage = {
  readonly sets: readonly RecordSet[]
  readonly maxItems: number
  /** Where the next page starts; absent on the last. */
  readonly next?: RecordSet
}

/** Sorted by name with reversed labels, then type, then set identifier, from the given place on. */
export function listSets(
  zone: HostedZone,
  {name, type, identifier, maxItems}: RecordSetQuery,
): RecordSetPage {
  if (type !== undefined && name === undefined)
    throw invalidInput('Invalid request: Type was given without Name')
  if (identifier !== undefined && (name === undefined || type === undefined))
    throw invalidInput('Invalid request: Identifier was given without Name and Type')
  const size = pageSize(maxItems, RECORD_SET_PAGE)
  const all = [...zone.sets]
    .map(([stored, sets]) => ({key: sortKey(stored), sets: [...sets].sort(compareSets)}))
    .sort((a, b) => compare(a.key, b.key))
  const startKey = name === undefined ? '' : sortKey(checkedName(name))
  const isFrom = (key: string, set: RecordSet) =>
    key !== startKey
      ? key > startKey
      : set.type !== (type ?? set.type)
        ? set.type > (type ?? '')
        : (set.setIdentifier ?? '') >= (identifier ?? '')
  const found: RecordSet[] = []
  for (const {key, sets} of all) {
    if (key < startKey) continue
    found.push(...sets.filter(set => isFrom(key, set)))
    if (found.length > size) break
  }
  const next = found[size]
  return {sets: found.slice(0, size), maxItems: size, ...(next && {next})}
}

export type ZonePage = {
  readonly zones: readonly HostedZone[]
  readonly maxItems: number
  readonly next?: HostedZone
}

/** ListHostedZonesByName: sorted by name with reversed labels, then id, from the given place on. */
export function listZonesByName(
  zones: readonly HostedZone[],
  {dnsName, hostedZoneId, maxItems}: {dnsName?: string; hostedZoneId?: string; maxItems?: string},
): ZonePage {
  if (hostedZoneId !== undefined && dnsName === undefined)
    throw invalidInput('Invalid request: HostedZoneId was given without DNSName')
  const startKey = dnsName === undefined ? '' : sortKey(checkedName(dnsName))
  const sorted = [...zones].sort((a, b) => compare(sortKey(a.name), sortKey(b.name)) || compare(a.id, b.id))
  const from = sorted.filter(zone => {
    const key = sortKey(zone.name)
    return key > startKey || (key === startKey && zone.id >= (hostedZoneId ?? ''))
  })
  return page(from, pageSize(maxItems, ZONE_PAGE))
}

/** ListHostedZones: in order of creation, from the zone with this id on. */
export function listZones(
  zones: readonly HostedZone[],
  {marker, maxItems}: {marker?: string; maxItems?: string},
): ZonePage {
  const at = marker === undefined ? 0 : zones.findIndex(({id}) => id === marker)
  if (at < 0) throw invalidInput(`Invalid request: Marker ${marker} is not the id of a hosted zone`)
  return page(zones.slice(at), pageSize(maxItems, ZONE_PAGE))
}

function page(zones: readonly HostedZone[], size: number): ZonePage {
  const next = zones[size]
  return {zones: zones.slice(0, size), maxItems: size, ...(next && {next})}
}

function pageSize(maxItems: string | undefined, limit: number): number {
  if (maxItems === undefined) return limit
  if (!/^[1-9]\d{0,8}$/.test(maxItems))
    throw invalidInput(`Invalid request: MaxItems ${maxItems} is not a positive number`)
  return Math.min(Number(maxItems), limit)
}

function checkedName(name: string): string {
  const stored = storedName(name)
  if ('problem' in stored) throw invalidDomainName(name)
  return stored.name
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const compareSets = (a: RecordSet, b: RecordSet): number =>
  compare(a.type, b.type) || compare(a.setIdentifier ?? '', b.setIdentifier ?? '')
