import type {Desired, DesiredGroup} from '../../src/fleet/desired.ts'
import type {DnsName, Fleet, Group} from '../../src/fleet/model.ts'
import {
  type Health,
  nameKey,
  type Observed,
  type ObservedName,
  type ObservedPlace,
} from '../../src/fleet/observed.ts'
import type {JournalEvent} from '../../src/journal/events.ts'
import {fold} from '../../src/journal/fold.ts'
import type {Recorded} from '../../src/journal/recorded.ts'
import type {Instance, LaunchWish, NetworkPiece, Place} from '../../src/providers/compute.ts'
import type {Member} from '../../src/providers/dns.ts'

/** A valid small world, so that tests say only what differs. Addresses and names from the documentation ranges. */
export const VIRGINIA: Place = {key: 'aws:us-east-1', provider: 'aws', region: 'us-east-1'}
export const EAST: Place = {
  key: 'joyent:triton.example.com',
  provider: 'joyent',
  endpoint: 'https://triton.example.com',
}
export const NOW_MS = Date.UTC(2026, 0, 1)
export const SPEC = 'aaaaaaaaaaaa'
export const ZONE = 'cloudflare/example.com'

export const wish = (over: Partial<LaunchWish> = {}): LaunchWish => ({
  types: ['t3.micro'],
  image: 'ubuntu-24.04',
  subnets: [],
  securityGroups: [],
  open: [],
  spot: false,
  deletionProtection: false,
  networks: [],
  metadata: {},
  tags: {},
  ...over,
})

export const group = (name: string, count: number, over: Partial<Group> = {}): Group => ({
  name,
  count,
  place: VIRGINIA,
  wish: wish(),
  ...over,
})

export const dnsName = (over: Partial<DnsName> = {}): DnsName => ({
  vendor: 'cloudflare',
  zone: 'example.com',
  name: 'www.example.com',
  ttlSeconds: 60,
  proxied: false,
  routing: 'multivalue',
  address: 'public',
  registration: 'mcd',
  ...over,
})

export const fleet = (groups: Group[], over: Partial<Fleet> = {}): Fleet => ({
  name: 'web',
  dns: 'www.example.com',
  service: {
    port: 80,
    health: {protocol: 'http', path: '/', intervalMs: 5_000, timeoutMs: 2_000, healthy: 2, unhealthy: 3},
  },
  userdata: {template: 'nginx', vars: {}},
  groups,
  names: [dnsName()],
  drainWait: 'auto',
  rollout: {batch: {percent: 25}, pauseMs: 0},
  limits: {},
  state: {kind: 'local'},
  file: '/fleet/mcd.yaml',
  warnings: [],
  ...over,
})

/** Every group resolved to one zone, unless told otherwise. */
export function desired(of: Fleet, over: Partial<Desired> & {zones?: string[]; spec?: string} = {}): Desired {
  const zones = (over.zones ?? ['a']).map(name => ({name, types: ['t3.micro']}))
  const groups: DesiredGroup[] = of.groups.map(each => ({
    group: each,
    launch: {
      target: {imageId: 'ami-1', imageName: 'ubuntu', zones, wish: each.wish, vendor: {}},
      spec: over.spec ?? SPEC,
    },
  }))
  return {fleet: of, goal: over.goal ?? {kind: 'up'}, groups: over.groups ?? groups}
}

export const instance = (
  id: string,
  over: Partial<Instance> & {group?: string; launch?: string; spec?: string; dns?: string} = {},
): Instance => {
  const {group: name = 'virginia', launch = 'l-0', spec = SPEC, dns = 'www.example.com', ...rest} = over
  return {
    id,
    place: VIRGINIA.key,
    mark: {fleet: 'web', dns, group: name, launch, spec},
    state: 'running',
    publicIp: `192.0.2.${id.replace(/\D/g, '') || '1'}`,
    zone: 'a',
    launchedAtMs: NOW_MS - 3_600_000,
    ...rest,
  }
}

export const record = (of: Instance, over: Partial<Member> = {}): Member => ({
  name: 'www.example.com',
  type: 'A',
  value: of.publicIp ?? '',
  ttlSeconds: 60,
  proxied: false,
  mark: {fleet: 'web', group: of.mark.group, instance: of.id},
  ref: `r-${of.id}`,
  ...over,
})

export const foreign = (value: string): Member => ({
  name: 'www.example.com',
  type: 'A',
  value,
  ttlSeconds: 300,
  proxied: false,
  ref: `f-${value}`,
})

export const hold = (id: string): Member => ({
  name: '_mcd.www.example.com',
  type: 'TXT',
  value: `out ${id}`,
  ttlSeconds: 60,
  mark: {fleet: 'web', group: 'virginia', instance: id},
  ref: `h-${id}`,
})

export type Seen = {
  instances?: Instance[]
  network?: NetworkPiece[]
  /** Ids of which every place says that it knows nothing of them any more. */
  ended?: string[]
  members?: Member[]
  holds?: Member[]
  /** Ids that are not healthy; everything else that runs is. */
  unhealthy?: string[]
  unreadable?: string[]
  atMs?: number
}

export function observed(
  {
    instances = [],
    network = [],
    ended,
    members = [],
    holds = [],
    unhealthy = [],
    unreadable = [],
    atMs = NOW_MS,
  }: Seen = {},
  places: Place[] = [VIRGINIA],
): Observed {
  const at = new Map<string, ObservedPlace>(
    places.map(({key}) => [
      key,
      unreadable.includes(key)
        ? {readable: false, why: 'timed out.'}
        : {
            readable: true,
            instances: instances.filter(({place}) => place === key),
            network: network.filter(({place}) => place === key),
            ...(ended && {ended}),
          },
    ]),
  )
  const key = nameKey('cloudflare', 'www.example.com')
  const names = new Map<string, ObservedName>([
    [key, unreadable.includes(key) ? {readable: false, why: 'timed out.'} : {readable: true, members, holds}],
  ])
  const health = new Map<string, Health>(
    instances
      .filter(({state}) => state === 'running')
      .map(({id}) => [id, {verdict: unhealthy.includes(id) ? 'unknown' : 'healthy', sinceMs: atMs}]),
  )
  return {atMs, places: at, names, zones: new Map(), health}
}

/** The fold over these events, each with its run (default `run-0`) and time. */
export function recorded(...events: (JournalEvent & {run?: string; atMs?: number})[]): Recorded {
  return fold(
    events.map(({run = 'run-0', atMs = NOW_MS, ...event}, index) => ({
      sequence: index + 1,
      run,
      atMs,
      event: event as JournalEvent,
    })),
  )
}

/** An instance that left every zone, and since when that is served. */
export function left(
  of: Instance,
  {servedAtMs}: {servedAtMs?: number} = {},
): (JournalEvent & {atMs?: number})[] {
  const step = `leave-${of.id}`
  return [
    {
      type: 'intent',
      step,
      what: {kind: 'change-dns', zone: ZONE, change: {create: [], remove: [record(of)]}, leaving: [of.id]},
    },
    {type: 'outcome', step, result: {kind: 'done', receipt: {id: 'c-1'}}},
    ...(servedAtMs === undefined
      ? []
      : [{type: 'removal-served' as const, zone: ZONE, instances: [of.id], atMs: servedAtMs}]),
  ]
}
