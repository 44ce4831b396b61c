import type {DnsName, Fleet, Group} from '../../fleet/model.ts'
import {locationText} from '../../journal/location.ts'
import type {Place} from '../../providers/compute.ts'
import {type Component, counted, type Seen} from './component.ts'

const VENDORS = {cloudflare: 'CloudFlare', route53: 'Route53'} as const

/** Every component of a fleet, from what runs to what is written down. Pure; `seen` may be empty. */
export function components(fleet: Fleet, seen: Seen): Component[] {
  const groups = fleet.groups.filter(group => group.count > 0 || isStandby(fleet, group))
  return [
    ...running(groups),
    ...places(groups, seen),
    availabilityZones(groups, seen),
    ...dns(fleet.names),
    stateStore(fleet),
  ]
}

/** A group that another one fails over to counts, though it may be empty until then. */
const isStandby = ({groups}: Fleet, {name}: Group): boolean =>
  groups.some(({failover}) => failover?.to === name)

function running(groups: readonly Group[]): Component[] {
  const instances = groups.flatMap(({name, count}) =>
    Array.from({length: count}, (_, index) => `${name} ${index + 1}`),
  )
  return [
    counted({component: 'instance'}, instances, {
      loss: 'The name answers with nobody until a run has launched another one.',
      remedy: 'Raise "count" of the group, or add a group.',
    }),
    counted(
      {component: 'group'},
      groups.map(({name}) => name),
      {
        loss: 'A setting that fails (an image that is gone, a type without room) stops all launches at once.',
        remedy: 'Add a group with another type or image, best in another cloud.',
      },
    ),
  ]
}

function places(groups: readonly Group[], {places: seen}: Seen): Component[] {
  const all = groups.map(({place}) => place)
  const one = <Kind extends Component['component']>(component: Kind, name: (place: Place) => string) =>
    ({component, copies: all.map(name)}) as const
  const cloud = one('cloud', cloudOf)
  const region = one('region', ({key}) => key)
  // Beside an account that was told, one that was not could be the same.
  const told = all.every(({key}) => seen.get(key)?.account !== undefined)
  return [
    counted({component: 'cloud'}, cloud.copies, {
      loss: `While ${cloud.copies[0]} or its API is down nothing of the fleet serves, or nothing of it can be changed.`,
      remedy: 'Add a group at another provider: the same template serves it.',
    }),
    counted(
      {component: 'account'},
      all.map(place => `${cloudOf(place)}: ${told ? seen.get(place.key)?.account : accountOf(place)}`),
      {
        loss: 'When the account is closed, blocked, out of quota or broken into, all instances go with it.',
        remedy: 'Add a group in another account ("profile" in the group), or at another provider.',
      },
    ),
    counted({component: 'region'}, region.copies, {
      loss: `An outage of ${region.copies[0]} takes all instances at once.`,
      remedy: 'Add a group in another region or data centre.',
    }),
  ]
}

/** Who runs it, whichever of its regions it is: a Triton cloud has its data centres in one domain. */
function cloudOf({provider, endpoint, profile, compatible}: Place): string {
  const host = endpoint === undefined ? undefined : new URL(endpoint).hostname
  if (provider === 'aws')
    return compatible ? `${compatible} at ${host}` : (host && !isAmazons(host) && host) || 'AWS'
  if (host === undefined) return `Triton (profile ${profile ?? 'of the environment'})`
  const labels = host.split('.')
  return `Triton at ${labels.length > 2 && !/^[\d.]+$/.test(host) ? labels.slice(1).join('.') : host}`
}

const isAmazons = (host: string): boolean => /\.amazonaws\.com(\.cn)?$/.test(host)

const accountOf = ({profile}: Place): string =>
  profile === undefined ? 'that of the environment' : `that of profile ${profile}`

