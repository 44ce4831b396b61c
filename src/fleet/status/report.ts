/** `mcd status --json`: an interface to other programs; add fields, never change one. */
export type FleetStatus = {
  fleet: string
  converged: boolean
  groups: {
    name: string
    provider: string
    region: string
    desired: number
    live: number
    reachable: boolean
  }[]
  instances: {
    id: string
    name?: string
    group: string
    provider: string
    zone?: string
    state: string
    health: string
    publicIp?: string
    privateIp?: string
    /** `host:port` where the sandbox really serves it, when that is not its own address. */
    servedAt?: string
    inDns: boolean
    launch: string
    launchedAt: string
  }[]
  /** The first name; `names` has all of them. */
  dns: NameStatus
  names: NameStatus[]
  differences: Difference[]
  /** The run that holds the lease: it works now, or was stopped and waits to be gone on with. Absent where there is none. */
  holder?: RunStatus
}

export type RunStatus = {
  run: string
  command: string
  user: string
  host: string
  pid: number
  startedAt: string
  /** `unknown` where its host is another one: a sign of life of the last seconds speaks for it. */
  state: 'works' | 'stopped' | 'unknown'
}

export type NameStatus = {
  provider: string
  name: string
  type: 'A'
  ttlSeconds: number
  readable: boolean
  records: {value: string; instance?: string; owned: boolean}[]
  /** What clients find by DNS-SD beside it: the SRV values of the service. */
  discovery?: {name: string; records: {value: string; instance?: string; owned: boolean}[]}
}

export type Difference = {kind: string; instance?: string; group?: string; text: string; fix: string}
