import {InterruptedError, LockedError, McdError, ZoneNotFoundError} from '../../errors.ts'
import {type ZoneKey, zoneKey} from '../../journal/events.ts'
import type {Recorded} from '../../journal/recorded.ts'
import {holdName} from '../../mark.ts'
import type {Instance, NetworkPiece, Place} from '../../providers/compute.ts'
import type {DnsProvider, DnsVendor, Member, Zone} from '../../providers/dns.ts'
import {silentInstances} from '../desire/failover.ts'
import {type DiscoveryNames, discoveryNames, hostName, srvHost} from '../discovery.ts'
import {knownInstances} from '../known-instances.ts'
import type {Discovery, Fleet} from '../model.ts'
import {nameKey, type Observed, type ObservedName, type ObservedPlace} from '../observed.ts'
import type {Outside} from '../outside.ts'
import {healthTracker, type Probed} from './health.ts'
import {oncePerPlace} from './one-place.ts'
import {createOutages} from './outages.ts'
import {connectionWatch} from './quiet.ts'

/** Everything this run learned that stays true while it lasts. */
export type Observer = {
  /** Accounts and zones seen, for the journal (decision 5). */
  readonly accounts: ReadonlyMap<string, {place: Place; account: string}>
  readonly zones: ReadonlyMap<ZoneKey, {vendor: DnsVendor; zone: Zone}>
  /** One look at every place and zone that the file names or the journal knows (decision 4), all at once. */
  look(options?: {settleHealth?: boolean}): Promise<Observed>
  /** After a change of ours: what was kept from earlier looks is read again. */
  forget(what: {place?: string; zone?: ZoneKey}): void
  /** From now on each look asks who is still connected to these, and no longer whether they are healthy: a probe is a connection, too. */
  watch(instances: readonly string[]): void
}

type NameToRead = {
  vendor: DnsVendor
  zone: string
  name: string
  watched: boolean
  /** Where its DNS-SD records stand, or stood in earlier days. */
  discovery: readonly DiscoveryNames[]
}

/** Who only `looks` is shown what else there is beside a place that refuses its credentials. */
export function createObserver(
  outside: Outside,
  fleet: Fleet,
  recorded: () => Recorded,
  {looks = false} = {},
): Observer {
  const accounts = new Map<string, {place: Place; account: string}>()
  const zones = new Map<ZoneKey, {vendor: DnsVendor; zone: Zone}>()
  /** Places that showed their instances in this run. Whose credentials these are, another service may have told. */
  const reached = new Set<string>()
  const network = new Map<string, readonly NetworkPiece[]>()
  const members = new Map<ZoneKey, readonly Member[]>()
  const unlessSilent = createOutages(outside.runtime, {looks})
  const health = healthTracker(fleet, outside.probe, outside.runtime)
  const connections = connectionWatch(fleet, outside.countConnections, outside.runtime)

  async function lookAtPlace(place: Place): Promise<ObservedPlace> {
    const provider = outside.compute(place)
    const standing = () => ({
      declared: fleet.groups.some(({place: {key}}) => key === place.key),
      reachedBefore: recorded().places.has(place.key) || reached.has(place.key),
    })
    return unlessSilent(place.key, standing, async () => {
      if (!accounts.has(place.key)) {
        const account = await provider.identify()
        checkAccount(place.key, account, recorded().places.get(place.key)?.account)
        accounts.set(place.key, {place, account})
      }
      const mayChange = [...recorded().unsettledNetwork.values()].includes(place.key)
      const known = mayChange ? undefined : network.get(place.key)
      const pieces = known ?? (await provider.listNetwork(fleet.name))
      network.set(place.key, pieces)
      const instances = await provider.listInstances(fleet.name)
      reached.add(place.key)
      return {readable: true as const, instances, network: pieces}
    })
  }

  async function lookAtZone(key: ZoneKey, names: readonly NameToRead[]): Promise<Map<string, ObservedName>> {
    const {vendor, zone: zoneName} = names[0] as NameToRead
    const declared = fleet.names.some(({vendor: other, zone}) => zoneKey(other, zone) === key)
    const standing = () => ({declared, reachedBefore: recorded().zones.has(key) || zones.has(key)})
    const seen = await unlessSilent(key, standing, async () => {
      const provider = outside.dns(vendor)
      let zone = zones.get(key)?.zone
      if (!zone) {
        zone = await provider.findZone(zoneName).catch(error => {
          // A name of earlier days whose zone is no more: nothing of ours can stand there.
          if (error instanceof ZoneNotFoundError && !declared) return undefined
          throw error
        })
        if (!zone) return []
        const before = recorded().zones.get(key)
        checkAccount(
          `${vendor} zone ${zoneName}`,
          `${zone.account} ${zone.id}`,
          before && `${before.account} ${before.id}`,
        )
        zones.set(key, {vendor, zone})
      }
      const mayChange = names.some(({watched}) => watched) || anybodyLeaves(recorded())
      const known = mayChange ? undefined : members.get(key)
      const all =
        known ??
        (await listWithHosts(
          provider,
          zone,
          names,
          fleet.names.some(({discovery}) => discovery) ? [...knownInstances(recorded())] : [],
        ))
      members.set(key, all)
      return all
    })
    return new Map(
      names.map(({name, discovery}) => [
        nameKey(vendor, name),
        'why' in seen
          ? seen
          : {
              readable: true,
              members: seen.filter(member => member.name === name),
              holds: seen.filter(member => member.name === holdName(name) && member.type === 'TXT'),
              ...(discovery.length > 0 && {discovery: discoveryRecords(seen, name, discovery)}),
            },
      ]),
    )
  }

  return {
    accounts,
    zones,
    watch: connections.watch,
    forget({place, zone}) {
      if (place !== undefined) network.delete(place)
      if (zone !== undefined) members.delete(zone)
    },
    async look({settleHealth = false} = {}) {
      const places = placesOf(fleet, recorded())
      const names = namesOf(fleet, recorded())
      const zonesRead = allOrAllErrors([...names].map(([key, inZone]) => lookAtZone(key, inZone)))
      // The clouds after the zones: who had stopped and serves again since must not be taken for dead by a record of today.
      const placesRead = zonesRead
        .catch(() => {})
        .then(() => allOrAllErrors(places.map(async place => [place.key, await lookAtPlace(place)] as const)))
      const [seenPlaces, seenZones] = await allOrAllErrors([placesRead, zonesRead])
      const attributed = oncePerPlace(new Map(seenPlaces), fleet)
      const instances = [...attributed.values()].flatMap(place =>
        place.readable ? ours(place.instances, fleet, recorded()) : [],
      )
      const seenNames = new Map(seenZones.flatMap(map => [...map]))
      // Whether anything is bought depends on them, and this may be the only look of the run: each gets its verdict now.
      const silent = await health.settle(
        silentInstances(fleet, recorded(), {places: attributed, names: seenNames}).map(
          ({id, address}): Probed => ({id, state: 'running', publicIp: address, privateIp: address}),
        ),
      )
      const probed = instances.filter(({id}) => !connections.isWatched(id))
      const inDns = standingIds(fleet, seenNames)
      const heard = await (settleHealth ? health.settle(probed, inDns) : health.look(probed, inDns))
      const quiet = await connections.look(instances)
      return {
        atMs: outside.runtime.now(),
        places: attributed,
        names: seenNames,
        zones: new Map([...zones].map(([key, {zone}]) => [key, zone])),
        health: new Map([...heard, ...silent]),
        ...(quiet.size > 0 && {quiet}),
      }
    },
  }
}

