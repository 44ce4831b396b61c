import type {ZoneKey} from '../journal/events.ts'
import type {Lease} from '../journal/fold-lease.ts'
import type {Journal} from '../journal/journal.ts'
import type {Recorded} from '../journal/recorded.ts'
import type {ComputeCapabilities, ComputeProvider, Place} from '../providers/compute.ts'
import type {DnsProvider, DnsVendor, Zone} from '../providers/dns.ts'
import type {Runtime} from '../runtime.ts'
import type {Desired} from './desired.ts'
import type {DnsName, DrainQuiet, Group, HealthCheck, Receiver, Service} from './model.ts'
import type {Connections} from './observed.ts'
import type {Action, Plan} from './plan/action.ts'

/** The one seam to the outside world (decision 26): everything the engine can do or learn passes through here. */
export type Outside = {
  readonly runtime: Runtime
  readonly journal: Journal
  /** Whether that journal is this fleet's by what it tells now; absent where none but one fleet can reach it. */
  readonly isOurs?: (recorded: Recorded) => boolean
  /** One provider per place, also for places the file no longer names. */
  compute(place: Place): ComputeProvider
  dns(vendor: DnsVendor): DnsProvider
  readonly probe: Probe
  readonly countConnections: CountConnections
  /** What each of the zone's name servers answers about this name now. */
  askNameServers(
    vendor: DnsVendor,
    zone: Zone,
    name: string,
    type: AddressType,
  ): Promise<readonly ServerAnswer[]>
  /** What clients are told: the answers of public resolvers. Empty where nobody is to be asked. */
  askResolvers(name: string, type: AddressType | 'NS'): Promise<readonly ServerAnswer[]>
  readonly userdata: Userdata
  /** Why the instances' own DNS credentials would be refused for this name; undefined when they work or cannot be told. Reads only. */
  instanceCredentialsTrouble(name: DnsName): Promise<string | undefined>
  /** Signs and sends one message, once. Never throws: what goes wrong is the answer. `over`: nobody waits for it any more. */
  notify(receiver: Receiver, message: Message, over: AbortSignal): Promise<Delivery>
  progress(event: Progress): void
}

/** One message as it goes over the wire. Source: Standard Webhooks. */
export type Message = {
  readonly id: string
  /** Of this attempt, in seconds since the epoch: receivers refuse what is old, as somebody may have kept it. */
  readonly sentAtSeconds: number
  readonly body: string
}

/** `answered`: it was reached, and said no. `refused`: it wants nothing from us, now and later. */
export type Delivery =
  | {readonly ok: true}
  | {readonly ok: false; readonly why: string; readonly answered?: boolean; readonly refused?: boolean}

export type AddressType = 'A' | 'AAAA'

/** What one server answers. Without `records` it says nothing, or nothing that is an answer. */
export type ServerAnswer = {
  /** Name or address, with a port where it is not 53. */
  readonly server: string
  /** What it said instead of an answer: SERVFAIL (of a resolver: it found nobody who answers), REFUSED, … */
  readonly error?: string
  /** Of the type that was asked for. A resolver's TTL is what is left of it. */
  readonly records?: readonly {readonly value: string; readonly ttlSeconds: number}[]
}

/** One health check against one instance. `answered`: it failed, and yet something answered. */
export type Probe = (
  target: ProbeTarget,
) => Promise<{ok: true} | {ok: false; why: string; answered?: boolean}>

export type ProbeTarget = {
  readonly protocol: HealthCheck['protocol']
  readonly address: string
  readonly port: number
  readonly path: string
  /** The name it is asked by. */
  readonly host: string
  readonly timeoutMs: number
}

/**
 * How many use the service of an instance that leaves: mcd itself left out, and its own programs on the instance. What goes
 * wrong is the answer, and says what to do; only an interrupted run throws its reason.
 */
export type CountConnections = (target: {
  address: string
  service: Service
  host: string
  by: DrainQuiet['by']
}) => Promise<Connections>

export type Userdata = {
  /** What of the userdata belongs to the launch spec (decision 7): plain JSON, Secrets allowed. */
  spec(group: Group): unknown
  /** The bytes to send. Throws RefusedError when they do not fit. */
  render(
    group: Group,
    zones: ReadonlyMap<ZoneKey, Zone>,
    capabilities: ComputeCapabilities,
  ): {readonly bytes: Uint8Array; digest(key: string): string}
  /** What a later run needs to send the same again: plain JSON, secrets as they are written in the file. */
  freeze(group: Group): unknown
  /** What an earlier run froze, its secrets read again now. */
  thaw(frozen: unknown): Thawed
}

/** The file's part of an earlier launch spec. */
export type Thawed = {
  readonly userdata: Pick<Userdata, 'spec' | 'render' | 'freeze'>
  readonly metadata: Group['wish']['metadata']
  readonly service: Service
  /** Names of the variables that its secrets came from and that have no value now. */
  readonly unset: readonly string[]
}

/** What happens while it happens, for people. */
export type Progress =
  | {readonly kind: 'planned'; readonly goal: Desired['goal']['kind']; readonly plan: Plan}
  | {readonly kind: 'started'; readonly action: Action}
  | {readonly kind: 'finished'; readonly action: Action; readonly detail?: string}
  | {readonly kind: 'failed'; readonly action: Action; readonly error: Error}
  | {readonly kind: 'waiting'; readonly actions: readonly Action[]; readonly plan: Plan}
  /** A receiver of notifications could not be told; that stops nothing. */
  | {readonly kind: 'undelivered'; readonly text: string}
  /** Before the run begins: it waits for the end of another one, or for a sign of its life. */
  | {readonly kind: 'locked'; readonly lease: Lease; readonly wait: boolean}
