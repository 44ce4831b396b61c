import {McdError, UsageError} from '../../errors.ts'
import type {JournalEvent} from '../../journal/events.ts'
import type {Recorded} from '../../journal/recorded.ts'
import type {Desired, Targets} from '../desired.ts'
import type {Fleet} from '../model.ts'
import {type Observed, shownInstances} from '../observed.ts'
import {ownersOf} from '../ownership.ts'
import {resolveTargets} from './targets.ts'

/** What `mcd drain` and `mcd undrain` ask for; without targets, everyone. */
export type DrainRequest = Targets &
  (
    | {readonly kind: 'undrain'}
    /** Seen through until they are out, or until resolvers have forgotten them. */
    | {readonly kind: 'drain'; readonly until: 'removed' | 'forgotten'}
  )

/**
 * The run that takes these out of DNS, or lets them back in, and what the journal is to know of it before anything changes:
 * asking once more adds nothing. Throws UsageError where whoever is meant is not there any more, or about to end.
 */
export function drainRun(
  fleet: Fleet,
  request: DrainRequest,
  observed: Observed,
  recorded: Recorded,
): {goal: Desired['goal'] & {kind: 'sync'}; asks: readonly JournalEvent[]} {
  const {groups, instances} = resolveTargets(fleet, request, observed, recorded)
  const living = livingOf(fleet, observed, recorded)
  const isForAll = !groups && !instances
  const isMeant = (id: string) =>
    isForAll || instances?.includes(id) || groups?.includes(living.get(id) ?? '')
  if (request.kind === 'undrain') {
    const known = [...recorded.drained.keys()]
    const lifted = known.filter(isMeant)
    return {
      goal: {kind: 'sync', undrain: [...new Set([...living.keys(), ...known])].filter(isMeant)},
      asks: lifted.length > 0 ? [{type: 'drain-lifted', instances: lifted}] : [],
    }
  }
  checkAlive(instances ?? [], living, recorded, observed)
  const drain = [...living.keys()].filter(isMeant)
  const added = drain.filter(id => !recorded.drained.has(id))
  return {
    goal: {kind: 'sync', drain, until: request.until},
    asks: added.length > 0 ? [{type: 'drain-asked', instances: added}] : [],
  }
}

/** The group of each of ours that is alive and stays, by id. */
function livingOf(fleet: Fleet, observed: Observed, recorded: Recorded): Map<string, string> {
  const owners = ownersOf(fleet, recorded)
  return new Map(
    shownInstances(observed)
      .filter(({mark, state}) => owners.has(mark.dns) && state !== 'gone' && state !== 'stopping')
      .filter(({id}) => !recorded.leaving.has(id) && !recorded.terminatedAtMs.has(id))
      .map(({id, mark}) => [id, mark.group]),
  )
}

function checkAlive(
  named: readonly string[],
  living: ReadonlyMap<string, string>,
  {leaving}: Recorded,
  {places}: Observed,
): void {
  const missing = named.filter(id => !living.has(id))
  if (missing.length === 0) return
  const hidden = missing.filter(id => !leaving.has(id))
  const silent = [...places].flatMap(([key, place]) =>
    place.readable ? [] : `${key} cannot be read (${place.why})`,
  )
  // What cannot be read may hold them (law 6).
  if (hidden.length > 0 && silent.length > 0)
    throw new McdError(
      `${hidden.join(', ')} cannot be seen while ${silent.join(' and ')}: nothing was changed.`,
      {suggestions: ['Run the same command again once it answers.']},
    )
  throw new UsageError(
    missing
      .map(id =>
        leaving.has(id)
          ? `${id} is on its way out already: it has left DNS and will end.`
          : `${id} does not show in its cloud, or is ending: there is nobody to drain.`,
      )
      .join('\n'),
    {suggestions: ['"mcd status" lists the instances that live.']},
  )
}
