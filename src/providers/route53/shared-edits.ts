import type {ResourceRecordSet} from '@aws-sdk/client-route-53'
import {ConflictError, McdError} from '../../errors.ts'
import {markToEntry, type RecordMark} from '../../mark.ts'
import type {DnsChange, Member} from '../dns.ts'
import {companionOf, entriesOf, findSimple, isShared, type SharedMember} from './companion.ts'
import {plainValue, routingOf, vendorValue} from './convert.ts'
import {describeSet, type Edit} from './edits.ts'
import {toVendorName} from './names.ts'
import {quoteTxt} from './txt.ts'

type Shared = {readonly create: readonly SharedMember[]; readonly remove: readonly SharedMember[]}

/** The part of a change that concerns shared sets, set by set in a stable order. */
export function bySet({create, remove}: DnsChange): Shared[] {
  const sets = new Map<string, {create: SharedMember[]; remove: SharedMember[]}>()
  const setOf = ({type, name}: SharedMember) => {
    const key = `${type} ${name}`
    const known = sets.get(key) ?? {create: [], remove: []}
    sets.set(key, known)
    return known
  }
  for (const member of create.filter(isShared)) setOf(member).create.push(member)
  for (const member of remove.filter(isShared)) setOf(member).remove.push(member)
  return [...sets.values()]
}

/**
 * What one set and its companion become, given how they stand now: each change is a compare-and-swap over exactly that. What
 * stands there already, whoever made it, counts as created, what is absent as removed; then there may be no edits at all.
 * Foreign values keep their bytes, and the set its TTL while one of them is in it. Throws ConflictError when a value that is
 * to go is not ours any more, or the name routes its answers another way.
 */
export function toSharedEdits({create, remove}: Shared, sets: readonly ResourceRecordSet[]): Edit[] {
  const [first] = [...create, ...remove]
  if (!first) return []
  const {type} = first
  const name = toVendorName(first.name)
  requireSimple(sets, name, type)
  const set = findSimple(sets, name, type)
  const companion = findSimple(sets, companionOf(name), 'TXT')
  const entries = entriesOf(companion).filter(({entry}) => entry?.type === type)
  const ownerOf = new Map(entries.map(({entry}) => [entry?.value, entry?.mark]))

  const values = new Map(
    (set?.ResourceRecords ?? []).map(record => [plainValue(type, record.Value ?? ''), record]),
  )
  const standing = new Set(values.keys())
  const owned = new Map<string, RecordMark>()
  const released = new Set<string>()
  for (const member of remove) {
    const {value} = member
    if (standing.has(value) && !isSameOwner(ownerOf.get(value), markOf(member)))
      throw new ConflictError(`${type} ${member.name} ${value} is not marked as mcd's any more.`, {
        suggestions: ['Run the same command again: it reads the zone afresh.'],
      })
    values.delete(value)
    if (isSameOwner(ownerOf.get(value), markOf(member))) released.add(value)
  }
  const isOthers = values.size > 0
  for (const member of create) {
    const {value} = member
    if (values.has(value)) continue
    values.set(value, {Value: vendorValue(type, value)})
    owned.set(value, markOf(member))
  }
  const ttl = (isOthers ? set?.TTL : undefined) ?? create[0]?.ttlSeconds ?? set?.TTL ?? 0

  const kept = entriesOf(companion).filter(
    ({entry}) => entry?.type !== type || !(released.has(entry.value) || owned.has(entry.value)),
  )
  const added = [...owned].map(([value, mark]) => ({Value: quoteTxt(markToEntry(type, mark, value))}))
  return [
    ...editOf(name, type, set, ttl, [...values.values()]),
    ...editOf(companionOf(name), 'TXT', companion, companion?.TTL ?? ttl, [
      ...kept.map(({record}) => record),
      ...added,
    ]),
  ]
}

function editOf(
  name: string,
  type: Member['type'],
  before: ResourceRecordSet | undefined,
  ttl: number,
  records: NonNullable<ResourceRecordSet['ResourceRecords']>,
): Edit[] {
  const after: ResourceRecordSet | undefined =
    records.length > 0 ? {...before, Name: name, Type: type, TTL: ttl, ResourceRecords: records} : undefined
  const text = (set: ResourceRecordSet | undefined) =>
    set && JSON.stringify([set.TTL, set.ResourceRecords?.map(({Value}) => Value).sort()])
  return text(before) === text(after) ? [] : [{...(before && {before}), ...(after && {after})}]
}

/** One set of another kind under these names, and no simple one can stand there. */
function requireSimple(sets: readonly ResourceRecordSet[], name: string, type: Member['type']): void {
  const clash = sets.find(
    set =>
      ((set.Name === name && set.Type === type) || (set.Name === companionOf(name) && set.Type === 'TXT')) &&
      routingOf(set) !== 'simple',
  )
  if (clash)
    throw new ConflictError(
      `${describeSet(clash)} stands there, and shares no answer with a simple record set.`,
      {
        suggestions: ['Remove it, or choose another discovery instance.'],
      },
    )
}

/** Law 1: what mcd makes carries its mark, and what lacks the mark is not removed. */
function markOf({type, name, value, mark}: SharedMember): RecordMark {
  if (!mark) throw new McdError(`${type} ${name} ${value} carries no mark: it is not mcd's to change.`)
  return mark
}

type Owner = Pick<RecordMark, 'fleet' | 'instance'>
const isSameOwner = (a: Owner | undefined, b: Owner): boolean =>
  a?.fleet === b.fleet && a.instance === b.instance
