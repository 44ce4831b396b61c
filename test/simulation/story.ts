import fc from 'fast-check'
import type {DrainQuiet, Fleet, Group} from '../../src/fleet/model.ts'
import type {Place} from '../../src/providers/compute.ts'
import type {Delays} from '../../src/sandbox/world/core.ts'
import type {FaultOrder} from '../../src/sandbox/world/faults/kinds.ts'
import {dnsName, EAST, fleet, group, VIRGINIA, wish} from '../support/fleet-builder.ts'
import type {End, Ending, Side} from '../support/mortal-run.ts'

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
  readonly template: string
  readonly rollout: Fleet['rollout']
  /** Virginia stands in for east while that one's cloud is silent. */
  readonly failsOver: boolean
}

export type TimedFault = {readonly afterMs: number; readonly order: FaultOrder}

/** What others do meanwhile. `which` chooses among what is there then. */
export type Strike = {
  readonly afterMs: number
  readonly does: 'end-instance' | 'hang-instance' | 'delete-record' | 'raise-ttl' | 'add-record'
  readonly which: number
}

export type Beside = {
  readonly afterMs: number
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
  {registration, clientsStayMs}: Story,
  {virginia, east, names, ttlSeconds, template, rollout, failsOver}: FileDraw,
): Fleet {
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
      name: label.includes('.') ? label : `${label}.example.com`,
    })
  })
  const quiet = clientsStayMs === undefined ? {} : {drainQuiet: QUIET}
  return fleet(groups, {names: published, userdata: {template, vars: {}}, rollout, ...quiet})
}

const rarely = <T>(arbitrary: fc.Arbitrary<T>, often = 4): fc.Arbitrary<T | undefined> =>
  fc.oneof({weight: often, arbitrary: fc.constant(undefined)}, {weight: 1, arbitrary})

const file: fc.Arbitrary<FileDraw> = fc.record({
  virginia: fc.oneof(
    {weight: 1, arbitrary: fc.constant(undefined)},
    {
      weight: 9,
      arbitrary: fc.record({
        count: fc.nat(3),
        type: fc.constantFrom('t3.micro', 't3.micro', 't3.small'),
        port: fc.constantFrom(80, 80, 8080),
        place: fc.constantFrom('east', 'east', 'east', 'east', 'east', 'west'),
      }),
    },
  ),
  east: fc.oneof(
    {weight: 1, arbitrary: fc.constant(undefined)},
    {
      weight: 5,
      arbitrary: fc.record({
        name: fc.constantFrom('east', 'east', 'east', 'east2'),
        count: fc.nat(2),
        type: fc.constantFrom('g1.nano', 'g1.nano', 'g1.micro'),
        isProtected: fc.constantFrom(false, false, false, true),
      }),
    },
  ),
  names: fc.constantFrom('cloudflare', 'cloudflare', 'route53', 'route53', 'both', 'api'),
  ttlSeconds: fc.constantFrom(60, 60, 60, 120, 300),
  template: fc.constantFrom('nginx', 'nginx', 'nginx', 'shell'),
  rollout: fc.record({
    batch: fc.constantFrom<Fleet['rollout']['batch'][]>(
      {percent: 25},
      {count: 1},
      {count: 2},
      {percent: 100},
    ),
    pauseMs: fc.constantFrom(0, 0, 0, 20_000),
  }),
  failsOver: fc.constantFrom(false, false, true),
})

const CALLS = [
  'aws:RunInstances',
  'aws:TerminateInstances',
  'aws:DescribeInstances',
  'aws:*SecurityGroup*',
  'aws:*',
  'joyent:CreateMachine',
  'joyent:DeleteMachine',
  'joyent:ListMachines',
  'joyent:*',
  'cloudflare:GET*',
  'cloudflare:POST*',
  'cloudflare:*',
  'route53:ChangeResourceRecordSets',
  'route53:List*',
  'route53:*',
] as const
const LAUNCHES = ['aws:RunInstances', 'joyent:CreateMachine'] as const
const VENDORS = ['aws', 'joyent', 'cloudflare', 'route53'] as const

