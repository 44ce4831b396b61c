import {describe, expect, test} from 'vitest'
import {EXIT, InterruptedError, McdError} from '../../src/errors.ts'
import type {Fleet, Receiver} from '../../src/fleet/model.ts'
import {tellDrift} from '../../src/fleet/notices/tell-drift.ts'
import type {RunResult} from '../../src/fleet/reconcile.ts'
import {fleetStatus} from '../../src/fleet/status/look.ts'
import type {Difference} from '../../src/fleet/status/report.ts'
import type {SyncNews} from '../../src/fleet/watch-sync.ts'
import type {NoticeType} from '../../src/journal/notice.ts'
import {readRecorded} from '../../src/journal/snapshot.ts'
import {dnsName, EAST, fleet, group, VIRGINIA, wish} from '../support/fleet-builder.ts'
import {handsIn} from '../support/hand-in-zone.ts'
import {expectExactly, expectSoundJournal, truth} from '../support/laws.ts'
import {runUntil} from '../support/mortal-run.ts'
import {SimulatedFleet} from '../support/simulated-fleet.ts'
import {type Manners, receiver} from '../support/simulated-receivers.ts'

const LONG = process.env.MCD_LONG === '1'
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const HOOK = 'hooks.example.com'
const CHAT = 'chat.example.com'

type Shape = {
  virginia?: number
  east?: number
  type?: string
  notify?: readonly Receiver[]
  ttlSeconds?: number
}
const of = ({
  virginia = 2,
  east = 1,
  type = 't3.micro',
  notify = [receiver(HOOK)],
  ttlSeconds = 60,
}: Shape = {}): Fleet =>
  fleet(
    [
      group('virginia', virginia, {wish: wish({open: [80], types: [type]})}),
      group('east', east, {place: EAST, wish: wish({types: ['g1.nano'], open: [80]})}),
    ],
    {names: [dnsName({ttlSeconds})], notify},
  )

/** A fleet that serves, whose receivers have heard of that. */
async function serving(shape: Shape = {}) {
  const sim = new SimulatedFleet()
  const wanted = of(shape)
  expect((await sim.up(wanted)).shortcomings).toEqual([])
  const ids = idsIn(sim, wanted, 'virginia')
  sim.receivers.inbox.length = 0
  return {sim, wanted, ids, id: ids[0] ?? ''}
}

const idsIn = (sim: SimulatedFleet, wanted: Fleet, name: string): string[] =>
  truth(sim, wanted)
    .filter(({group: where}) => where === name)
    .map(({id}) => id)
    .sort()

/** At the cloud's console, with nothing in the journal. */
async function endByHand(sim: SimulatedFleet, wanted: Fleet, id: string): Promise<void> {
  await sim.time.run(() => sim.outside(wanted).compute(VIRGINIA).terminate([id]))
  await sim.time.advance(60_000)
}
const deleteRecords = (sim: SimulatedFleet, id: string) => handsIn(sim).cloudflare.edit(id, 'delete')

const told = (sim: SimulatedFleet, type: NoticeType) => sim.receivers.bodies(type).map(({data}) => data)
const kinds = ({differences}: Record<string, unknown>) =>
  (differences as Difference[]).map(({kind, instance = ''}) => `${kind} ${instance}`).sort()
const owedNow = async (sim: SimulatedFleet) => [...(await readRecorded(sim.journal)).owed.values()]
const did = ({actions, shortcomings, exit}: RunResult) => ({actions, shortcomings, exit})

test('a run that has finished tells what came of it, and its notice is owed no more', async () => {
  const sim = new SimulatedFleet()
  const up = await sim.up(of())
  const [{type, timestamp, data} = expect.unreachable('nothing was told'), ...others] = sim.receivers.bodies()
  expect(others).toEqual([])
  expect({type, timestamp}).toEqual({
    type: 'run-finished',
    timestamp: expect.stringMatching(/^2026-01-01T00:.*Z$/),
  })
  expect(data).toEqual({
    fleet: 'web',
    dns: 'www.example.com',
    run: up.run,
    command: 'up',
    version: '0.0.0',
    host: 'simulation',
    user: 'nobody',
    startedAt: '2026-01-01T00:00:00.000Z',
    exit: 0,
    converged: true,
    shortcomings: [],
    actions: {'ensure-network': 2, launch: 3, register: 1},
    groups: [
      {name: 'virginia', provider: 'aws', region: 'us-east-1', desired: 2, live: 2, reachable: true},
      {name: 'east', provider: 'joyent', region: 'triton.example.com', desired: 1, live: 1, reachable: true},
    ],
  })
  expect(await owedNow(sim)).toEqual([])
  await expectSoundJournal(sim)
})

