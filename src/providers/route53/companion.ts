import type {ResourceRecordSet} from '@aws-sdk/client-route-53'
import {type Entry, holdName, markFromEntry} from '../../mark.ts'
import type {Member} from '../dns.ts'
import {fromVendorName, toVendorName} from './names.ts'
import {unquoteTxt} from './txt.ts'

/**
 * SRV and PTR sets are one simple record set each, whose values belong to several instances, fleets and people. Whose a value
 * is stands in a companion: a simple TXT set at `_mcd.<name of the set>` with one entry (mark.ts) for each value of mcd's.
 */

export type SharedType = Entry['type']
export type SharedMember = Member & {readonly type: SharedType}

export const isShared = <M extends Pick<Member, 'type'>>(member: M): member is M & {type: SharedType} =>
  member.type === 'SRV' || member.type === 'PTR'

/** Both as Route53 writes them. */
export const companionOf = (setName: string): string => toVendorName(holdName(fromVendorName(setName)))

/** The companion's values with what they say; `entry` is absent where it is nothing of mcd's. */
export const entriesOf = (companion: ResourceRecordSet | undefined) =>
  (companion?.ResourceRecords ?? []).map(record => ({
    record,
    entry: markFromEntry(unquoteTxt(record.Value ?? '')),
  }))

/** A simple set among others. */
export const findSimple = (
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
    const name = companionOf(toVendorName(member.name))
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
