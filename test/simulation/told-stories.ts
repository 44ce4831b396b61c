import type {Ending} from '../support/mortal-run.ts'
import type {Chapter, FileDraw, Story, Strike} from './story.ts'

/**
 * The first seeds are not drawn but told: each looks straight at one mistake that an engine like this could make. Chance would
 * come upon them too, some time.
 */

const file = (virginia: number, east: number, over: Partial<FileDraw> & {type?: string} = {}): FileDraw => {
  const {type = 't3.micro', ...rest} = over
  return {
    virginia: {count: virginia, type, port: 80, place: 'east'},
    east: {name: 'east', count: east, type: 'g1.nano', isProtected: false},
    names: 'cloudflare',
    ttlSeconds: 60,
    routing: 'multivalue',
    template: 'nginx',
    rollout: {batch: {count: 1}, pauseMs: 0},
    failsOver: false,
    ...rest,
  }
}

const up = (says: FileDraw, over: Partial<Chapter> = {}): Chapter => ({
  file: says,
  command: 'up',
  savedPlan: undefined,
  losesJournal: false,
  latencyMs: 0,
  faults: [],
  strikes: [],
  ending: undefined,
  beside: undefined,
  host: 'here',
  pauseMs: 0,
  fileAfter: undefined,
  ...over,
})

const story = (
  chapters: readonly Chapter[],
  over: Partial<Omit<Story, 'delays'>> & Partial<Story['delays']> = {},
): Story => {
  const {
    registration = 'mcd',
    sharesNames = false,
    repairs = false,
    journal = 'memory',
    chance = 1,
    clientsStayMs,
    chapters: _,
    ...delays
  } = over
  return {
    chance,
    registration,
    sharesNames,
    repairs,
    journal,
    ...(clientsStayMs === undefined ? {} : {clientsStayMs}),
    chapters,
    delays: {
      bootMs: 2_000,
      shutdownMs: 200,
      forceOffMs: 20_000,
      visibleMs: 300,
      nameRaceMs: 0,
      dnsServedMs: 1_000,
      ...delays,
    },
  }
}

const killed = (side: 'before' | 'sent' | 'after', call: string, over: Partial<Ending> = {}): Ending => ({
  end: 'kill',
  at: 0,
  among: {side, call},
  ...over,
})
const hang = (which: number): Strike => ({afterMs: 0, does: 'hang-instance', which})
/** Longer than a plain rerun takes to look. */
const LATE = {visibleMs: 60_000}
const FOREVER_MS = 3_600_000

