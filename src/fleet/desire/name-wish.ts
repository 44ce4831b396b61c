import {ID_CHARACTERS} from '../../providers/compute.ts'
import type {NameWish} from '../../providers/dns.ts'
import {discoveryNames, hostName} from '../discovery.ts'
import type {DnsName, Fleet} from '../model.ts'

const UUID_CHARACTERS = 36

/** What a name of a fleet is to hold when so many instances stand in it. */
export function nameWish(fleet: Fleet, name: DnsName, members: number): NameWish {
  const {ttlSeconds, proxied, routing} = name
  return {
    name: name.name,
    ttlSeconds,
    proxied,
    routing,
    members,
    fleet: fleet.name,
    idCharacters: Math.max(...fleet.groups.map(({place}) => ID_CHARACTERS[place.provider])),
    ...srvWish(fleet, name),
  }
}

/** The longest id is a UUID, and the numbers have five digits at most. */
function srvWish(fleet: Fleet, name: DnsName): Pick<NameWish, 'discovery'> {
  if (!name.discovery) return {}
  const host = hostName('0'.repeat(UUID_CHARACTERS), name.name)
  return {
    discovery: {
      name: discoveryNames(name.zone, name.discovery).instance,
      valueCharacters: `65535 65535 ${fleet.service.port} ${host}.`.length,
    },
  }
}