test('a run that ends by an error says so, and ends by just that error', async () => {
  const {sim, wanted} = await serving()
  sim.wrapOutside = outside => ({...outside, progress: event => event.kind === 'finished' && fail()})
  const fail = () => {
    throw new InterruptedError('SIGTERM')
  }
  const {error} = await sim.up(of({virginia: 3})).then(
    () => ({error: undefined}),
    error => ({error}),
  )
  expect(error).toBeInstanceOf(InterruptedError)
  sim.wrapOutside = outside => outside
  expect(told(sim, 'run-finished')).toMatchObject([
    {exit: EXIT.terminated, converged: false, shortcomings: []},
  ])
  expect(await owedNow(sim)).toEqual([])
  await sim.up(wanted)
})

describe('an instance is lost', () => {
  test('when it ran and ended by itself: any run that looks says so, once', async () => {
    const {sim, wanted, id} = await serving()
    await endByHand(sim, wanted, id)
    await sim.sync(wanted)
    expect(told(sim, 'instance-lost')).toEqual([
      {
        fleet: 'web',
        dns: 'www.example.com',
        run: expect.any(String),
        command: 'sync',
        version: '0.0.0',
        host: 'simulation',
        user: 'nobody',
        instance: id,
        group: 'virginia',
        place: VIRGINIA.key,
        address: expect.stringMatching(/^[\d.]+$/),
        zone: expect.any(String),
        state: 'gone',
        why: expect.stringContaining('Client.UserInitiatedShutdown'),
        runningSince: expect.stringMatching(/^2026/),
        foundAt: expect.stringMatching(/^2026/),
      },
    ])
    await sim.up(wanted)
    await sim.down(wanted)
    expect(told(sim, 'instance-lost')).toHaveLength(1)
  })

  test('also when its cloud shows it no more', async () => {
    const {sim, wanted, id} = await serving()
    await endByHand(sim, wanted, id)
    await sim.time.advance(2 * HOUR_MS)
    await sim.up(wanted)
    expect(told(sim, 'instance-lost')).toMatchObject([
      {instance: id, state: 'absent', address: expect.any(String)},
    ])
  })

  test('but never because its cloud is silent', async () => {
    const {sim, wanted, id} = await serving()
    await endByHand(sim, wanted, id)
    sim.world.calls.plan.add({target: 'ec2', kind: 'outage', ms: HOUR_MS})
    await sim.sync(wanted)
    await sim.up(wanted, {timeoutMs: 60_000})
    expect(told(sim, 'instance-lost')).toEqual([])
    expect(told(sim, 'drift-found')).toEqual([])
    await sim.time.advance(HOUR_MS)
    await sim.up(wanted)
    expect(told(sim, 'instance-lost')).toMatchObject([{instance: id}])
  })
})

describe('drift is found', () => {
  test('when a record of ours is gone that stood when the fleet was as its file says', async () => {
    const {sim, wanted, id} = await serving()
    deleteRecords(sim, id)
    const up = await sim.up(wanted)
    expect(told(sim, 'drift-found').map(kinds)).toEqual([[`missing-in-dns ${id}`]])
    expect(told(sim, 'drift-found')).toMatchObject([
      {
        fleet: 'web',
        run: up.run,
        differences: [{kind: 'missing-in-dns', instance: id, name: 'www.example.com', fix: 'mcd up'}],
      },
    ])
    await expectExactly(sim, wanted)
  })

  test('each time anew, also by rounds of sync one after the other, each with an id of its own', async () => {
    const {sim, wanted, id} = await serving()
    for (let round = 0; round < 3; round++) {
      deleteRecords(sim, id)
      expect((await sim.sync(wanted)).shortcomings).toEqual([])
    }
    expect(told(sim, 'drift-found').map(kinds)).toEqual(
      Array.from({length: 3}, () => [`missing-in-dns ${id}`]),
    )
    expect(new Set(sim.receivers.inbox.map(received => received.id)).size).toBe(sim.receivers.inbox.length)
  })

  test('when an instance is missing', async () => {
    const {sim, wanted, id} = await serving()
    await endByHand(sim, wanted, id)
    await sim.up(wanted)
    expect(told(sim, 'drift-found').map(kinds)).toEqual([[`dead-record ${id}`, 'missing-instance ']])
  })
})

