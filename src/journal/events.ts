import type {ProcessIdentity} from '../process-identity.ts'
import type {LaunchOrder, LaunchReceipt, Place} from '../providers/compute.ts'
import type {ChangeReceipt, DnsChange, DnsVendor} from '../providers/dns.ts'
import type {Retry} from '../providers/retries.ts'
import type {Addressee, OwedNotice} from './notice.ts'

/** A launch order as the journal keeps it: everything but the userdata, which holds secrets and stays as a keyed digest (decision 8). */
export type FrozenOrder = Omit<LaunchOrder, 'userdata' | 'resumed'> & {
  readonly userdataDigest: string
  /** The user's part as far as it belongs to the launch spec, secrets as their origin: what a later plan is compared with. */
  readonly userdataSpec?: unknown
}

/** `<vendor>/<zone>` */
export type ZoneKey = string
export const zoneKey = (vendor: DnsVendor, zone: string): ZoneKey => `${vendor}/${zone}`

/** A call that changes a cloud or a zone, as it was intended: enough to repeat it, or to look up what came of it. */
export type Step =
  | {
      readonly kind: 'ensure-network'
      readonly place: string
      readonly group: string
      readonly open: readonly number[]
    }
  | {readonly kind: 'remove-network'; readonly place: string; readonly group: string; readonly piece: string}
  | {readonly kind: 'launch'; readonly place: string; readonly group: string; readonly order: FrozenOrder}
  | {
      readonly kind: 'change-dns'
      readonly zone: ZoneKey
      readonly change: DnsChange /** Instances that leave for good with this change. */
      readonly leaving: readonly string[]
      /** Instances that live on, out of DNS from this change on. */
      readonly heldOut?: readonly string[]
    }
  | {readonly kind: 'terminate'; readonly place: string; readonly instances: readonly string[]}

/** Why a launch gave less than was ordered. */
export type Shortfall = NonNullable<LaunchReceipt['shortfall']>

/** What came of a step. */
export type StepResult =
  | {
      readonly kind: 'done'
      readonly instances?: readonly string[]
      readonly shortfall?: Shortfall
      /** Made by the same request once more, and ended again. */
      readonly doubles?: readonly string[]
      readonly receipt?: ChangeReceipt
      readonly networkIds?: readonly string[]
    }
  | {
      readonly kind: 'failed'
      readonly message: string /** Whether it may have taken effect: such a step stays open. */
      readonly effect: 'none' | 'unknown'
      readonly shortfall?: Shortfall
    }

/**
 * The journal's events. They are written before and after every change and never altered; state is the fold over them
 * (fold.ts). An interface between versions: add kinds, never change one.
 */
