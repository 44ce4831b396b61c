import {EXIT, McdError, UsageError} from '../../src/errors.ts'
import type {RunResult} from '../../src/fleet/reconcile.ts'
import {memoryJournal} from '../../src/journal/memory.ts'
import type {FaultOrder} from '../../src/sandbox/world/faults/kinds.ts'
import {holds, LawBroken, truth} from '../support/laws.ts'
import {mortal} from '../support/mortal-run.ts'
import type {RunSettings, SimulatedFleet} from '../support/simulated-fleet.ts'
import type {Aim} from './aim.ts'
import {planSaved} from './plan-saved.ts'
import {note, type Stage} from './stage.ts'
import type {Chapter} from './story.ts'
import {strike} from './strike.ts'

/** Of a run that things befall; a plain rerun has all the time it wants. */
const PATIENCE_MS = 10 * 60_000

/**
 * The command with everything around it. `whole` when it went through as if alone: then nothing is left to do; `done` when it
 * says that it went through, in spite of everything.
 */
export async function disturb(
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
  if (aim.isRefused && !wasEnded) holds('the last address stays', refusals[0] !== undefined, true)
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

type Plain = Pick<Aim, 'fleet' | 'goal' | 'request' | 'counts'>

export const settingsOf = (stage: Stage, {goal, request, counts}: Omit<Plain, 'fleet'>): RunSettings => ({
  allowEmpty: goal.kind === 'down' || !canServe(stage, counts),
  allowShrink: true,
  ...(request ? {request} : {}),
})

/** DNS alone, beside another command. */
const syncBeside = ({fleet, counts}: Aim): Plain => ({fleet, goal: {kind: 'sync'}, counts})

/** Whether of so many in each group not all may be drained ones. */
export const canServe = ({sim, drained}: Stage, counts: Readonly<Record<string, number>>): boolean => {
  const out = Map.groupBy(
    truth(sim, {name: 'web'}).filter(({id}) => drained.includes(id)),
    ({group}) => group,
  )
  return Object.entries(counts).some(([name, count]) => count > (out.get(name)?.length ?? 0))
}

/** A rollback where there was one launch spec only. */
export const isPointless = (error: unknown): boolean => /nothing to return to/.test(String(error))

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

export const total = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0)

const hostOf = (host: Chapter['host']): string => (host === 'here' ? 'simulation' : 'elsewhere')

const sleep = (sim: SimulatedFleet, ms: number): Promise<void> =>
  new Promise(resolve => void sim.time.clock.after(ms, resolve))

export const outcomeText = ({exit, shortcomings}: RunResult): string =>
  [`exit ${exit}`, ...shortcomings.map(({text}) => text)].join(' | ')

function describeOutcome(outcome: PromiseSettledResult<RunResult>): string {
  if (outcome.status === 'fulfilled') return outcomeText(outcome.value)
  const {name, message} = outcome.reason as Error
  return `${name}: ${message}`
}
