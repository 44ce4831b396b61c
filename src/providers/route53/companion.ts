import type {ResourceRecordSet} from '@aws-sdk/client-route-53'
import {type Entry, holdName, markFromEntry, type SharedType} from '../../mark.ts'
import type {Member} from '../dns.ts'
import {fromVendorName, toVendorName} from './names.ts'
import {unquoteTxt} from './txt.ts'

/**
 * SRV and PTR sets, and all sets of a name with simple routing, are one record set each, whose values belong to several
 * instances, fleets and people. Whose a value is stands in a companion: a simple TXT set at `_mcd.<name of the set>` with one
 * entry (mark.ts) for each value of mcd's. The holds of such a name are values of the companion itself, and have entries too.
 */

export type SharedMember = Member & {readonly type: SharedType}

export const isShared = <M extends Pick<Member, 'type' | 'routing'>>(
  member: M,
): member is M & {type: SharedType} =>
  member.type === 'SRV' || member.type === 'PTR' || (member.routing === 'simple' && member.type !== 'CNAME')

/** The name beside which the companion stands: a hold's is the name that it keeps its instance out of. */
export const sharedName = ({type, name}: Pick<Member, 'type' | 'name'>): string =>
  type === 'TXT' && name.startsWith(COMPANION) ? name.slice(COMPANION.length) : name

const COMPANION = holdName('')

/** Both as Route53 writes them. */
export const companionOf = (setName: string): string => toVendorName(holdName(fromVendorName(setName)))

/** The companion's values with what they say; `entry` is absent where it is nothing of mcd's. */
export const entriesOf = (companion: ResourceRecordSet | undefined) =>
  (companion?.ResourceRecords ?? []).map(record => ({
    record,
    entry: markFromEntry(unquoteTxt(record.Value ?? '')),
  }))

/** A simple set among others. */
const findSimple = (
  sets: readonly ResourceRecordSet[],
  name: string,
  type: Member['type'],
): ResourceRecordSet | undefined =>
  sets.find(({Name, Type, SetIdentifier}) => Name === name && Type === type && SetIdentifier === undefined)

/** Members with the marks that their companions hold, as far as these were listed beside them. */
export function withEntries(members: readonly Member[], sets: readonly ResourceRecordSet[]): Member[] {
  const entries = new Map<string, Map<string, Entry>>()
  return members.map(member => {
    if (!isShared(member)) return member
    const name = companionOf(toVendorName(sharedName(member)))
    const here =
      entries.get(name) ??
      new Map(
        entriesOf(findSimple(sets, name, 'TXT')).flatMap(({entry}) =>
          entry ? [[`${entry.type} ${entry.value}`, entry] as const] : [],
        ),
      )
    entries.set(name, here)
    const mark = here.get(`${member.type} ${member.value}`)?.mark
    return mark ? {...member, mark: {...mark, group: ''}} : member
  })
}
