import {type ZoneKey, zoneKey} from '../../journal/events.ts'
import type {Recorded} from '../../journal/recorded.ts'
import type {Place} from '../../providers/compute.ts'
import type {DnsVendor} from '../../providers/dns.ts'
import {type DiscoveryNames, discoveryNames} from '../discovery.ts'
import type {Discovery, Fleet} from '../model.ts'
import {nameKey} from '../observed.ts'

export type NameToRead = {
  vendor: DnsVendor
  zone: string
  name: string
  watched: boolean
  /** Where its DNS-SD records stand, or stood in earlier days. */
  discovery: readonly DiscoveryNames[]
}

/** Where mcd looks for instances: what the file names and what the journal knows (decision 4). */
export function placesOf(fleet: Fleet, recorded: Recorded): Place[] {
  const known = [...recorded.places.values()].filter(({left}) => !left)
  const places = new Map<string, Place>(known.map(({place}) => [place.key, place]))
  for (const {place} of fleet.groups) places.set(place.key, place)
  return [...places.values()]
}

/** And for records, zone by zone. */
export function namesOf(fleet: Fleet, recorded: Recorded): Map<ZoneKey, NameToRead[]> {
  const names = new Map<string, NameToRead>()
  for (const {vendor, zone, name, discovery: published = []} of recorded.names)
    names.set(nameKey(vendor, name), {
      vendor,
      zone,
      name,
      watched: false,
      discovery: namesOnce(zone, published),
    })
  for (const {vendor, zone, name, registration, discovery} of fleet.names) {
    const before = recorded.names.find(known => known.vendor === vendor && known.name === name)
    const all = namesOnce(zone, [...(discovery ? [discovery] : []), ...(before?.discovery ?? [])])
    names.set(nameKey(vendor, name), {vendor, zone, name, watched: registration === 'self', discovery: all})
  }
  const perZone = new Map<ZoneKey, NameToRead[]>()
  for (const name of names.values()) {
    const key = zoneKey(name.vendor, name.zone)
    perZone.set(key, [...(perZone.get(key) ?? []), name])
  }
  return perZone
}

const namesOnce = (
  zone: string,
  all: readonly Pick<Discovery, 'service' | 'instance'>[],
): DiscoveryNames[] => [
  ...new Map(all.map(each => discoveryNames(zone, each)).map(each => [each.instance, each])).values(),
]
