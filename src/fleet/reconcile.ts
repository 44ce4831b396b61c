import {EXIT, InterruptedError, LockedError, McdError} from '../errors.ts'
import {applyAction, isRetriedNextPass, type Pass} from './apply.ts'
import {isAnswered} from './authority.ts'
import {desireFleet} from './desire.ts'
import type {Desired} from './desired.ts'
import {explainWaits} from './explain.ts'
import {type Approval, checkEmptiness, resolveTargets} from './guards.ts'
import {type Ledger, openLedger} from './ledger.ts'
import type {Fleet} from './model.ts'
import {createObserver, type Observer} from './observe.ts'
import type {Observed} from './observed.ts'
import type {Outside} from './outside.ts'
import {type Action, isDestructive, isReady, type Note, type Plan} from './plan/action.ts'
import {plan} from './plan/plan.ts'

export type RunOptions = {
  readonly command: string
  readonly goal: Desired['goal']
  /** How long to wait for instances that boot, register or end. A drain is not counted. */
  readonly timeoutMs: number
  /** Asked before instances are ended, with the plan that would end them; throws when the answer is no. */
  approve(plan: Plan): Promise<void>
  readonly approval: Approval
  readonly identity: {
    readonly version: string
    readonly host: string
    readonly user: string
    readonly pid: number
  }
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
}

const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 10_000
/** How long to wait for the name servers to follow: Route53 says "usually within 60 seconds". */
const SETTLE_MS = 90_000
const SETTLE_POLL_MS = 500
/** The same action may lose a race this often before it is given up for the run. */
const MAX_TRIES = 5

/**
 * One run, on one page: look, plan, do what is ready, look again, until nothing is left to do or nothing more can be done.
 * Each pass plans anew from what is there, so a run that was killed anywhere is finished by the next one.
 */
export async function reconcile(outside: Outside, fleet: Fleet, options: RunOptions): Promise<RunResult> {
  const {runtime} = outside
  const ledger = await openLedger(outside.journal, runtime, runtime.id())
  const observer = createObserver(outside, fleet, ledger.recorded)
  const done: {kind: Action['kind']; key: string; detail?: string}[] = []
  const failures = new Map<string, {error: Error; tries: number}>()
  const approved = new Set<string>()
  const startedAtMs = runtime.now()
  let pauseMs = FIRST_PAUSE_MS
  let settlingSinceMs: number | undefined
  let desired: Desired | undefined

  for (let passes = 1; ; passes++) {
    const observed = await observer.look()
    desired ??=
      options.goal.kind === 'down'
        ? {
            fleet,
            goal: resolveTargets(fleet, options.goal, observed),
            groups: fleet.groups.map(group => ({group})),
          }
        : await desireFleet(outside, fleet, observed)
    const next = plan(desired, ledger.recorded(), observed, ledger.run)
    if (passes === 1) {
      checkEmptiness(desired, observed, next, options.approval)
      outside.progress({kind: 'planned', plan: next, pass: passes})
    }
    const doomed = next.actions
      .filter(isDestructive)
      .flatMap(action => (action.kind === 'terminate' ? action.instances : []))
    if (doomed.some(id => !approved.has(id))) {
      await options.approve(next)
      for (const id of doomed) approved.add(id)
    }
    if (passes === 1) await openRun(ledger, observer, outside, fleet, options)

    const wanted = next.actions.filter(({key}) => !isGivenUp(failures.get(key)))
    const pass: Pass = {outside, ledger, observer, desired, observed}
    const ready = wanted.filter(
      action =>
        isReady(action) &&
        action.kind !== 'wait' &&
        !(action.kind === 'drain' && action.until === 'forgotten'),
    )
    const progressed = await applyAll(pass, ready, failures, done)
    if (progressed) {
      pauseMs = FIRST_PAUSE_MS
      continue
    }

    const draining = wanted.filter(action => isReady(action) && action.kind === 'drain')
    const waiting = wanted.filter(action => isReady(action) && action.kind === 'wait')
    const pending =
      ready.length > 0 ||
      wanted.some(action => !isReady(action) && action.kind === 'register' && action.create.length > 0)
    const overdue = runtime.now() - startedAtMs >= options.timeoutMs
    if (draining.length === 0 && ((waiting.length === 0 && !pending) || overdue)) {
      // In DNS means answered: the vendor's servers follow its API by some seconds.
      settlingSinceMs ??= runtime.now()
      if (
        desired.goal.kind === 'up' &&
        runtime.now() - settlingSinceMs < SETTLE_MS &&
        !(await isAnswered(outside, fleet, observed))
      ) {
        await runtime.sleep(SETTLE_POLL_MS)
        continue
      }
      return finish({outside, ledger, desired, observed, next, failures, waiting, done})
    }
    outside.progress({kind: 'waiting', actions: [...draining, ...waiting], plan: next})
    const untilMs = Math.min(
      ...draining.flatMap(action =>
        action.kind === 'drain' && action.untilMs !== undefined ? [action.untilMs] : [],
      ),
    )
    await runtime.sleep(
      Math.max(
        0,
        Math.min(
          pauseMs,
          untilMs - runtime.now(),
          waiting.length > 0 ? fleet.service.health.intervalMs : pauseMs,
        ),
      ),
    )
    pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 1.5)
  }
}

