import {type ZoneKey, zoneKey} from '../../journal/events.ts'
import type {Zone} from '../../providers/dns.ts'
import type {DnsName, Fleet} from '../model.ts'
import {nameKey, type Observed} from '../observed.ts'
import type {AddressType, Outside, ServerAnswer} from '../outside.ts'

/** What is really answered about a name, whatever its vendor's API shows: by each server alone. */
export type HeardName = {
  /** Those that the vendor names for the zone. */
  readonly servers: readonly ServerAnswer[]
  /** Those that clients ask. */
  readonly resolvers: readonly ServerAnswer[]
  /** The name servers to which each of these resolvers is led for the zone. */
  readonly delegations: readonly ServerAnswer[]
}

/** By name key. Proxied names are not asked for: they answer with the vendor's own addresses (decision 22). */
export type Heard = ReadonlyMap<string, HeardName>

/** Asks the resolvers at once, and the name servers as soon as a look has shown which these are: all side by side. */
export function listen(outside: Outside, {names}: Fleet): (observed: Observed) => Promise<Heard> {
  const plain = names.filter(({proxied}) => !proxied)
  const zones = new Map(plain.map(({zone}) => [zone, outside.askResolvers(zone, 'NS')]))
  const resolvers = new Map(
    plain.map(({name}) => [name, bothTypes(type => outside.askResolvers(name, type))] as const),
  )
  // Nobody waits for them before the look has come to its end, or has failed.
  for (const asked of [...zones.values(), ...resolvers.values()]) asked.catch(() => undefined)
  return async observed => {
    const heard = plain.map(async (of): Promise<[string, HeardName]> => {
      const zone = zoneOf(observed.zones, of)
      const [servers, told, delegations] = await Promise.all([
        zone ? bothTypes(type => outside.askNameServers(of.vendor, zone, of.name, type)) : [],
        resolvers.get(of.name) ?? [],
        zones.get(of.zone) ?? [],
      ])
      return [nameKey(of.vendor, of.name), {servers, resolvers: told, delegations}]
    })
    return new Map(await Promise.all(heard))
  }
}

const zoneOf = (zones: ReadonlyMap<ZoneKey, Zone>, {vendor, zone}: DnsName): Zone | undefined =>
  zones.get(zoneKey(vendor, zone))

/** IPv4 and IPv6 addresses together. Who says nothing of one of them says nothing. */
async function bothTypes(
  ask: (type: AddressType) => Promise<readonly ServerAnswer[]>,
): Promise<ServerAnswer[]> {
  const [four, six] = await Promise.all([ask('A'), ask('AAAA')])
  return four.map(({server, records}, index) => {
    const others = six[index]?.records
    return {server, ...(records && others && {records: [...records, ...others]})}
  })
}
