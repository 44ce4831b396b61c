import {EXIT, McdError, UsageError} from '../../src/errors.ts'
import type {Fleet} from '../../src/fleet/model.ts'
import type {RunResult} from '../../src/fleet/reconcile.ts'
import type {Journal} from '../../src/journal/journal.ts'
import {memoryJournal} from '../../src/journal/memory.ts'
import {objectJournal} from '../../src/journal/objects.ts'
import type {FaultOrder} from '../../src/sandbox/world/faults/kinds.ts'
import {type DnsWatch, watchDns} from '../support/dns-watch.ts'
import {fleet as anyFleet} from '../support/fleet-builder.ts'
import {expectExactly, holds, LawBroken, plantForeign, truth} from '../support/laws.ts'
import {mortal} from '../support/mortal-run.ts'
import {simulatedBucket} from '../support/simulated-bucket.ts'
import {type RunSettings, SimulatedFleet} from '../support/simulated-fleet.ts'
import {type Aim, aimOf, fitting} from './aim.ts'
import {expectCalmRollout, expectNothingLaunchedTwice, expectTokensUsedOnce, isRollout} from './call-laws.ts'
import {expectPassed, expectSettings} from './dns-laws.ts'
import {stayWithThem} from './in-use.ts'
import {planSaved} from './plan-saved.ts'
import {ALL_NAMES, type Chapter, type FileDraw, fleetOf, type Story} from './story.ts'
import {strike} from './strike.ts'

/** Of a run that things befall; a plain rerun has all the time it wants. */
const PATIENCE_MS = 10 * 60_000
const ALL_THE_TIME_MS = 60 * 60_000
/** Longer than anything stays unseen in a story. */
const HIDDEN_MS = 2 * 60_000
const REPAIR_EVERY_MS = 60_000

/** A story under way: the world, and what the last chapter left there. */
export type Stage = {
  readonly story: Story
  readonly sim: SimulatedFleet
  readonly watch: DnsWatch
  /** Who was ended under its clients' hands. */
  readonly cutOff: readonly string[]
  readonly foreign: () => Promise<unknown>
  /** What happened, for people. */
  readonly notes: {readonly atMs: number; readonly text: string}[]
  /** Opens the journal as a run of its own does. */
  openJournal: () => Promise<Journal>
  /** Ids of who hangs, and of whom their owner has stopped: they are about to serve again. */
  readonly resting: Set<string>
  /** What the file said last; absent before the first command. */
  file: FileDraw | undefined
  /** How many live in each group. */
  counts: Readonly<Record<string, number>>
  /** Ids of who is drained on purpose. */
  drained: readonly string[]
  /** Whether they are what the file declares: a rollback, for one, is not. */
  isDeclared: boolean
  /** Whether somebody else's addresses answer under a name, too. */
  sharesNames: boolean
}

export async function setStage(story: Story): Promise<Stage> {
  const sim = new SimulatedFleet({seed: story.chance, delays: story.delays})
  if (story.repairs) sim.guests.repairEveryMs = REPAIR_EVERY_MS
  const foreign = await plantForeign(sim, anyFleet([], {names: story.sharesNames ? ALL_NAMES : []}))
  const watch = watchDns(sim, {names: ALL_NAMES})
  const openJournal = newJournal(story)
  sim.journal = await openJournal()
  return {
    story,
    sim,
    watch,
    cutOff: story.clientsStayMs === undefined ? [] : stayWithThem(sim, story.clientsStayMs),
    foreign,
    notes: [],
    openJournal,
    resting: new Set(),
    file: undefined,
    counts: {},
    drained: [],
    isDeclared: true,
    sharesNames: story.sharesNames,
  }
}

/** Plays a story to its end. Throws LawBroken, or whatever else must not happen. */
export async function play(stage: Stage): Promise<void> {
  for (const [index, chapter] of stage.story.chapters.entries()) {
    note(stage, `chapter ${index + 1}`)
    await playChapter(stage, fitting(stage, chapter))
  }
  if (stage.file && stage.isDeclared) await expectNothingToDo(stage, fleetOf(stage.story, stage.file))
}

