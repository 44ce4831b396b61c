import type {Lease} from '../../journal/fold-lease.ts'
import {type Inspection, inspectFleet} from '../inspect/inspect.ts'
import type {Fleet} from '../model.ts'
import type {Outside} from '../outside.ts'
import {plan} from '../plan/plan.ts'
import type {Standing} from '../turn/lease.ts'
import {anybodyRemembers, judgeAnswers} from './answers.ts'
import {describeStatus} from './describe.ts'
import {type Heard, listen} from './hear.ts'
import {type Removal, removalsOf} from './removals.ts'
import type {FleetStatus, RunStatus} from './report.ts'

const WATCH_INTERVAL_MS = 5_000

/** One look at everything, described, with what it was made of. */
export async function fleetStatus(
  outside: Outside,
  fleet: Fleet,
  standing: (lease: Lease | undefined) => Standing,
): Promise<{readonly status: FleetStatus; readonly inspection: Inspection}> {
  const {status, inspection} = await lookAround(outside, fleet)
  const {lease} = inspection.recorded
  return {status: lease ? {...status, holder: runStatus(lease, standing(lease))} : status, inspection}
}

/** The same for who asks about one part of it. */
export async function lookAround(
  outside: Outside,
  fleet: Fleet,
): Promise<{readonly status: FleetStatus; readonly inspection: Inspection}> {
  const listening = listen(outside, fleet)
  let hearing: Promise<Heard> = Promise.resolve(new Map())
  const inspection = await inspectFleet(outside, fleet, {
    tolerateRefusals: true,
    seen: observed => {
      hearing = listening(observed)
      // Awaited below, once the plan is made; a plan that fails is the news then.
      hearing.catch(() => undefined)
    },
  })
  const {desired, observed, plan: next, recorded} = inspection
  const heard = await hearing
  const removals = anybodyRemembers(fleet, observed, heard)
    ? removalsOf(await outside.journal.read())
    : new Map<string, Removal>()
  const status = describeStatus(desired, observed, next, recorded.owners, {
    judged: judgeAnswers(fleet, observed, heard, removals),
    sync: plan({...desired, goal: {kind: 'sync'}}, recorded, observed, 'none'),
  })
  return {status, inspection}
}

function runStatus({run, command, user, host, pid, job, startedAtMs}: Lease, {kind}: Standing): RunStatus {
  const state = kind === 'alive' ? 'works' : kind === 'unknown' ? 'unknown' : 'stopped'
  const page = job === undefined ? {} : {job}
  return {run, command, user, host, pid, ...page, startedAt: new Date(startedAtMs).toISOString(), state}
}

/** Looks again and again, until the run is interrupted. */
export async function watchStatus(
  outside: Outside,
  fleet: Fleet,
  standing: (lease: Lease | undefined) => Standing,
  show: (status: FleetStatus) => Promise<void>,
): Promise<FleetStatus> {
  for (;;) {
    const {status} = await fleetStatus(outside, fleet, standing)
    await show(status)
    // Being interrupted is how a watch ends.
    const isOver = await outside.runtime.sleep(WATCH_INTERVAL_MS).then(
      () => false,
      () => true,
    )
    if (isOver) return status
  }
}
