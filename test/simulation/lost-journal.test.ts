import {describe, expect, test} from 'vitest'
import {EXIT, TransientError, UsageError} from '../../src/errors.ts'
import {historyOf} from '../../src/fleet/history/history.ts'
import type {DnsName, Fleet, Group} from '../../src/fleet/model.ts'
import {type Rebuilt, rebuildJournal} from '../../src/fleet/rebuild.ts'
import type {RunResult} from '../../src/fleet/reconcile.ts'
import {fold} from '../../src/journal/fold.ts'
import {memoryJournal} from '../../src/journal/memory.ts'
import {SANDBOX} from '../../src/sandbox/world/credentials.ts'
import {watchDns} from '../support/dns-watch.ts'
import {dnsName, EAST, fleet, group, VIRGINIA, wish} from '../support/fleet-builder.ts'
import {expectExactly, truth} from '../support/laws.ts'
import {mortal, runUntil} from '../support/mortal-run.ts'
import {type RunSettings, SimulatedFleet} from '../support/simulated-fleet.ts'

/** Law 3: the clouds are the truth. What the journal told is found again by the marks. */

const aws = (count: number): Group => group('virginia', count, {place: VIRGINIA, wish: wish({open: [80]})})
const joyent = (count: number): Group =>
  group('east', count, {place: EAST, wish: wish({types: ['g1.nano'], open: [80]})})
const fleetOf = (groups: Group[], name: Partial<DnsName> = {}): Fleet =>
  fleet(groups, {names: [dnsName(name)]})

const idsOf = (sim: SimulatedFleet) =>
  truth(sim, {name: 'web'})
    .map(({id}) => id)
    .sort()
const texts = ({shortcomings}: RunResult) => shortcomings.map(({text}) => text)
/** Calls that change anything anywhere. */
const changes = (sim: SimulatedFleet) =>
  [...sim.world.calls.counts].filter(([key]) =>
    /:(Run|Create|Terminate|Delete|Authorize|Change|Modify|Disable|POST|PUT|PATCH|DELETE)/.test(key),
  )
const lose = (sim: SimulatedFleet) => {
  sim.journal = memoryJournal()
}

const rebuild = (
  sim: SimulatedFleet,
  of: Fleet,
  settings: RunSettings = {},
  approve: (rebuilt: Rebuilt) => Promise<void> = async () => {},
): Promise<Rebuilt> =>
  sim.time.run(() => {
    const run = rebuildJournal(sim.outside(of, settings), of, {
      command: 'state rebuild',
      identity: {version: '0.0.0', host: 'simulation', user: 'nobody', pid: 1},
      isRunning: () => false,
      wait: false,
      approve,
    })
    return settings.death ? Promise.race([run, settings.death]) : run
  })

describe.each(['cloudflare', 'route53'] as const)('the journal lost, with %s', vendor => {
  describe.each(['mcd', 'self'] as const)('and registration: %s', registration => {
    const of = fleetOf([aws(2), joyent(2)], {vendor, registration})

    test.each(['not', 'rebuilt'])('%s, and up again: no launch, no end, no change of DNS', async how => {
      const sim = new SimulatedFleet()
      await sim.up(of)
      const [ids, members, before] = [idsOf(sim), await sim.members(of), changes(sim)]
      lose(sim)
      if (how === 'rebuilt') await rebuild(sim, of)
      const again = await sim.up(of)
      expect([again.exit, texts(again), again.actions]).toEqual([EXIT.done, [], []])
      expect([idsOf(sim), await sim.members(of), changes(sim)]).toEqual([ids, members, before])
    })
  })
})

test('instances that the journal does not know are adopted: what is missing is added to them, what is too much drains', async () => {
  const sim = new SimulatedFleet()
  await sim.up(fleetOf([aws(3), joyent(1)]))
  const before = idsOf(sim)
  lose(sim)
  const wanted = fleetOf([aws(1), joyent(3)])
  const watch = watchDns(sim, wanted)
  expect(texts(await sim.up(wanted))).toEqual([])
  expect(idsOf(sim).filter(id => before.includes(id))).toHaveLength(2)
  expect(watch.early).toEqual([])
  await expectExactly(sim, wanted)
})