async function playChapter(stage: Stage, chapter: Chapter): Promise<void> {
  const {sim, watch} = stage
  const aim = aimOf(stage, chapter)
  if (chapter.losesJournal) {
    stage.openJournal = newJournal(stage.story)
    sim.journal = await stage.openJournal()
  }
  const picture = await stage.foreign()
  const callsBefore = sim.world.calls.records.length
  const served = total(stage.counts) > 0
  watch.reset()
  note(
    stage,
    `${chapter.command} ${describeFleet(aim.fleet)}${chapter.losesJournal ? ', the journal lost' : ''}`,
  )

  let file = chapter.file
  let {fleet, counts} = aim
  const outcome = await disturb(stage, chapter, aim)
  if (outcome === 'nothing to return to') return
  if (outcome !== 'whole') {
    // Of what another journal launched, nothing tells before the cloud shows it.
    const hiddenMs = chapter.beside?.journal === 'other' ? HIDDEN_MS : 0
    await sim.time.advance(Math.max(chapter.pauseMs, hiddenMs))
    let rerun = outcome === 'done' || aim.isRefused ? aim.afterwards : aim
    if (chapter.fileAfter) {
      file = chapter.fileAfter
      rerun = aimOf(stage, {...chapter, file})
    }
    fleet = rerun.fleet
    counts = rerun.counts
    note(stage, `one plain rerun: ${describeFleet(fleet)}`)
    const result = await sim.time
      .run(async () =>
        sim.start(fleet, rerun.goal, {
          ...settingsOf(stage, rerun),
          timeoutMs: ALL_THE_TIME_MS,
          journal: await stage.openJournal(),
        }),
      )
      .catch((error: unknown) => {
        if (isPointless(error)) return undefined
        throw error
      })
    if (!result) return
    holds('one plain rerun is enough', outcomeText(result), `exit ${EXIT.done}`)
  }
  if (aim.request?.kind === 'lower-ttl') expectPassed(stage, fleet)

  const drained = [...stage.drained, ...aim.drained].filter(id => !aim.undrained.includes(id))
  await expectExactly(sim, fleet, counts, {drained})
  if (aim.goal.kind !== 'down') await expectSettings(stage, fleet, aim.request)
  // What the one takes out and the other's servers have not heard of yet, neither can know: there the lease is what keeps the law.
  if (chapter.beside?.journal !== 'other') holds('DNS before death', watch.early, [])
  watch.early.length = 0
  holds('nobody ends in use before drain.max', stage.cutOff, [])
  if (!chapter.strikes.some(({does}) => does === 'add-record'))
    holds('what is foreign is as it was', await stage.foreign(), picture)
  // Who shares its name with somebody else's addresses may leave it to them.
  stage.sharesNames ||= chapter.strikes.some(({does}) => does === 'add-record')
  const mustServe = served && canServe(stage, aim.counts) && canServe(stage, counts) && !stage.sharesNames
  const isSpared = chapter.strikes.every(({does}) => does === 'hang-instance')
  if (aim.goal.kind !== 'down' && mustServe && isSpared)
    holds('a live name is never emptied', watch.fewest() > 0, true)
  if (mustServe && isRollout(stage, chapter))
    holds(
      'a rollout takes nobody away before another one serves',
      watch.fewest() >= total(counts) - drained.length,
      true,
    )
  const calls = sim.world.calls.records.slice(callsBefore)
  expectTokensUsedOnce(calls, chapter)
  expectNothingLaunchedTwice(stage, chapter, calls)
  expectCalmRollout(stage, chapter, calls)
  const alive = new Set(truth(sim, fleet).map(({id}) => id))
  holds(
    'who was to be replaced is gone',
    aim.replaced.filter(id => alive.has(id)),
    [],
  )
  stage.file = file
  stage.counts = counts
  stage.drained = drained.filter(id => alive.has(id))
  stage.isDeclared = aim.isDeclared || chapter.fileAfter !== undefined
}

