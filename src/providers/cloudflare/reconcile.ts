import {ConflictError, McdError} from '../../errors.ts'
import type {RecordMark} from '../../mark.ts'
import type {DnsChange, Member} from '../dns.ts'
import {memberKey, type NewRecord, toMember, toNewRecord, type VendorRecord} from './convert.ts'

/** What is left to send of a change. */
export type Todo = {readonly deletes: readonly VendorRecord[]; readonly posts: readonly NewRecord[]}

/**
 * What a change still needs, given what the zone holds now: what is already there with our mark counts as created, what is
 * already absent as removed, so a change may be reconciled again and again. Throws ConflictError, naming every reason, when
 * a record that is to go was changed since it was read, or a record that is not ours stands where ours should go.
 */
export function reconcile({create, remove, othersStay}: DnsChange, observed: readonly VendorRecord[]): Todo {
  requireMarks(create, remove)
  const conflicts: string[] = []
  const deletes = remove.flatMap(member => {
    const found = observed.find(record => names(member, record))
    if (found && !unchanged(member, found))
      conflicts.push(`${describe(member)} was changed since it was read`)
    return found ?? []
  })
  const leaving = new Set(deletes.map(({id}) => id))
  const posts = create.filter(isMarked).flatMap(member => {
    const standing = observed
      .map(toMember)
      .find(other => other && memberKey(other) === memberKey(member) && !leaving.has(other.ref ?? ''))
    if (!standing) return toNewRecord(member)
    if (!sameOwner(standing.mark, member.mark))
      conflicts.push(`${describe(member)} is there already and ${owner(standing.mark)}`)
    return []
  })
  if (othersStay) conflicts.push(...emptied(observed, {deletes, posts}))
  if (conflicts.length > 0) throw conflict(conflicts)
  return {deletes, posts}
}

/** Names that would hold no address any more. */
function emptied(observed: readonly VendorRecord[], {deletes, posts}: Todo): string[] {
  const isAddress = ({type}: Pick<VendorRecord, 'type'>) => type === 'A' || type === 'AAAA'
  const leaving = new Set(deletes.map(({id}) => id))
  const stay = [...observed.filter(({id}) => !leaving.has(id)), ...posts].filter(isAddress)
  const losing = new Set(deletes.filter(isAddress).map(({name}) => name))
  return [...losing]
    .filter(name => !stay.some(record => record.name === name))
    .map(name => `${name} would hold no address any more, since the others have left`)
}

/**
 * The next part of a change that one batch can carry. A batch runs its deletions first, so a record that replaces one with
 * the same value goes into one batch with its removal; beside these, additions go before removals.
 */
export function nextBatch({deletes, posts}: Todo, limit: number): Todo {
  const replaces = (post: NewRecord) => deletes.filter(record => sameValue(record, post))
  const batch: {deletes: VendorRecord[]; posts: NewRecord[]} = {deletes: [], posts: []}
  const room = () => limit - batch.deletes.length - batch.posts.length
  const plain = posts.filter(post => replaces(post).length === 0)
  for (const post of posts) {
    const replaced = replaces(post)
    if (replaced.length === 0 || room() < replaced.length + 1) continue
    batch.posts.push(post)
    batch.deletes.push(...replaced)
  }
  batch.posts.push(...plain.slice(0, room()))
  batch.deletes.push(
    ...deletes.filter(record => !posts.some(post => sameValue(record, post))).slice(0, room()),
  )
  return batch
}

export const size = ({deletes, posts}: Todo): number => deletes.length + posts.length

/** Law 1: what mcd makes carries its mark, and what lacks the mark is not removed. */
function requireMarks(create: readonly Member[], remove: readonly Member[]): void {
  const nameless = create.find(member => !isMarked(member))
  if (nameless) throw new McdError(`mcd does not create ${describe(nameless)}: it carries no mark.`)
  const foreign = remove.find(member => !isMarked(member))
  if (foreign) throw new McdError(`mcd does not remove ${describe(foreign)}: it carries no mark of mcd's.`)
}

const isMarked = (member: Member): member is Member & {mark: RecordMark} => member.mark !== undefined

/** The record a removal means: by the id that was read, else by value and owner. */
function names(member: Member, record: VendorRecord): boolean {
  if (member.ref !== undefined) return member.ref === record.id
  const other = toMember(record)
  return other !== undefined && memberKey(other) === memberKey(member) && sameOwner(other.mark, member.mark)
}

function unchanged(member: Member, record: VendorRecord): boolean {
  const now = toMember(record)
  return (
    now !== undefined &&
    memberKey(now) === memberKey(member) &&
    sameOwner(now.mark, member.mark) &&
    now.ttlSeconds === member.ttlSeconds &&
    now.proxied === (member.proxied ?? false)
  )
}

/** The group may have been renamed meanwhile: fleet and instance tell whose it is. */
function sameOwner(a: RecordMark | undefined, b: RecordMark | undefined): boolean {
  return a !== undefined && b !== undefined && a.fleet === b.fleet && a.instance === b.instance
}

function sameValue(record: VendorRecord, post: NewRecord): boolean {
  const [a, b] = [toMember(record), toMember({id: '', ...post})]
  return a !== undefined && b !== undefined && memberKey(a) === memberKey(b)
}

export function conflict(reasons: readonly string[]): ConflictError {
  return new ConflictError(`CloudFlare's zone differs from what mcd read: ${reasons.join('; ')}.`, {
    suggestions: [
      'Run the same command again: it reads the zone afresh. A foreign record under the name has to be moved or removed by whoever made it.',
    ],
  })
}

export function describe({name, type, value}: Pick<Member, 'name' | 'type' | 'value'>): string {
  return `${type} ${name} ${value}`
}

function owner(mark: RecordMark | undefined): string {
  return mark ? `belongs to fleet ${mark.fleet}, instance ${mark.instance}` : 'carries no mark of mcd'
}
