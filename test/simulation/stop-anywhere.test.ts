import {describe, expect, test} from 'vitest'
import {EXIT} from '../../src/errors.ts'
import type {DnsName, Fleet, Group} from '../../src/fleet/model.ts'
import type {RunResult} from '../../src/fleet/reconcile.ts'
import type {Delays} from '../../src/sandbox/world/core.ts'
import {watchDns} from '../support/dns-watch.ts'
import {dnsName, EAST, fleet, group, VIRGINIA, wish} from '../support/fleet-builder.ts'
import {expectExactly, plantForeign} from '../support/laws.ts'
import {type End, type Point, runUntil} from '../support/mortal-run.ts'
import {type RunSettings, SimulatedFleet} from '../support/simulated-fleet.ts'

/** Law 4, point by point: the run ends there, one plain rerun follows, and the world is exactly what the file declares. */

const aws = (count: number, over: Partial<Group['wish']> = {}): Group =>
  group('virginia', count, {place: VIRGINIA, wish: wish({open: [80], ...over})})
const joyent = (count: number, over: Partial<Group['wish']> = {}): Group =>
  group('east', count, {place: EAST, wish: wish({types: ['g1.nano'], open: [80], ...over})})

type Story = {
  readonly before?: readonly Group[]
  readonly declared: readonly Group[]
  readonly down?: boolean
}

const STORIES: Readonly<Record<string, Story>> = {
  'a fresh up': {declared: [aws(2), joyent(2)]},
  'counts raised': {before: [aws(1), joyent(1)], declared: [aws(3), joyent(2)]},
  'counts lowered': {before: [aws(3), joyent(2)], declared: [aws(1), joyent(1)]},
  'a launch spec changed': {
    before: [aws(2), joyent(1)],
    declared: [aws(2, {types: ['t3.small']}), joyent(1, {types: ['g1.micro']})],
  },
  down: {before: [aws(2), joyent(2)], declared: [aws(2), joyent(2)], down: true},
}

type Setting = {readonly dns: Partial<DnsName>; readonly delays: Partial<Delays>}

/** Also instances that show late, that put themselves into DNS before anybody sees them, and name servers that follow late. */
const SETTINGS: readonly Setting[] = [
  {dns: {vendor: 'cloudflare', registration: 'mcd'}, delays: {}},
  {dns: {vendor: 'route53', registration: 'self'}, delays: {visibleMs: 20_000, dnsServedMs: 30_000}},
]

const LONG = process.env.MCD_LONG === '1'
/** Where something has just become true: an event is written, a cloud or a zone has changed. Elsewhere nothing new is lost. */
const TELLING =
  /^after (.*append|.*:(Run|Create|Terminate|Delete|Authorize|Change|Disable|Modify|POST|PATCH|DELETE).*)$/
const SOME = 23

/** The points at which to end, out of those that the run passes when nobody ends it. */
function chosen(points: readonly Point[], end: End): number[] {
  const all = [...points.keys()]
  if (LONG) return all
  if (end === 'kill') return all.filter(at => TELLING.test(points[at] ?? ''))
  return all.filter(at => at % SOME === 0)
}

async function play({before, declared, down}: Story, {dns, delays}: Setting) {
  const of = (groups: readonly Group[]): Fleet => fleet([...groups], {names: [dnsName(dns)]})
  const sim = new SimulatedFleet({delays})
  const foreign = await plantForeign(sim, of([]))
  const picture = await foreign()
  if (before) expect((await sim.up(of(before))).shortcomings).toEqual([])
  const wanted = of(declared)
  const watch = watchDns(sim, wanted)
  return {
    sim,
    operate: (settings: RunSettings = {}): Promise<RunResult> =>
      down ? sim.down(wanted, {}, settings) : sim.up(wanted, settings),
    async checkLaws() {
      await expectExactly(sim, wanted, down ? {} : undefined)
      expect(await foreign()).toEqual(picture)
      expect(watch.early).toEqual([])
      if (!down) expect(watch.fewest()).toBeGreaterThan(0)
    },
  }
}

/** What went wrong, one text for each point. */
async function walk(story: Story, setting: Setting, end: End) {
  const whole = await play(story, setting)
  const {points} = await runUntil(whole.sim, whole.operate, {at: Number.POSITIVE_INFINITY, end})
  const failures: string[] = []
  const walked = chosen(points, end)
  for (const at of walked) {
    const {sim, operate, checkLaws} = await play(story, setting)
    const {result} = await runUntil(sim, operate, {at, end})
    try {
      // A lost reply is no reason to end: the same run gets there.
      const {shortcomings, exit} = end === 'lose' && result ? result : await operate()
      expect([exit, shortcomings.map(({text}) => text)]).toEqual([EXIT.done, []])
      await checkLaws()
    } catch (error) {
      failures.push(`${end} ${points[at]} (${at}): ${error instanceof Error ? error.message : error}`)
    }
  }
  return {walked: walked.length, failures}
}

const ENDS: Readonly<Record<End, string>> = {
  kill: 'killed',
  throw: 'ended by an error',
  interrupt: 'interrupted',
  lose: 'with one call refused or its reply lost',
  suspend: 'stopped for two minutes',
}

describe.each(Object.entries(ENDS) as [End, string][])('%s', (end, ended) => {
  for (const [name, story] of Object.entries(STORIES)) {
    for (const setting of SETTINGS) {
      test(`${name} with ${setting.dns.vendor}, ${ended} anywhere, is whole after one plain rerun`, {
        timeout: LONG ? 600_000 : 60_000,
      }, async () => {
        const {walked, failures} = await walk(story, setting, end)
        expect(failures.join('\n')).toBe('')
        expect(walked).toBeGreaterThan(3)
      })
    }
  }
})
