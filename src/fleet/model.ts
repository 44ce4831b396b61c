import type {StateLocation} from '../journal/location.ts'
import type {NoticeType} from '../journal/notice.ts'
import type {Limits} from '../providers/call.ts'
import type {LaunchWish, Place} from '../providers/compute.ts'
import type {DnsCredentials, DnsVendor} from '../providers/dns.ts'
import type {Secret} from '../secret.ts'

/** The fleet file, checked and in one form: what is desired. */
export type Fleet = {
  readonly name: string
  /** The fleet's first full DNS name: with `name`, the owner of everything made (decision 1). */
  readonly dns: string
  readonly service: Service
  readonly userdata: UserdataSource
  /** In file order. */
  readonly groups: readonly Group[]
  /** The `dns` blocks, in file order; at least one. */
  readonly names: readonly DnsName[]
  /** 'auto' is the largest TTL published plus 5 s. */
  readonly drainWait: 'auto' | {readonly ms: number}
  /** After that an instance ends only when nobody is connected to it any more; absent where that is not asked for. */
  readonly drainQuiet?: DrainQuiet
  readonly rollout: Rollout
  readonly limits: Readonly<Partial<Record<Place['provider'] | DnsVendor, Limits>>>
  /** Where the journal lies. */
  readonly state: StateLocation
  /** Who is told what becomes of the fleet; absent where nobody is. */
  readonly notify?: readonly Receiver[]
  /** Absolute path of the (first) fleet file: local state lies beside it. */
  readonly file: string
  /** What is accepted but not carried out by this version, one sentence each; shown by plan and up. */
  readonly warnings: readonly string[]
}

/** A webhook. Its address is a secret, as those of chat rooms are: only the host is ever shown. */
export type Receiver = {
  readonly url: Secret
  readonly host: string
  /** What every message is signed with. */
  readonly secret: Secret
  readonly events: readonly NoticeType[]
}

export type Service = {readonly port: number; readonly health: HealthCheck}

export type HealthCheck = {
  /** 'http' and 'https' GET `path`, of which 200 to 399 is a success; 'tcp' is one connection that opens. */
  readonly protocol: 'http' | 'https' | 'tcp'
  readonly path: string
  readonly intervalMs: number
  readonly timeoutMs: number
  /** Successes in a row that make an instance healthy. */
  readonly healthy: number
  /** Failures in a row that make it unhealthy. */
  readonly unhealthy: number
}

/**
 * How it is seen that nobody uses an instance any more: its connections to the service's port over ssh, or a counter that
 * its own service shows over HTTP. Rogue caches may hold an address for a day: `maxMs` is where the patience ends.
 */
export type DrainQuiet = {
  /** How long nobody may have been connected. */
  readonly forMs: number
  /** Counted from when resolvers should have forgotten the address. */
  readonly maxMs: number
  readonly by:
    | {readonly kind: 'ssh'; readonly user?: string}
    /** A page whose body is the number of connections or requests in flight. */
    | {readonly kind: 'counter'; readonly path: string}
}

export type Scalar = string | number | boolean

export type UserdataSource = {
  /** A folder in templates/userdata by name, or a path relative to the fleet file. */
  readonly template: string
  /** Values that came through `${env:…}` are Secrets: masked when shown, by name in hashes. */
  readonly vars: Readonly<Record<string, Scalar | Secret>>
}

export type Group = {
  readonly name: string
  readonly place: Place
  readonly count: number
  readonly wish: LaunchWish
  readonly failover?: Failover
  /** Of its SRV values (RFC 2782); 0 where absent. */
  readonly priority?: number
  /** Of its SRV values, 0 where absent, and of its addresses under a weighted name, 1 where absent. */
  readonly weight?: number
}

/**
 * How a changed launch spec is rolled out: `batch` instances of one place at a time (a count, or a percentage of the group,
 * rounded up), and a pause after each batch has its place in DNS.
 */
export type Rollout = {
  readonly batch: {readonly count: number} | {readonly percent: number}
  readonly pauseMs: number
}

/**
 * Opt-in (decision 13): while this group's cloud has been silent for `afterMs`, the group `to` grows until both together
 * are known to have `floor` instances that serve.
 */
export type Failover = {readonly to: string; readonly floor: number; readonly afterMs: number}

export type DnsName = {
  readonly vendor: DnsVendor
  /** Lower case, no final dot. */
  readonly zone: string
  /** The full name, lower case, no final dot. */
  readonly name: string
  /** CloudFlare's "automatic" is 300. */
  readonly ttlSeconds: number
  readonly proxied: boolean
  /** Route53: a set of its own for each instance ('multivalue', 'weighted'), or one for all ('simple'). CloudFlare has records alone. */
  readonly routing: 'multivalue' | 'simple' | 'weighted'
  readonly address: 'public' | 'private'
  /** Whether public IPv6 addresses stay out; absent, an instance that has one registers it beside the other. */
  readonly ipv6?: false
  readonly registration: 'self' | 'mcd'
  /** What instances use; never the operator's own (decision 24). */
  readonly instanceCredentials?: InstanceCredentials
  readonly discovery?: Discovery
}

/** DNS-SD records beside a name (RFC 6763). */
export type Discovery = {
  /** `_http._tcp` */
  readonly service: string
  /** As people read it; one label however many dots it has. */
  readonly instance: string
  /** The strings of its TXT record: `key=value`. */
  readonly txt: readonly string[]
}

export type InstanceCredentials = DnsCredentials
