import {beforeEach, describe, expect, test} from 'vitest'
import {EXIT} from '../../src/errors.ts'
import type {Fleet, Rollout} from '../../src/fleet/model.ts'
import type {RunResult} from '../../src/fleet/reconcile.ts'
import {Secret} from '../../src/secret.ts'
import {dnsName, EAST, fleet, group, wish} from '../support/fleet-builder.ts'
import {expectExactly, truth} from '../support/laws.ts'
import {runUntil} from '../support/mortal-run.ts'
import {SimulatedFleet} from '../support/simulated-fleet.ts'

type Draw = {
  virginia?: number
  east?: number
  template?: string
  rollout?: Partial<Rollout>
  vendor?: 'cloudflare' | 'route53'
  registration?: 'self' | 'mcd'
  type?: string
}

const mixed = ({
  virginia = 4,
  east = 2,
  template = 'first',
  rollout = {},
  vendor = 'route53',
  registration = 'self',
  type = 't3.micro',
}: Draw = {}): Fleet =>
  fleet(
    [
      group('virginia', virginia, {wish: wish({types: [type], open: [80]})}),
      group('east', east, {place: EAST, wish: wish({types: ['g1.nano'], open: [80]})}),
    ],
    {
      names: [dnsName({vendor, registration})],
      userdata: {template, vars: {}},
      rollout: {batch: {count: 1}, pauseMs: 0, ...rollout},
    },
  )

/** What anybody could have seen at any second. */
type Sample = {
  readonly atMs: number
  /** Addresses that the name answers with and that serve. */
  readonly serving: number
  /** Ids alive in each group. */
  readonly living: Readonly<Record<string, readonly string[]>>
}

/** Looks at the world every second of a run. */
async function watched(
  sim: SimulatedFleet,
  of: Fleet,
  run: () => Promise<RunResult>,
): Promise<{result: RunResult; samples: Sample[]}> {
  const samples: Sample[] = []
  let isOver = false
  const look = () => {
    if (isOver) return
    const living: Record<string, string[]> = {}
    for (const {id, group: name} of truth(sim, of)) living[name] = [...(living[name] ?? []), id]
    const answers = of.names.flatMap(({vendor, name}) => sim.world[vendor].answer(name, 'A').answers)
    const serving = answers.filter(({data}) => sim.guests.serves(String(data))).length
    samples.push({atMs: sim.time.now(), serving, living})
    sim.time.clock.after(1_000, look)
  }
  look()
  const result = await run()
  isOver = true
  return {result, samples}
}

/** Guests whose userdata says so never serve. */
function breakTemplate(sim: SimulatedFleet, template: string): void {
  const boot = sim.guests.boot.bind(sim.guests)
  sim.guests.boot = guest => {
    if (Buffer.from(guest.userdata).toString().includes(template)) sim.guests.broken.add(guest.id)
    boot(guest)
  }
}

const ids = (sim: SimulatedFleet, of: Fleet): string[] =>
  truth(sim, of)
    .map(({id}) => id)
    .sort()

/** How many there are more than before, at the most. */
const most = (samples: readonly Sample[], name: string): number =>
  Math.max(...samples.map(({living}) => living[name]?.length ?? 0))

let sim: SimulatedFleet
beforeEach(() => {
  sim = new SimulatedFleet()
})

describe.each([
  ['route53', 'self'],
  ['cloudflare', 'mcd'],
] as const)('a changed template on two clouds with %s, registration: %s', (vendor, registration) => {
  test('reaches every instance, one batch of one cloud at a time, and never fewer serve than before', async () => {
    const draw = {vendor, registration, rollout: {batch: {count: 2}}} as const
    await sim.up(mixed(draw))
    const before = ids(sim, mixed())
    const next = mixed({...draw, template: 'second'})
    const {result, samples} = await watched(sim, next, () => sim.up(next))
    expect([result.shortcomings, result.exit]).toEqual([[], EXIT.done])
    expect(ids(sim, next).filter(id => before.includes(id))).toEqual([])
    await expectExactly(sim, next)

    expect(Math.min(...samples.map(({serving}) => serving))).toBe(6)
    expect([most(samples, 'virginia'), most(samples, 'east')]).toEqual([6, 4])
    const bothOver = samples.filter(({living}) => over(living, 'virginia', 4) && over(living, 'east', 2))
    expect(bothOver).toEqual([])
  })
})

