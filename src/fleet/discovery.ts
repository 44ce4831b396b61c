import {canonical} from '../dns/presentation.ts'
import {browseName, instanceName, serviceName} from '../dns/sd/names.ts'
import {type RecordMark, WHOLE_FLEET} from '../mark.ts'
import type {Member} from '../providers/dns.ts'
import type {DnsName, Fleet, Group} from './model.ts'

/**
 * The DNS-SD records beside a name (decision 23): a definition, which stays while members come and go, and for each living
 * instance a host name of its own with its address, and a value in the SRV set.
 */

export type DiscoveryNames = {
  /** `_http._tcp.example.com`, where browsers find the instances. */
  readonly service: string
  /** `v1._http._tcp.example.com`: the SRV set and the attributes. */
  readonly instance: string
  /** `_services._dns-sd._udp.example.com`, where they find the services. */
  readonly browse: string
}

export function discoveryNames(
  zone: string,
  {service, instance}: Pick<NonNullable<DnsName['discovery']>, 'service' | 'instance'>,
): DiscoveryNames {
  return {
    service: canonical(serviceName(service, zone)),
    instance: canonical(instanceName(instance, service, zone)),
    browse: browseName(zone),
  }
}

/** What an instance is called: `i-0abc.www.example.com`. */
export const hostName = (instance: string, name: string): string => `${instance.toLowerCase()}.${name}`

/** The host that an SRV value leads to. */
export const srvHost = (value: string): string => value.slice(value.lastIndexOf(' ') + 1)

/** What makes the service known, without any member; none where nothing is to be discovered. The owner may be no fleet. */
export function definitionOf(
  fleet: Pick<Fleet, 'name'>,
  name: Pick<DnsName, 'zone' | 'ttlSeconds' | 'discovery'>,
): Member[] {
  if (!name.discovery) return []
  const {service, instance, browse} = discoveryNames(name.zone, name.discovery)
  const common = {
    ttlSeconds: name.ttlSeconds,
    mark: {fleet: fleet.name, group: WHOLE_FLEET, instance: WHOLE_FLEET},
  }
  return [
    {...common, name: instance, type: 'TXT', value: name.discovery.txt.join('\n')},
    // The letters keep their case here: people read it.
    {
      ...common,
      name: service,
      type: 'PTR',
      value: instanceName(name.discovery.instance, name.discovery.service, name.zone),
    },
    {...common, name: browse, type: 'PTR', value: service},
  ]
}

/** The host address and the SRV value of one instance. */
export function discoveryMembers(
  fleet: Pick<Fleet, 'name' | 'service'>,
  name: DnsName,
  group: Pick<Group, 'name' | 'priority' | 'weight'>,
  instance: string,
  address: string,
): Member[] {
  if (!name.discovery) return []
  return targetMembers({
    set: discoveryNames(name.zone, name.discovery).instance,
    host: hostName(instance, name.name),
    address,
    port: fleet.service.port,
    priority: group.priority ?? 0,
    weight: group.weight ?? 0,
    ttlSeconds: name.ttlSeconds,
    mark: {fleet: fleet.name, group: group.name, instance},
  })
}

export type DiscoveredTarget = {
  /** The SRV set that it joins. */
  readonly set: string
  readonly host: string
  readonly address: string
  readonly port: number
  readonly priority: number
  readonly weight: number
  readonly ttlSeconds: number
  readonly mark: RecordMark
}

/** The address of one host, and its value in the SRV set. */
export function targetMembers(target: DiscoveredTarget): Member[] {
  const {set, host, address, port, priority, weight, ttlSeconds, mark} = target
  return [
    {name: host, type: address.includes(':') ? 'AAAA' : 'A', value: address, ttlSeconds, mark},
    {name: set, type: 'SRV', value: `${priority} ${weight} ${port} ${host}`, ttlSeconds, mark},
  ]
}