export type JournalEvent =
  /** First event of a journal, and of each new beginning: nothing before it counts any more. `digestKey` keys the userdata digests, so that they tell nothing about secrets to who sees only them. */
  | {
      readonly type: 'opened'
      readonly fleet: string /** Base name of the fleet file. */
      readonly file: string
      readonly digestKey: string
    }
  /** The fleet's owner name (its first full DNS name); another one follows when the file's name changed (decision 4). */
  | {readonly type: 'owner-recorded'; readonly dns: string}
  | {
      readonly type: 'run-started'
      readonly command: string
      readonly version: string
      readonly host: string
      readonly user: string
      readonly pid: number
      /** The page of the CI job it runs in. */
      readonly job?: string
      /** Whether this run still works can be told on its own host. */
      readonly process?: ProcessIdentity
      /** It holds the lease from here on, for this long after each event it writes (decision 27). Absent in journals of mcd 0.1. */
      readonly leaseMs?: number
      /** The run it took the lease from, and why that was right. */
      readonly takenOver?: {readonly run: string; readonly because: 'holder-gone' | 'expired' | 'unlocked'}
    }
  /** The run lives and goes on holding the lease. Any event of the holder's says the same. */
  | {readonly type: 'lease-renewed'}
  /** `mcd state unlock`: a person says that this run is dead. It must not write again, and the next one need not wait. */
  | {readonly type: 'lease-broken'; readonly run: string; readonly user: string; readonly host: string}
  | {readonly type: 'place-recorded'; readonly place: Place; readonly account: string}
  | {
      readonly type: 'zone-recorded'
      readonly vendor: DnsVendor
      readonly zone: string
      readonly id: string
      readonly account: string
    }
  /** A name was published with this TTL, 0 where it is proxied: where mcd looks ever after, and how long resolvers may remember. */
  | {
      readonly type: 'name-published'
      readonly vendor: DnsVendor
      readonly zone: string
      readonly name: string
      readonly ttlSeconds: number
      /** The DNS-SD records beside it. */
      readonly discovery?: {readonly service: string; readonly instance: string}
    }
  /** The file no longer names it and nothing of ours is there any more: mcd looks there no more, until the file names it again. */
  | {readonly type: 'place-left'; readonly place: string}
  | {readonly type: 'name-left'; readonly vendor: DnsVendor; readonly zone: string; readonly name: string}
  | {readonly type: 'intent'; readonly step: string; readonly what: Step}
  | {
      readonly type: 'outcome'
      readonly step: string
      readonly result: StepResult
      /** Attempts that did not get through before the one that decided. Absent when the first one did. */
      readonly retries?: readonly Retry[]
    }
  /** The vendor's servers stopped answering with the addresses of these instances: the drain clock starts. */
  | {readonly type: 'removal-served'; readonly zone: ZoneKey; readonly instances: readonly string[]}
  /** The same for those that live on: no older mcd takes them for leavers. */
  | {readonly type: 'absence-served'; readonly zone: ZoneKey; readonly instances: readonly string[]}
  /** `drain.max` has passed: these end although so many were connected at the last look, or although that could not be asked. */
  | {
      readonly type: 'quiet-missed'
      readonly instances: readonly ({readonly instance: string} & (
        | {readonly connections: number}
        | {readonly why: string}
      ))[]
    }
  /** A place that was reached before says nothing (or is heard again): from here on its absence is counted (decision 13). */
  | {readonly type: 'place-silent'; readonly place: string}
  | {readonly type: 'place-answered'; readonly place: string}
  /** Somebody asked for these to be replaced although their launch spec is right: every run goes on with it until they are gone. */
  | {readonly type: 'replacement-asked'; readonly instances: readonly string[]}
  /** `mcd drain`: out of DNS, and alive, until somebody lifts it. */
  | {readonly type: 'drain-asked'; readonly instances: readonly string[]}
  | {readonly type: 'drain-lifted'; readonly instances: readonly string[]}
  /** `mcd ttl lower`: a shorter TTL than the fleet file's, until `ttl-restored`. */
  | {
      readonly type: 'ttl-lowered'
      readonly vendor: DnsVendor
      readonly zone: string
      readonly name: string
      readonly ttlSeconds: number
    }
  | {readonly type: 'ttl-restored'; readonly vendor: DnsVendor; readonly name: string}
  /** The vendor's servers answer with it alone: what resolvers were told before passes from here on. */
  | {readonly type: 'ttl-served'; readonly vendor: DnsVendor; readonly name: string}
  /** The longer TTLs of before have passed: nobody can remember an address of this name for longer than the lowered one. */
  | {readonly type: 'ttl-settled'; readonly vendor: DnsVendor; readonly name: string}
  /** What a launch spec is made of beside the order (secrets as they are written): enough to launch it again, long after. */
  | {readonly type: 'spec-recorded'; readonly spec: string; readonly source: unknown}
  /** `mcd replace --rollback`: the specs of these launches are to be returned to, each in its group. */
  | {readonly type: 'rollback-asked'; readonly launches: readonly string[]}
  /** A batch of a rollout was seen healthy and in DNS: the pause in which it serves beside the old ones begins. */
  | {readonly type: 'pause-begun'; readonly group: string; readonly instances: readonly string[]}
  /** Everything that was asked for beyond the fleet file has come true: the next request is a new one. */
  | {readonly type: 'requests-met'}
  /** Met by their marks: which launch made them is in no journal. */
  | {
      readonly type: 'instances-found'
      readonly place: string
      readonly instances: readonly {
        readonly id: string
        readonly group: string
        readonly launch: string
        readonly spec: string
      }[]
    }
  /** Seen running, in a fleet whose file asks for word of those that are lost: from here on their end is one that mcd knows of, or news. */
  | {
      readonly type: 'instances-seen'
      readonly place: string
      readonly instances: readonly {
        readonly id: string
        readonly group: string
        readonly address?: string
      }[]
    }
  /** Their clouds show them as ended, or know nothing of their ids any more: nobody asks after them again. */
  | {readonly type: 'instances-ended'; readonly place: string; readonly instances: readonly string[]}
  /** They ended, or lost their mark, and no run had asked for that. */
  | {
      readonly type: 'instances-lost'
      readonly place: string
      readonly instances: readonly string[]
      /** They live on without it. */
      readonly unmarked?: true
    }
  /** The fleet is as this wish has it (a hash), until a run begins to change something: what differs then came by itself. */
  | {readonly type: 'fleet-settled'; readonly wish: string}
  /** These receivers are to be told, until each of them has the notice or is given up. Written with what happened, or before it. */
  | ({readonly type: 'notice-owed'} & Omit<OwedNotice, 'atMs'>)
  /** By its digest: the receiver said that it has the notice. */
  | {readonly type: 'notice-delivered'; readonly id: string; readonly receiver: string}
  | {
      readonly type: 'notice-given-up'
      readonly id: string
      readonly receivers: readonly Addressee[]
      /** `removed`: the fleet file does not name it any more. `refused`: it says that it wants none. */
      readonly because: 'too-old' | 'removed' | 'refused'
    }
  /** Nothing follows it here but the end of the run that wrote it: the journal goes on in the place that is named, as a fleet file writes it. */
  | {readonly type: 'moved'; readonly to: string}
  /** The end of a run, also of one that failed or was interrupted: the lease is free. */
  | {
      readonly type: 'run-finished'
      readonly exit: number
      readonly converged: boolean
      /** It saw to DNS alone: whether the fleet is as declared, it cannot say. */
      readonly dnsOnly?: boolean
      /** What it fell short of, a sentence each: the first line of what its user was told. */
      readonly why?: readonly string[]
    }

/** An event as it lies in the store. */
export type StoredEvent = {
  readonly sequence: number
  readonly atMs: number
  readonly run: string
  readonly event: JournalEvent
}
