import type {OwedNotice} from '../../journal/notice.ts'
import type {Inspection} from '../inspect/inspect.ts'
import type {Fleet} from '../model.ts'
import type {Outside} from '../outside.ts'
import type {FleetStatus} from '../status/report.ts'
import type {Identity} from '../turn/lease.ts'
import {deliver} from './deliver.ts'
import {driftId, driftOf, wishOf} from './drift.ts'
import {isWanted, owed} from './owe.ts'

const TRIES = 3

/**
 * For who only looks (`mcd status --check --notify`): tells of drift at once, and leaves no trace of it. So nothing is owed after
 * it, and looking again sends the same notice under the same id. Returns what a person should know of it.
 */
export async function tellDrift(
  outside: Outside,
  fleet: Fleet,
  {status, inspection}: {status: FleetStatus; inspection: Inspection},
  {version, host, user, job}: Identity,
): Promise<string[]> {
  if (!isWanted(fleet, 'drift-found'))
    return ['"notify" names no receiver of drift that this run may tell: nobody is told.']
  if (status.converged) return []
  if (status.holder && status.holder.state !== 'stopped')
    return ['A run works on this fleet: what differs may be its doing, and nobody is told.']
  const {recorded, desired} = inspection
  const wish = wishOf(fleet, outside.userdata)
  const differences = driftOf(recorded, wish, status.differences, desired)
  if (differences.length === 0)
    return [
      recorded.settled !== undefined && recorded.settled.wish === wish
        ? 'What differs is not known to have come about by itself: nobody is told of drift.'
        : 'No "mcd up" has made the fleet as this file says and left it so: what differs is no drift, and nobody is told.',
    ]
  const {name, dns} = fleet
  const told = {version, host, user, ...(job === undefined ? {} : {job})}
  const data = {fleet: name, dns, command: 'status', ...told, differences}
  const atMs = outside.runtime.now()
  const notices = owed(fleet, driftId(fleet, recorded, differences), 'drift-found', data).map(
    (notice): OwedNotice => ({...notice, atMs}),
  )
  const hosts: string[] = []
  const round = await deliver(outside, fleet.notify ?? [], notices, {
    tries: TRIES,
    concluded: async conclusion => {
      if (conclusion.type !== 'notice-delivered') return
      for (const {digest, host: heard} of notices.flatMap(({receivers}) => receivers))
        if (digest === conclusion.receiver) hosts.push(heard)
    },
  })
  return [
    ...(hosts.length > 0 ? [`Told ${hosts.join(', ')} of the drift.`] : []),
    ...round.givenUp,
    // Nothing is kept here that could be sent again.
    ...round.failed.map(
      ({host: silent, why}) => `The notification receiver ${silent} ${why}, and was not told of the drift.`,
    ),
  ]
}
