import type {Recorded} from '../../journal/recorded.ts'
import type {Mark} from '../../mark.ts'
import type {ComputeProvider, Described, Instance} from '../../providers/compute.ts'
import {VISIBILITY_MS} from '../known-instances.ts'
import type {Fleet} from '../model.ts'

/** What is known by their ids of those that the journal names and a listing by our mark does not show. */
export type Unshown = {
  /** Their mark is whole: the listing will show them. */
  readonly late: readonly Instance[]
  /** They exist, and somebody took their mark away: not ours to change, and paid for all the same. */
  readonly unmarked: readonly Described[]
  /** The cloud has ended them, or knows nothing of them. */
  readonly ended: readonly string[]
}

/** Asks after each of them once: whoever has ended stays so, and a mark that comes back shows in the listing. */
export function unshownInstances({name: fleet, dns}: Fleet) {
  const asked = new Map<string, Described | 'ended'>()
  return async (
    provider: ComputeProvider,
    place: string,
    recorded: Recorded,
    listed: readonly Instance[],
    nowMs: number,
  ): Promise<Unshown> => {
    const shown = new Set(listed.map(({id}) => id))
    const missed = [...marksAt(place, recorded, {fleet, dns}, nowMs)].filter(([id]) => !shown.has(id))
    const news = new Map(missed.filter(([id]) => !asked.has(id)))
    if (news.size > 0) {
      // Who could not be asked after is not known to have ended (law 6).
      const existing = await provider.describe(news)
      for (const id of news.keys()) asked.set(id, 'ended')
      for (const each of existing) asked.set(each.id, each)
    }
    const answers = missed.flatMap(([id]) => asked.get(id) ?? [])
    const found = answers.filter(each => each !== 'ended')
    return {
      late: found.flatMap(({lacks, ...instance}) => (lacks.length === 0 ? [instance] : [])),
      unmarked: found.filter(({lacks}) => lacks.length > 0),
      ended: missed.flatMap(([id]) => (asked.get(id) === 'ended' ? [id] : [])),
    }
  }
}

/** By id: those that should be here, with the marks that they were made with. */
function marksAt(
  place: string,
  {launches, found, terminatedAtMs, ended}: Recorded,
  owner: Pick<Mark, 'fleet' | 'dns'>,
  nowMs: number,
): Map<string, Mark> {
  const marks = new Map<string, Mark>()
  for (const [id, {place: key, group, launch, spec}] of found)
    if (key === place) marks.set(id, {...owner, group, launch, spec})
  // A young one is on its way.
  for (const {place: key, order, instances, intendedAtMs, answeredAtMs = intendedAtMs} of launches.values())
    if (key === place && nowMs - answeredAtMs > VISIBILITY_MS)
      for (const id of instances) marks.set(id, order.mark)
  for (const id of [...terminatedAtMs.keys(), ...ended.keys()]) marks.delete(id)
  return marks
}
