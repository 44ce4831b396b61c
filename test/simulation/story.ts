import type {DnsName, DrainQuiet, Fleet, Group} from '../../src/fleet/model.ts'
import type {Place} from '../../src/providers/compute.ts'
import type {Delays} from '../../src/sandbox/world/core.ts'
import type {FaultOrder} from '../../src/sandbox/world/faults/kinds.ts'
import {dnsName, EAST, fleet, group, VIRGINIA, wish} from '../support/fleet-builder.ts'
import type {Ending} from '../support/mortal-run.ts'

/**
 * What one seed draws: a fleet, and chapters. In each chapter the file may change, one command is given, things go wrong
 * around it, and it may come to a sudden end; then one plain rerun must make the world exactly what the file declares.
 * Plain data: it can be printed, and fast-check can look for a smaller one that fails as well.
 */
export type Story = {
  /** Of the world's own chance: ids, jitter. */
  readonly chance: number
  readonly delays: Delays
  readonly registration: 'self' | 'mcd'
  /** Somebody else's addresses answer under the fleet's names as well. */
  readonly sharesNames: boolean
  /** Each instance's timer puts its record back when it is missing. */
  readonly repairs: boolean
  /** The file has `drain.quiet`, and clients stay with an instance that leaves for so long. */
  readonly clientsStayMs?: number
  /** Where the journal lies; each run opens it for itself. */
  readonly journal: 'memory' | 'bucket'
  readonly chapters: readonly Chapter[]
}

export type Chapter = {
  readonly file: FileDraw
  readonly command:
    | 'up'
    | 'down'
    | 'down-group'
    | 'down-instance'
    | 'replace'
    | 'replace-instance'
    | 'rollback'
    | 'sync'
    | 'drain-instance'
    | 'drain-all'
    | 'undrain'
    | 'lower-ttl'
    | 'restore-ttl'
  /** A plan is saved first and carried out `afterMs` later, or refused where the world has moved: `mcd up --plan`. */
  readonly savedPlan: {readonly afterMs: number} | undefined
  /** The journal is lost before the command, which is then given for the file of the chapter before. */
  readonly losesJournal: boolean
  /** How long each call of the command takes to arrive. */
  readonly latencyMs: number
  readonly faults: readonly TimedFault[]
  readonly strikes: readonly Strike[]
  readonly ending: Ending | undefined
  /** Another mcd that is started beside the command. */
  readonly beside: Beside | undefined
  /** Where the command runs: another host's processes cannot be looked at, and its lease is waited out. */
  readonly host: 'here' | 'elsewhere'
  readonly pauseMs: number
  /** The file changes once more before the plain rerun. */
  readonly fileAfter: FileDraw | undefined
}

/** What the fleet file says. */
export type FileDraw = {
  readonly virginia:
    | {readonly count: number; readonly type: string; readonly port: number; readonly place: 'east' | 'west'}
    | undefined
  readonly east:
    | {readonly name: string; readonly count: number; readonly type: string; readonly isProtected: boolean}
    | undefined
  readonly names: keyof typeof NAMES
  readonly ttlSeconds: number
  /** Of Route53's names; one set cannot stand beside strangers' sets. */
  readonly routing: DnsName['routing']
  readonly template: string
  readonly rollout: Fleet['rollout']
  /** Virginia stands in for east while that one's cloud is silent. */
  readonly failsOver: boolean
}

export type TimedFault = {readonly afterMs: number; readonly order: FaultOrder}

/** What others do meanwhile. `which` chooses among what is there then. */
export type Strike = {
  readonly afterMs: number
  readonly does:
    | 'end-instance'
    | 'hang-instance'
    /** By its owner, who starts it again a while later: on EC2 it has another address then. */
    | 'stop-instance'
    | 'delete-record'
    | 'raise-ttl'
    | 'add-record'
  readonly which: number
}

export type Beside = {
  readonly afterMs: number
  /** Of DNS alone, or the command once more. */
  readonly does: 'sync' | 'same'
  /** The command's own: then it is refused, or waits. Another: then nothing holds the two apart. */
  readonly journal: 'same' | 'other'
  readonly host: 'here' | 'elsewhere'
  readonly waits: boolean
}

const NAMES = {
  cloudflare: ['cloudflare www'],
  route53: ['route53 www'],
  both: ['cloudflare www', 'route53 example.com'],
  api: ['cloudflare api'],
} as const

const WEST: Place = {key: 'aws:us-west-2', provider: 'aws', region: 'us-west-2'}

/** Every name that a story may use. */
export const ALL_NAMES = [
  dnsName(),
  dnsName({vendor: 'route53'}),
  dnsName({vendor: 'route53', name: 'example.com'}),
  dnsName({name: 'api.example.com'}),
]

/** Longer than anybody stays. */
const QUIET: DrainQuiet = {forMs: 30_000, maxMs: 3_600_000, by: {kind: 'ssh'}}

/** The fleet as the file declares it. The owner's name stays the same although the published names change. */
export function fleetOf(
  story: Story,
  {virginia, east, names, ttlSeconds, routing, template, rollout, failsOver}: FileDraw,
): Fleet {
  const {registration, clientsStayMs} = story
  const groups: Group[] = []
  if (virginia) {
    const {count, type, port, place} = virginia
    const wished = wish({types: [type, 't3.medium'], open: [port]})
    groups.push(group('virginia', count, {place: place === 'west' ? WEST : VIRGINIA, wish: wished}))
  }
  if (east) {
    const {name, count, type, isProtected} = east
    groups.push(
      group(name, count, {
        place: EAST,
        wish: wish({types: [type], open: [80], deletionProtection: isProtected}),
        ...(failsOver && virginia ? {failover: {to: 'virginia', floor: 2, afterMs: 60_000}} : {}),
      }),
    )
  }
  if (groups.length === 0) groups.push(group('virginia', 1, {wish: wish({open: [80]})}))
  const published = NAMES[names].map(text => {
    const [vendor, label] = text.split(' ') as ['cloudflare' | 'route53', string]
    return dnsName({
      vendor,
      registration,
      ttlSeconds,
      routing: vendor === 'cloudflare' || hasStrangers(story) ? 'multivalue' : routing,
      name: label.includes('.') ? label : `${label}.example.com`,
    })
  })
  const quiet = clientsStayMs === undefined ? {} : {drainQuiet: QUIET}
  return fleet(groups, {names: published, userdata: {template, vars: {}}, rollout, ...quiet})
}

/** Whether somebody else's records stand under the fleet's names, or may come to stand there. */
const hasStrangers = ({sharesNames, chapters}: Story): boolean =>
  sharesNames || chapters.some(({strikes}) => strikes.some(({does}) => does === 'add-record'))
