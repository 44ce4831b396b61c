/** CloudAPI's shapes as far as mcd reads or writes them. Source: CloudAPI 9.20 reference. They stay in this folder. */

export type ApiAccount = {readonly id: string; readonly login: string}

export type ApiKey = {readonly name: string; readonly fingerprint: string}

export type ApiImage = {
  readonly id: string
  readonly name: string
  readonly version: string
  readonly os?: string
  /** `zvol` is a disk; everything else is a container. */
  readonly type: string
  readonly state?: string
  readonly published_at?: string
  /** MiB. */
  readonly requirements?: {
    readonly brand?: string
    readonly min_memory?: number
    readonly max_memory?: number
  }
}

export type ApiPackage = {
  readonly id: string
  readonly name: string
  /** MiB. */
  readonly memory: number
  /** MiB. */
  readonly disk?: number
  readonly brand?: string
}

export type ApiNetwork = {
  readonly id: string
  readonly name: string
  readonly public?: boolean
  /** In CIDR notation; not shown for every network. */
  readonly subnet?: string
}

export type ApiMachine = {
  readonly id: string
  readonly name: string
  readonly state: string
  readonly image: string
  readonly package?: string
  readonly tags?: Readonly<Record<string, unknown>>
  readonly ips?: readonly string[]
  readonly nics?: readonly {readonly ip: string; readonly primary?: boolean}[]
  readonly primaryIp?: string
  /** ISO 8601. */
  readonly created: string
  readonly deletion_protection?: boolean
  readonly firewall_enabled?: boolean
}

/** A flat body: `metadata.<key>` and `tag.<key>` beside the rest. */
export type NewMachine = Readonly<Record<string, unknown>> & {readonly name: string}

export type ApiRule = {
  readonly id: string
  readonly rule: string
  readonly enabled: boolean
  readonly description?: string
}
export type NewRule = Omit<ApiRule, 'id'>

/** Of the sub-users of an account. Since CloudAPI 9 members and policies are objects, before that names. */
export type ApiRole = {
  readonly name: string
  readonly members?: readonly (string | {readonly login?: string; readonly default?: boolean})[]
  /** Before CloudAPI 9. */
  readonly default_members?: readonly string[]
  readonly policies?: readonly (string | {readonly name?: string})[]
}

/** Rules in the Aperture language: `CAN listmachines AND getmachine`. */
export type ApiPolicy = {readonly name: string; readonly rules?: readonly string[]}

/**
 * What the operator lets an account have in this data centre, as the plugin provision_limits of sdc-cloudapi gives it:
 * `by` is `ram` in MiB, `quota` (disk) in GiB, and anything else counts instances. -1 is none at all.
 */
export type ApiLimit = {
  readonly value: number
  readonly by?: string
  readonly used?: number
  /** What it counts alone: instances of one brand, of one image's name, or of one operating system. */
  readonly check?: 'brand' | 'image' | 'os'
  readonly brand?: string
  readonly image?: string
  readonly os?: string
}