/** First words in the journal: who runs, which accounts and zones it is about, which names are ours. Nothing changes before them. */
async function openRun(
  ledger: Ledger,
  observer: Observer,
  outside: Outside,
  fleet: Fleet,
  {command, identity}: RunOptions,
): Promise<void> {
  const recorded = ledger.recorded()
  const {runtime} = outside
  if (recorded.digestKey === undefined) {
    const digestKey = `${runtime.id()}${runtime.id()}`.replaceAll('-', '')
    await ledger.append({
      type: 'opened',
      fleet: fleet.name,
      file: fleet.file.slice(fleet.file.lastIndexOf('/') + 1),
      digestKey,
    })
  }
  await ledger.append({type: 'run-started', command, ...identity})
  if (!recorded.owners.includes(fleet.dns)) await ledger.append({type: 'owner-recorded', dns: fleet.dns})
  const places = [...observer.accounts.values()].filter(({place}) => !recorded.places.has(place.key))
  const zones = [...observer.zones].filter(([key]) => !recorded.zones.has(key))
  const names = fleet.names.filter(
    ({vendor, zone, name, ttlSeconds}) =>
      !recorded.names.some(
        known =>
          known.vendor === vendor &&
          known.zone === zone &&
          known.name === name &&
          known.maxTtlSeconds >= ttlSeconds,
      ),
  )
  await ledger.append(
    ...places.map(({place, account}) => ({type: 'place-recorded', place, account}) as const),
    ...zones.map(
      ([, {vendor, zone}]) =>
        ({type: 'zone-recorded', vendor, zone: zone.name, id: zone.id, account: zone.account}) as const,
    ),
    ...names.map(
      ({vendor, zone, name, ttlSeconds}) =>
        ({type: 'name-published', vendor, zone, name, ttlSeconds}) as const,
    ),
  )
}

/** Side by side, but one after the other within a place or a zone. Returns whether anything came of it. */
async function applyAll(
  pass: Pass,
  ready: readonly Action[],
  failures: Map<string, {error: Error; tries: number}>,
  done: {kind: Action['kind']; key: string; detail?: string}[],
): Promise<boolean> {
  const lanes = new Map<string, Action[]>()
  for (const action of ready) {
    const lane = laneOf(action)
    lanes.set(lane, [...(lanes.get(lane) ?? []), action])
  }
  let progressed = false
  const ends = await Promise.allSettled(
    [...lanes.values()].map(async lane => {
      for (const action of lane) {
        if (action.kind !== 'drain') pass.outside.progress({kind: 'started', action})
        try {
          const detail = await applyAction(pass, action)
          if (detail === undefined) continue
          progressed = true
          done.push({kind: action.kind, key: action.key, detail})
          pass.outside.progress({kind: 'finished', action, detail})
        } catch (error) {
          if (
            error instanceof LockedError ||
            error instanceof InterruptedError ||
            !(error instanceof McdError)
          )
            throw error
          const tries = isRetriedNextPass(error) ? (failures.get(action.key)?.tries ?? 0) + 1 : MAX_TRIES
          failures.set(action.key, {error, tries})
          progressed = true
          if (tries >= MAX_TRIES) pass.outside.progress({kind: 'failed', action, error})
        }
      }
    }),
  )
  // A lost journal or an interrupt ends the run; a fault of ours is never swallowed.
  const fatal = ends.find(end => end.status === 'rejected')
  if (fatal) throw fatal.reason
  return progressed
}

function laneOf(action: Action): string {
  if (action.kind === 'register' || action.kind === 'deregister') return action.zone
  if (action.kind === 'drain') return 'drain'
  // RunInstances for several zones go out side by side; the adapter's bucket paces them.
  return action.kind === 'launch' ? action.key : 'place' in action ? action.place : ''
}

const isGivenUp = (failure: {tries: number} | undefined): boolean =>
  failure !== undefined && failure.tries >= MAX_TRIES

async function finish(run: {
  outside: Outside
  ledger: Ledger
  desired: Desired
  observed: Observed
  next: Plan
  failures: ReadonlyMap<string, {error: Error; tries: number}>
  waiting: readonly Action[]
  done: RunResult['actions']
}): Promise<RunResult> {
  const {outside, ledger, desired, observed, next, failures, waiting, done} = run
  const shortcomings: Note[] = [
    ...next.notes.filter(({blocks}) => blocks),
    ...[...failures]
      .filter(([, failure]) => isGivenUp(failure))
      .map(([key, {error}]) => ({
        kind: 'shortfall' as const,
        text: `${key}: ${error.message}`,
        blocks: true,
      })),
    ...(await explainWaits(outside, desired, observed, waiting)),
  ]
  const converged = shortcomings.length === 0 && next.actions.length === 0
  const exit = converged ? EXIT.done : EXIT.partly
  await ledger.append({type: 'run-finished', exit, converged})
  return {
    run: ledger.run,
    converged,
    exit,
    actions: done,
    shortcomings,
    desired,
    observed,
    remaining: next,
    owners: ledger.recorded().owners,
  }
}