/** Those that living instances are in count; where nobody lives yet, those that a launch would use. */
function availabilityZones(groups: readonly Group[], seen: Seen): Component {
  const inPlaces = Map.groupBy(groups, ({place}) => place.key)
  const silent: string[] = []
  const zones = [...inPlaces].flatMap(([key, of]) => {
    const place = of[0]?.place
    // Its servers are the smallest that Triton tells apart.
    if (place?.provider === 'joyent') return [`${key} (a data centre without zones)`]
    const used = seen.places.get(key)?.zonesInUse ?? []
    const found = used.length > 0 ? used : of.flatMap(group => zonesToCome(group, seen))
    if (found.length === 0) silent.push(key)
    return found
  })
  return counted(
    {
      component: 'availability zone',
      ...(silent.length > 0 && {
        unknown: `${silent.join(', ')} could not be asked which zones it uses, and the file names none.`,
      }),
    },
    zones,
    {
      loss: `An outage of ${zones[0]} takes all instances at once, though the rest of the region goes on.`,
      remedy: oneZoneRemedy(groups, seen),
    },
  )
}

/** No more zones than instances; as the cloud resolves the group, else as the file names them. */
function zonesToCome({name, count, place, wish}: Group, {places}: Seen): readonly string[] {
  const resolved = places.get(place.key)?.zonesOfLaunch.get(name)
  const named = wish.zones?.length ? wish.zones : wish.subnets
  const most = wish.spread === false ? 1 : Math.max(1, count)
  return (resolved ?? named).slice(0, most)
}

function oneZoneRemedy(groups: readonly Group[], seen: Seen): string {
  const [group] = groups
  const wish = group?.wish
  if (wish?.spread === false) return 'Take "spread: false" out of the group.'
  if (wish?.zones?.length === 1) return 'Name a second zone in "zones", or leave it out.'
  if (wish?.subnets.length === 1) return 'Name a subnet of a second zone in "subnets".'
  const could = group && seen.places.get(group.place.key)?.zonesOfLaunch.get(group.name)
  if (could && could.length > 1 && group.count > 1)
    return 'Run "mcd replace": new instances are spread over all zones that offer the type.'
  return could && could.length === 1
    ? 'Choose a type that more zones of the region offer, or add a group elsewhere.'
    : 'Raise "count": instances are spread over the zones that offer the type.'
}

function dns(names: readonly DnsName[]): Component[] {
  const perName = Map.groupBy(names, ({name}) => name)
  return [
    ...[...perName].map(([name, of]) =>
      counted(
        {component: 'DNS vendor', of: name},
        of.map(({vendor}) => VENDORS[vendor]),
        {
          loss: `When its servers or its account fail, ${name} is not found once resolvers have forgotten it; while its API fails, the dead stay in it.`,
          remedy: `Add a second block for ${name} at another vendor to "dns", and name the servers of both at the registrar.`,
        },
      ),
    ),
    counted(
      {component: 'zone'},
      names.map(({zone}) => zone),
      {
        loss: `When ${names[0]?.zone} expires, is taken over or loses its delegation, every name of the fleet goes with it.`,
        remedy: 'Add a name under a second domain to "dns", and let clients know both.',
      },
    ),
  ]
}

/** There is one journal by design: two that both may be written would be two truths. */
function stateStore({state}: Fleet): Component {
  const back =
    'Nothing that serves is touched; runs stop until it is back, or is made anew from the marks ("mcd state rebuild").'
  const where = locationText(state)
  switch (state.kind) {
    case 'local':
      return counted({component: 'state store'}, ['the file beside the fleet file'], {
        loss: `It goes with this machine's disk, and no other machine can run on this fleet meanwhile. ${back}`,
        remedy: 'Move it to a store that keeps copies: mcd state migrate s3://BUCKET/PREFIX',
      })
    case 's3':
      return counted({component: 'state store'}, [where], {
        loss: `S3 keeps copies in several zones, but in one region and one account. ${back}`,
        remedy: 'Turn on versioning of the bucket, and replication to another region.',
      })
    case 'postgres':
      return counted({component: 'state store'}, [where], {
        loss: `It goes with that database. ${back}`,
        remedy: 'Give the database a standby with synchronous replication, and backups.',
      })
    default:
      return state satisfies never
  }
}
