import {createApplier} from './apply/apply-all.ts'
import {answeredFor} from './apply/await-served.ts'
import type {Pass} from './apply/pass.ts'
import {awaitedQuiet, createPatience} from './apply/patience.ts'
import {type CourseOptions, createCourse} from './desire/course.ts'
import {type Approval, askOnce, planGuard} from './guards.ts'
import type {Inspection} from './inspect/inspect.ts'
import type {Fleet} from './model.ts'
import {type RunNotices, runNotices} from './notices/run-notices.ts'
import {createObserver} from './observe/observe.ts'
import {finish, type RunResult} from './outcome/finish.ts'
import type {Outside} from './outside.ts'
import {isReady, isTimed, type Plan} from './plan/action.ts'
import {plan} from './plan/plan.ts'
import {openRun, recordSeen} from './turn/open-run.ts'
import {inTurn, type Turn, type TurnOptions} from './turn/turn.ts'

export type {RunResult}

export type RunOptions = CourseOptions &
  TurnOptions & {
    /** How long to wait for instances that boot, register or end. A drain is not counted. */
    readonly timeoutMs: number
    /** Asked before instances are ended, with the plan that would end them; throws when the answer is no. */
    approve(plan: Plan): Promise<void>
    /** Called at the first look, before anything is asked or changed; throws where it is not the plan that was to be carried out. */
    expect?(made: Inspection): void
    readonly approval: Approval
    /** Called once the run has its turn and its plan is approved, before anything is changed. */
    begun?(): Promise<void>
    /** What the round of a watch before this one fell short of: to fall short of just that again is no news. */
    readonly toldBefore?: readonly string[]
  }

/** Two runs at once on one fleet would undo each other: each waits for its turn (decision 27). */
export const reconcile = (outside: Outside, fleet: Fleet, options: RunOptions): Promise<RunResult> =>
  inTurn(outside, options, async turn => {
    const notices = runNotices(outside, fleet, options, turn.ledger)
    try {
      return await converge(outside, fleet, options, turn, notices)
    } catch (error) {
      await notices.failed(error)
      throw error
    }
  })

/**
 * One run, on one page: look, plan, do what is ready, look again, until nothing is left to do or nothing more can be done.
 * Each pass plans anew from what is there, so a run that was killed anywhere is finished by the next one.
 */
async function converge(
  outside: Outside,
  fleet: Fleet,
  options: RunOptions,
  turn: Turn,
  notices: RunNotices,
): Promise<RunResult> {
  const {runtime} = outside
  const {ledger} = turn
  const observer = createObserver(outside, fleet, ledger.recorded)
  const course = createCourse(outside, fleet, options, ledger.recorded)
  const guard = planGuard(options.approval)
  const approve = askOnce(options.approve)
  const applier = createApplier()
  const patience = createPatience(runtime, {
    timeoutMs: options.timeoutMs,
    healthIntervalMs: fleet.service.health.intervalMs,
  })

  for (let isFirst = true; ; isFirst = false) {
    // The plan that is shown and approved is the one that is carried out: it knows who serves.
    const observed = await observer.look({settleHealth: isFirst})
    const desired = {...(await course.desire(observed)), allowEmpty: options.approval.allowEmpty}
    const next = plan(desired, ledger.recorded(), observed, ledger.run)
    try {
      guard(desired, observed, next)
    } catch (refusal) {
      await notices.refused(observed, turn)
      throw refusal
    }
    if (isFirst) outside.progress({kind: 'planned', goal: desired.goal.kind, plan: next})
    if (isFirst) options.expect?.({desired, recorded: ledger.recorded(), observed, plan: next})
    await approve(next)
    if (isFirst) await openRun(turn, runtime, desired.fleet, course.asks)
    if (isFirst) await options.begun?.()
    // Losses first: of whom is known to have ended, nobody remembers that it ran.
    await notices.looked({desired, observed, plan: next, isFirst})
    await recordSeen(ledger, fleet, observer, observed)

    const pass: Pass = {outside: course.outside, ledger, observer, desired, observed}
    const wanted = next.actions.filter(({key}) => !applier.isGivenUp(key))
    const ready = wanted.filter(action => isReady(action) && action.kind !== 'wait' && !isTimed(action))
    if (await applier.apply(pass, await answeredFor(pass, ready))) {
      patience.renew(ready)
      continue
    }

    const waits = patience.waitsFor(wanted, ready)
    observer.watch(awaitedQuiet(waits))
    if (waits.isOver) {
      if (await patience.settles(pass, next)) continue
      return finish(pass, {plan: next, applier, waiting: waits.waiting, notices})
    }
    outside.progress({kind: 'waiting', actions: [...waits.draining, ...waits.waiting], plan: next})
    await patience.sleep(waits)
  }
}