/**
 * The command with everything around it. `whole` when it went through as if alone: then nothing is left to do; `done` when it
 * says that it went through, in spite of everything.
 */
async function disturb(
  stage: Stage,
  {faults, strikes, ending, latencyMs, beside, host, savedPlan}: Chapter,
  aim: Aim,
): Promise<'whole' | 'done' | 'cut short' | 'nothing to return to'> {
  const {sim} = stage
  const {fleet, goal} = aim
  const saved = savedPlan && (await planSaved(stage, fleet))
  const run = mortal(sim, {...(ending ?? {at: Number.POSITIVE_INFINITY, end: 'kill'}), latencyMs})
  const add = (order: FaultOrder) => {
    note(stage, `fault: ${JSON.stringify(order)}`)
    sim.world.calls.plan.add(order)
  }
  for (const {afterMs, order} of faults) if (afterMs === 0) add(order)
  const callOffs = [
    ...faults
      .filter(({afterMs}) => afterMs > 0)
      .map(({afterMs, order}) => sim.time.clock.after(afterMs, () => add(order))),
    ...strikes.map(one =>
      sim.time.clock.after(one.afterMs, () => note(stage, `strike: ${strike(stage, fleet, one)}`)),
    ),
  ]
  if (savedPlan) await sim.time.advance(savedPlan.afterMs)
  const settings = {...settingsOf(stage, aim), timeoutMs: PATIENCE_MS}
  const outcomes = await sim.time.run(async () => {
    const first = sim.start(fleet, goal, {
      ...settings,
      ...run.settings,
      // What a fault hides, nobody can see.
      ...(saved && {expect: saved.expectation(faults.length === 0)}),
      host: hostOf(host),
      journal: await stage.openJournal(),
    })
    if (!beside) return Promise.allSettled([first])
    const second = sleep(sim, beside.afterMs).then(async () => {
      note(stage, `another mcd, ${JSON.stringify(beside)}`)
      const same = beside.does === 'sync' ? syncBeside(aim) : aim.afterwards
      return sim.start(fleet, same.goal, {
        ...settingsOf(stage, same),
        timeoutMs: PATIENCE_MS,
        host: hostOf(beside.host),
        wait: beside.waits,
        journal: beside.journal === 'other' ? memoryJournal() : await stage.openJournal(),
      })
    })
    return Promise.allSettled([first, second])
  })
  for (const callOff of callOffs) callOff()
  sim.world.calls.plan.clear()
  while (stage.resting.size > 0) await sim.time.advance(1_000)
  const wasEnded = run.ended() !== undefined
  if (wasEnded) note(stage, `${ending?.end} ${run.ended()}`)
  for (const outcome of outcomes) note(stage, describeOutcome(outcome))
  for (const outcome of outcomes) expectWords(outcome)
  const refusals = outcomes.map(refusal)
  if (aim.isRefused && !wasEnded && faults.length === 0)
    holds('the last address stays', refusals[0] !== undefined, true)
  if (goal.kind === 'sync' && !aim.isRefused)
    holds('a plan spares the last ones before a guard has to', refusals, [undefined])

  const [first] = outcomes
  if (saved && first?.status === 'rejected' && saved.isRefusal(first.reason)) {
    await saved.expectUntouched()
    const isMoved = faults.length > 0 || strikes.length > 0
    if (!isMoved)
      throw new LawBroken('a saved plan is carried out where nothing has moved', describeOutcome(first))
  }
  if (first?.status === 'rejected' && isPointless(first.reason)) return 'nothing to return to'
  const isDone = first?.status === 'fulfilled' && first.value.exit === EXIT.done
  if (wasEnded || beside || aim.isRefused || faults.length > 0 || strikes.length > 0)
    return isDone ? 'done' : 'cut short'
  if (first?.status === 'rejected') throw first.reason
  holds('an undisturbed run is enough', first && outcomeText(first.value), `exit ${EXIT.done}`)
  return 'whole'
}

