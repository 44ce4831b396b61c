import {EXIT} from '../errors.ts'
import {type Applier, createApplier} from './apply/apply-all.ts'
import {isSettled} from './apply/await-served.ts'
import type {Pass} from './apply/pass.ts'
import {areRequestsMet, type CourseOptions, createCourse} from './desire/course.ts'
import type {Desired} from './desired.ts'
import {type Approval, checkEmptiness, shrinkGuard} from './guards.ts'
import type {Made} from './inspect/saved-plan.ts'
import type {Fleet} from './model.ts'
import {type RunNotices, runNotices} from './notices/run-notices.ts'
import {isAnswered} from './observe/authority.ts'
import {leftBehind} from './observe/left-behind.ts'
import {createObserver} from './observe/observe.ts'
import type {Observed} from './observed.ts'
import {explainRollout, explainWaits, withBootLogs} from './outcome/shortcomings.ts'
import type {Outside} from './outside.ts'
import {type Action, endedBy, isReady, isTimed, type Note, type Plan} from './plan/action.ts'
import {plan} from './plan/plan.ts'
import {describeStatus} from './status/describe.ts'
import type {Ledger} from './turn/ledger.ts'
import {openRun, recordSeen} from './turn/open-run.ts'
import {inTurn, type Turn, type TurnOptions} from './turn/turn.ts'

export type RunOptions = CourseOptions &
  TurnOptions & {
    /** How long to wait for instances that boot, register or end. A drain is not counted. */
    readonly timeoutMs: number
    /** Asked before instances are ended, with the plan that would end them; throws when the answer is no. */
    approve(plan: Plan): Promise<void>
    /** Called at the first look, before anything is asked or changed; throws where it is not the plan that was to be carried out. */
    expect?(made: Made): void
    readonly approval: Approval
    /** Called once the run has its turn and its plan is approved, before anything is changed. */
    begun?(): Promise<void>
    /** What the round of a watch before this one fell short of: to fall short of just that again is no news. */
    readonly toldBefore?: readonly string[]
  }

export type RunResult = {
  readonly run: string
  readonly converged: boolean
  readonly exit: number
  /** What was carried out, in order. */
  readonly actions: readonly {readonly kind: Action['kind']; readonly key: string; readonly detail?: string}[]
  /** Why it is not converged, one sentence each. */
  readonly shortcomings: readonly Note[]
  readonly desired: Desired
  readonly observed: Observed
  /** What the last look still asked for. */
  readonly remaining: Plan
  readonly owners: readonly string[]
  /** Receivers of notifications that could not be told, a sentence each; no shortcoming of the run. */
  readonly undelivered: readonly string[]
}

const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 10_000
/** How long to wait for the name servers to follow: Route53 says "usually within 60 seconds". */
const SETTLE_MS = 90_000
const SETTLE_POLL_MS = 500

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
  const applier = createApplier()
  const checkShrinking = shrinkGuard(options.approval)
  const approved = new Set<string>()
  let startedAtMs = runtime.now()
  let pauseMs = FIRST_PAUSE_MS
  let settlingSinceMs: number | undefined

  for (let passes = 1; ; passes++) {
    // The plan that is shown and approved is the one that is carried out: it knows who serves.
    const observed = await observer.look({settleHealth: passes === 1})
    const desired = {...(await course.desire(observed)), allowEmpty: options.approval.allowEmpty}
    const next = plan(desired, ledger.recorded(), observed, ledger.run)
    try {
      checkEmptiness(desired, observed, next, options.approval)
      checkShrinking(desired, observed, next)
    } catch (refusal) {
      await notices.refused(observed, turn)
      throw refusal
    }
    if (passes === 1) outside.progress({kind: 'planned', goal: desired.goal.kind, plan: next, pass: passes})
    if (passes === 1) options.expect?.({desired, recorded: ledger.recorded(), observed, plan: next})
    const doomed = endedBy(next)
    if (doomed.some(id => !approved.has(id))) {
      await options.approve(next)
      for (const id of doomed) approved.add(id)
    }
    if (passes === 1) {
      await openRun(turn, runtime, desired.fleet, course.asks)
      await options.begun?.()
    }
    await recordSeen(ledger, fleet, observer, observed)
    await notices.looked({desired, observed, plan: next, isFirst: passes === 1})

    const wanted = next.actions.filter(({key}) => !applier.isGivenUp(key))
    const pass: Pass = {outside: course.outside, ledger, observer, desired, observed}
    const ready = wanted.filter(action => isReady(action) && action.kind !== 'wait' && !isTimed(action))
    if (await applier.apply(pass, await answeredFor(ready, outside, fleet, observed))) {
      // Each batch of a rollout has the whole time to become healthy.
      if (ready.some(({kind}) => kind === 'launch')) startedAtMs = runtime.now()
      pauseMs = FIRST_PAUSE_MS
      continue
    }

    const overdue = runtime.now() - startedAtMs >= options.timeoutMs
    // A TTL always passes; that a vendor serves a removal is its own affair, and waited for as everything else is.
    const draining = wanted.filter(
      action => isReady(action) && (isTimed(action) || (isServing(action) && !overdue)),
    )
    observer.watch(draining.flatMap(action => (isForQuiet(action) ? action.instances : [])))
    const waiting = wanted.filter(action => isReady(action) && action.kind === 'wait')
    const pending =
      ready.length > 0 ||
      wanted.some(action => !isReady(action) && action.kind === 'register' && action.create.length > 0)
    if (draining.length === 0 && ((waiting.length === 0 && !pending) || overdue)) {
      settlingSinceMs ??= runtime.now()
      if (!(await isSettled(pass)) && runtime.now() - settlingSinceMs < SETTLE_MS) {
        await runtime.sleep(SETTLE_POLL_MS)
        continue
      }
      return finish({outside, ledger, desired, observed, next, applier, waiting, notices})
    }
    outside.progress({kind: 'waiting', actions: [...draining, ...waiting], plan: next})
    const untilMs = Math.min(...draining.flatMap(action => dueAtMs(action) ?? []))
    const sleptFromMs = runtime.now()
    // Clients may stay for hours: there is nothing to see before they are asked for again.
    const isAllForQuiet =
      draining.length > 0 && waiting.length === 0 && !pending && draining.every(isForQuiet)
    const longestMs = isAllForQuiet ? untilMs : pauseMs
    await runtime.sleep(
      Math.max(
        0,
        Math.min(
          longestMs,
          untilMs - runtime.now(),
          waiting.length > 0 ? fleet.service.health.intervalMs : longestMs,
        ),
      ),
    )
    // A drain takes what the TTL takes: only what is waited for otherwise has a limit.
    if (untilMs < Number.POSITIVE_INFINITY && waiting.length === 0) startedAtMs += runtime.now() - sleptFromMs
    pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 1.5)
  }
}

