import {confirm} from '../command-line/confirm.ts'
import {durationFlag} from '../command-line/duration-flag.ts'
import {UsageError} from '../errors.ts'
import {parseBatch} from '../fleet/file/quantity.ts'
import type {Rollout} from '../fleet/model.ts'
import {endedBy, type Plan} from '../fleet/plan/action.ts'
import {reconcile} from '../fleet/reconcile.ts'
import {describeStatus} from '../fleet/status/describe.ts'
import {type ProgressView, plainProgress, terminalProgress} from '../output/progress.ts'
import {shortIds} from '../output/short-id.ts'
import {isRunning} from '../process-identity.ts'
import {thisRun} from '../state/this-run.ts'
import {type ContextOptions, openContext} from '../surroundings/context.ts'
import {checkFleet, checkUnmoved, type ReadPlan, readPlanFile} from './plan-file.ts'
import {printReport} from './print-report.ts'
import type {RunFlags, RunReport} from './run-flags.ts'

/** What `up` and `down` share: open, reconcile, print. */
export async function runCommand(flags: RunFlags): Promise<RunReport> {
  const timeoutMs = durationFlag('--timeout', flags.timeout)
  const saved = flags.plan === undefined ? undefined : readPlanFile(flags.plan)
  const rollout = rolloutFlags(flags)
  const view = await chooseProgress(flags.json)
  const context = await openContext({
    file: flags.file,
    set: flags.set,
    sandbox: flags.sandbox,
    journal: 'write',
    demands: demandsOf(flags),
    signal: flags.signal,
    progress: event => view.show(event),
    ...(flags.edit ? {edit: flags.edit.apply} : {}),
  })
  try {
    const fleet = {...context.fleet, rollout: {...context.fleet.rollout, ...rollout}}
    if (saved) checkFleet(saved.path, saved, fleet)
    const result = await reconcile(context.outside, fleet, {
      command: flags.command,
      goal: flags.goal,
      ...(flags.request ? {request: flags.request} : {}),
      refreshImages: saved?.refreshImages ?? flags['refresh-images'] ?? false,
      now: flags.now ?? false,
      timeoutMs,
      approve: plan => (saved ? approveSaved(plan, saved) : approve(plan, flags)),
      ...(saved ? {expect: made => checkUnmoved(saved.path, saved, made)} : {}),
      approval: {allowEmpty: flags.allowEmpty, allowShrink: flags.allowShrink ?? false},
      ...(flags.edit ? {begun: flags.edit.save} : {}),
      wait: flags.wait,
      identity: thisRun(),
      isRunning,
    })
    await view.close({settled: result.converged})
    const {desired, observed, remaining, owners, run, actions, converged, exit} = result
    const status = describeStatus(desired, observed, remaining, owners)
    const report = {
      ...(await context.locate(status)),
      converged,
      run,
      actions,
      shortcomings: result.shortcomings.map(({text}) => text),
      notes: [...remaining.notes.filter(({blocks}) => !blocks).map(({text}) => text), ...result.undelivered],
      exit,
    }
    if (!flags.json && !(flags.isPart && converged)) printReport(report, flags)
    return report
  } finally {
    await view.close()
    await context.close()
  }
}

async function chooseProgress(json: boolean): Promise<ProgressView> {
  // A terminal without a size (under expect, script) would get one letter a line.
  const canMove = process.stderr.isTTY && (process.stderr.columns ?? 0) > 0
  return canMove && !json && !process.env.CI ? terminalProgress() : plainProgress()
}

/** A plan that ends instances is asked about, once. */
async function approve(plan: Plan, flags: RunFlags): Promise<void> {
  const ids = endedBy(plan)
  const ended = `${ids.length} ${ids.length === 1 ? 'instance' : 'instances'} would be ended: ${shortIds(ids.join(', '))}.`
  const costs = plan.notes.filter(({kind}) => kind === 'outage').map(({text}) => text)
  const what = [ended, ...costs].join(' ')
  const suggestions = ['Add --yes to allow it.', 'The plan above says everything that would happen.']
  await confirm({what, question: 'Go on?', suggestions}, flags)
}

/** What the saved plan ends was seen and approved with it; whoever else turns up meanwhile was not. */
async function approveSaved(plan: Plan, {ends, path}: ReadPlan): Promise<void> {
  const others = endedBy(plan).filter(id => !ends.includes(id))
  if (others.length > 0)
    throw new UsageError(
      `${others.join(', ')} would be ended now, and the plan in ${path} does not say so.`,
      {
        suggestions: ['Look at a new plan: mcd plan --out FILE'],
      },
    )
}

/** A rollback must not fail for the very template that it is there to leave. */
function demandsOf({goal, request}: RunFlags): NonNullable<ContextOptions['demands']> {
  if (goal.kind !== 'up') return []
  return request?.kind === 'rollback' ? ['instance-credentials'] : ['instance-credentials', 'template']
}

function rolloutFlags({batch, pause}: RunFlags): Partial<Rollout> {
  const size = batch === undefined ? undefined : parseBatch(batch)
  if (batch !== undefined && !size)
    throw new UsageError(`--batch must be a whole number or a percentage such as 25%; "${batch}" is not.`)
  return {
    ...(size ? {batch: size} : {}),
    ...(pause === undefined ? {} : {pauseMs: durationFlag('--pause', pause)}),
  }
}