/** Ids of ours that have an address under a name of ours. */
const standingIds = ({name: fleet}: Fleet, names: ReadonlyMap<string, ObservedName>): ReadonlySet<string> =>
  new Set(
    [...names.values()].flatMap(seen =>
      seen.readable
        ? seen.members.flatMap(({type, mark}) =>
            type !== 'TXT' && mark?.fleet === fleet ? [mark.instance] : [],
          )
        : [],
    ),
  )

/** Where mcd looks: what the file names and what the journal knows. */
function placesOf(fleet: Fleet, recorded: Recorded): Place[] {
  const known = [...recorded.places.values()].filter(({left}) => !left)
  const places = new Map<string, Place>(known.map(({place}) => [place.key, place]))
  for (const {place} of fleet.groups) places.set(place.key, place)
  return [...places.values()]
}

function namesOf(fleet: Fleet, recorded: Recorded): Map<ZoneKey, NameToRead[]> {
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

/** Everything under these names, and under those of the hosts that their SRV sets or the journal name. */
async function listWithHosts(
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
function discoveryRecords(
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

/** Out of DNS and not yet told to end: a record that comes back, by whatever script, must be seen before. */
function anybodyLeaves({leaving, terminatedAtMs}: Recorded): boolean {
  return [...leaving.keys()].some(id => !terminatedAtMs.has(id))
}

function ours(instances: readonly Instance[], fleet: Fleet, {owners}: Recorded): Instance[] {
  return instances.filter(({mark}) => mark.dns === fleet.dns || owners.includes(mark.dns))
}

/** Another account behind a known name: an empty list from there would not be news (decision 5). */
function checkAccount(where: string, found: string, recorded: string | undefined): void {
  if (recorded === undefined || recorded === found) return
  throw new McdError(
    `${where} belongs to account ${found} with these credentials, but this fleet lives in ${recorded}.`,
    {
      suggestions: ['Use the credentials of the recorded account, then run again. Nothing was changed.'],
    },
  )
}

/** Waits for all; every mistake is reported, not only the first. */
async function allOrAllErrors<T extends readonly unknown[]>(
  promises: {
    [Index in keyof T]: Promise<T[Index]>
  },
): Promise<T> {
  const settled = await Promise.allSettled(promises)
  const failures = settled.flatMap(result => (result.status === 'rejected' ? [result.reason as unknown] : []))
  if (failures.length === 1) throw failures[0]
  if (failures.length > 1) {
    const known = failures.filter(failure => failure instanceof McdError)
    // A fault of ours is never hidden behind other errors, and what ended the run is what it ends with.
    const alone = failures.find(
      failure =>
        !(failure instanceof McdError) ||
        failure instanceof InterruptedError ||
        failure instanceof LockedError,
    )
    if (alone) throw alone
    throw new McdError([...new Set(known.map(({message}) => message))].join('\n'), {
      suggestions: [...new Set(known.flatMap(({suggestions}) => suggestions))],
      cause: known[0],
    })
  }
  return settled.map(result => (result as PromiseFulfilledResult<unknown>).value) as unknown as T
}
