import {type AuthError, McdError, ZoneNotFoundError} from '../../errors.ts'
import {type ZoneKey, zoneKey} from '../../journal/events.ts'
import type {Recorded} from '../../journal/recorded.ts'
import {holdName} from '../../mark.ts'
import type {Instance, NetworkPiece, Place} from '../../providers/compute.ts'
import type {DnsVendor, Member, Zone} from '../../providers/dns.ts'
import {silentInstances} from '../desire/failover.ts'
import {knownInstances} from '../known-instances.ts'
import type {Fleet} from '../model.ts'
import {nameKey, type Observed, type ObservedName, type ObservedPlace} from '../observed.ts'
import type {Outside} from '../outside.ts'
import {allOrAllErrors} from './all-errors.ts'
import {healthTracker, type Probed} from './health.ts'
import {discoveryRecords, listWithHosts} from './list-names.ts'
import {oncePerPlace} from './one-place.ts'
import {createOutages} from './outages.ts'
import {connectionWatch} from './quiet.ts'
import {unshownInstances} from './unshown.ts'
import {type NameToRead, namesOf, placesOf} from './where.ts'

/** Everything this run learned that stays true while it lasts. */
export type Observer = {
  /** Accounts and zones seen, for the journal (decision 5). */
  readonly accounts: ReadonlyMap<string, {place: Place; account: string}>
  readonly zones: ReadonlyMap<ZoneKey, {vendor: DnsVendor; zone: Zone}>
  /** Places and zones that refused who only looks. */
  readonly refusals: readonly AuthError[]
  /** One look at every place and zone that the file names or the journal knows (decision 4), all at once. */
  look(options?: {settleHealth?: boolean}): Promise<Observed>
  /** After a change of ours: what was kept from earlier looks is read again. */
  forget(what: {place?: string; zone?: ZoneKey}): void
  /** From now on each look asks who is still connected to these, and no longer whether they are healthy: a probe is a connection, too. */
  watch(instances: readonly string[]): void
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
  const {unlessSilent, refusals} = createOutages(outside.runtime, {looks})
  const health = healthTracker(fleet, outside.probe, outside.runtime)
  const askAfter = unshownInstances(fleet)
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
      const listed = await provider.listInstances(fleet.name)
      reached.add(place.key)
      const {late, unmarked, ended} = await askAfter(
        provider,
        place.key,
        recorded(),
        listed,
        outside.runtime.now(),
      )
      return {
        readable: true as const,
        instances: [...listed, ...late],
        network: pieces,
        ...(unmarked.length > 0 && {unmarked}),
        ...(ended.length > 0 && {ended}),
      }
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
    refusals,
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

/** Out of DNS and not yet told to end: a record that comes back, by whatever script, must be seen before. */
function anybodyLeaves({leaving, terminatedAtMs, ended}: Recorded): boolean {
  return [...leaving.keys()].some(id => !terminatedAtMs.has(id) && !ended.has(id))
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
