import {EXIT} from '../../src/errors.ts'
import type {Request} from '../../src/fleet/desire/course.ts'
import type {DnsName, Fleet, Group} from '../../src/fleet/model.ts'
import type {RunResult} from '../../src/fleet/reconcile.ts'
import type {Delays} from '../../src/sandbox/world/core.ts'
import {watchDns} from '../support/dns-watch.ts'
import {dnsName, EAST, fleet, group, VIRGINIA, wish} from '../support/fleet-builder.ts'
import {expectExactly, holds, plantForeign} from '../support/laws.ts'
import {type End, type Point, runUntil} from '../support/mortal-run.ts'
import {type RunSettings, SimulatedFleet} from '../support/simulated-fleet.ts'

/** Law 4, point by point: a run over both clouds ends there, one plain rerun follows, and the world is what the file declares. */

const aws = (count: number, over: Partial<Group['wish']> = {}): Group =>
  group('virginia', count, {place: VIRGINIA, wish: wish({open: [80], ...over})})
const joyent = (count: number, over: Partial<Group['wish']> = {}): Group =>
  group('east', count, {place: EAST, wish: wish({types: ['g1.nano'], open: [80], ...over})})

type Scene = {
  readonly before?: readonly Group[]
  readonly declared: readonly Group[]
  readonly down?: boolean
  readonly request?: Request
}

export const SCENES = {
  'a fresh up': {declared: [aws(2), joyent(2)]},
  'counts raised': {before: [aws(1), joyent(1)], declared: [aws(3), joyent(2)]},
  'counts lowered': {before: [aws(3), joyent(2)], declared: [aws(1), joyent(1)]},
  'a launch spec changed': {
    before: [aws(1), joyent(1)],
    declared: [aws(1, {types: ['t3.small']}), joyent(1, {types: ['g1.micro']})],
  },
  'a replacement asked for': {
    before: [aws(1), joyent(1)],
    declared: [aws(1), joyent(1)],
    request: {kind: 'renew'},
  },
  down: {before: [aws(2), joyent(2)], declared: [aws(2), joyent(2)], down: true},
} as const satisfies Readonly<Record<string, Scene>>
export type SceneName = keyof typeof SCENES

type Setting = {readonly dns: Partial<DnsName>; readonly delays: Partial<Delays>}

/** Also instances that show late, that put themselves into DNS before anybody sees them, and name servers that follow late. */
export const SETTINGS: readonly Setting[] = [
  {dns: {vendor: 'cloudflare', registration: 'mcd'}, delays: {}},
  {dns: {vendor: 'route53', registration: 'self'}, delays: {visibleMs: 20_000, dnsServedMs: 30_000}},
]

/** One step of a walk. */
export type Step = {
  readonly scene: SceneName
  readonly setting: number
  readonly end: End
  /** The number of the point. */
  readonly at: number
  readonly host: 'simulation' | 'elsewhere'
}

async function stage({scene, setting}: Pick<Step, 'scene' | 'setting'>) {
  const {before, declared, down, request}: Scene = SCENES[scene]
  const {dns, delays} = SETTINGS[setting] as Setting
  const of = (groups: readonly Group[]): Fleet => fleet([...groups], {names: [dnsName(dns)]})
  const sim = new SimulatedFleet({delays})
  const foreign = await plantForeign(sim, of([]))
  const picture = await foreign()
  if (before) holds('the scene is set', (await sim.up(of(before))).shortcomings, [])
  const wanted = of(declared)
  const watch = watchDns(sim, wanted)
  return {
    sim,
    operate: (settings: RunSettings = {}): Promise<RunResult> =>
      down ? sim.down(wanted, {}, settings) : sim.up(wanted, {...(request ? {request} : {}), ...settings}),
    async checkLaws() {
      await expectExactly(sim, wanted, down ? {} : undefined)
      holds('what is foreign is as it was', await foreign(), picture)
      holds('DNS before death', watch.early, [])
      if (!down) holds('a live name is never emptied', watch.fewest() > 0, true)
    },
  }
}

/** Every point that a run passes when nobody ends it. */
export async function pointsOf(where: Pick<Step, 'scene' | 'setting'>): Promise<readonly Point[]> {
  const {sim, operate} = await stage(where)
  const {points} = await runUntil(sim, operate, {at: Number.POSITIVE_INFINITY, end: 'kill'})
  return points
}

/** Plays one step. Returns what went wrong. */
export async function playStep(step: Step): Promise<string | undefined> {
  const {end, at, host} = step
  const {sim, operate, checkLaws} = await stage(step)
  const {result, points} = await runUntil(sim, settings => operate({...settings, host}), {at, end})
  try {
    // A lost reply or a pause is no reason to end: the same run gets there.
    const goesOn = end === 'lose' || end === 'suspend'
    const {shortcomings, exit} = goesOn && result ? result : await operate()
    holds('one plain rerun is enough', [exit, ...shortcomings.map(({text}) => text)], [EXIT.done])
    await checkLaws()
    return undefined
  } catch (error) {
    return `${end} ${points[at]} (${at}): ${(error as Error).message}`
  }
}
