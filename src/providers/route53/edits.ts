import type {Change, ResourceRecordSet} from '@aws-sdk/client-route-53'
import {McdError} from '../../errors.ts'
import type {DnsChange, Member} from '../dns.ts'
import {fromRef, plainValue, toRecordSet, valuesOf} from './convert.ts'

/** What is to happen to one record set: `before` was read, `after` is wanted; one of them at least is there. */
export type Edit = {readonly before?: ResourceRecordSet; readonly after?: ResourceRecordSet}

/**
 * A change of members as edits of record sets. A member that leaves and one that comes under the same identifier are one
 * edit; values that nobody named stay in their set. Throws for foreign members: what lacks the mark is never changed.
 */
export function toEdits({create, remove}: DnsChange): Edit[] {
  const edits = new Map<string, Edit>()
  for (const member of remove) {
    const before = fromRef(member)
    if (!member.mark)
      throw new McdError(
        `${member.type} ${member.name} ${member.value} lacks mcd's mark: it is not mcd's to remove.`,
      )
    const current = edits.get(identity(before)) ?? {before, after: before}
    edits.set(identity(before), replaceAfter(current, without(current.after, member)))
  }
  for (const member of create) {
    const added = toRecordSet(member)
    const current = edits.get(identity(added)) ?? {}
    const values = new Map(
      [...(current.after?.ResourceRecords ?? []), ...(added.ResourceRecords ?? [])].map(record => [
        record.Value,
        record,
      ]),
    )
    edits.set(identity(added), replaceAfter(current, {...added, ResourceRecords: [...values.values()]}))
  }
  // Neighbours of one name stay together, so that a split into batches seldom parts them.
  return [...edits.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, edit]) => edit)
}

/** The vendor's changes. Deletions first: they make room for what follows in the same batch. */
export function toChanges(edits: readonly Edit[]): Change[] {
  return [
    ...edits.flatMap(({before}) => (before ? [{Action: 'DELETE' as const, ResourceRecordSet: before}] : [])),
    ...edits.flatMap(({after}) => (after ? [{Action: 'CREATE' as const, ResourceRecordSet: after}] : [])),
  ]
}

/** Which set this is: name, type and set identifier. */
export function identity({Name, Type, SetIdentifier}: ResourceRecordSet): string {
  return JSON.stringify([Name, Type, SetIdentifier ?? null])
}

export const nameOf = ({before, after}: Edit): string => before?.Name ?? after?.Name ?? ''

/** For people: `A www.example.com 192.0.2.1 (mcd:v1:web:i-0abc)`. */
export function describeSet(set: ResourceRecordSet): string {
  const identifier = set.SetIdentifier === undefined ? '' : ` (${set.SetIdentifier})`
  const content = set.AliasTarget ? `alias ${set.AliasTarget.DNSName}` : valuesOf(set).join(', ')
  return `${set.Type} ${set.Name} ${content}${identifier}`
}

/** The set without this member's value; undefined when nothing is left of it. */
function without(set: ResourceRecordSet | undefined, {type, value}: Member): ResourceRecordSet | undefined {
  // The lines of a text are strings of its record (txt.ts).
  const joined = (text: string) => text.replaceAll('\n', '')
  const left =
    set?.ResourceRecords?.filter(({Value}) => joined(plainValue(type, Value ?? '')) !== joined(value)) ?? []
  return set && left.length > 0 ? {...set, ResourceRecords: left} : undefined
}

function replaceAfter({before}: Edit, after: ResourceRecordSet | undefined): Edit {
  return {...(before && {before}), ...(after && {after})}
}
