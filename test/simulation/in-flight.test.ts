import {expect, test} from 'vitest'
import {EXIT} from '../../src/errors.ts'
import type {Fleet, Group} from '../../src/fleet/model.ts'
import type {RunResult} from '../../src/fleet/reconcile.ts'
import {dnsName, EAST, fleet, group, VIRGINIA, wish} from '../support/fleet-builder.ts'
import {expectExactly, truth} from '../support/laws.ts'
import {type Point, runUntil} from '../support/mortal-run.ts'
import {type RunSettings, SimulatedFleet} from '../support/simulated-fleet.ts'

/**
 * The window that catches tools which only ask by tag: the run is killed right after a request left, and the rerun starts
 * while it is still on its way. It may arrive before the rerun looks, between its look and its own request, or after both.
 */

const LONG = process.env.MCD_LONG === '1'
/**
 * How long the request is under way. Of what arrives when the rerun is over, EC2's token and CloudAPI's names refuse a second
 * instance; a second firewall rule is for the next run to find.
 */
const untilMs = (point: string): number => (point.includes('fwrules') ? 12_000 : 24_000)
const isLaunch = (point: string): boolean => point.includes('machines')
const everyMs = (point: string): number => (LONG ? 100 : isLaunch(point) ? 500 : 4_000)

const aws = (count: number): Group => group('virginia', count, {place: VIRGINIA, wish: wish({open: [80]})})
const joyent = (count: number): Group =>
  group('east', count, {place: EAST, wish: wish({types: ['g1.nano'], open: [80]})})
const of = (...groups: Group[]): Fleet =>
  fleet(groups, {names: [dnsName({vendor: 'cloudflare', registration: 'mcd'})]})

type Story = {
  readonly before?: Fleet
  readonly wanted: Fleet
  /** Where they are not the declared ones. */
  readonly counts?: Readonly<Record<string, number>>
  operate(sim: SimulatedFleet, settings?: RunSettings): Promise<RunResult>
}

const WANTED = of(aws(2), joyent(2))
const up: Story = {wanted: WANTED, operate: (sim, settings) => sim.up(WANTED, settings)}
const STORIES: Readonly<Record<string, Story>> = {
  'a fresh up': up,
  'counts raised': {...up, before: of(aws(1), joyent(1))},
  'counts lowered': {...up, before: of(aws(3), joyent(3))},
  down: {
    before: WANTED,
    wanted: WANTED,
    counts: {},
    operate: (sim, settings) => sim.down(WANTED, {}, settings),
  },
}

const stage = async ({before}: Story) => {
  const sim = new SimulatedFleet()
  if (before) expect((await sim.up(before)).shortcomings).toEqual([])
  return sim
}

/** Every point at which a request that changes something has just left. */
async function leavings(story: Story): Promise<[number, Point][]> {
  const sim = await stage(story)
  const {points} = await runUntil(sim, settings => story.operate(sim, settings), {
    at: Number.POSITIVE_INFINITY,
    end: 'kill',
  })
  return [...points.entries()].filter(([, point]) => point.startsWith('sent '))
}

test.each(Object.entries(STORIES))(
  '%s, killed while a request is under way, is whole after one plain rerun however late it arrives',
  {timeout: LONG ? 600_000 : 60_000},
  async (name, story) => {
    const failures: string[] = []
    let walked = 0
    let doubles = 0
    for (const [at, point] of await leavings(story)) {
      for (let underWayMs = 0; underWayMs <= untilMs(point); underWayMs += everyMs(point), walked++) {
        const sim = await stage(story)
        await runUntil(sim, settings => story.operate(sim, settings), {
          at,
          end: 'kill',
          underWayMs,
        })
        try {
          const {exit, shortcomings, actions} = await story.operate(sim)
          expect([exit, shortcomings.map(({text}) => text)]).toEqual([EXIT.done, []])
          await expectExactly(sim, story.wanted, story.counts)
          if (actions.some(({detail}) => detail?.includes('once more'))) doubles++
        } catch (error) {
          failures.push(`${point} (${at}), ${underWayMs} ms under way: ${(error as Error).message}`)
        }
      }
    }
    process.stdout.write(`${name}: ${walked} requests under way, ${doubles} of them carried out twice\n`)
    expect(failures.join('\n')).toBe('')
    expect(walked).toBeGreaterThan(10)
    // Without any the walk would prove nothing of what is done about them.
    if (story === up) expect(doubles).toBeGreaterThan(0)
  },
)

test('twenty instances, killed with any launch request under way, are twenty after one plain rerun', {
  timeout: 120_000,
}, async () => {
  const wanted = of(aws(10), joyent(10))
  const story: Story = {wanted, operate: (sim, settings) => sim.up(wanted, settings)}
  const launches = (await leavings(story)).filter(([, point]) => /RunInstances|machines$/.test(point))
  for (const [at, point] of launches) {
    for (const underWayMs of [500, 6_000]) {
      const sim = await stage(story)
      await runUntil(sim, settings => story.operate(sim, settings), {at, end: 'kill', underWayMs})
      expect((await story.operate(sim)).exit, `${point}, ${underWayMs} ms under way`).toBe(EXIT.done)
      await expectExactly(sim, wanted)
      // The token closes the window for good; names are not reserved, so one of two that carry one name is ended again.
      expect(sim.world.ec2.allInstances()).toHaveLength(10)
    }
  }
  expect(launches.length).toBeGreaterThan(10)
})

test('a double that is in DNS before its cloud shows it is waited for, and ended in the same run', {
  timeout: 60_000,
}, async () => {
  const wanted = fleet([joyent(1)], {names: [dnsName({registration: 'self'})]})
  const slow = () => new SimulatedFleet({delays: {visibleMs: 60_000, nameRaceMs: 4_000, bootMs: 500}})
  const first = slow()
  const {points} = await runUntil(first, settings => first.up(wanted, settings), {
    at: Number.POSITIVE_INFINITY,
    end: 'kill',
  })
  const at = points.findIndex(point => /^sent .*machines$/.test(point))
  let endedAtOnce = 0
  for (const underWayMs of [1_000, 1_500, 2_500, 4_000]) {
    const sim = slow()
    await runUntil(sim, settings => sim.up(wanted, settings), {at, end: 'kill', underWayMs})
    const {exit, shortcomings} = await sim.up(wanted)
    expect([underWayMs, exit, shortcomings.map(({text}) => text)]).toEqual([underWayMs, EXIT.done, []])
    const all = sim.world.triton.machinesOf()
    if (all.length > 1 && truth(sim, wanted).length === 1) endedAtOnce++
    // What stood nowhere while the run worked is for the next one to find.
    expect((await sim.up(wanted)).exit).toBe(EXIT.done)
    await expectExactly(sim, wanted)
  }
  expect(endedAtOnce).toBeGreaterThan(0)
})