/** The vendor's servers have yet to follow. */
const isServing = ({kind}: Action): boolean => kind === 'drain' || kind === 'settle'

const isForQuiet = (action: Action): action is Action & {kind: 'drain'} =>
  action.kind === 'drain' && action.until === 'quiet'

const dueAtMs = (action: Action): number | undefined => {
  if (isForQuiet(action)) return action.lookAtMs
  return isTimed(action) ? action.untilMs : undefined
}

/** Without those that would leave an old name while the servers of the new one do not answer yet. */
async function answeredFor(
  ready: readonly Action[],
  outside: Outside,
  fleet: Fleet,
  observed: Observed,
): Promise<readonly Action[]> {
  const isForLater = (action: Action) => action.kind === 'deregister' && action.onceAnswered
  if (!ready.some(isForLater) || (await isAnswered(outside, fleet, observed))) return ready
  return ready.filter(action => !isForLater(action))
}

async function finish(run: {
  outside: Outside
  ledger: Ledger
  desired: Desired
  observed: Observed
  next: Plan
  applier: Applier
  waiting: readonly Action[]
  notices: RunNotices
}): Promise<RunResult> {
  const {outside, ledger, desired, observed, next, applier, waiting, notices} = run
  const shortcomings: Note[] = [
    ...(await withBootLogs(
      outside,
      desired,
      observed,
      next.notes.filter(({blocks}) => blocks),
    )),
    ...applier.failuresOf(next.actions),
    ...(await explainWaits(outside, desired, observed, waiting)),
    ...explainRollout(next),
  ]
  if (shortcomings.length === 0) shortcomings.push(...next.actions.map(unfinished))
  const converged = shortcomings.length === 0
  const exit = converged ? EXIT.done : EXIT.partly
  const left = converged ? leftBehind(desired.fleet, ledger.recorded(), observed) : []
  const met = converged && areRequestsMet(desired, ledger.recorded(), observed)
  const why = shortcomings.map(({text}) => firstLine(text))
  const {owners} = ledger.recorded()
  const {last, troubles} = await notices.finished({
    exit,
    converged,
    shortcomings: why,
    done: applier.done.map(({kind}) => kind),
    groups: describeStatus(desired, observed, next, owners).groups,
    goal: desired.goal,
  })
  await ledger.append(...left, ...(met ? [{type: 'requests-met'} as const] : []), ...last, {
    type: 'run-finished',
    exit,
    converged,
    ...(desired.goal.kind === 'sync' ? {dnsOnly: true} : {}),
    ...(converged ? {} : {why}),
  })
  return {
    run: ledger.run,
    converged,
    exit,
    actions: applier.done,
    shortcomings,
    desired,
    observed,
    remaining: next,
    owners,
    undelivered: troubles,
  }
}

/** Without what instances printed: that is theirs to tell, and may hold anything. */
const firstLine = (text: string): string => text.split('\n', 1)[0]?.trimEnd() ?? ''

/** What this run has not got round to, for want of time or of what it waits for. */
const unfinished = ({key, reason, after}: Action): Note => ({
  kind: 'shortfall',
  text: `Not done: ${key} (${[reason, ...(after.length > 0 ? [`waits for ${after.join(', ')}`] : [])].join('; ')}).`,
  blocks: true,
})
