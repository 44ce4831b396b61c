import {EXIT, McdError} from '../../src/errors.ts'
import type {Desired} from '../../src/fleet/desired.ts'
import type {Fleet} from '../../src/fleet/model.ts'
import type {RunResult} from '../../src/fleet/reconcile.ts'
import {memoryJournal} from '../../src/journal/memory.ts'
import {type DnsWatch, watchDns} from '../support/dns-watch.ts'
import {fleet as anyFleet} from '../support/fleet-builder.ts'
import {expectExactly, holds, LawBroken, plantForeign, truth} from '../support/laws.ts'
import {mortal} from '../support/mortal-run.ts'
import {type RunSettings, SimulatedFleet} from '../support/simulated-fleet.ts'
import {ALL_NAMES, type Chapter, type FileDraw, fleetOf, type Story} from './story.ts'
import {strike} from './strike.ts'

/** Of a run that things befall; a plain rerun has all the time it wants. */
const PATIENCE_MS = 10 * 60_000
const ALL_THE_TIME_MS = 60 * 60_000

/** A story under way: the world, and what the last chapter left there. */
export type Stage = {
  readonly story: Story
  readonly sim: SimulatedFleet
  readonly watch: DnsWatch
  readonly foreign: () => Promise<unknown>
  /** What happened, for people. */
  readonly notes: {readonly atMs: number; readonly text: string}[]
  file: FileDraw | undefined
  /** How many live in each group. */
  counts: Readonly<Record<string, number>>
}

export async function setStage(story: Story): Promise<Stage> {
  const sim = new SimulatedFleet({seed: story.chance, delays: story.delays})
  const foreign = await plantForeign(sim, anyFleet([], {names: story.sharesNames ? ALL_NAMES : []}))
  const watch = watchDns(sim, {names: ALL_NAMES})
  return {story, sim, watch, foreign, notes: [], file: undefined, counts: {}}
}

/** Plays a story to its end. Throws LawBroken, or whatever else must not happen. */
export async function play(stage: Stage): Promise<void> {
  for (const [index, chapter] of stage.story.chapters.entries()) {
    note(stage, `chapter ${index + 1}`)
    await playChapter(stage, chapter)
  }
  if (stage.file && Object.values(stage.counts).some(count => count > 0)) await expectNothingToDo(stage)
}

async function playChapter(stage: Stage, drawn: Chapter): Promise<void> {
  const {sim, watch} = stage
  const chapter = fitting(stage, drawn)
  const file = chapter.file
  const fleet = fleetOf(stage.story, file)
  const {goal, counts} = aim(stage, chapter, fleet)
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
  const served = Object.values(stage.counts).some(count => count > 0)
  const settings: RunSettings = {allowEmpty: total === 0 || goal.kind === 'down'}
  if (chapter.losesJournal) sim.journal = memoryJournal()
  const picture = await stage.foreign()
  watch.reset()
  note(stage, `${describe(goal)} ${describeFleet(fleet)}${chapter.losesJournal ? ', the journal lost' : ''}`)

  const isPlain = await disturb(stage, chapter, fleet, goal, settings)
  const newForeign = chapter.strikes.some(({does}) => does === 'add-record')
  if (!isPlain) {
    await sim.time.advance(chapter.pauseMs)
    note(stage, 'one plain rerun')
    const {exit, shortcomings} = await sim.time.run(() =>
      sim.start(fleet, goal, {...settings, timeoutMs: ALL_THE_TIME_MS}),
    )
    holds('one plain rerun is enough', [exit, ...shortcomings.map(({text}) => text)], [EXIT.done])
  }
  await expectExactly(sim, fleet, counts)
  holds('DNS before death', watch.early, [])
  if (!newForeign) holds('what is foreign is as it was', await stage.foreign(), picture)
  // Who shares its name with somebody else's addresses may leave it to them.
  if (goal.kind === 'up' && total > 0 && served && chapter.strikes.length === 0 && !stage.story.sharesNames)
    holds('a live name is never emptied', watch.fewest() > 0, true)
  stage.file = file
  stage.counts = counts
}

/** The command with everything around it. True when it went through as if alone, and nothing is left to do. */
async function disturb(
  stage: Stage,
  {faults, strikes, ending, latencyMs, beside, host}: Chapter,
  fleet: Fleet,
  goal: Desired['goal'],
  settings: RunSettings,
): Promise<boolean> {
  const {sim} = stage
  const run = mortal(sim, {...(ending ?? {at: Number.POSITIVE_INFINITY, end: 'kill'}), latencyMs})
  const callOffs = [
    ...faults.map(({afterMs, order}) =>
      sim.time.clock.after(afterMs, () => {
        note(stage, `fault: ${JSON.stringify(order)}`)
        sim.world.calls.plan.add(order)
      }),
    ),
    ...strikes.map(one =>
      sim.time.clock.after(one.afterMs, () => note(stage, `strike: ${strike(stage, fleet, one)}`)),
    ),
  ]
  const plain = faults.length === 0 && strikes.length === 0 && !beside
  const outcomes = await sim.time.run(async () => {
    const first = sim.start(fleet, goal, {
      ...settings,
      ...run.settings,
      host: hostOf(host),
      timeoutMs: PATIENCE_MS,
    })
    const second =
      beside &&
      sleep(sim, beside.afterMs).then(() => {
        note(stage, `another mcd, ${JSON.stringify(beside)}`)
        return sim.start(fleet, goal, {
          ...settings,
          host: hostOf(beside.host),
          wait: beside.waits,
          timeoutMs: PATIENCE_MS,
          ...(beside.journal === 'other' ? {journal: memoryJournal()} : {}),
        })
      })
    return Promise.allSettled(second ? [first, second] : [first])
  })
  for (const callOff of callOffs) callOff()
  sim.world.calls.plan.clear()
  for (const outcome of outcomes) note(stage, describeOutcome(outcome))
  for (const outcome of outcomes) expectWords(outcome)
  const wasEnded = ending && run.points.length > ending.at
  if (wasEnded) note(stage, `${ending.end} ${run.points[ending.at]}`)
  if (!plain || wasEnded) return false
  const [outcome] = outcomes
  if (outcome?.status === 'rejected') throw outcome.reason
  holds('an undisturbed run is enough', outcome && outcomeText(outcome.value), `exit ${EXIT.done}`)
  return true
}

