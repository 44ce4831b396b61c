import fc from 'fast-check'
import type {Fleet} from '../../src/fleet/model.ts'
import type {FaultOrder} from '../../src/sandbox/world/faults/kinds.ts'
import type {End, Side} from '../support/mortal-run.ts'
import type {Chapter, FileDraw, Story} from './story.ts'

/** What chance draws: every combination may come, and what has gone wrong somewhere before comes more often. */

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
  routing: fc.constantFrom('multivalue', 'multivalue', 'simple', 'weighted'),
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
    ...Array<'up'>(10).fill('up'),
    'down',
    'down',
    'down-group',
    'down-instance',
    'replace',
    'replace-instance',
    'rollback',
    'sync',
    'drain-instance',
    'drain-instance',
    'drain-all',
    'undrain',
    'lower-ttl',
    'restore-ttl',
  ),
  savedPlan: rarely(fc.record({afterMs: fc.constantFrom(0, 5_000, 60_000)})),
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
          does: fc.constantFrom(
            'end-instance',
            'hang-instance',
            'stop-instance',
            'stop-instance',
            'delete-record',
            'raise-ttl',
            'add-record',
          ),
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
      does: fc.constantFrom('same', 'same', 'sync'),
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
  delays: fc
    .record({
      bootMs: fc.constantFrom(500, 2_000, 30_000),
      shutdownMs: fc.constantFrom(0, 200, 10_000),
      forceOffMs: fc.constant(20_000),
      visibleMs: fc.constantFrom(0, 300, 10_000, 60_000),
      nameRaceMs: fc.constantFrom(0, 1_000, 4_000),
      dnsServedMs: fc.constantFrom(0, 1_000, 3_000, 30_000),
    })
    // A double that stands in DNS before its cloud shows it is anybody's, as far as can be known.
    .map(delays => (delays.visibleMs > 10_000 ? {...delays, nameRaceMs: 0} : delays)),
  registration: fc.constantFrom('self', 'mcd'),
  sharesNames: fc.boolean(),
  repairs: fc.boolean(),
  journal: fc.constantFrom('memory', 'memory', 'memory', 'bucket'),
  chapters: fc.array(chapter, {minLength: 1, maxLength: 3}),
})