test('a batch cut in the middle by a kill that took the journal too is topped up, not made anew', async () => {
  const wanted = fleetOf([aws(2), joyent(3)])
  const whole = new SimulatedFleet()
  const {points} = await runUntil(whole, settings => whole.up(wanted, settings), {
    at: Number.POSITIVE_INFINITY,
    end: 'kill',
  })
  // The first machine of three is on its way, the second one is not.
  const [, second = -1] = points.flatMap((point, at) =>
    point === 'before cloudapi:POST machines' ? [at] : [],
  )
  const sim = new SimulatedFleet()
  await runUntil(sim, settings => sim.up(wanted, settings), {at: second, end: 'kill'})
  await sim.time.advance(60_000)
  const before = idsOf(sim)
  expect(before).toHaveLength(3)
  lose(sim)
  expect(texts(await sim.up(wanted))).toEqual([])
  expect(idsOf(sim)).toEqual(expect.arrayContaining(before))
  await expectExactly(sim, wanted)
})

test('lost together with a place that leaves the file: its instances cannot be found, so their addresses stay until it is named again', async () => {
  const sim = new SimulatedFleet()
  const both = fleetOf([aws(1), joyent(2)])
  await sim.up(both)
  // Long enough for a cloud to forget what ended: what is not shown is not there, or is where nobody looks.
  await sim.time.advance(24 * 3_600_000)
  const before = await sim.members(both)
  lose(sim)
  const dropped = fleetOf([aws(1)])
  for (const run of [await sim.up(dropped), await sim.up(dropped)]) {
    expect(run.exit).toBe(EXIT.partly)
    expect(run.shortcomings.map(({kind}) => kind)).toEqual(['unknown-instance'])
    expect(await sim.members(both)).toEqual(before)
  }
  const named = fleetOf([aws(1), joyent(0)])
  expect(texts(await sim.up(named))).toEqual([])
  expect(texts(await sim.up(dropped))).toEqual([])
  await expectExactly(sim, dropped)
})

test("an adopted instance that ends behind mcd's back leaves no address behind, however late that is seen", async () => {
  const sim = new SimulatedFleet()
  const of = fleetOf([aws(2)])
  await sim.up(of)
  lose(sim)
  await sim.up(of)
  const [victim = ''] = idsOf(sim)
  sim.world.ec2.call({principal: {name: 'operator'}, region: VIRGINIA.region ?? ''}, 'TerminateInstances', {
    instanceIds: [victim],
  })
  await sim.time.advance(24 * 3_600_000)
  expect(texts(await sim.up(of))).toEqual([])
  await expectExactly(sim, of)
})