const over = (living: Sample['living'], name: string, count: number) => (living[name]?.length ?? 0) > count

test('a batch may be a percentage of the group, rounded up', async () => {
  const draw = {virginia: 5, east: 0, rollout: {batch: {percent: 25}}} as const
  await sim.up(mixed(draw))
  const next = mixed({...draw, template: 'second'})
  const {samples} = await watched(sim, next, () => sim.up(next))
  expect(most(samples, 'virginia')).toBe(7)
})

test('with a pause, each batch serves so long beside the old ones before they leave', async () => {
  const draw = {virginia: 2, east: 0} as const
  await sim.up(mixed(draw))
  const next = mixed({...draw, template: 'second', rollout: {pauseMs: 120_000}})
  const {result, samples} = await watched(sim, next, () => sim.up(next))
  expect(result.exit).toBe(EXIT.done)
  const beside = samples.filter(({serving}) => serving === 3)
  // Two batches, two minutes each.
  expect(beside.length).toBeGreaterThanOrEqual(240)
  expect(beside.length).toBeLessThan(280)
})

describe('a new instance that does not serve', () => {
  const good = mixed()
  const bad = mixed({template: 'broken'})

  beforeEach(async () => {
    breakTemplate(sim, 'broken')
    await sim.up(good)
  })

  test('stops the rollout with the old ones in their places, and the report says which, why and what to do', async () => {
    const before = ids(sim, good)
    const {result, samples} = await watched(sim, bad, () => sim.up(bad, {timeoutMs: 120_000}))
    expect(result.exit).toBe(EXIT.partly)
    expect(result.actions.filter(({kind}) => /launch|deregister|terminate/.test(kind))).toHaveLength(1)
    expect(ids(sim, good).filter(id => before.includes(id))).toEqual(before)
    expect(ids(sim, good)).toHaveLength(7)
    expect(Math.min(...samples.map(({serving}) => serving))).toBe(6)
    const [unhealthy, stopped] = result.shortcomings.map(({text}) => text)
    expect(unhealthy).toMatch(/^i-\S+ in group virginia does not answer .*Its console ends/s)
    expect(stopped).toMatch(/4 of group virginia and 2 of group east stay .*mcd up.*mcd replace --rollback/)
  })

  test('is quoted from its console without the secrets that it was given', async () => {
    const password = new Secret('canary-of-the-console', 'env:PASSWORD')
    const given = {...bad, userdata: {...bad.userdata, vars: {password}}}
    const say = sim.guests.console.bind(sim.guests)
    sim.guests.console = id => `${say(id)}\n+ mysql -p${password.reveal()} -e 'SELECT 1'\n`
    const {shortcomings} = await sim.up(given, {timeoutMs: 120_000})
    expect(shortcomings[0]?.text).toMatch(/\+ mysql -p\*\*\* -e 'SELECT 1'/)
  })

  test('is quoted without what a terminal or the runner of a pipeline would obey', async () => {
    const password = new Secret('canary-of-the-console', 'env:PASSWORD')
    const given = {...bad, userdata: {...bad.userdata, vars: {password}}}
    sim.guests.console = () =>
      'one\r\n\u001B[2J\u001B]0;owned\u0007two\u0008\n::add-mask::web\ncanary-\u001B[1mof-the-console\n'
    const {shortcomings} = await sim.up(given, {timeoutMs: 120_000})
    expect(shortcomings[0]?.text).toContain('ends:\n  | one\n  | two\n  | ::add-mask::web\n  | ***')
  })

  test('is the batch of every later run too: none is launched beside it', async () => {
    await sim.up(bad, {timeoutMs: 120_000})
    const stuck = ids(sim, good)
    for (let run = 0; run < 3; run++) {
      const again = await sim.up(bad, {timeoutMs: 120_000})
      expect([again.exit, again.actions]).toEqual([EXIT.partly, []])
    }
    expect(ids(sim, good)).toEqual(stuck)
  })

  test('goes with the mended file, and the rollout goes on', async () => {
    await sim.up(bad, {timeoutMs: 120_000})
    const mended = mixed({template: 'mended'})
    const {result, samples} = await watched(sim, mended, () => sim.up(mended))
    expect([result.shortcomings, result.exit]).toEqual([[], EXIT.done])
    expect(most(samples, 'virginia')).toBe(5)
    expect(Math.min(...samples.map(({serving}) => serving))).toBe(6)
    await expectExactly(sim, mended)
  })

  test('goes with a rollback, and the old ones never knew', async () => {
    const before = ids(sim, good)
    await sim.up(bad, {timeoutMs: 120_000})
    const back = await sim.replace(bad, {kind: 'rollback'})
    expect([back.shortcomings, back.exit]).toEqual([[], EXIT.done])
    expect(back.actions.filter(({kind}) => kind === 'launch')).toEqual([])
    expect(ids(sim, good)).toEqual(before)
    expect((await sim.up(good)).actions).toEqual([])
  })
})