const ORDINARY: readonly [
  story: string,
  play: (sim: SimulatedFleet, wanted: Fleet, ids: readonly string[]) => Promise<unknown>,
][] = [
  ['nothing to do', (sim, wanted) => sim.up(wanted)],
  ['a larger count', sim => sim.up(of({virginia: 4}))],
  ['a smaller count', sim => sim.up(of({virginia: 1}))],
  ['another type', sim => sim.up(of({type: 't3.small'}))],
  ['another TTL', sim => sim.up(of({ttlSeconds: 120}))],
  ['a replacement asked for', (sim, wanted) => sim.replace(wanted)],
  [
    'one ended by mcd, and launched again',
    async (sim, wanted, [id = '']) => {
      await sim.down(wanted, {instances: [id]})
      await sim.up(wanted)
    },
  ],
  [
    'a drain and its end',
    async (sim, wanted, instances) => {
      const request = {kind: 'drain', until: 'removed', instances: instances.slice(0, 1)} as const
      await sim.sync(wanted, {request})
      await sim.sync(wanted)
      await sim.up(wanted)
      await sim.sync(wanted, {request: {kind: 'undrain', instances: instances.slice(0, 1)}})
    },
  ],
  ['the fleet is taken down', (sim, wanted) => sim.down(wanted)],
  [
    'it is taken down and brought up again',
    async (sim, wanted) => {
      await sim.down(wanted)
      await sim.up(wanted)
    },
  ],
]

test.each(ORDINARY)('an ordinary deploy is neither loss nor drift: %s', async (_story, play) => {
  const {sim, wanted, ids} = await serving()
  await play(sim, wanted, ids)
  await sim.time.advance(HOUR_MS)
  await sim.sync(wanted)
  await sim.up(wanted)
  expect(told(sim, 'instance-lost')).toEqual([])
  expect(told(sim, 'drift-found').map(kinds)).toEqual([])
})

/** A run that has all three to tell, to two receivers. */
async function eventfulScene() {
  const scene = await serving({
    notify: [receiver(HOOK), receiver(CHAT, {events: ['instance-lost', 'drift-found']})],
  })
  await endByHand(scene.sim, scene.wanted, scene.id)
  const before = (await scene.sim.journal.read()).length
  return {...scene, before}
}

/** Every notice that the journal has owed since reached whom it was owed to, with one body however often; and none is owed still. */
async function expectDelivered(sim: SimulatedFleet, since: number): Promise<void> {
  const events = await sim.journal.read(since)
  const promised = events.flatMap(({event}) =>
    event.type === 'notice-owed' ? event.receivers.map(({host}) => `${host} ${event.id}`) : [],
  )
  const got = Map.groupBy(sim.receivers.inbox, ({host, id}) => `${host} ${id}`)
  expect(promised.filter(each => !got.has(each))).toEqual([])
  for (const copies of got.values()) expect(new Set(copies.map(({body}) => body)).size).toBe(1)
  expect(await owedNow(sim)).toEqual([])
}

test('killed anywhere, at each append and each send, what is owed arrives with the next run, under the same id', async () => {
  const {sim, wanted} = await eventfulScene()
  const whole = await runUntil(sim, settings => sim.up(wanted, settings), {
    at: Number.POSITIVE_INFINITY,
    end: 'kill',
  })
  const isTelling = (point: string) =>
    /notify|notice|instances-|fleet-settled|run-(started|finished)/.test(point)
  const points = whole.points
    .map((point, at) => ({point, at}))
    .filter(({point, at}) => isTelling(point) || LONG || at % 9 === 0)
  expect(points.filter(({point}) => point.endsWith('notify')).length).toBeGreaterThanOrEqual(10)
  let repeated = 0
  for (const {point, at} of points) {
    const scene = await eventfulScene()
    await runUntil(scene.sim, settings => scene.sim.up(scene.wanted, settings), {at, end: 'kill'})
    await scene.sim.up(scene.wanted)
    await expectDelivered(scene.sim, scene.before)
    const losses = scene.sim.receivers.inbox.filter(({body}) => body.includes('"instance-lost"'))
    expect([point, ...new Set(losses.map(({id}) => id))]).toHaveLength(2)
    expect(new Set(losses.map(({host}) => host)).size).toBe(2)
    repeated += losses.length - 2
  }
  // At least once is more than once, now and then: otherwise nothing was killed between a send and its record.
  expect(repeated).toBeGreaterThan(0)
}, 60_000)

