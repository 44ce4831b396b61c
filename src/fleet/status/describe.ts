import type {Instance} from '../../providers/compute.ts'
import type {Member} from '../../providers/dns.ts'
import type {Desired} from '../desired.ts'
import {discoveryNames} from '../discovery.ts'
import type {DnsName, Fleet} from '../model.ts'
import {nameKey, type Observed, shownInstances} from '../observed.ts'
import {ownersOf} from '../ownership.ts'
import type {Plan} from '../plan/action.ts'
import type {Judged} from './answers.ts'
import {differencesOf, remarksOf} from './differences.ts'
import type {FleetStatus, NameStatus} from './report.ts'

/** What is known beside a look and its plan, where somebody asked. */
type Beside = {
  readonly judged?: Judged
  /** What `mcd sync` would do. */
  readonly sync?: Plan
}

/** Declared, live and DNS side by side, with the reason for each difference. Pure. */
export function describeStatus(
  desired: Desired,
  observed: Observed,
  plan: Plan,
  owners: readonly string[],
  {judged, sync}: Beside = {},
): FleetStatus {
  const {fleet} = desired
  const instances = livingOf(desired, observed, owners)
  const names = fleet.names.map(name => nameStatus(fleet, name, observed, judged))
  const isInDns = (id: string) =>
    names.every(({records}) => records.some(({instance, owned}) => instance === id && owned))
  const differences = [...differencesOf(plan, observed, sync), ...(judged?.differences ?? [])]
  return {
    fleet: fleet.name,
    converged: differences.length === 0,
    groups: desired.groups.map(({group: {name, place, count}}) => {
      const isHere = ({mark, place: key}: Instance) => mark.group === name && key === place.key
      const reachable = observed.places.get(place.key)?.readable ?? false
      return {
        name,
        provider: place.provider,
        region: place.region ?? place.key.slice(place.key.indexOf(':') + 1),
        desired: count,
        live: reachable ? instances.filter(isHere).length : null,
        reachable,
      }
    }),
    instances: instances.map(instance => ({
      id: instance.id,
      ...(instance.name === undefined ? {} : {name: instance.name}),
      group: instance.mark.group,
      provider: instance.place.slice(0, instance.place.indexOf(':')),
      ...(instance.zone === undefined ? {} : {zone: instance.zone}),
      state: instance.state,
      health: observed.health.get(instance.id)?.verdict ?? 'unknown',
      ...(instance.publicIp === undefined ? {} : {publicIp: instance.publicIp}),
      ...(instance.publicIpv6 === undefined ? {} : {publicIpv6: instance.publicIpv6}),
      ...(instance.privateIp === undefined ? {} : {privateIp: instance.privateIp}),
      inDns: isInDns(instance.id),
      launch: instance.mark.launch,
      launchedAt: new Date(instance.launchedAtMs).toISOString(),
    })),
    dns: names[0] as NameStatus,
    names,
    differences,
    remarks: remarksOf(plan),
  }
}

/** Groups as the file has them, what the file does not have last; within each the oldest first. */
function livingOf({fleet, groups}: Desired, observed: Observed, owners: readonly string[]): Instance[] {
  const ours = ownersOf(fleet, {owners})
  const rank = new Map(groups.map(({group: {name}}, index) => [name, index]))
  const rankOf = ({mark}: Instance) => rank.get(mark.group) ?? rank.size
  return shownInstances(observed)
    .filter(({mark, state}) => ours.has(mark.dns) && state !== 'gone')
    .sort((a, b) => rankOf(a) - rankOf(b) || a.launchedAtMs - b.launchedAtMs || (a.id < b.id ? -1 : 1))
}

function nameStatus(fleet: Fleet, name: DnsName, observed: Observed, judged: Judged | undefined): NameStatus {
  const key = nameKey(name.vendor, name.name)
  const seen = observed.names.get(key)
  const answers = judged?.answers.get(key)
  const toRecord = ({value, mark, ttlSeconds}: Member) => ({
    value,
    ...(mark ? {instance: mark.instance} : {}),
    owned: mark?.fleet === fleet.name,
    ttlSeconds,
  })
  const records = (members: readonly Member[], isMeant: (member: Member) => boolean) =>
    members.filter(isMeant).map(toRecord)
  const {discovery} = name
  const set = discovery && discoveryNames(name.zone, discovery).instance
  return {
    provider: name.vendor,
    name: name.name,
    type: 'A',
    ttlSeconds: name.ttlSeconds,
    ...(name.proxied && {proxied: true}),
    readable: seen?.readable ?? false,
    records: records(seen?.readable ? seen.members : [], ({type}) => type === 'A' || type === 'AAAA'),
    ...(answers && {answers}),
    ...(set !== undefined && {
      discovery: {
        name: set,
        records: records(
          seen?.readable ? (seen.discovery ?? []) : [],
          member => member.name === set && member.type === 'SRV',
        ),
      },
    }),
  }
}