describe('mcd replace', () => {
  const of = mixed({virginia: 2, east: 1})

  test('gives every instance a new one, and asks for no more when it is killed and run again', async () => {
    await sim.up(of)
    const before = ids(sim, of)
    // Killed in the middle: some are new by then.
    await runUntil(sim, settings => sim.replace(of, {}, settings), {at: 120, end: 'kill'})
    await sim.time.advance(10_000)
    const half = ids(sim, of)
    expect(half).not.toEqual(before)
    const result = await sim.replace(of)
    expect([result.shortcomings, result.exit]).toEqual([[], EXIT.done])
    expect(ids(sim, of).filter(id => before.includes(id))).toEqual([])
    const launched = (await sim.journal.read()).filter(
      ({event}) => event.type === 'intent' && event.what.kind === 'launch',
    )
    // Two launches made the fleet, and each of the three instances was replaced once.
    expect(launched).toHaveLength(2 + 3 + 1)
    await expectExactly(sim, of)
  })

  test('goes on with a plain up', async () => {
    await sim.up(of)
    const before = ids(sim, of)
    await runUntil(sim, settings => sim.replace(of, {}, settings), {at: 60, end: 'kill'})
    expect((await sim.up(of)).exit).toBe(EXIT.done)
    expect(ids(sim, of).filter(id => before.includes(id))).toEqual([])
    expect((await sim.up(of)).actions).toEqual([])
  })

  test('with a name, replaces that one alone, and is content when it is gone', async () => {
    await sim.up(of)
    const before = ids(sim, of)
    const [one = ''] = before
    expect((await sim.replace(of, {instances: [one]})).exit).toBe(EXIT.done)
    expect(before.filter(id => !ids(sim, of).includes(id))).toEqual([one])
    const again = await sim.replace(of, {instances: [one]})
    expect([again.exit, again.actions]).toEqual([EXIT.done, []])
  })

  test('with a group, leaves the others as they are, outdated or not', async () => {
    await sim.up(of)
    const before = truth(sim, of)
    const next = mixed({virginia: 2, east: 1, template: 'second'})
    expect((await sim.replace(next, {groups: ['east']})).exit).toBe(EXIT.done)
    const after = new Set(ids(sim, of))
    expect(before.filter(({id}) => !after.has(id)).map(({group: name}) => name)).toEqual(['east'])
  })
})

test('a new machine that its cloud has and does not show yet is waited for, although nothing else is', async () => {
  const before = mixed({virginia: 0, east: 1})
  const next = mixed({virginia: 0, east: 1, template: 'second'})
  const upUntil = async (at: number) => {
    sim = new SimulatedFleet({delays: {visibleMs: 60_000}})
    await sim.up(before)
    return runUntil(sim, settings => sim.up(next, settings), {at, end: 'kill'})
  }
  const {points} = await upUntil(Number.POSITIVE_INFINITY)
  await upUntil(points.findIndex(point => /^after cloudapi:POST .*machines$/.test(point)))
  const rerun = await sim.up(next)
  expect([rerun.shortcomings, rerun.exit]).toEqual([[], EXIT.done])
  await expectExactly(sim, next)
})