const MANNERS: readonly Manners[] = ['hangs', 'unreachable', 'fails', 'gone']

test.each(MANNERS)(
  'a receiver that %s changes nothing of what a run does, and costs seconds',
  async manners => {
    const runs = await Promise.all(
      [[], [receiver(HOOK), receiver(CHAT)]].map(async notify => {
        const sim = new SimulatedFleet()
        sim.receivers.behave(HOOK, manners)
        const up = await sim.up(of({notify}))
        const grown = await sim.up(of({notify, virginia: 3}))
        await expectExactly(sim, of({notify, virginia: 3}))
        return {sim, up, grown, tookMs: sim.time.now()}
      }),
    )
    const [alone = expect.unreachable(), beside = expect.unreachable()] = runs
    const shape = ({exit, shortcomings, actions}: RunResult) => ({
      exit,
      shortcomings,
      kinds: actions.map(({kind}) => kind),
    })
    expect([shape(beside.up), shape(beside.grown)]).toEqual([shape(alone.up), shape(alone.grown)])
    expect(beside.tookMs - alone.tookMs).toBeLessThan(60_000)
    expect(beside.grown.undelivered).toEqual([expect.stringContaining(`The notification receiver ${HOOK} `)])
    expect(beside.grown.undelivered.join()).not.toContain('hook/')
    // Whoever is well is told all the same.
    expect(beside.sim.receivers.inbox.map(({host}) => host)).toEqual([CHAT, CHAT])
    expect(await owedNow(beside.sim)).toHaveLength(manners === 'gone' ? 0 : 2)
  },
)

test('a run that is interrupted while it tells waits for nobody, and the next one tells', async () => {
  const {sim, wanted} = await serving()
  sim.receivers.behave(HOOK, 'hangs')
  const stop = new AbortController()
  sim.wrapOutside = outside => ({
    ...outside,
    notify: (...message) => {
      sim.time.clock.after(500, () => stop.abort(new InterruptedError('SIGTERM')))
      return outside.notify(...message)
    },
  })
  const run = await sim.up(wanted, {signal: stop.signal})
  const endedAtMs = sim.time.now()
  expect(did(run)).toEqual({actions: [], shortcomings: [], exit: EXIT.done})
  sim.wrapOutside = outside => outside
  const [owedAtMs = 0] = (await owedNow(sim)).map(({atMs}) => atMs)
  expect(endedAtMs - owedAtMs).toBe(500)
  sim.receivers.behave(HOOK, 'takes')
  await sim.up(wanted)
  expect(told(sim, 'run-finished').map(({run: id}) => id)).toContain(run.run)
})

test('what cannot be delivered for three days is given up, and that is said', async () => {
  const {sim, wanted} = await serving()
  sim.receivers.behave(HOOK, 'fails')
  await sim.up(wanted)
  await sim.time.advance(2.9 * DAY_MS)
  await sim.up(wanted)
  expect(await owedNow(sim)).toHaveLength(2)
  await sim.time.advance(0.2 * DAY_MS)
  const late = await sim.up(wanted)
  expect(late.undelivered[0]).toMatch(
    /^hooks\.example\.com could not be told of run-finished \(2026-.*\) for three days: that notification is given up\.$/,
  )
  expect(await owedNow(sim)).toHaveLength(2)
})

