import {holdName} from '../../mark.ts'
import type {DnsProvider, Member, Zone} from '../../providers/dns.ts'
import {type DiscoveryNames, hostName, srvHost} from '../discovery.ts'
import type {NameToRead} from './where.ts'

/** Everything under these names, and under those of the hosts that their SRV sets or the journal name. */
export async function listWithHosts(
  provider: DnsProvider,
  zone: Zone,
  names: readonly NameToRead[],
  instances: readonly string[],
): Promise<Member[]> {
  const own = names.flatMap(({name, discovery}) => [
    name,
    ...discovery.flatMap(({service, instance, browse}) => [service, instance, browse]),
  ])
  const found = await provider.listMembers(zone, [...new Set(own.flatMap(name => [name, holdName(name)]))])
  const hosts = names
    .filter(({discovery}) => discovery.length > 0)
    .flatMap(({name}) => [
      ...instances.map(id => hostName(id, name)),
      ...found
        .filter(({type, mark, value}) => type === 'SRV' && mark && srvHost(value).endsWith(`.${zone.name}`))
        .map(({value}) => srvHost(value)),
    ])
  return hosts.length > 0 ? [...found, ...(await provider.listMembers(zone, [...new Set(hosts)]))] : found
}

/** Of what a zone holds, the part that is discovered beside this name. */
export function discoveryRecords(
  seen: readonly Member[],
  name: string,
  discovery: readonly DiscoveryNames[],
): Member[] {
  const instances = new Set(discovery.map(({instance}) => instance))
  const services = new Set(discovery.flatMap(({service, browse}) => [service, browse]))
  const targets = new Set(
    seen.filter(({name: at, type}) => type === 'SRV' && instances.has(at)).map(({value}) => srvHost(value)),
  )
  return seen.filter(({name: at, type, mark}) => {
    if (type === 'SRV' || type === 'TXT') return instances.has(at)
    if (type === 'PTR') return services.has(at)
    if (type !== 'A' && type !== 'AAAA') return false
    return at !== name && (targets.has(at) || (mark !== undefined && at === hostName(mark.instance, name)))
  })
}
