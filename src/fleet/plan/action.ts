import type {ZoneKey} from '../../journal/events.ts'
import type {LaunchZone, NetworkPiece} from '../../providers/compute.ts'
import type {DnsVendor, Member} from '../../providers/dns.ts'
import type {Connections} from '../observed.ts'

/** What is known of those who use an instance that leaves. */
export type Use = {readonly instance: string} & Connections

/**
 * One thing to do, with the reason. `key` is stable from pass to pass and names the action in output and tests. An action
 * is ready when `after` is empty; otherwise it shows what will follow once the actions named there are through.
 */
export type Action = ActionBody & {
  readonly key: string
  readonly reason: string
  readonly after: readonly string[]
}

export type ActionBody =
  | {
      readonly kind: 'ensure-network'
      readonly place: string
      readonly group: string
      readonly open: readonly number[]
    }
  | {
      readonly kind: 'launch'
      readonly place: string
      readonly group: string
      readonly count: number
      readonly type: string
      readonly zone: LaunchZone
      /** An open launch of the journal: the same order is sent again, or its outcome looked up. */
      readonly resumes?: string
    }
  /** Finds by its mark what an earlier launch made; nothing is sent. */
  | {
      readonly kind: 'adopt'
      readonly place: string
      readonly group: string
      readonly launch: string
      readonly count: number
    }
  | {
      readonly kind: 'wait'
      readonly group: string
      readonly until: 'healthy' | 'registered' | 'gone'
      readonly instances: readonly string[]
      readonly count: number
    }
  | {
      readonly kind: 'register'
      readonly zone: ZoneKey
      readonly create: readonly Member[]
      readonly remove: readonly Member[]
      readonly count: number
    }
  | {
      readonly kind: 'deregister'
      readonly zone: ZoneKey
      readonly create: readonly Member[]
      readonly remove: readonly Member[]
      readonly leaving: readonly string[]
      /** Those that live on, out of DNS from here on. */
      readonly heldOut?: readonly string[]
      /** Only once the servers of the declared names answer with what stands there: until then this is where the service is found. */
      readonly onceAnswered?: true
    }
  /**
   * Out of DNS: first until the vendor serves the removal ('served'), then until resolvers have forgotten ('forgotten', at
   * `untilMs`), and where the file asks for it until nobody is connected any more ('quiet', at `untilMs` all the same).
   */
  | {
      readonly kind: 'drain'
      readonly instances: readonly string[]
      readonly until: 'served' | 'forgotten' | 'quiet'
      readonly zones: readonly ZoneKey[]
      readonly untilMs?: number
      /** When they are asked for their connections again, and what was seen so far. */
      readonly lookAtMs?: number
      readonly uses?: readonly Use[]
    }
  | {
      readonly kind: 'terminate'
      readonly place: string
      readonly instances: readonly string[]
      /** Of these, those that end although they may still be used: `drain.max` has passed. */
      readonly inUse?: readonly Use[]
    }
  /**
   * The rest of a rollout, whose next step stands beside it: these are still to be followed by new ones, `batch` at a time.
   * Never ready itself: it is a sequence of the other kinds.
   */
  | {
      readonly kind: 'replace'
      readonly place: string
      readonly group: string
      readonly instances: readonly string[]
      readonly batch: number
      readonly pauseMs: number
      /** How many launches are still to come, beyond those that stand in the plan. */
      readonly launches: number
      /** What it began with: their launch spec is another one, or somebody asked for it. */
      readonly cause: 'launch-spec' | 'asked'
    }
  /** A batch serves beside those that it follows, until `untilMs`; without it, the pause has yet to begin. */
  | {
      readonly kind: 'pause'
      readonly group: string
      readonly instances: readonly string[]
      readonly untilMs?: number
    }
  /**
   * A lowered TTL: first until every server answers with it ('served'), then until whatever resolvers were told before has
   * passed ('passed', at `untilMs`); then that is written down ('settled').
   */
  | {
      readonly kind: 'settle'
      readonly vendor: DnsVendor
      readonly zone: ZoneKey
      readonly name: string
      readonly ttlSeconds: number
      readonly until: 'served' | 'passed' | 'settled'
      readonly untilMs?: number
    }
  | {readonly kind: 'remove-network'; readonly place: string; readonly piece: NetworkPiece}

/** Something a person should know that no action mends. `blocks` is true when the declared fleet cannot be reached because of it. */
export type Note = {
  readonly kind:
    | 'unreachable'
    | 'failover'
    | 'foreign-owner'
    | 'shortfall'
    | 'not-registered'
    | 'unhealthy'
    | 'health-unknown'
    | 'last-addresses'
    | 'drained'
    | 'lost'
    | 'stopped'
    | 'no-address'
    | 'foreign-record'
    | 'rollout-stopped'
    | 'outdated-userdata'
    | 'unknown-instance'
    | 'unmarked'
    | 'outage'
    | 'lowered-ttl'
    | 'warning'
  readonly text: string
  readonly blocks: boolean
  readonly instance?: string
  readonly place?: string
}

export type Plan = {readonly actions: readonly Action[]; readonly notes: readonly Note[]}

export const isReady = (action: Action): boolean => action.after.length === 0

/** Nothing but time is missing, or clients that go. */
export const isTimed = (action: Action): action is Action & {kind: 'drain' | 'pause' | 'settle'} =>
  (action.kind === 'drain' && action.until !== 'served') ||
  (action.kind === 'settle' && action.until === 'passed') ||
  (action.kind === 'pause' && action.untilMs !== undefined)

/** Whom the plan ends, sooner or later: asked about on a terminal, `--yes` elsewhere. */
export const endedBy = ({actions}: Plan): string[] =>
  actions.flatMap(action =>
    action.kind === 'terminate' || action.kind === 'replace' ? action.instances : [],
  )
