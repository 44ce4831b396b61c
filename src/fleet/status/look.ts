import type {Lease} from '../../journal/fold-lease.ts'
import {inspectFleet} from '../inspect.ts'
import type {Standing} from '../lease.ts'
import type {Fleet} from '../model.ts'
import type {Outside} from '../outside.ts'
import {describeStatus} from './describe.ts'
import type {FleetStatus, RunStatus} from './report.ts'

const WATCH_INTERVAL_MS = 5_000

/** One look at everything, described. */
export async function fleetStatus(
  outside: Outside,
  fleet: Fleet,
  standing: (lease: Lease | undefined) => Standing,
): Promise<FleetStatus> {
  const {desired, observed, plan, recorded} = await inspectFleet(outside, fleet, {tolerateRefusals: true})
  const status = describeStatus(desired, observed, plan, recorded.owners)
  return recorded.lease ? {...status, holder: runStatus(recorded.lease, standing(recorded.lease))} : status
}

function runStatus({run, command, user, host, pid, startedAtMs}: Lease, {kind}: Standing): RunStatus {
  const state = kind === 'alive' ? 'works' : kind === 'unknown' ? 'unknown' : 'stopped'
  return {run, command, user, host, pid, startedAt: new Date(startedAtMs).toISOString(), state}
}

/** Looks again and again, until the run is interrupted. */
export async function watchStatus(
  outside: Outside,
  fleet: Fleet,
  standing: (lease: Lease | undefined) => Standing,
  show: (status: FleetStatus) => Promise<void>,
): Promise<FleetStatus> {
  for (;;) {
    const status = await fleetStatus(outside, fleet, standing)
    await show(status)
    // Being interrupted is how a watch ends.
    const isOver = await outside.runtime.sleep(WATCH_INTERVAL_MS).then(
      () => false,
      () => true,
    )
    if (isOver) return status
  }
}