describe('mcd state rebuild', () => {
  const of = fleetOf([aws(2), joyent(1)])

  test('knows instances, accounts, zones and the longest TTL that resolvers may have met', async () => {
    const sim = new SimulatedFleet()
    await sim.up(fleetOf([aws(2), joyent(1)], {ttlSeconds: 300}))
    lose(sim)
    const {places, names, strangers} = await rebuild(sim, fleetOf([aws(2), joyent(1)], {ttlSeconds: 60}))
    expect(places.map(({place, instances}) => [place, instances.length])).toEqual([
      [VIRGINIA.key, 2],
      [EAST.key, 1],
    ])
    expect(names).toMatchObject([{name: 'www.example.com', maxTtlSeconds: 300, records: 3}])
    expect(strangers).toEqual([])
    const {found, longestTtlSeconds, zones, lease} = fold(await sim.journal.read())
    expect([...found.keys()].sort()).toEqual(idsOf(sim))
    expect([longestTtlSeconds, zones.size, lease]).toEqual([300, 1, undefined])
  })

  test('begins anew in a journal that stands: nothing of before counts, all of it stays as history', async () => {
    const sim = new SimulatedFleet()
    await sim.up(of)
    const before = await sim.journal.read()
    const {earlierEvents} = await rebuild(sim, of)
    const after = await sim.journal.read()
    expect(earlierEvents).toBe(before.length)
    expect(after.slice(0, before.length)).toEqual(before)
    const {launches, digestKey} = fold(after)
    expect(launches.size).toBe(0)
    expect(digestKey).not.toBe(fold(before).digestKey)
    expect(historyOf(after).map(({command}) => command)).toEqual(['up', 'state rebuild'])
  })

  test('keeps looking where only the old journal knew to look, and at nothing that is empty there', async () => {
    const sim = new SimulatedFleet()
    await sim.up(fleetOf([aws(1), joyent(1)]))
    const kept = fleetOf([aws(1)])
    expect((await rebuild(sim, kept)).places.map(({place}) => place)).toContain(EAST.key)
    expect(texts(await sim.up(kept))).toEqual([])
    await expectExactly(sim, kept)
    await rebuild(sim, kept)
    expect(fold(await sim.journal.read()).places.get(EAST.key)?.left ?? true).toBe(true)
  })

  test('refuses while a cloud or zone cannot be read, and names it: unknown is not empty', async () => {
    const sim = new SimulatedFleet()
    await sim.up(of)
    const before = await sim.journal.read()
    for (const [services, what] of [
      [['cloudapi'], EAST.key],
      [['cloudflare'], 'cloudflare/www.example.com'],
    ] as const) {
      sim.world.calls.faults = {
        before(call) {
          if (call.principal.name === 'operator' && (services as readonly string[]).includes(call.service))
            throw new TransientError('no route to host', {effect: 'none'})
        },
        after: () => {},
      }
      await expect(rebuild(sim, of)).rejects.toThrow(`${what} cannot be read`)
    }
    expect(await sim.journal.read()).toEqual(before)
  })

  test('refuses while a launch may be under way: only the journal can find it', async () => {
    const sim = new SimulatedFleet()
    const whole = new SimulatedFleet()
    const {points} = await runUntil(whole, settings => whole.up(of, settings), {
      at: Number.POSITIVE_INFINITY,
      end: 'kill',
    })
    await runUntil(sim, settings => sim.up(of, settings), {
      at: points.findIndex(point => point.startsWith('sent ec2:RunInstances')),
      end: 'kill',
    })
    await expect(rebuild(sim, of)).rejects.toThrow('was sent and not answered')
    expect(texts(await sim.up(of))).toEqual([])
    await rebuild(sim, of)
    await expectExactly(sim, of)
  })

  test('no is an answer: nothing is written', async () => {
    const sim = new SimulatedFleet()
    await sim.up(of)
    const before = await sim.journal.read()
    const no = () => Promise.reject(new UsageError('Nothing was changed.'))
    await expect(rebuild(sim, of, {}, no)).rejects.toThrow('Nothing was changed.')
    expect(await sim.journal.read()).toEqual(before)
  })

  test('killed anywhere leaves the old beginning or the new one, and up changes nothing after either', async () => {
    const passed: number[] = []
    for (let at = 0; passed.length === 0 || at < (passed[0] ?? 0); at++) {
      const sim = new SimulatedFleet()
      await sim.up(of)
      const ids = idsOf(sim)
      const run = mortal(sim, {at, end: 'kill'})
      await rebuild(sim, of, run.settings).catch(() => {})
      const launches = fold(await sim.journal.read()).launches.size
      const openings = (await sim.journal.read()).filter(({event}) => event.type === 'opened').length
      expect(openings).toBe(launches > 0 ? 1 : 2)
      const again = await sim.up(of)
      expect([again.exit, texts(again), again.actions]).toEqual([EXIT.done, [], []])
      expect(idsOf(sim)).toEqual(ids)
      if (run.points.length <= at) passed.push(at)
    }
    expect(passed[0]).toBeGreaterThan(5)
  })
})

describe.each([
  ['cloudflare', 'multivalue', 'mcd'],
  ['cloudflare', 'multivalue', 'self'],
  ['route53', 'multivalue', 'mcd'],
  ['route53', 'multivalue', 'self'],
  ['route53', 'simple', 'mcd'],
  ['route53', 'weighted', 'self'],
] as const)('an address that its cloud gave to the next one: %s, %s, registration: %s', (...of) => {
  const [vendor, routing, registration] = of
  const wanted = fleet([group('east', 1, {place: EAST, wish: wish({types: ['g1.nano']})})], {
    names: [dnsName({vendor, routing, registration})],
  })

  test.each([
    ['lost', true],
    ['whole', false],
  ])('the journal is %s', async (_, isLost) => {
    const sim = new SimulatedFleet()
    sim.guests.repairEveryMs = 60_000
    await sim.up(wanted)
    const [gone] = truth(sim, wanted)
    sim.guests.kill(gone?.id ?? '')
    sim.world.triton.session(SANDBOX.triton.account, {name: 'operator'}).machines.delete(gone?.id ?? '')
    await sim.time.advance(3_600_000)
    if (isLost) sim.journal = memoryJournal()
    expect((await sim.up(wanted)).shortcomings).toEqual([])
    const [next] = truth(sim, wanted)
    expect([next?.address, next?.id === gone?.id]).toEqual([gone?.address, false])
    await expectExactly(sim, wanted)
  })
})