test('a receiver that the file does not name any more is forgotten, and so is one whose address changed', async () => {
  const {sim, wanted} = await serving({notify: [receiver(HOOK), receiver(CHAT)]})
  sim.receivers.behave(HOOK, 'fails')
  sim.receivers.behave(CHAT, 'fails')
  await sim.up(wanted)
  expect((await owedNow(sim)).map(({receivers}) => receivers.length)).toEqual([2])
  expect((await sim.up(of({notify: [receiver(CHAT, {events: ['drift-found']})]}))).undelivered).toHaveLength(
    1,
  )
  expect((await owedNow(sim)).map(({receivers}) => receivers.map(({host}) => host))).toEqual([[CHAT]])
  await sim.up(of({notify: []}))
  expect(await owedNow(sim)).toEqual([])
})

test('the journal holds no address and no secret', async () => {
  const {sim, wanted} = await eventfulScene()
  sim.receivers.behave(HOOK, 'fails')
  await sim.up(wanted)
  const text = JSON.stringify([await sim.journal.read(), sim.progress])
  for (const secret of ['0123456789', 'a secret of the test']) expect(text).not.toContain(secret)
})

describe('a nightly check', () => {
  const IDENTITY = {
    version: '0.0.0',
    host: 'ci',
    user: 'nightly',
    pid: 1,
    job: 'https://ci.example.com/jobs/7',
  }
  const check = (sim: SimulatedFleet, wanted: Fleet) =>
    sim.time.run(async () => {
      const outside = sim.outside(wanted)
      const look = await fleetStatus(outside, wanted, () => ({kind: 'free'}))
      return tellDrift(outside, wanted, look, IDENTITY)
    })

  test('tells of drift and writes nothing; the same drift has the same id, also where a run finds it', async () => {
    const {sim, wanted, id} = await serving()
    const before = await sim.journal.read()
    expect(await check(sim, wanted)).toEqual([])
    deleteRecords(sim, id)
    expect(await check(sim, wanted)).toEqual([`Told ${HOOK} of the drift.`])
    expect(await check(sim, wanted)).toEqual([`Told ${HOOK} of the drift.`])
    expect(await sim.journal.read()).toEqual(before)
    expect(told(sim, 'drift-found')).toMatchObject(
      Array.from({length: 2}, () => ({
        command: 'status',
        job: IDENTITY.job,
        differences: [{kind: 'missing-in-dns', instance: id}],
      })),
    )
    await sim.up(wanted)
    const ids = sim.receivers.inbox.filter(({body}) => body.includes('"drift-found"')).map(each => each.id)
    expect([ids.length, new Set(ids).size]).toEqual([3, 1])
    deleteRecords(sim, id)
    await check(sim, wanted)
    expect(ids).not.toContain(sim.receivers.inbox.at(-1)?.id)
  })

  test('tells of drift also where the fleet was made before anybody wanted to hear of it', async () => {
    const {sim, id} = await serving({notify: []})
    deleteRecords(sim, id)
    expect(await check(sim, of())).toEqual([`Told ${HOOK} of the drift.`])
  })

  test('tells nobody of an edit that was not brought out yet, and says why', async () => {
    const {sim, id} = await serving()
    deleteRecords(sim, id)
    expect(await check(sim, of({virginia: 3}))).toEqual([
      'No "mcd up" has made the fleet as this file says and left it so: what differs is no drift, and nobody is told.',
    ])
    expect(await check(sim, of({notify: [receiver(HOOK, {events: ['run-finished']})]}))).toEqual([
      '"notify" names no receiver of drift that this run may tell: nobody is told.',
    ])
    expect(sim.receivers.inbox).toEqual([])
  })

  test('says who could not be told', async () => {
    const {sim, wanted, id} = await serving()
    deleteRecords(sim, id)
    sim.receivers.behave(HOOK, 'fails')
    expect(await check(sim, wanted)).toEqual([
      `The notification receiver ${HOOK} answered 503, and was not told of the drift.`,
    ])
  })
})

