import type {ZoneKey} from '../journal/events.ts'
import type {Described, Instance, NetworkPiece} from '../providers/compute.ts'
import type {DnsVendor, Member, Zone} from '../providers/dns.ts'

/** What one look at the world showed. What could not be read is unknown, never empty (law 6). */
export type Observed = {
  readonly atMs: number
  /** By place key. `instances` carry our fleet name, whichever their owner. */
  readonly places: ReadonlyMap<string, ObservedPlace>
  /** By name key. */
  readonly names: ReadonlyMap<string, ObservedName>
  /** Zones that could be found. */
  readonly zones: ReadonlyMap<ZoneKey, Zone>
  /** By instance id; absent where nothing was probed. */
  readonly health: ReadonlyMap<string, Health>
  /** By instance id, of those that the last plan waits for to be quiet. */
  readonly quiet?: ReadonlyMap<string, Quiet>
}

export type ObservedPlace =
  | {
      readonly readable: true
      readonly instances: readonly Instance[]
      readonly network: readonly NetworkPiece[]
      /** Known by their ids: they exist, and have lost their mark. Absent where there are none. */
      readonly unmarked?: readonly Described[]
      /** Of those that the journal names and that were asked after by their ids: they do not exist any more. */
      readonly ended?: readonly string[]
    }
  | {readonly readable: false; readonly why: string}

export type ObservedName =
  | {
      readonly readable: true
      readonly members: readonly Member[]
      readonly holds: readonly Member[]
      /** DNS-SD records, of the definition, the SRV set and its hosts; absent where there never were any. */
      readonly discovery?: readonly Member[]
    }
  | {readonly readable: false; readonly why: string}

/** `sinceMs` is when the verdict was reached. 'unknown' until the fleet file's counts of probes in a row are reached. */
export type Health = {
  readonly verdict: 'healthy' | 'unhealthy' | 'unknown'
  readonly sinceMs: number
  readonly why?: string
  /** Whether the last probe was answered, be it with an error: without any answer it may be the prober that is cut off. */
  readonly answered?: boolean
  /** Whether it was healthy before in this run, or stood in DNS, where only healthy ones get to, while it failed so often. */
  readonly hasServed?: boolean
}

/** How many are connected to an instance's service, or why that could not be asked: then nobody knows. */
export type Connections = {readonly connections: number} | {readonly why: string}

/** `isQuiet` once nobody was connected for as long as `drain.quiet` says, look for look. */
export type Quiet = {
  readonly seen: Connections
  readonly isQuiet: boolean
  readonly lookAgainAtMs: number
}

/** Everybody whom the places show that could be read, whoever owns them and whether they live or not. */
export const shownInstances = ({places}: Pick<Observed, 'places'>): Instance[] =>
  [...places.values()].flatMap(place => (place.readable ? place.instances : []))

/** `<vendor>/<full name>` */
export const nameKey = (vendor: DnsVendor, name: string): string => `${vendor}/${name}`