/** In memory a second handle is the same one; in a bucket each reads and writes for itself. */
function newJournal({journal}: Story): () => Promise<Journal> {
  if (journal === 'memory') {
    const memory = memoryJournal()
    return async () => memory
  }
  const bucket = simulatedBucket('s3://states/web')
  return () => objectJournal(bucket)
}

type Plain = Pick<Aim, 'fleet' | 'goal' | 'request' | 'counts'>

const settingsOf = (stage: Stage, {goal, request, counts}: Omit<Plain, 'fleet'>): RunSettings => ({
  allowEmpty: goal.kind === 'down' || !canServe(stage, counts),
  allowShrink: true,
  ...(request ? {request} : {}),
})

/** DNS alone, beside another command. */
const syncBeside = ({fleet, counts}: Aim): Plain => ({fleet, goal: {kind: 'sync'}, counts})

/** Whether of so many in each group not all may be drained ones. */
const canServe = ({sim, drained}: Stage, counts: Readonly<Record<string, number>>): boolean => {
  const out = Map.groupBy(
    truth(sim, {name: 'web'}).filter(({id}) => drained.includes(id)),
    ({group}) => group,
  )
  return Object.entries(counts).some(([name, count]) => count > (out.get(name)?.length ?? 0))
}

/** Once all is as declared, another run changes nothing. */
async function expectNothingToDo(stage: Stage, fleet: Fleet): Promise<void> {
  if (fleet.groups.some(({name, count}) => (stage.counts[name] ?? 0) !== count)) return
  note(stage, 'another up')
  const {actions} = await stage.sim.up(fleet)
  holds(
    'a second run has nothing to do',
    actions.map(({key}) => key),
    [],
  )
}

/** A rollback where there was one launch spec only. */
const isPointless = (error: unknown): boolean => /nothing to return to/.test(String(error))

/** However a run ends, it says so in its own words. */
function expectWords(outcome: PromiseSettledResult<RunResult>): void {
  if (outcome.status === 'fulfilled') return
  const error: unknown = outcome.reason
  const isEnd = error instanceof Error && /^(Killed|Thrown|Abandoned) /.test(error.message)
  if (error instanceof LawBroken || !(error instanceof McdError || isEnd)) throw error
}

/** What a guard said. */
const refusal = (outcome: PromiseSettledResult<RunResult>): string | undefined =>
  outcome.status === 'rejected' && outcome.reason instanceof UsageError ? outcome.reason.message : undefined

const total = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0)

const hostOf = (host: Chapter['host']): string => (host === 'here' ? 'simulation' : 'elsewhere')

const sleep = (sim: SimulatedFleet, ms: number): Promise<void> =>
  new Promise(resolve => void sim.time.clock.after(ms, resolve))

function note({notes, sim}: Stage, text: string): void {
  notes.push({atMs: sim.time.now(), text})
}

function describeFleet({groups, names, userdata}: Fleet): string {
  const shown = groups.map(
    ({name, place, count, wish}) => `${name}@${place.key}=${count} ${wish.types[0]} ${wish.open}`,
  )
  const published = names.map(({vendor, name, ttlSeconds}) => `${vendor}/${name} ${ttlSeconds} s`)
  return `${shown.join(', ')} at ${published.join(', ')}, ${userdata.template}`
}

const outcomeText = ({exit, shortcomings}: RunResult): string =>
  [`exit ${exit}`, ...shortcomings.map(({text}) => text)].join(' | ')

function describeOutcome(outcome: PromiseSettledResult<RunResult>): string {
  if (outcome.status === 'fulfilled') return outcomeText(outcome.value)
  const {name, message} = outcome.reason as Error
  return `${name}: ${message}`
}