/** What the file of this chapter must be for the command to be meant. */
function fitting(stage: Stage, chapter: Chapter): Chapter {
  const isAimed = chapter.command === 'down-group' || chapter.command === 'down-instance'
  const {file} = stage
  if (!file) return {...chapter, losesJournal: false, ...(isAimed ? {command: 'up'} : {})}
  if (isAimed) {
    // Who is ended by somebody else besides, or by two who do not know of each other, is nobody's to count.
    const {beside: _, ...rest} = chapter
    return {...rest, file, losesJournal: false, strikes: [], beside: undefined}
  }
  // Names of earlier days are in the journal alone: without it, the file must name what it named before.
  return chapter.losesJournal || chapter.beside?.journal === 'other' ? {...chapter, file} : chapter
}

/** What the command asks for, and how many live in each group once that is done. */
function aim(
  stage: Stage,
  {command}: Chapter,
  fleet: Fleet,
): {goal: Desired['goal']; counts: Readonly<Record<string, number>>} {
  const declared = Object.fromEntries(fleet.groups.map(({name, count}) => [name, count]))
  const [victim] = truth(stage.sim, fleet)
  if (command === 'down') return {goal: {kind: 'down'}, counts: {}}
  if (command === 'down-group') {
    const name = fleet.groups[0]?.name ?? ''
    return {goal: {kind: 'down', groups: [name]}, counts: {...stage.counts, [name]: 0}}
  }
  if (command === 'down-instance' && victim) {
    const {id, group} = victim
    const left = (stage.counts[group] ?? 0) - 1
    return {goal: {kind: 'down', instances: [id]}, counts: {...stage.counts, [group]: left}}
  }
  return {goal: {kind: 'up'}, counts: declared}
}

/** Once all is as declared, another run changes nothing. */
async function expectNothingToDo({sim, story, file, counts, notes}: Stage): Promise<void> {
  if (!file) return
  const fleet = fleetOf(story, file)
  if (fleet.groups.some(({name, count}) => (counts[name] ?? 0) !== count)) return
  notes.push({atMs: sim.time.now(), text: 'another up'})
  const {actions} = await sim.up(fleet)
  holds(
    'a second run has nothing to do',
    actions.map(({key}) => key),
    [],
  )
}

/** However a run ends, it says so in its own words. */
function expectWords(outcome: PromiseSettledResult<RunResult>): void {
  if (outcome.status === 'fulfilled') return
  const error: unknown = outcome.reason
  const isOurs =
    error instanceof McdError || (error instanceof Error && /^(Killed|Thrown|Abandoned) /.test(error.message))
  if (!isOurs) throw error
  if (error instanceof LawBroken) throw error
}

const hostOf = (host: Chapter['host']): string => (host === 'here' ? 'simulation' : 'elsewhere')

const sleep = (sim: SimulatedFleet, ms: number): Promise<void> =>
  new Promise(resolve => void sim.time.clock.after(ms, resolve))

function note({notes, sim}: Stage, text: string): void {
  notes.push({atMs: sim.time.now(), text})
}

function describe(goal: Desired['goal']): string {
  if (goal.kind === 'up') return 'up'
  return [
    'down',
    ...(goal.groups ?? []).map(name => `--group ${name}`),
    ...(goal.instances ?? []).map(id => `--instance ${id}`),
  ].join(' ')
}

function describeFleet({groups, names, userdata}: Fleet): string {
  const shown = groups.map(
    ({name, place, count, wish}) => `${name}@${place.key}=${count} ${wish.types[0]} ${wish.open}`,
  )
  return `${shown.join(', ')} at ${names.map(({vendor, name, ttlSeconds}) => `${vendor}/${name} ${ttlSeconds} s`).join(', ')}, ${userdata.template}`
}

const outcomeText = ({exit, shortcomings}: RunResult): string =>
  [`exit ${exit}`, ...shortcomings.map(({text}) => text)].join(' | ')

function describeOutcome(outcome: PromiseSettledResult<RunResult>): string {
  if (outcome.status === 'fulfilled') return outcomeText(outcome.value)
  const {name, message} = outcome.reason as Error
  return `${name}: ${message}`
}