describe('mcd replace --rollback', () => {
  const first = mixed({virginia: 2, east: 1, type: 't3.micro'})
  const second = mixed({virginia: 2, east: 1, template: 'second', type: 't3.small'})
  const typesOf = () =>
    sim.world.ec2
      .allInstances()
      .filter(({state}) => state === 'running')
      .map(({type}) => type.name)

  beforeEach(async () => {
    await sim.up(first)
    await sim.up(second)
  })

  test('returns every group to the spec before the last rollout, and up rolls forward again', async () => {
    expect(typesOf()).toEqual(['t3.small', 't3.small'])
    const back = await sim.replace(second, {kind: 'rollback'})
    expect([back.shortcomings, back.exit]).toEqual([[], EXIT.done])
    expect(typesOf()).toEqual(['t3.micro', 't3.micro'])
    expect((await sim.up(first)).actions).toEqual([])
    expect((await sim.up(second)).exit).toBe(EXIT.done)
    expect(typesOf()).toEqual(['t3.small', 't3.small'])
  })

  test('that was killed anywhere goes on to the same spec', async () => {
    for (const at of [40, 90, 140, 200]) {
      await runUntil(sim, settings => sim.replace(second, {kind: 'rollback'}, settings), {at, end: 'kill'})
      await sim.time.advance(10_000)
    }
    expect((await sim.replace(second, {kind: 'rollback'})).exit).toBe(EXIT.done)
    expect((await sim.up(first)).actions).toEqual([])
  })

  test('returns only what the last rollout changed', async () => {
    const third = {
      ...second,
      groups: second.groups.map(each => (each.name === 'virginia' ? (first.groups[0] ?? each) : each)),
    }
    await sim.up(third)
    const east = truth(sim, third).find(({group: name}) => name === 'east')
    expect((await sim.replace(third, {kind: 'rollback'})).exit).toBe(EXIT.done)
    expect(typesOf()).toEqual(['t3.small', 't3.small'])
    expect(truth(sim, third).find(({group: name}) => name === 'east')).toEqual(east)
  })

  test('has nothing to return to where there was one spec only', async () => {
    sim = new SimulatedFleet()
    await sim.up(first)
    await expect(sim.replace(first, {kind: 'rollback'})).rejects.toThrow(/nothing to return to/)
  })
})

test('an image alias stays at what lives, whatever else changes, until its images are refreshed', async () => {
  const region = sim.world.ec2.region('us-east-1')
  const [older = '', newer = ''] = [...region.images.values()]
    .filter(({name, architecture}) => /24\.04/.test(name) && architecture === 'x86_64')
    .sort((a, b) => (a.creationDate < b.creationDate ? -1 : 1))
    .map(({id}) => id)
  const published = region.parameters as Map<string, string>
  const [parameter = ''] = [...published].find(([, id]) => id === newer) ?? []
  const only = {virginia: 2, east: 0} as const
  const imagesOf = () => [
    ...new Set(
      sim.world.ec2
        .allInstances()
        .filter(({state}) => state === 'running')
        .map(({imageId}) => imageId),
    ),
  ]

  published.set(parameter, older)
  await sim.up(mixed(only))
  published.set(parameter, newer)
  expect((await sim.up(mixed(only))).actions).toEqual([])
  const changed = mixed({...only, template: 'second'})
  await sim.up(changed)
  expect(imagesOf()).toEqual([older])
  // Killed after its first batch: from then on the alias stands for the newer one.
  await runUntil(sim, settings => sim.up(changed, {...settings, refreshImages: true}), {at: 60, end: 'kill'})
  await sim.time.advance(10_000)
  expect(imagesOf()).toHaveLength(2)
  expect((await sim.up(changed)).exit).toBe(EXIT.done)
  expect(imagesOf()).toEqual([newer])
  expect((await sim.up(changed)).actions).toEqual([])
})

test('another registration part than the one that instances were launched with is reported, and rolls nothing', async () => {
  const of = mixed({virginia: 2, east: 0})
  await sim.up(of)
  const before = ids(sim, of)
  const other = {...of, names: of.names.map(name => ({...name, registration: 'mcd' as const}))}
  const up = await sim.up(other)
  expect([up.exit, ids(sim, of)]).toEqual([EXIT.done, before])
  expect(up.remaining.notes.map(({kind, blocks}) => [kind, blocks])).toEqual([['outdated-userdata', false]])
  expect((await sim.replace(other)).remaining.notes).toEqual([])
})
