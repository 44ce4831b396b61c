/** CloudAPI's shapes as far as mcd reads or writes them. Source: CloudAPI 9.20 reference. They stay in this folder. */

export type ApiAccount = {readonly id: string; readonly login: string}

export type ApiImage = {
  readonly id: string
  readonly name: string
  readonly version: string
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
  readonly memory: number
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
