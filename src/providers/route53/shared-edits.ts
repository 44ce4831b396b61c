import type {ResourceRecordSet} from '@aws-sdk/client-route-53'
import {ConflictError, McdError} from '../../errors.ts'
import {holdName, markToEntry, type RecordMark, type SharedType} from '../../mark.ts'
import type {DnsChange, Member} from '../dns.ts'
import {companionOf, entriesOf, isShared, type SharedMember, sharedName} from './companion.ts'
import {vendorValue} from './convert.ts'
import {type DraftSet, draftOf, editsOf} from './draft-set.ts'
import {type Edit, identity, toEdits} from './edits.ts'
import {judge} from './judge.ts'
import {toVendorName} from './names.ts'

/**
 * What is to happen in the shared sets of one name. `own` are sets of single members that go or come in the same step, since
 * they cannot stand beside shared ones: the name changes its routing.
 */
export type SharedChange = {
  readonly name: string
  readonly create: readonly SharedMember[]
  readonly remove: readonly SharedMember[]
  readonly own: DnsChange
  readonly othersStay?: true
}

/** A change by what must go together: the shared sets name by name, in a stable order, and all the rest. */
export function byName(change: DnsChange): {shared: SharedChange[]; own: DnsChange} {
  const members = [...change.create, ...change.remove]
  const shared = members.filter(isShared)
  const taken = new Set(
    shared.flatMap(member => [setKey(member), setKey({type: 'TXT', name: holdName(sharedName(member))})]),
  )
  const follows = (member: Member) => !isShared(member) && taken.has(setKey(member))
  const ownOf = (isOwn: (member: Member) => boolean): DnsChange => ({
    create: change.create.filter(isOwn),
    remove: change.remove.filter(isOwn),
  })
  return {
    shared: [...new Set(shared.map(sharedName))].map(name => ({
      name,
      create: change.create.filter(isShared).filter(member => sharedName(member) === name),
      remove: change.remove.filter(isShared).filter(member => sharedName(member) === name),
      own: ownOf(member => follows(member) && sharedName(member) === name),
      ...(change.othersStay && {othersStay: true}),
    })),
    own: ownOf(member => !isShared(member) && !follows(member)),
  }
}

const setKey = ({type, name}: Pick<Member, 'type' | 'name'>): string => `${type} ${name}`

/**
 * What the sets of one name and their companion become, given how they stand now: each change is a compare-and-swap over
 * exactly that. What stands there already, whoever made it, counts as created, what is absent as removed; then there may be
 * no edits at all. Foreign values keep their bytes, and a set its TTL while anybody stays in it. Throws ConflictError when a
 * value that is to go is not ours any more, or the name routes its answers another way.
 */