export const TOLD: readonly Story[] = [
  // Killed when EC2 has launched, before anybody wrote down what; the instances do not show yet.
  story([up(file(2, 0), {ending: killed('after', 'ec2:RunInstances')})], LATE),
  // Every reply to the launch is lost, until mcd gives up; then the next run.
  story(
    [
      up(file(1, 0), {
        faults: [{afterMs: 0, order: {target: 'aws:RunInstances', kind: 'error-after', times: 20}}],
      }),
    ],
    {visibleMs: 200_000},
  ),
  // Killed with the launch under way; its userdata is changed before the rerun.
  story([
    up(file(1, 0), {ending: killed('after', 'ec2:RunInstances'), fileAfter: file(1, 0, {template: 'shell'})}),
  ]),
  // An instance is ended by somebody, and another one takes its place.
  story([up(file(2, 0)), up(file(1, 0)), up(file(2, 0))]),
  // Killed with a create under way on a cloud that reserves no names: it arrives just before the rerun's.
  ...[5_000, 6_000, 7_000, 8_000].map(underWayMs =>
    story([up(file(0, 2), {ending: killed('sent', 'cloudapi:POST machines', {underWayMs})})], {
      nameRaceMs: 4_000,
    }),
  ),
  // A cloud is gone for the whole run.
  story([
    up(file(2, 0)),
    up(file(2, 0), {faults: [{afterMs: 0, order: {target: 'aws', kind: 'outage', ms: FOREVER_MS}}]}),
  ]),
  story([
    up(file(2, 1)),
    up(file(3, 1), {faults: [{afterMs: 0, order: {target: 'aws', kind: 'outage', ms: FOREVER_MS}}]}),
  ]),
  // Two start at one moment with one journal.
  story(
    [up(file(3, 2), {beside: {afterMs: 0, does: 'same', journal: 'same', host: 'here', waits: true}})],
    LATE,
  ),
  story(
    [
      up(file(3, 2), {
        latencyMs: 40,
        beside: {afterMs: 0, does: 'same', journal: 'same', host: 'elsewhere', waits: false},
      }),
    ],
    LATE,
  ),
  // Two that know nothing of each other, each with a journal of its own.
  ...[0, 2_000, 8_000].map(afterMs =>
    story([
      up(file(3, 2), {beside: {afterMs, does: 'same', journal: 'other', host: 'elsewhere', waits: false}}),
    ]),
  ),
  // One falls asleep with the lease, another host takes it over, and the first one wakes.
  ...[1, 2, 3, 4].map(at =>
    story(
      [
        up(file(3, 2), {
          ending: killed('before', 'journal:append intent', {end: 'suspend', at}),
          beside: {afterMs: 2_000, does: 'same', journal: 'same', host: 'elsewhere', waits: true},
        }),
      ],
      LATE,
    ),
  ),
  // Fewer are wanted; name servers that follow late, of either vendor.
  story([up(file(2, 1)), up(file(1, 0))]),
  story([up(file(2, 1)), up(file(1, 0))], {dnsServedMs: 30_000}),
  story([up(file(2, 1, {names: 'route53'})), up(file(1, 0, {names: 'route53'}))], {dnsServedMs: 30_000}),
  // Somebody takes a record away just before its instance is to end.
  story(
    [
      up(file(1, 0)),
      up(file(1, 0), {
        command: 'down',
        latencyMs: 700,
        strikes: [{afterMs: 0, does: 'delete-record', which: 0}],
      }),
    ],
    {dnsServedMs: 30_000},
  ),
  // Instances that put themselves back.
  story([up(file(2, 1)), up(file(1, 0))], {registration: 'self', repairs: true}),
  // Neighbours under the name, and a namesake's instances in the account.
  story([up(file(2, 0)), up(file(1, 1))], {sharesNames: true}),
  // The only one moves to another cloud.
  story([up(file(1, 0)), up(file(0, 1))]),
  // A new launch spec: in two clouds, in batches, and one that does not serve.
  story([up(file(1, 1)), up(file(1, 1, {template: 'shell'}))]),
  story([up(file(3, 0)), up(file(3, 0, {type: 't3.small'}))]),
  story([
    up(file(2, 0)),
    up(file(2, 0, {type: 't3.small'}), {
      faults: [{afterMs: 0, order: {target: 'aws:RunInstances', kind: 'machine-unhealthy', times: 1}}],
    }),
  ]),
  // Clients stay with those that leave, also while mcd is killed at it.
  story([up(file(3, 1)), up(file(1, 0))], {clientsStayMs: 180_000}),
  story([up(file(3, 1)), up(file(1, 0), {ending: killed('after', 'journal:append removal-served')})], {
    clientsStayMs: 180_000,
  }),
  // Instances that hang and recover: all there are, and one that puts itself back.
  story([up(file(2, 0)), up(file(2, 0), {command: 'sync', strikes: [hang(0), hang(1)], pauseMs: 120_000})]),
  story([up(file(3, 0)), up(file(3, 0), {command: 'sync', strikes: [hang(0)], pauseMs: 120_000})], {
    registration: 'self',
    repairs: true,
  }),
  // One is drained, and everything else is said again.
  story(
    [
      up(file(2, 1)),
      up(file(2, 1), {command: 'drain-instance'}),
      up(file(2, 1)),
      up(file(2, 1, {template: 'shell'})),
    ],
    {registration: 'self', repairs: true},
  ),
  // All are drained: nobody would be left to be reached.
  story([up(file(2, 0)), up(file(2, 0), {command: 'drain-all'})]),
  // A TTL is lowered, an instance ends, and the file's is put back.
  story(
    [
      up(file(2, 1, {ttlSeconds: 300})),
      up(file(2, 1, {ttlSeconds: 300}), {command: 'lower-ttl'}),
      up(file(1, 1, {ttlSeconds: 300})),
      up(file(1, 1, {ttlSeconds: 300}), {command: 'restore-ttl'}),
    ],
    {dnsServedMs: 10_000},
  ),
  // A plan is saved, and one of its instances is ended before it is carried out.
  story([
    up(file(2, 0)),
    up(file(3, 0), {
      savedPlan: {afterMs: 5_000},
      strikes: [{afterMs: 0, does: 'end-instance', which: 0}],
    }),
  ]),
  // Two start at one moment with one journal in a bucket, and the first one is slow.
  story(
    [
      up(file(3, 2), {
        latencyMs: 40,
        beside: {afterMs: 0, does: 'same', journal: 'same', host: 'elsewhere', waits: false},
      }),
    ],
    {
      journal: 'bucket',
      ...LATE,
    },
  ),
  // A name is routed another way, with its own script on every instance.
  ...(['simple', 'weighted'] as const).map(routing =>
    story([up(file(2, 1, {names: 'route53'})), up(file(2, 1, {names: 'route53', routing}))], {
      registration: 'self',
      repairs: true,
    }),
  ),
]
