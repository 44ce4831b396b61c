import type {Service} from '../calls.ts'

/** What one kind of fault is, as `mcd sandbox fault add --help` lists it. */
type Kind = {
  readonly does: string
  /** How often it fires unless told otherwise. */
  readonly times: number
  /** What a duration means for it, and the one it has without. Absent: it takes none. */
  readonly ms?: {readonly means: string; readonly default: number | undefined}
  /** Takes a count of instances. */
  readonly counts?: true
  /** The calls it can concern; any without. */
  readonly concerns?: (service: Service, action: string) => boolean
  /** Those calls, in words: "launches". */
  readonly only?: string
}

const ALWAYS = Number.POSITIVE_INFINITY

const launches = (service: Service, action: string): boolean =>
  `${service}:${action}` === 'ec2:RunInstances' || `${service}:${action}` === 'cloudapi:CreateMachine'
export const reads = (action: string): boolean => /^(?:Describe|List|Get|GET )/.test(action)
/** CloudFlare takes a token, at any time. */
const isSigned = (service: Service): boolean => service !== 'cloudflare'
const LAUNCHES = {concerns: launches, only: 'launches (aws:RunInstances, joyent:CreateMachine)'} as const

/** Everything that goes wrong in this world when somebody asks for it. */
export const KINDS = {
  throttle: {does: "the vendor's own throttling answer, before any effect", times: 1},
  error: {does: "the vendor's own 5xx, before any effect", times: 1},
  'error-after': {does: 'a 5xx although the call took effect', times: 1},
  'lost-reply': {does: 'the call takes effect, and the connection breaks before the answer', times: 1},
  reset: {does: 'the connection breaks before any effect', times: 1},
  timeout: {does: 'no answer ever, and no effect', times: 1},
  'timeout-after': {does: 'no answer ever, and the call took effect', times: 1},
  delay: {
    does: 'the request is under way for a while, and takes effect then even if its sender is gone',
    times: 1,
    ms: {means: 'how long it is under way', default: 5_000},
  },
  'hold-before': {
    does: 'the request is held before its effect until the fault is cleared, and takes effect then',
    times: 1,
  },
  'hold-after': {does: 'the call takes effect, and its answer is held until the fault is cleared', times: 1},
  denied: {
    does: "the vendor's own answer to who lacks the permission, also to a dry run, and no effect",
    times: ALWAYS,
    // Who one is, everybody may ask.
    concerns: (service: Service) => service !== 'sts',
    only: 'calls that need a permission (all but sts:GetCallerIdentity)',
  },
  'wrong-clock': {
    does: "the clock of the vendor's servers is ahead of yours: their answers are dated so, and signatures of your time are refused where it is more than five minutes",
    times: ALWAYS,
    ms: {means: 'how far ahead', default: 10 * 60_000},
    concerns: isSigned,
    only: 'vendors whose calls are signed with a time (aws, route53, s3, joyent)',
  },
  capacity: {does: 'no room for the instances', times: 1, ...LAUNCHES},
  'partial-fill': {
    does: 'room for fewer instances than ordered: --count of them',
    times: 1,
    counts: true,
    concerns: (service: Service, action: string) => `${service}:${action}` === 'ec2:RunInstances',
    only: 'launches that order several at once (aws:RunInstances)',
  },
  invisible: {
    does: 'new instances show late in listings, new records late at the name servers',
    times: ALWAYS,
    ms: {means: 'how late', default: 30_000},
    concerns: (service: Service, action: string) =>
      launches(service, action) || ((service === 'cloudflare' || service === 'route53') && !reads(action)),
    only: 'launches and changes of records',
  },
  stale: {
    does: 'a listing answers as it did a while ago: an older state after a newer one',
    times: 1,
    ms: {means: 'how old at least', default: 2_000},
    concerns: (_service: Service, action: string) => reads(action),
    only: 'calls that read',
  },
  'slow-boot': {
    does: 'machines take long to boot; counts machines',
    times: ALWAYS,
    ms: {means: 'how long they boot', default: 60_000},
    ...LAUNCHES,
  },
  'machine-dies': {
    does: 'machines fail while they are launched, or halt a while after; counts machines',
    times: 1,
    ms: {means: 'how long they live after booting; without, they never boot', default: undefined},
    ...LAUNCHES,
  },
  'machine-unhealthy': {
    does: 'machines boot and never answer their health check; counts machines',
    times: 1,
    ...LAUNCHES,
  },
  outage: {
    does: 'nobody reaches the vendor at all: connections break at once',
    times: ALWAYS,
    ms: {means: 'how long; without, until it is cleared', default: undefined},
  },
} as const satisfies Record<string, Kind>

export type FaultKind = keyof typeof KINDS
export const FAULT_KINDS = Object.keys(KINDS) as FaultKind[]
export const kindOf = (kind: FaultKind): Kind => KINDS[kind]

/** Whose calls a fault hits. `instances`: their registration, with the sandbox's token or a role. */
export const SENDERS = ['operator', 'instances', 'any'] as const
export type Sender = (typeof SENDERS)[number]

/** A fault as somebody orders it. */
export type FaultOrder = {
  /** `aws:RunInstances`, `joyent:*`, `route53`, or the id of an instance. */
  readonly target: string
  readonly kind: FaultKind
  /** The operator's calls unless told otherwise; an outage is everybody's. */
  readonly from?: Sender | undefined
  /** Calls it lets pass before it begins. */
  readonly skip?: number | undefined
  readonly times?: number | undefined
  readonly ms?: number | undefined
  readonly count?: number | undefined
}

/** A fault as it stands. */
export type FaultReport = {
  readonly id: string
  readonly target: string
  readonly kind: FaultKind
  readonly from: Sender
  /** Calls that it still lets pass. */
  readonly skip?: number
  /** null: as often as it can. */
  readonly times: number | null
  readonly ms?: number
  readonly count?: number
  readonly fired: number
  /** Requests that it holds or delays at this moment. */
  readonly waiting: number
}
