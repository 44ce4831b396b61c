import {mostInstances} from '../fleet/desire/failover.ts'
import {nameWish} from '../fleet/desire/name-wish.ts'
import {isUnset} from '../fleet/file/variables.ts'
import type {DnsName, Fleet, InstanceCredentials} from '../fleet/model.ts'
import {type ZoneKey, zoneKey} from '../journal/events.ts'
import type {Place} from '../providers/compute.ts'
import type {DnsVendor} from '../providers/dns.ts'
import type {ComputeNeeds, ZoneNeeds} from '../providers/examine.ts'

/** What the fleet needs of each of its places, in file order. */
export function placeNeeds(fleet: Fleet): {place: Place; needs: ComputeNeeds}[] {
  const places = new Map(fleet.groups.map(({place}) => [place.key, place]))
  return [...places.values()].map(place => ({
    place,
    needs: {
      fleet: fleet.name,
      dns: fleet.dns,
      groups: fleet.groups
        .filter(group => group.place.key === place.key)
        .map(({name, count, wish}) => ({name, count, wish})),
    },
  }))
}

export type ZoneToExamine = {
  readonly key: ZoneKey
  readonly vendor: DnsVendor
  readonly needs: ZoneNeeds
  /** What instances register themselves with, and the names that they do it in: each credential once. */
  readonly registrations: readonly {
    readonly credentials: InstanceCredentials
    readonly names: ZoneNeeds['names']
  }[]
}

/** What it needs of each zone, for whoever runs mcd and for the instances. */
export function zoneNeeds(fleet: Fleet): ZoneToExamine[] {
  const members = mostInstances(fleet)
  const perZone = Map.groupBy(fleet.names, ({vendor, zone}) => zoneKey(vendor, zone))
  return [...perZone].flatMap(([key, names]) => {
    const [first] = names
    if (!first) return []
    const wishes = (of: readonly DnsName[]) => of.map(name => nameWish(fleet, name, members))
    const armed = names.flatMap(name =>
      name.registration === 'self' && name.instanceCredentials && !isUnset(revealed(name.instanceCredentials))
        ? [{name, credentials: name.instanceCredentials}]
        : [],
    )
    return [
      {
        key,
        vendor: first.vendor,
        needs: {zone: first.zone, names: wishes(names)},
        registrations: [...Map.groupBy(armed, ({credentials}) => revealed(credentials)).values()].flatMap(
          same =>
            same[0] ? [{credentials: same[0].credentials, names: wishes(same.map(({name}) => name))}] : [],
        ),
      },
    ]
  })
}

/** To tell them apart, and whether they are there. */
const revealed = (credentials: InstanceCredentials): string =>
  credentials.kind === 'token'
    ? credentials.token.reveal()
    : `${credentials.accessKeyId.reveal()} ${credentials.secretAccessKey.reveal()}`
