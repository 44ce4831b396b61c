import {describe, expect, test} from 'vitest'
import {EXIT, TransientError} from '../../src/errors.ts'
import type {DnsName, Fleet} from '../../src/fleet/model.ts'
import type {RunResult} from '../../src/fleet/reconcile.ts'
import {memoryJournal} from '../../src/journal/memory.ts'
import type {Service} from '../../src/sandbox/world/calls.ts'
import {dnsName, EAST, fleet, group, VIRGINIA, wish} from '../support/fleet-builder.ts'
import {expectExactly, truth} from '../support/laws.ts'
import {runUntil} from '../support/mortal-run.ts'
import {SimulatedFleet} from '../support/simulated-fleet.ts'

const MINUTE_MS = 60_000
const AWS: Service[] = ['ec2', 'sts', 'ssm']
const JOYENT: Service[] = ['cloudapi']
const EVERYTHING: Service[] = [...AWS, ...JOYENT, 'cloudflare', 'route53']

/** Two on each cloud, and each takes over for the other: four are wanted in any case. */
const declared = (virginia = 2, east = 2, name: Partial<DnsName> = {}): Fleet =>
  fleet(
    [
      group('virginia', virginia, {
        place: VIRGINIA,
        wish: wish({open: [80]}),
        failover: {to: 'east', floor: 4, afterMs: 10 * MINUTE_MS},
      }),
      group('east', east, {
        place: EAST,
        wish: wish({types: ['g1.nano'], open: [80]}),
        failover: {to: 'virginia', floor: 4, afterMs: 10 * MINUTE_MS},
      }),
    ],
    {names: [dnsName({registration: 'self', ...name})]},
  )

/** mcd reaches none of these any more; of `dead` groups nobody else does either. */
function silence(sim: SimulatedFleet, services: readonly Service[], dead: readonly string[] = []) {
  sim.world.calls.faults = {
    before({principal, service}) {
      if (principal.name === 'operator' && services.includes(service))
        throw new TransientError('no route to host', {effect: 'none'})
    },
    after: () => {},
  }
  for (const {id, group: of} of truth(sim, declared()))
    if (dead.includes(of)) sim.guests.setServing(id, false)
}

function hear(sim: SimulatedFleet) {
  sim.world.calls.faults = {before: () => {}, after: () => {}}
  for (const {id} of truth(sim, declared())) sim.guests.setServing(id, true)
}

const living = (sim: SimulatedFleet) => {
  const count = (name: string) => truth(sim, declared()).filter(({group: of}) => of === name).length
  return {virginia: count('virginia'), east: count('east')}
}
const failover = ({exit, shortcomings}: RunResult) => ({
  exit,
  texts: shortcomings.filter(({kind}) => kind === 'failover').map(({text}) => text),
})
const addresses = async (sim: SimulatedFleet) =>
  (await sim.members(declared())).filter(({type}) => type === 'A').length

async function upAndSilent(services: readonly Service[], dead: readonly string[]) {
  const sim = new SimulatedFleet()
  await sim.up(declared())
  silence(sim, services, dead)
  return sim
}

test.each([
  ['virginia', AWS, {virginia: 2, east: 4}],
  ['east', JOYENT, {virginia: 4, east: 2}],
] as const)(
  'while %s is dead and silent the other grows, once that has lasted; when it is back both are as declared',
  async (name, services, grown) => {
    const sim = await upAndSilent(services, [name])
    const first = failover(await sim.up(declared()))
    expect(first).toEqual({
      exit: EXIT.partly,
      texts: [expect.stringMatching(/grows to 4 if "mcd up" finds .* silent/)],
    })
    await sim.time.advance(5 * MINUTE_MS)
    const second = failover(await sim.up(declared()))
    expect(second.texts).toEqual([
      expect.stringMatching(/still silent at 2026-01-01 \d\d:\d\d:\d\d UTC or later/),
    ])
    expect(living(sim)).toEqual({virginia: 2, east: 2})
    await sim.time.advance(5 * MINUTE_MS)
    const third = failover(await sim.up(declared()))
    expect(third).toEqual({exit: EXIT.partly, texts: [expect.stringMatching(/is to have 4 in place of/)]})
    expect(living(sim)).toEqual(grown)
    // What cannot be looked at keeps its records (law 6).
    expect(await addresses(sim)).toBe(6)
    const launches = truth(sim, declared()).map(({id}) => id)
    expect(failover(await sim.up(declared())).exit).toBe(EXIT.partly)
    expect(truth(sim, declared()).map(({id}) => id)).toEqual(launches)
    hear(sim)
    expect((await sim.up(declared())).shortcomings).toEqual([])
    await expectExactly(sim, declared())
  },
)

test('what stood in stays until the other cloud serves again', async () => {
  const sim = await upAndSilent(AWS, ['virginia'])
  await sim.up(declared())
  await sim.time.advance(11 * MINUTE_MS)
  await sim.up(declared())
  // Its API is back before its instances are.
  sim.world.calls.faults = {before: () => {}, after: () => {}}
  const half = await sim.up(declared())
  expect([half.exit, living(sim)]).toEqual([EXIT.partly, {virginia: 2, east: 4}])
  hear(sim)
  expect((await sim.up(declared())).shortcomings).toEqual([])
  await expectExactly(sim, declared())
})

