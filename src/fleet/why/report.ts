import type {Difference} from '../status/report.ts'

/** `mcd why --json`: an interface to other programs; add fields, never change one. Times are ISO 8601. */
export type WhyReport = {
  fleet: string
  instance: string
  /**
   * `foreign`: it carries the fleet's name and another owner. `ended`: its cloud shows it as gone, or no longer shows it.
   * `unseen`: its place cannot be read, or does not show it yet. `unmarked`: it exists, and somebody took its mark away.
   */
  standing: 'lives' | 'leaves' | 'ended' | 'foreign' | 'unseen' | 'unmarked'
  /** The tags that it had and that are gone or changed, as `mcd:fleet=web`; absent for one that is not `unmarked`. */
  lacks?: readonly string[]
  group?: string
  /** The key of its place: `aws:us-east-1`. */
  place?: string
  /** Why its place says nothing. */
  silent?: string
  /** As its cloud shows it; absent where none does. */
  seen?: {
    state: string
    stateReason?: string
    name?: string
    zone?: string
    type?: string
    publicIp?: string
    publicIpv6?: string
    privateIp?: string
    servedAt?: string
    launchedAt: string
    /** Whose it is, for one that is foreign: the owner's DNS name. */
    owner: string
  }
  /** What the file asks for of its group now. `unknown` where that could not be resolved, `undeclared` where there is no such group. */
  spec?: 'current' | 'older' | 'unknown' | 'undeclared'
  past: Past
  health?: {verdict: string; why?: string}
  names: NameOfInstance[]
  /** On its way out, or kept out: since when it is out of each zone, and since when its name servers say so. */
  out?: {zones: {zone: string; removedAt: string; servedAt?: string}[]; forgottenAt?: string}
  /** Kept out of DNS on purpose. */
  drained: boolean
  /** What mcd would do with it, in order, and why. */
  next: {kind: string; text: string; reason: string; after: string[]}[]
  differences: Difference[]
}

/** What the journal tells of it. */
export type Past = {
  /** The launch that made it. */
  launched?: RunRef & {launch: string}
  /** Met by its mark: no launch in this journal made it. */
  found?: RunRef
  drained?: RunRef
  replacementAsked?: RunRef
  /** The cloud accepted to end it. */
  ended?: RunRef
}

export type RunRef = {run: string; command: string; user: string; host: string; at: string}

export type NameOfInstance = {
  name: string
  provider: string
  readable: boolean
  /** What carries its mark. */
  records: {
    name: string
    type: string
    value: string
    ttlSeconds: number
    proxied?: boolean
    group: string
  }[]
  /** A TXT value that keeps its own script from registering it; absent where none stands. */
  hold?: {value: string; group: string}
  /** How many of those that say anything answer with an address of it; null where nobody does. */
  servers: {answering: number; heard: number; silent: number}
  resolvers: {answering: number; heard: number; silent: number}
  remarks: string[]
}
