import type {Member} from '../../dns.ts'
import type {Finding, ZoneNeeds} from '../../examine.ts'
import {refusals} from '../refusals.ts'

/** Whether the records that the fleet wants could stand beside what is there. */
export function examineRecords({names}: ZoneNeeds, members: readonly Member[] | undefined): Finding[] {
  if (!members) return []
  return names.flatMap((wish): Finding[] => {
    const refused = refusals(wish, members)
    const about = {check: 'records' as const, subject: wish.name}
    return refused.length > 0
      ? refused.map(detail => ({
          ...about,
          outcome: 'failed',
          detail,
          remedy: 'Change "dns" in the fleet file, or what stands in the zone.',
        }))
      : [{...about, outcome: 'ok', detail: 'Nothing in the zone stands in the way.'}]
  })
}
