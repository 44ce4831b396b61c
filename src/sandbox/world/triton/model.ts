import type {Fate} from '../faults/plan.ts'

/**
 * What CloudAPI shows, in its own words (CloudAPI 9.20 reference, docs/index.md of sdc-cloudapi), and what the model of
 * the cloud keeps behind it.
 */

/** Zone brands: bhyve and kvm are hardware virtual machines, lx and joyent containers. */
export type Brand = 'bhyve' | 'kvm' | 'lx' | 'joyent'

export type Image = {
  readonly id: string
  readonly name: string
  readonly version: string
  readonly os: 'linux' | 'smartos'
  readonly type: 'zvol' | 'lx-dataset' | 'zone-dataset'
  readonly state: 'active' | 'disabled'
  readonly public: boolean
  readonly owner: string
  /** ISO 8601. */
  readonly published_at: string
  readonly description: string
  /** Memory in MiB. */
  readonly requirements: {readonly brand?: Brand; readonly min_memory?: number; readonly max_memory?: number}
  /** MiB; disk images only. */
  readonly image_size?: number
}

export type Package = {
  readonly id: string
  readonly name: string
  readonly version: string
  readonly group: string
  /** MiB. */
  readonly memory: number
  readonly swap: number
  readonly disk: number
  readonly vcpus: number
  readonly lwps: number
  readonly default: boolean
  readonly description: string
  readonly brand?: Brand
}

export type Network = {
  readonly id: string
  readonly name: string
  readonly public: boolean
  readonly description: string
  readonly fabric?: boolean
  readonly subnet?: string
  readonly gateway?: string
  readonly netmask?: string
}

/** A network as the cloud knows it: pools stand for a member that no listing shows. */
export type KnownNetwork = Network & {readonly member: string}

export type SshKey = {readonly name: string; readonly fingerprint: string; readonly key: string}

/** A sub-user of an account. */
export type User = {readonly id: string; readonly login: string; readonly email: string}

/** Rules in the Aperture language: `CAN listmachines AND getmachine`. */
export type Policy = {
  readonly id: string
  readonly name: string
  readonly rules: readonly string[]
  readonly description: string
}

export type RoleMember = {
  readonly type: 'subuser'
  readonly id: string
  readonly login: string
  /** The role counts for this member also where it is not asked for. */
  readonly default: boolean
}

/** As CloudAPI 9 shows it, with objects where earlier versions had names. */
export type Role = {
  readonly id: string
  readonly name: string
  readonly members: readonly RoleMember[]
  readonly policies: readonly {readonly id: string; readonly name: string}[]
}

export type Nic = {
  readonly mac: string
  readonly ip: string
  readonly primary: boolean
  readonly netmask: string
  readonly gateway: string
  /** A network id; of a pool, its member's. */
  readonly network: string
  readonly public: boolean
}

export type MachineState =
  | 'provisioning'
  | 'running'
  | 'stopping'
  | 'stopped'
  | 'ready'
  | 'offline'
  | 'unknown'
  | 'deleted'
  | 'failed'

export type Scalar = string | number | boolean

/** One instance behind the interface. Times are milliseconds since the epoch. */
export type Machine = {
  readonly id: string
  readonly account: string
  readonly image: Image
  readonly createdMs: number
  readonly computeNode: string
  /** Not in listings before this. */
  readonly visibleAtMs: number
  /** What a fault has in store for it. */
  readonly fate?: Fate | undefined
  name: string
  package: Package
  brand: Brand
  state: MachineState
  updatedMs: number
  tags: Record<string, Scalar>
  metadata: Record<string, string>
  nics: Nic[]
  firewallEnabled: boolean
  deletionProtection: boolean
  /** Since when it is deleted or failed. */
  goneMs?: number
  /** Newest first. */
  audit: AuditEntry[]
  /** Set while the guest goes down: what follows. */
  poweringOff?: 'stopped' | 'reboot' | 'deleted'
  /** A destroy job has been accepted. */
  destroying: boolean
}

/** One finished job. */
export type AuditEntry = {
  readonly success: 'yes' | 'no'
  readonly time: string
  readonly action: string
  readonly caller:
    | {readonly type: 'signature'; readonly ip: string; readonly keyId: string}
    | {readonly type: 'operator'}
}

export type FirewallRule = {
  readonly id: string
  rule: string
  enabled: boolean
  description?: string
}

/** CloudAPI's own JSON of an instance. */
export type MachineView = {
  readonly id: string
  readonly name: string
  readonly type: 'virtualmachine' | 'smartmachine'
  readonly brand: Brand
  readonly state: MachineState
  readonly image: string
  readonly ips: readonly string[]
  readonly memory: number
  readonly disk: number
  readonly metadata: Readonly<Record<string, string>>
  readonly tags: Readonly<Record<string, Scalar>>
  readonly created: string
  readonly updated: string
  readonly networks: readonly string[]
  readonly nics: readonly Omit<Nic, 'public'>[]
  readonly primaryIp?: string
  readonly firewall_enabled: boolean
  readonly deletion_protection: boolean
  readonly compute_node: string | null
  readonly package: string
}

/** Bytes of a request body; more is refused with 413 (sdc-cloudapi lib/app.js). */
export const MAX_BODY_BYTES = 100_000
/** ListMachines: default and maximum of `limit`. */
export const MAX_PAGE = 1_000
/** How long a destroyed instance answers 410 with its last state, before the history is purged and it is 404. */
export const TOMBSTONE_MS = 6 * 60 * 60 * 1000
/** Requests of one user: so many at once, then so many a second (sapi_manifests/cloudapi/template). */
export const THROTTLE = {burst: 30, perSecond: 10} as const
