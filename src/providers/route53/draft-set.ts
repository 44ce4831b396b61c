import type {ResourceRecordSet} from '@aws-sdk/client-route-53'
import {ConflictError} from '../../errors.ts'
import type {SharedType} from '../../mark.ts'
import {plainValue, routingOf, vendorValue} from './convert.ts'
import {describeSet, type Edit} from './edits.ts'

type Value = NonNullable<ResourceRecordSet['ResourceRecords']>[number]

/** A simple set as it was read and as it is to become. Values are compared by what they mean, and kept as they are spelled. */
export type DraftSet = {
  readonly name: string
  readonly type: SharedType
  readonly before: ResourceRecordSet | undefined
  has(value: string): boolean
  /** `ttlSeconds` counts when nobody stays in the set. */
  add(spelled: string, ttlSeconds: number): void
  /** One record at most: somebody else's may mean the same. */
  remove(value: string): void
  drop(records: readonly Value[]): void
  after(): ResourceRecordSet | undefined
}

/** `name` as Route53 writes it. Throws ConflictError where a set of another kind stands: no simple one can stand beside it. */
export function draftOf(sets: readonly ResourceRecordSet[], name: string, type: SharedType): DraftSet {
  const here = sets.filter(set => set.Name === name && set.Type === type)
  const clash = here.find(set => routingOf(set) !== 'simple')
  if (clash)
    throw new ConflictError(
      `${describeSet(clash)} stands there, and shares no answer with a simple record set.`,
      {suggestions: ['Remove it, or choose another name.']},
    )
  const [before] = here
  const read = before?.ResourceRecords ?? []
  let records: readonly Value[] = read
  let wantedTtl: number | undefined
  const meaning = ({Value = ''}: Value) => plainValue(type, Value)
  return {
    name,
    type,
    before,
    has: value => records.some(record => meaning(record) === value),
    add(spelled, ttlSeconds) {
      records = [...records, {Value: spelled}]
      wantedTtl ??= ttlSeconds
    },
    remove(value) {
      const same = records.filter(record => meaning(record) === value)
      const ours = same.find(({Value}) => Value === vendorValue(type, value)) ?? same[0]
      records = records.filter(record => record !== ours)
    },
    drop(gone) {
      records = records.filter(record => !gone.includes(record))
    },
    after() {
      if (records.length === 0) return undefined
      const stays = records.some(record => read.includes(record))
      const ttl = (stays ? before?.TTL : wantedTtl) ?? before?.TTL ?? 0
      return {...before, Name: name, Type: type, TTL: ttl, ResourceRecords: [...records]}
    },
  }
}

/**
 * None where all sets stay as they were read. Else of every one: what one becomes was decided on what the others show, so those
 * that stay the same are compared as well, and the batch is refused when somebody changed any of them.
 */
export function editsOf(drafts: readonly DraftSet[]): Edit[] {
  if (drafts.every(isUntouched)) return []
  return drafts.flatMap(draft => {
    const {before} = draft
    const after = isUntouched(draft) ? before : draft.after()
    return before || after ? [{...(before && {before}), ...(after && {after})}] : []
  })
}

/** In whatever order its values are. */
function isUntouched({before, after}: DraftSet): boolean {
  const text = (set: ResourceRecordSet | undefined) =>
    set && JSON.stringify([set.TTL, set.ResourceRecords?.map(({Value}) => Value).sort()])
  return text(before) === text(after())
}
