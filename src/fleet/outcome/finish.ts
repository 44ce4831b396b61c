import {EXIT} from '../../errors.ts'
import type {Applier} from '../apply/apply-all.ts'
import type {Pass} from '../apply/pass.ts'
import {areRequestsMet} from '../desire/course.ts'
import type {Desired} from '../desired.ts'
import type {RunNotices} from '../notices/run-notices.ts'
import {leftBehind} from '../observe/left-behind.ts'
import type {Observed} from '../observed.ts'
import type {Action, Note, Plan} from '../plan/action.ts'
import {describeStatus} from '../status/describe.ts'
import {explainRollout, explainWaits, withBootLogs} from './shortcomings.ts'

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

/** What a run has at its end beside its last pass. */
type Ending = {
  readonly plan: Plan
  readonly applier: Applier
  /** Waited for in vain. */
  readonly waiting: readonly Action[]
  readonly notices: RunNotices
}

/** The run's last word: what it came to, told to whoever wants to hear of it, and written into the journal. */
export async function finish(pass: Pass, {plan, applier, waiting, notices}: Ending): Promise<RunResult> {
  const {ledger, desired, observed} = pass
  const shortcomings = await shortcomingsOf(pass, plan, applier, waiting)
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
    groups: describeStatus(desired, observed, plan, owners).groups,
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
    remaining: plan,
    owners,
    undelivered: troubles,
  }
}

async function shortcomingsOf(
  {outside, desired, observed}: Pass,
  plan: Plan,
  applier: Applier,
  waiting: readonly Action[],
): Promise<Note[]> {
  const blocking = plan.notes.filter(({blocks}) => blocks)
  const reasons = [
    ...(await withBootLogs(outside, desired, observed, blocking)),
    ...applier.failuresOf(plan.actions),
    ...(await explainWaits(outside, desired, observed, waiting)),
    ...explainRollout(plan),
  ]
  return reasons.length > 0 ? reasons : plan.actions.map(unfinished)
}

/** Without what instances printed: that is theirs to tell, and may hold anything. */
const firstLine = (text: string): string => text.split('\n', 1)[0]?.trimEnd() ?? ''

/** What this run has not got round to, for want of time or of what it waits for. */
const unfinished = ({key, reason, after}: Action): Note => ({
  kind: 'shortfall',
  text: `Not done: ${key} (${[reason, ...(after.length > 0 ? [`waits for ${after.join(', ')}`] : [])].join('; ')}).`,
  blocks: true,
})
