import {writeAttributes} from '../../dns/sd/txt.ts'
import type {LaunchWish, Place} from '../../providers/compute.ts'
import {Secret} from '../../secret.ts'
import type {DnsName, DrainQuiet, Failover, Fleet, InstanceCredentials, Scalar} from '../model.ts'
import {fullName} from './dns-name.ts'
import type {WrittenData} from './document.ts'
import type {Path} from './mistake.ts'
import {placeKey} from './place.ts'
import {toReceivers} from './receivers.ts'
import {dnsBlocks, type FileData} from './schema.ts'
import {type DnsData, PROXIED_TTL_SECONDS} from './schema-dns.ts'
import {type DrainData, QUIET_FOR_MS, QUIET_MAX_MS} from './schema-drain.ts'
import type {GroupData} from './schema-group.ts'
import {warningsOf} from './warnings.ts'

/** A file without mistakes, in the one form the rest of mcd works with. `path` is absolute. */
export function toFleet(data: FileData, document: WrittenData, path: string): Fleet {
  const {health} = data.service
  const names = dnsBlocks(data).map(({block, at}) =>
    toDnsName(block, asSecrets(document, [...at, 'instanceCredentials'])),
  )
  return {
    name: data.fleet,
    dns: names[0]?.name ?? '',
    service: {
      port: data.service.port,
      health: {
        protocol: health.protocol,
        path: health.path,
        intervalMs: health.interval,
        timeoutMs: health.timeout,
        healthy: health.healthy,
        unhealthy: health.unhealthy,
      },
    },
    userdata: {
      template: data.userdata.template,
      vars: mapValues(data.userdata.vars, masking(document, ['userdata', 'vars'])),
    },
    groups: Object.entries(data.groups).map(([name, group]) => ({
      name,
      place: toPlace(group),
      count: group.count,
      wish: toWish(group, data.service.port, masking(document, ['groups', name, 'metadata'])),
      ...(group.failover ? {failover: toFailover(group.failover)} : {}),
      ...(group.priority === undefined ? {} : {priority: group.priority}),
      ...(group.weight === undefined ? {} : {weight: group.weight}),
    })),
    names,
    drainWait: data.drain.wait === 'auto' ? 'auto' : {ms: data.drain.wait},
    ...(data.drain.quiet === false ? {} : {drainQuiet: toDrainQuiet(data.drain)}),
    rollout: {batch: data.rollout.batch, pauseMs: data.rollout.pause},
    limits: toLimits(data.limits),
    state: data.state,
    ...(data.notify && {
      notify: toReceivers(data.notify, (value, index, key) =>
        secretAt(document, ['notify', index, key], value),
      ),
    }),
    file: path,
    warnings: warningsOf(data, document.variablesOf),
  }
}

function toPlace(group: GroupData): Place {
  const provider = group.provider === 'triton' ? 'joyent' : group.provider
  const region = group.provider === 'aws' ? group.region : undefined
  return defined({
    key: placeKey({provider, region, endpoint: group.endpoint, profile: group.profile}),
    provider,
    region,
    endpoint: group.endpoint,
    profile: group.profile,
    compatible: group.provider === 'aws' ? group.compatible : undefined,
  })
}

const toFailover = ({to, floor, after}: NonNullable<GroupData['failover']>): Failover => ({
  to,
  floor,
  afterMs: after,
})

function toDrainQuiet({quiet, max, counter, ssh}: DrainData): DrainQuiet {
  return {
    forMs: typeof quiet === 'number' ? quiet : QUIET_FOR_MS,
    maxMs: max ?? QUIET_MAX_MS,
    by:
      counter === undefined
        ? {kind: 'ssh', ...(ssh?.user === undefined ? {} : {user: ssh.user})}
        : {kind: 'counter', path: counter},
  }
}