test('a cloud whose API alone is silent has its instances counted: nothing is bought however long it lasts', async () => {
  const sim = await upAndSilent(AWS, [])
  for (let hour = 0; hour < 3; hour++) {
    expect(failover(await sim.up(declared())).texts).toEqual([
      'east need not grow for virginia: 2 of its 2 in DNS answer.',
    ])
    await sim.time.advance(60 * MINUTE_MS)
  }
  expect(living(sim)).toEqual({virginia: 2, east: 2})
  hear(sim)
  expect((await sim.up(declared())).shortcomings).toEqual([])
  await expectExactly(sim, declared())
})

test('where one of two still answers, one less is bought', async () => {
  const sim = await upAndSilent(AWS, [])
  const [one] = truth(sim, declared()).filter(({group: of}) => of === 'virginia')
  sim.guests.setServing(one?.id ?? '', false)
  await sim.up(declared())
  await sim.time.advance(11 * MINUTE_MS)
  await sim.up(declared())
  expect(living(sim)).toEqual({virginia: 2, east: 3})
})

test('a laptop without network buys nothing, and what it did not hear does not count afterwards', async () => {
  const sim = await upAndSilent(EVERYTHING, ['virginia', 'east'])
  for (let hour = 0; hour < 3; hour++) {
    expect((await sim.up(declared())).exit).toBe(EXIT.partly)
    await sim.time.advance(60 * MINUTE_MS)
  }
  expect(living(sim)).toEqual({virginia: 2, east: 2})
  // The network is back, and only now one cloud is really gone.
  hear(sim)
  silence(sim, AWS, ['virginia'])
  expect(failover(await sim.up(declared())).texts).toEqual([expect.stringContaining('east grows to 4 if')])
  expect(living(sim)).toEqual({virginia: 2, east: 2})
})

test('a cloud that falls silent in the middle of a run is missed from then on', async () => {
  const sim = new SimulatedFleet()
  await sim.up(declared())
  sim.guests.servesAfterMs = () => 90_000
  sim.time.clock.after(20_000, () => silence(sim, AWS, ['virginia']))
  const more = declared(2, 3)
  const half = await sim.up(more)
  expect([half.exit, living(sim)]).toEqual([EXIT.partly, {virginia: 2, east: 3}])
  await sim.time.advance(10 * MINUTE_MS)
  await sim.up(more)
  expect(living(sim)).toEqual({virginia: 2, east: 4})
  hear(sim)
  expect((await sim.up(more)).shortcomings).toEqual([])
  await expectExactly(sim, more)
})

describe('a run that takes over', () => {
  const due = async () => {
    const sim = await upAndSilent(AWS, ['virginia'])
    await sim.up(declared())
    await sim.time.advance(11 * MINUTE_MS)
    return sim
  }
  /** Where something has just left, or become true. */
  const TELLING = /^(before|sent|after) (journal:append|cloudapi:POST)/

  test('and is killed anywhere is finished by one plain rerun, and the silence by another', {
    timeout: 60_000,
  }, async () => {
    const whole = await due()
    const run = (sim: SimulatedFleet) => (settings: object) => sim.up(declared(), settings)
    const {points} = await runUntil(whole, run(whole), {at: Number.POSITIVE_INFINITY, end: 'kill'})
    const telling = [...points.keys()].filter(at => TELLING.test(points[at] ?? ''))
    expect(telling.length).toBeGreaterThan(5)
    const failures: string[] = []
    for (const at of telling) {
      const sim = await due()
      await runUntil(sim, run(sim), {at, end: 'kill'})
      const {exit} = await sim.up(declared())
      const grown = living(sim)
      hear(sim)
      const back = await sim.up(declared())
      try {
        expect([exit, grown, back.shortcomings]).toEqual([EXIT.partly, {virginia: 2, east: 4}, []])
        await expectExactly(sim, declared())
      } catch (error) {
        failures.push(`${points[at]} (${at}): ${error instanceof Error ? error.message : error}`)
      }
    }
    expect(failures.join('\n')).toBe('')
  })
})

test.each([
  ['with its journal', false],
  ['that has lost its journal', true],
] as const)(
  "Route53's marks do not name the group: a fleet %s still counts who answers",
  async (_what, forgets) => {
    const of = declared(2, 2, {vendor: 'route53'})
    const sim = new SimulatedFleet()
    await sim.up(of)
    if (forgets) {
      sim.journal = memoryJournal()
      await sim.up(of)
    }
    silence(sim, AWS)
    await sim.up(of)
    await sim.time.advance(11 * MINUTE_MS)
    expect(failover(await sim.up(of)).texts).toEqual([expect.stringContaining('2 of its 2 in DNS answer')])
    silence(sim, AWS, ['virginia'])
    await sim.up(of)
    expect(living(sim)).toEqual({virginia: 2, east: 4})
    hear(sim)
    expect((await sim.up(of)).shortcomings).toEqual([])
    await expectExactly(sim, of)
  },
)

test('a floor that Route53 could not hold beside what falls silent is refused while nothing is wrong yet', async () => {
  const sim = new SimulatedFleet()
  const of = (floor: number) => {
    const [virginia, east] = declared(50, 40, {vendor: 'route53'}).groups
    if (!virginia || !east) throw new Error('two groups')
    const taken = {...virginia, failover: {to: 'east', floor, afterMs: MINUTE_MS}}
    return fleet([taken, east], {names: [dnsName({vendor: 'route53'})]})
  }
  await expect(sim.up(of(90))).rejects.toThrow(/at most 100 .* 140 are wanted/)
  expect((await sim.up(of(50))).shortcomings).toEqual([])
})