describe('a watch', () => {
  async function watching(play: (scene: Awaited<ReturnType<typeof serving>>) => Promise<void>) {
    const scene = await serving()
    const {sim, wanted} = scene
    const news: SyncNews[] = []
    const stop = new AbortController()
    const over = sim.watch(wanted, each => news.push(each), {signal: stop.signal})
    await play(scene)
    stop.abort()
    await sim.time.run(() => over)
    return {...scene, news: news.map(each => ('text' in each ? each.text : each.kind))}
  }

  test('tells of a lost instance in its next round, though DNS knows already', async () => {
    const {sim, id} = await watching(async ({sim, wanted, id}) => {
      await sim.time.advance(60_000)
      deleteRecords(sim, id)
      await endByHand(sim, wanted, id)
      await sim.time.advance(120_000)
    })
    expect(told(sim, 'instance-lost')).toMatchObject([{instance: id, command: 'sync'}])
  })

  test('tells of those that are lost also where they are too many to be taken out of DNS unasked', async () => {
    const {sim, ids, news} = await watching(async ({sim, wanted, ids}) => {
      await sim.time.advance(60_000)
      await sim.time.run(() => sim.outside(wanted).compute(VIRGINIA).terminate(ids))
      await sim.time.advance(10 * 60_000)
    })
    expect(news).toEqual([expect.stringMatching(/^This would take 2 of the fleet's 3 addresses out/)])
    expect(
      told(sim, 'instance-lost')
        .map(({instance}) => instance)
        .sort(),
    ).toEqual(ids)
    expect(told(sim, 'run-finished')).toMatchObject([{exit: EXIT.usage, converged: false}])
    expect(await owedNow(sim)).toEqual([])
    await expectSoundJournal(sim)
  })

  test('tells of them once their receiver is back, though every round is refused', async () => {
    const {sim, ids} = await watching(async ({sim, wanted, ids}) => {
      sim.receivers.behave(HOOK, 'fails')
      await sim.time.run(() => sim.outside(wanted).compute(VIRGINIA).terminate(ids))
      await sim.time.advance(10 * 60_000)
      expect(sim.receivers.inbox).toEqual([])
      sim.receivers.behave(HOOK, 'takes')
      await sim.time.advance(30 * 60_000)
    })
    expect(told(sim, 'instance-lost')).toHaveLength(ids.length)
    expect(await owedNow(sim)).toEqual([])
  })

  test('delivers what an earlier run could not, once its receiver is back, and leaves no trace of the attempts', async () => {
    let before = 0
    let during = 0
    const {sim, news} = await watching(async ({sim, wanted}) => {
      sim.receivers.behave(HOOK, 'fails')
      await sim.up(wanted)
      sim.receivers.attempts = 0
      before = (await sim.journal.read()).length
      await sim.time.advance(40 * 60_000)
      during = (await sim.journal.read()).length
      expect(sim.receivers.attempts).toBeGreaterThan(4)
      expect(sim.receivers.attempts).toBeLessThan(9)
      sim.receivers.behave(HOOK, 'takes')
      await sim.time.advance(35 * 60_000)
    })
    expect(during).toBe(before)
    expect(sim.receivers.bodies().map(({type}) => type)).toEqual(['run-finished'])
    expect(await owedNow(sim)).toEqual([])
    expect(news).toEqual([
      `The notification receiver ${HOOK} answered 503: what it is owed is sent again later, for three days.`,
      'well',
    ])
    await expectSoundJournal(sim)
  })

  test.each(['simulation', 'elsewhere'])(
    'delivers what a run owed that was killed on host %s, though there is nothing else to do',
    async host => {
      let owedIds: readonly string[] = []
      const {sim} = await watching(async ({sim, wanted}) => {
        const among = {side: 'before', call: 'notify'} as const
        await runUntil(sim, settings => sim.up(wanted, {...settings, host}), {at: 0, among, end: 'kill'})
        owedIds = (await owedNow(sim)).map(({id}) => id)
        await sim.time.advance(5 * 60_000)
      })
      expect(owedIds).toHaveLength(1)
      expect(sim.receivers.inbox.map(({id}) => id)).toEqual(owedIds)
      expect(await owedNow(sim)).toEqual([])
      await expectSoundJournal(sim)
    },
  )

  test('says once that it falls short, however many rounds do', async () => {
    const {sim} = await watching(async ({sim, id}) => {
      sim.wrapDns = provider => ({
        ...provider,
        change: () => Promise.reject(new McdError('The zone takes no change.')),
      })
      deleteRecords(sim, id)
      await sim.time.advance(10 * 60_000)
    })
    const ends = (await sim.journal.read()).filter(({event}) => event.type === 'run-finished')
    expect(ends.length).toBeGreaterThan(10)
    expect(told(sim, 'run-finished')).toMatchObject([
      {converged: false, shortcomings: [expect.stringContaining('takes no change')]},
    ])
  })
})
