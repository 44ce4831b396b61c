import type {Place} from '../providers/compute.ts'
import type {ChangeReceipt, DnsVendor, Member} from '../providers/dns.ts'
import type {FrozenOrder, Shortfall, ZoneKey} from './events.ts'
import type {Lease} from './fold-lease.ts'
import type {OwedNotice, SeenInstance} from './notice.ts'

/** A launch that was intended. Open while no outcome stands: it may have happened (law 4). */
export type RecordedLaunch = {
  readonly step: string
  readonly run: string
  readonly group: string
  readonly place: string
  readonly order: FrozenOrder
  readonly intendedAtMs: number
  /** When its outcome was written; an old order sent again is answered long after it was intended. */
  readonly answeredAtMs?: number
  readonly open: boolean
  /** How many runs had made the fleet as declared before: the launches of one rollout share it, however many runs it took. */
  readonly era: number
  /** What the cloud answered, as far as it answered. */
  readonly instances: readonly string[]
  readonly shortfall?: Shortfall
}

/** An instance on its way out, or held out: when its addresses left each zone, and since when that is served. */
export type Leaving = {readonly zones: ReadonlyMap<ZoneKey, Left>}

export type Left = {
  readonly removed: readonly Member[]
  readonly receipt?: ChangeReceipt
  readonly removedAtMs: number
  readonly servedAtMs?: number
}

export type PublishedName = {
  readonly vendor: DnsVendor
  readonly zone: string
  readonly name: string
  /** The largest in the fleet's lifetime, or since a lowered one had settled. */
  readonly maxTtlSeconds: number
  /** When it was first published: instances launched before know nothing of it. */
  readonly sinceMs: number
  /** DNS-SD records that ever stood beside it. */
  readonly discovery?: readonly {readonly service: string; readonly instance: string}[]
}

/** A name whose TTL is shorter than the fleet file says, on purpose. */
export type LoweredTtl = {
  readonly vendor: DnsVendor
  readonly zone: string
  readonly name: string
  readonly ttlSeconds: number
  /** The longest that resolvers may have been told before. */
  readonly beforeSeconds: number
  readonly sinceMs: number
  /** The last change of records in its zone before it was served, and what the vendor calls it. */
  readonly changedAtMs?: number
  readonly receipt?: ChangeReceipt
  /** Since when no server answers with a longer one. */
  readonly servedAtMs?: number
  /** When the longer ones had passed. */
  readonly settledAtMs?: number
}

export type FoundInstance = {
  readonly place: string
  readonly group: string
  readonly launch: string
  readonly spec: string
}

/** What the journal knows: the fold over its events. */
export type Recorded = {
  readonly nextSequence: number
  /** Who holds the lease, or held it last and never gave it back (fleet/lease.ts tells them apart). */
  readonly lease: Lease | undefined
  readonly digestKey: string | undefined
  /** Base name of the fleet file that opened the journal. */
  readonly file: string | undefined
  /** Where the journal goes on, if not here. */
  readonly movedTo: string | undefined
  /** Every owner name this fleet had, oldest first: instances under any of them are ours. */
  readonly owners: readonly string[]
  /** By key. `left` ones are not looked at any more; their account still is what it was (decision 5). */
  readonly places: ReadonlyMap<
    string,
    {readonly place: Place; readonly account: string; readonly left?: boolean}
  >
  /** By place key: since when a run found it silent, while no later one has heard of it (decision 13). */
  readonly silentSinceMs: ReadonlyMap<string, number>
  readonly zones: ReadonlyMap<ZoneKey, {readonly id: string; readonly account: string}>
  readonly names: readonly PublishedName[]
  /** The largest TTL that was ever published, or since a lowered one had settled, also under names that were left since. */
  readonly longestTtlSeconds: number
  /** By launch id, in the order of their intents. */
  readonly launches: ReadonlyMap<string, RecordedLaunch>
  /** By instance id: met by their marks, in no launch that this journal knows. */
  readonly found: ReadonlyMap<string, FoundInstance>
  /** By instance id. */
  readonly leaving: ReadonlyMap<string, Leaving>
  /** By instance id: alive, and taken out of these zones by mcd; without those that it may be back in since. */
  readonly heldOut: ReadonlyMap<string, Leaving>
  /** By instance id: when the cloud last accepted to end it. */
  readonly terminatedAtMs: ReadonlyMap<string, number>
  /** By instance id: since when its cloud is known to have ended it, whoever asked for that. */
  readonly ended: ReadonlyMap<string, number>
  /** Ingress ids by `<place> <group>`. */
  readonly networkIds: ReadonlyMap<string, readonly string[]>
  /** By step: the place whose ingress it may yet change, its request perhaps still under way, until a later run has finished. */
  readonly unsettledNetwork: ReadonlyMap<string, string>
  /** By launch spec: what it is made of beside the order, secrets as they are written. */
  readonly specs: ReadonlyMap<string, unknown>
  /** The launches to whose specs a rollback returns, until it has. */
  readonly rollback: readonly string[]
  /** How many runs ended with the fleet as declared. */
  readonly converged: number
  /** By instance id: since when somebody wants it replaced although its launch spec is right. */
  readonly asked: ReadonlyMap<string, number>
  /** By instance id: since when it is drained on purpose (`mcd drain`), until that is lifted or it has ended. */
  readonly drained: ReadonlyMap<string, number>
  /** By instance id: since when it is drained no more, so that a hold that says so is left over. */
  readonly lifted: ReadonlyMap<string, number>
  /** By name key (`<vendor>/<name>`). */
  readonly lowered: ReadonlyMap<string, LoweredTtl>
  /** By instance id: when the pause after its batch began. */
  readonly pausedAtMs: ReadonlyMap<string, number>
  /** When addresses were last sent to a zone in a run, by `<run> <zone>`. */
  readonly registeredAtMs: ReadonlyMap<string, number>
  /** By id, oldest first. */
  readonly owed: ReadonlyMap<string, OwedNotice>
  /** By instance id: seen running, where the fleet file asks for word of those that are lost. */
  readonly seen: ReadonlyMap<string, SeenInstance>
  /** The wish that the fleet was last found to be as, and the run that found it; nothing was changed since. */
  readonly settled: {readonly wish: string; readonly run: string} | undefined
}