export function toSharedEdits(change: SharedChange, sets: readonly ResourceRecordSet[]): Edit[] {
  const own = toEdits(change.own)
  const leaving = new Set(own.flatMap(({before}) => (before ? [identity(before)] : [])))
  const drafts = new Map<string, DraftSet>()
  const draft = (name: string, type: SharedType): DraftSet => {
    const key = `${type} ${name}`
    const known =
      drafts.get(key) ??
      draftOf(
        sets.filter(set => !leaving.has(identity(set))),
        name,
        type,
      )
    drafts.set(key, known)
    return known
  }
  const companion = draft(companionOf(toVendorName(change.name)), 'TXT')
  let entries = entriesOf(companion.before)
  const ownerOf = ({type, value}: SharedMember) =>
    entries.find(({entry}) => entry?.type === type && entry.value === value)?.entry?.mark
  const disown = ({type, value}: SharedMember) => {
    const stale = entries.filter(({entry}) => entry?.type === type && entry.value === value)
    companion.drop(stale.map(({record}) => record))
    entries = entries.filter(entry => !stale.includes(entry))
  }

  for (const member of change.remove) {
    const set = draft(toVendorName(member.name), member.type)
    const isOurs = isSameOwner(ownerOf(member), markOf(member))
    if (set.has(member.value) && !isOurs)
      throw new ConflictError(
        `${member.type} ${member.name} ${member.value} is not marked as mcd's any more.`,
        {
          suggestions: ['Run the same command again: it reads the zone afresh.'],
        },
      )
    set.remove(member.value)
    // Nobody can compare with a set that is not there, and whoever joins now may rely on the entry: it goes with the set's next change.
    if (isOurs && set.before) disown(member)
  }
  for (const member of change.create) {
    const {type, name, value} = member
    const mark = markOf(member)
    const set = draft(toVendorName(name), type)
    const owner = ownerOf(member)
    // An address that passed from one instance of the fleet to another: only one of them can have it.
    const isInherited = owner?.fleet === mark.fleet && owner.instance !== mark.instance
    // Its entry was lost: a target that is the instance's own host name can be nobody else's.
    const isOrphan = !owner && type === 'SRV' && leadsTo(value, mark)
    if (set.has(value) && !isInherited && !isOrphan) continue
    if (!set.has(value)) set.add(vendorValue(type, value), member.ttlSeconds)
    disown(member)
    companion.add(vendorValue('TXT', markToEntry(type, mark, value)), member.ttlSeconds)
  }
  // The companion last: its batch may be the only thing that differs.
  drafts.delete(`TXT ${companion.name}`)
  const edits = editsOf([...drafts.values(), companion])
  if (change.othersStay) requireOthers(toVendorName(change.name), [...own, ...edits], sets)
  return [...ownLeft(own, edits, sets), ...edits]
}

/** Throws ConflictError where the last address of the name would go, since the others have left meanwhile. */
function requireOthers(name: string, edits: readonly Edit[], sets: readonly ResourceRecordSet[]): void {
  const isAddresses = ({Name, Type}: ResourceRecordSet) => Name === name && (Type === 'A' || Type === 'AAAA')
  const before = sets.filter(isAddresses)
  const gone = new Set(edits.flatMap(edit => (edit.before && !edit.after ? [identity(edit.before)] : [])))
  const stay = [
    ...before.filter(set => !gone.has(identity(set))),
    ...edits.flatMap(({after}) => (after && isAddresses(after) ? [after] : [])),
  ]
  if (before.length > 0 && stay.length === 0)
    throw new ConflictError(`${name} would hold no address any more: the others have left meanwhile.`, {
      suggestions: ['Run the same command again: it reads the zone afresh.'],
    })
}

/** Of the sets of single members what is still to be done, once the shared ones that are emptied here have made room. */
function ownLeft(own: readonly Edit[], edits: readonly Edit[], sets: readonly ResourceRecordSet[]): Edit[] {
  const emptied = new Set(edits.flatMap(({before, after}) => (before && !after ? [identity(before)] : [])))
  const verdict = judge(
    own,
    sets.filter(set => !emptied.has(identity(set))),
  )
  if (verdict.conflicts.length > 0)
    throw new ConflictError(`${verdict.conflicts.join('; ')}.`, {
      suggestions: ['Run the same command again: it reads the zone afresh.'],
    })
  return verdict.pending
}

/** Law 1: what mcd makes carries its mark, and what lacks the mark is not removed. */
function markOf({type, name, value, mark}: SharedMember): RecordMark {
  if (!mark) throw new McdError(`${type} ${name} ${value} carries no mark: it is not mcd's to change.`)
  return mark
}

/** Whether an SRV value names the host that an instance has of its own: `<instance>.<name>`. */
const leadsTo = (value: string, {instance}: RecordMark): boolean =>
  value.split(' ').at(-1)?.startsWith(`${instance.toLowerCase()}.`) ?? false

type Owner = Pick<RecordMark, 'fleet' | 'instance'>
const isSameOwner = (a: Owner | undefined, b: Owner): boolean =>
  a?.fleet === b.fleet && a.instance === b.instance