const order: fc.Arbitrary<FaultOrder> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      target: fc.constantFrom(...CALLS),
      kind: fc.constantFrom(
        'throttle',
        'error',
        'error-after',
        'lost-reply',
        'reset',
        'timeout',
        'timeout-after',
      ),
      times: fc.integer({min: 1, max: 3}),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      target: fc.constantFrom(...CALLS),
      kind: fc.constant('delay'),
      ms: fc.integer({min: 100, max: 4_000}),
      times: fc.integer({min: 1, max: 3}),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      target: fc.constantFrom(...LAUNCHES),
      kind: fc.constant('delay'),
      ms: fc.integer({min: 5_000, max: 60_000}),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      target: fc.constantFrom(...LAUNCHES),
      kind: fc.constant('capacity'),
      times: fc.integer({min: 1, max: 20}),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      target: fc.constant('aws:RunInstances'),
      kind: fc.constant('partial-fill'),
      count: fc.constant(1),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      target: fc.constantFrom(...VENDORS),
      kind: fc.constant('invisible'),
      ms: fc.constantFrom(5_000, 30_000, 100_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      target: fc.constantFrom('aws:Describe*', 'joyent:List*', 'cloudflare:GET*', 'route53:List*'),
      kind: fc.constant('stale'),
      ms: fc.constantFrom(500, 2_000),
      times: fc.integer({min: 1, max: 2}),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      target: fc.constantFrom(...LAUNCHES),
      kind: fc.constant('slow-boot'),
      ms: fc.constant(60_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      target: fc.constantFrom(...LAUNCHES),
      kind: fc.constantFrom('machine-dies', 'machine-unhealthy'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      target: fc.constantFrom(...VENDORS),
      kind: fc.constant('outage'),
      ms: fc.constantFrom(5_000, 60_000, 3_600_000),
    }),
  },
)

const end = fc.constantFrom<End[]>('kill', 'kill', 'kill', 'kill', 'throw', 'interrupt', 'lose', 'suspend')
const underWayMs = fc.constantFrom(0, 200, 2_000, 4_000, 6_000, 8_000)
/** Where something is about to be true, or has just become true. */
const turningPoint = fc.record({
  side: fc.constantFrom<Side[]>('before', 'sent', 'sent', 'after', 'after'),
  call: fc.constantFrom(
    'ec2:RunInstances',
    'ec2:RunInstances',
    'ec2:Terminate',
    'cloudapi:POST machines',
    'cloudapi:DELETE',
    'cloudflare:batch',
    'route53:change',
    'journal:append intent',
    'journal:append outcome',
    'journal:append removal-served',
  ),
})

const atSomeTime = fc.constantFrom(0, 0, 0, 3_000, 10_000, 40_000, 80_000)

const chapter: fc.Arbitrary<Chapter> = fc.record({
  file,
  command: fc.constantFrom(
    ...Array<'up'>(9).fill('up'),
    'down',
    'down',
    'down-group',
    'down-instance',
    'replace',
    'replace-instance',
    'rollback',
  ),
  losesJournal: fc.constantFrom(...Array<boolean>(7).fill(false), true),
  latencyMs: fc.constantFrom(0, 0, 0, 40, 700),
  faults: fc.oneof(
    {weight: 1, arbitrary: fc.constant([])},
    {weight: 1, arbitrary: fc.array(fc.record({afterMs: atSomeTime, order}), {minLength: 1, maxLength: 3})},
  ),
  strikes: fc.oneof(
    {weight: 5, arbitrary: fc.constant([])},
    {
      weight: 1,
      arbitrary: fc.array(
        fc.record({
          afterMs: atSomeTime,
          does: fc.constantFrom('end-instance', 'delete-record', 'raise-ttl', 'add-record'),
          which: fc.nat(5),
        }),
        {minLength: 1, maxLength: 2},
      ),
    },
  ),
  ending: fc.oneof(
    {weight: 1, arbitrary: fc.constant(undefined)},
    {weight: 1, arbitrary: fc.record({end, at: fc.nat(220), underWayMs})},
    {weight: 2, arbitrary: fc.record({end, at: fc.nat(3), among: turningPoint, underWayMs})},
  ),
  beside: rarely(
    fc.record({
      afterMs: fc.constantFrom(0, 0, 500, 2_000, 5_000, 20_000, 70_000),
      journal: fc.constantFrom('same', 'other'),
      host: fc.constantFrom('here', 'elsewhere'),
      waits: fc.boolean(),
    }),
    6,
  ),
  host: fc.constantFrom('here', 'here', 'here', 'elsewhere'),
  pauseMs: fc.constantFrom(0, 0, 0, 100, 5_000, 60_000, 600_000),
  fileAfter: rarely(file),
})

/** All stories. */
export const stories: fc.Arbitrary<Story> = fc.record({
  chance: fc.nat(0xffff_ffff),
  delays: fc.record({
    bootMs: fc.constantFrom(500, 2_000, 30_000),
    shutdownMs: fc.constantFrom(0, 200, 10_000),
    forceOffMs: fc.constant(20_000),
    visibleMs: fc.constantFrom(0, 300, 10_000, 60_000),
    nameRaceMs: fc.constantFrom(0, 1_000, 4_000),
    dnsServedMs: fc.constantFrom(0, 1_000, 3_000, 30_000),
  }),
  registration: fc.constantFrom('self', 'mcd'),
  sharesNames: fc.boolean(),
  repairs: fc.boolean(),
  chapters: fc.array(chapter, {minLength: 1, maxLength: 3}),
})
