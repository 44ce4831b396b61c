import type {Member} from '../../providers/dns.ts'
import type {Desired} from '../desired.ts'
import {discoveryNames} from '../discovery.ts'
import {nameKey, type Observed, type ObservedName} from '../observed.ts'
import type {Plan} from '../plan/action.ts'
import {differencesOf} from './differences.ts'
import type {FleetStatus, NameStatus} from './report.ts'

/** Declared, live and DNS side by side, with the reason for each difference. Pure. */
export function describeStatus(
  desired: Desired,
  observed: Observed,
  plan: Plan,
  owners: readonly string[],
): FleetStatus {
  const {fleet} = desired
  const ours = new Set([fleet.dns, ...owners])
  const instances = [...observed.places].flatMap(([key, place]) =>
    place.readable
      ? place.instances
          .filter(({mark, state}) => ours.has(mark.dns) && state !== 'gone')
          .map(instance => ({instance, provider: key.slice(0, key.indexOf(':'))}))
      : [],
  )
  const toRecord = ({value, mark}: Member) => ({
    value,
    ...(mark ? {instance: mark.instance} : {}),
    owned: mark?.fleet === fleet.name,
  })
  const names = fleet.names.map(({vendor, zone, name, ttlSeconds, discovery}): NameStatus => {
    const seen = observed.names.get(nameKey(vendor, name))
    const members = seen?.readable ? seen.members.filter(({type}) => type === 'A' || type === 'AAAA') : []
    return {
      provider: vendor,
      name,
      type: 'A',
      ttlSeconds,
      readable: seen?.readable ?? false,
      records: members.map(toRecord),
      ...(discovery && {discovery: discovered(seen, discoveryNames(zone, discovery).instance)}),
    }
  })
  function discovered(seen: ObservedName | undefined, set: string): NonNullable<NameStatus['discovery']> {
    const records = seen?.readable ? (seen.discovery ?? []) : []
    return {
      name: set,
      records: records.filter(({name, type}) => name === set && type === 'SRV').map(toRecord),
    }
  }
  const inDns = (id: string) =>
    names.length > 0 &&
    names.every(({records}) => records.some(record => record.instance === id && record.owned))
  const differences = differencesOf(plan, observed)
  return {
    fleet: fleet.name,
    converged: differences.length === 0,
    groups: desired.groups.map(({group: {name, place, count}}) => ({
      name,
      provider: place.provider,
      region: place.region ?? place.key.slice(place.key.indexOf(':') + 1),
      desired: count,
      live: instances.filter(({instance}) => instance.mark.group === name && instance.place === place.key)
        .length,
      reachable: observed.places.get(place.key)?.readable ?? false,
    })),
    instances: instances.map(({instance, provider}) => ({
      id: instance.id,
      ...(instance.name === undefined ? {} : {name: instance.name}),
      group: instance.mark.group,
      provider,
      ...(instance.zone === undefined ? {} : {zone: instance.zone}),
      state: instance.state,
      health: observed.health.get(instance.id)?.verdict ?? 'unknown',
      ...(instance.publicIp === undefined ? {} : {publicIp: instance.publicIp}),
      ...(instance.privateIp === undefined ? {} : {privateIp: instance.privateIp}),
      inDns: inDns(instance.id),
      launch: instance.mark.launch,
      launchedAt: new Date(instance.launchedAtMs).toISOString(),
    })),
    dns: names[0] as NameStatus,
    names,
    differences,
  }
}
