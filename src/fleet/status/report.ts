import type {ServerAnswer} from '../outside.ts'

/** `mcd status --json`: an interface to other programs; add fields, never change one. */
export type FleetStatus = {
  fleet: string
  converged: boolean
  groups: {
    name: string
    provider: string
    region: string
    desired: number
    /** null where the place could not be read: nobody knows. */
    live: number | null
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
    publicIpv6?: string
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
  /** What a person should know all the same; no difference. */
  remarks: string[]
  /** The run that holds the lease: it works now, or was stopped and waits to be gone on with. Absent where there is none. */
  holder?: RunStatus
}

export type RunStatus = {
  run: string
  command: string
  user: string
  host: string
  pid: number
  /** The page of the CI job it runs in. */
  job?: string
  startedAt: string
  /** `unknown` where its host is another one: a sign of life of the last seconds speaks for it. */
  state: 'works' | 'stopped' | 'unknown'
}

export type NameStatus = {
  provider: string
  name: string
  type: 'A'
  ttlSeconds: number
  /** It answers with the vendor's own addresses: only the zone tells what stands behind them. */
  proxied?: true
  readable: boolean
  records: {value: string; instance?: string; owned: boolean; ttlSeconds: number}[]
  /** Absent where nobody was asked, and for a proxied name, which answers with the vendor's own addresses. */
  answers?: NameAnswers
  /** What clients find by DNS-SD beside it: the SRV values of the service. */
  discovery?: {name: string; records: {value: string; instance?: string; owned: boolean}[]}
}

/** What is really answered now, asked of each server alone. */
export type NameAnswers = {
  /** One answer holds no more than so many of the addresses, other ones each time. Absent where it holds all. */
  atOnce?: number
  /** The zone's own name servers. */
  servers: ServerStatus[]
  /** Public ones, which clients ask. */
  resolvers: ServerStatus[]
}

export type ServerStatus = ServerAnswer & {
  /** How its answer differs from what the zone holds, in a sentence; absent where it does not. */
  remark?: string
}

export type Difference = {
  kind: string
  instance?: string
  group?: string
  /** The DNS name, and the server, that it is about. */
  name?: string
  server?: string
  text: string
  fix: string
}