/** What one cloud lacks is empty there, so that no reader has to ask which cloud it is. */
function toWish(
  group: GroupData,
  servicePort: number,
  mask: <Value extends Scalar>(value: Value, key: string) => Value | Secret,
): LaunchWish {
  const everywhere = {
    types: typeof group.type === 'string' ? [group.type] : group.type,
    image: group.image,
    deletionProtection: group.deletionProtection,
    tags: group.tags,
  }
  if (group.provider !== 'aws')
    return {
      ...everywhere,
      open: portsOf(group.open ?? [servicePort]),
      subnets: [],
      securityGroups: [],
      spot: false,
      networks: group.networks,
      metadata: mapValues(group.metadata, mask),
    }
  return defined({
    ...everywhere,
    open: portsOf(group.open ?? (group.securityGroups.length > 0 ? [] : [servicePort])),
    subnets: group.subnets,
    zones: group.zones && [...new Set(group.zones)],
    spread: group.spread ? undefined : false,
    securityGroups: group.securityGroups,
    keyPair: group.keyPair,
    instanceProfile: group.instanceProfile,
    spot: group.spot,
    diskGb: group.disk,
    networks: [],
    metadata: {},
  })
}

/** Each once and in order: another order of the same ports is no change. */
const portsOf = (open: readonly number[]): number[] => [...new Set(open)].sort((a, b) => a - b)

function toDnsName(block: DnsData, secret: (value: string, key: string) => Secret): DnsName {
  const full = fullName(block.name, block.zone)
  // The rules have seen to it that the name is one.
  if ('message' in full) throw new TypeError(full.message)
  const proxied = block.provider === 'cloudflare' && block.proxied
  return defined({
    vendor: block.provider,
    zone: block.zone,
    name: full.name,
    ttlSeconds: proxied ? PROXIED_TTL_SECONDS : block.ttl / 1_000,
    proxied,
    routing: block.provider === 'route53' ? block.routing : ('multivalue' as const),
    address: block.address,
    ipv6: block.ipv6 ? undefined : (false as const),
    registration: block.registration,
    instanceCredentials: toCredentials(block, secret),
    discovery: block.discovery && {
      service: block.discovery.service,
      instance: block.discovery.instance,
      txt: writeAttributes(Object.entries(block.discovery.txt)),
    },
  })
}

function toCredentials(
  block: DnsData,
  secret: (value: string, key: string) => Secret,
): InstanceCredentials | undefined {
  if (block.instanceCredentials === undefined) return undefined
  if (block.provider === 'cloudflare')
    return {kind: 'token', token: secret(block.instanceCredentials.token, 'token')}
  const {accessKeyId, secretAccessKey} = block.instanceCredentials
  return {
    kind: 'keys',
    accessKeyId: secret(accessKeyId, 'accessKeyId'),
    secretAccessKey: secret(secretAccessKey, 'secretAccessKey'),
  }
}

function toLimits({joyent, triton, ...others}: FileData['limits']): Fleet['limits'] {
  return mapValues(defined({...others, joyent: joyent ?? triton}), ({concurrency, rate}) =>
    defined({concurrency, perSecond: rate}),
  )
}

/** `env:NAME`, or `env:A,B` for a value made of two. */
const originOf = (document: WrittenData, path: Path): string => `env:${document.variablesOf(path).join(',')}`

const secretAt = (document: WrittenData, path: Path, value: string): Secret =>
  new Secret(value, originOf(document, path), document.writtenOf(path))

function asSecrets(document: WrittenData, mapping: Path) {
  return (value: string, key: string): Secret => secretAt(document, [...mapping, key], value)
}

/** Leaves values that stand in the file as they are; what came from the environment becomes a Secret. */
function masking(document: WrittenData, mapping: Path) {
  return <Value extends Scalar>(value: Value, key: string): Value | Secret => {
    const path = [...mapping, key]
    return document.variablesOf(path).length > 0 ? secretAt(document, path, String(value)) : value
  }
}

function mapValues<Value, Result>(
  record: Readonly<Record<string, Value>>,
  change: (value: Value, key: string) => Result,
): Record<string, Result> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value, key)]))
}

type Defined<Whole> = {[Key in keyof Whole as undefined extends Whole[Key] ? never : Key]: Whole[Key]} & {
  [Key in keyof Whole as undefined extends Whole[Key] ? Key : never]?: Exclude<Whole[Key], undefined>
}

/** Without the keys that hold nothing: an absent setting is absent. */
function defined<Whole extends object>(whole: Whole): Defined<Whole> {
  return Object.fromEntries(
    Object.entries(whole).filter(([, value]) => value !== undefined),
  ) as Defined<Whole>
}
