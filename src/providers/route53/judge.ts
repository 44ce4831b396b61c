import type {ResourceRecordSet} from '@aws-sdk/client-route-53'
import type {Member} from '../dns.ts'
import {plainValue, routingOf, valuesOf} from './convert.ts'
import {describeSet, type Edit, identity} from './edits.ts'

export type Verdict = {
  /** What is still to be done. */
  readonly pending: Edit[]
  /** What somebody else made impossible, one sentence each. */
  readonly conflicts: string[]
}

/**
 * What is left of these edits in a zone that now holds `current` under their names: after a refused batch, and after one whose
 * reply was lost. What is already as wished is done; what was changed since it was read, or cannot live beside what stands
 * there, is a conflict.
 */
export function judge(edits: readonly Edit[], current: readonly ResourceRecordSet[]): Verdict {
  const pending: Edit[] = []
  const conflicts: string[] = []
  const held = new Map(current.map(set => [identity(set), set]))
  // These make room in the same batch.
  const leaving = new Set(edits.flatMap(({before}) => (before ? [identity(before)] : [])))
  for (const edit of edits) {
    const {before, after} = edit
    const set = held.get(identity(before ?? after ?? {Name: '', Type: undefined}))
    if (isAsWished(set, after)) continue
    if (set && !(before && isSame(set, before))) {
      conflicts.push(`${describeSet(set)} stands there, with a TTL of ${set.TTL} s, which mcd did not read`)
      continue
    }
    const neighbour =
      after && current.find(other => !leaving.has(identity(other)) && isInTheWay(other, after))
    if (neighbour)
      conflicts.push(
        `${describeSet(neighbour)} stands there, and ${describeSet(after)} cannot live beside it`,
      )
    // Gone already: what remains is the creation.
    else pending.push(set || !after ? edit : {after})
  }
  return {pending, conflicts}
}

/** Whether this is what was wanted, however its values are spelled. */
function isAsWished(set: ResourceRecordSet | undefined, after: ResourceRecordSet | undefined): boolean {
  if (!set || !after) return set === after
  return set.TTL === after.TTL && routingOf(set) === routingOf(after) && content(set) === content(after)
}

/** Whether nobody changed it: what a DELETE of `read` needs. */
function isSame(set: ResourceRecordSet, read: ResourceRecordSet): boolean {
  const facts = ({ResourceRecords: _, ...rest}: ResourceRecordSet) =>
    JSON.stringify(
      Object.entries(rest)
        .filter(([, value]) => value !== undefined)
        .sort(),
    )
  return facts(set) === facts(read) && valuesOf(set).sort().join('\n') === valuesOf(read).sort().join('\n')
}

function isInTheWay(other: ResourceRecordSet, wanted: ResourceRecordSet): boolean {
  if (other.Name !== wanted.Name) return false
  return other.Type === 'CNAME' || (other.Type === wanted.Type && routingOf(other) !== routingOf(wanted))
}

const content = (set: ResourceRecordSet): string =>
  valuesOf(set)
    .map(value => plainValue(set.Type as Member['type'], value))
    .sort()
    .join('\n')
