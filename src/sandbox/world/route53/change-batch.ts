import {type Change, describe} from './change-input.ts'
import {isWithin} from './names.ts'
import type {ZoneSets} from './record-set.ts'
import {isEqualSet, isSameSet, type RecordSet, routingOf} from './record-set.ts'
import {invalidChangeBatch} from './refusals.ts'
import {readValue} from './values.ts'
import {setCount} from './zone.ts'

/** Source: Route 53 Developer Guide, "Quotas". */
const BATCH_MAX_RECORDS = 1000
const BATCH_MAX_CHARACTERS = 32_000
const SET_MAX_VALUES = 400
const SETS_MAX_PER_NAME = 100
export const ZONE_MAX_SETS = 10_000

type ZoneNow = {readonly id: string; readonly name: string; readonly sets: ZoneSets}

/**
 * The zone after the batch, or InvalidChangeBatch with everything that is wrong: the changes are applied one after the
 * other to a draft, which counts only when none was refused.
 */
export function applyBatch(zone: ZoneNow, changes: readonly Change[]): {sets: ZoneSets; effects: string[]} {
  const overLimit = limitProblems(changes)
  if (overLimit.length > 0) throw invalidChangeBatch(overLimit)
  const invalid = [
    ...new Set(changes.flatMap((change, index) => setProblems(zone, change, changes.slice(0, index)))),
  ]
  if (invalid.length > 0) throw invalidChangeBatch(invalid)

  const sets = new Map(zone.sets)
  const effects: string[] = []
  const problems: string[] = []
  for (const {action, set} of changes) {
    const here = sets.get(set.name) ?? []
    const current = here.find(other => isSameSet(other, set))
    const others = here.filter(other => other !== current)
    const found =
      action === 'DELETE'
        ? deleteProblems(zone, set, current)
        : writeProblems(zone, action, set, current, others)
    if (found.length > 0) {
      problems.push(...found)
      continue
    }
    const after = action === 'DELETE' ? others : [...others, set]
    if (after.length > 0) sets.set(set.name, after)
    else sets.delete(set.name)
    if (action === 'DELETE') effects.push(...describe('delete', set))
    else if (!current) effects.push(...describe('create', set))
    else effects.push(...describe('delete', current), ...describe('create', set))
  }
  if (setCount(sets) > ZONE_MAX_SETS) problems.push(`Exceeded limit MAX_RRSETS_BY_ZONE for zone: ${zone.id}`)
  if (problems.length > 0) throw invalidChangeBatch(problems)
  return {sets, effects}
}

/** UPSERT counts twice in both. */
function limitProblems(changes: readonly Change[]): string[] {
  let records = 0
  let characters = 0
  for (const {action, set} of changes) {
    const times = action === 'UPSERT' ? 2 : 1
    records += times * (set.values?.length ?? 0)
    for (const value of set.values ?? []) characters += times * value.length
  }
  return [
    ...(records > BATCH_MAX_RECORDS ? [`Number of records limit of ${BATCH_MAX_RECORDS} exceeded.`] : []),
    ...(characters > BATCH_MAX_CHARACTERS
      ? [`RDATA character limit of ${BATCH_MAX_CHARACTERS} exceeded.`]
      : []),
  ]
}

/** What is wrong with a change by itself, and among those before it in the batch. */
function setProblems(zone: ZoneNow, {action, set}: Change, before: readonly Change[]): string[] {
  const {name, type, values = []} = set
  const problems: string[] = []
  if (!isWithin(name, zone.name))
    problems.push(`RRSet with DNS name ${name} is not permitted in zone ${zone.name}`)
  if (values.length > SET_MAX_VALUES)
    problems.push(`Cannot have more than ${SET_MAX_VALUES} records in a RRSet.`)
  if (values.length > 1 && (type === 'CNAME' || type === 'SOA'))
    problems.push(`RRSet of type ${type} with DNS name ${name} cannot have more than one record`)
  for (const [index, value] of values.entries()) {
    const read = readValue(type, value)
    if ('problem' in read) problems.push(`Invalid Resource Record: '${read.problem}'`)
    if (values.indexOf(value) < index) problems.push(`Duplicate Resource Record: '${value}'`)
  }
  // The one pair that means something is the replacement: DELETE, then CREATE or UPSERT.
  const same = before.filter(other => isSameSet(other.set, set))
  const isReplacement = same.length === 1 && same[0]?.action === 'DELETE' && action !== 'DELETE'
  if (same.length > 0 && !isReplacement)
    problems.push(
      `The request contains an invalid set of changes for a resource record set '${type} ${name}'`,
    )
  return problems
}

function deleteProblems(zone: ZoneNow, set: RecordSet, current: RecordSet | undefined): string[] {
  const tried = `Tried to delete resource record set ${identity(set)}`
  if (!current) return [`${tried} but it was not found`]
  if (!isEqualSet(current, set)) return [`${tried} but the values provided do not match the current values`]
  if (set.name === zone.name && set.type === 'SOA')
    return ['A HostedZone must contain exactly one SOA record.']
  if (set.name === zone.name && set.type === 'NS')
    return ['A HostedZone must contain at least one NS record for the zone itself.']
  return []
}

function writeProblems(
  zone: ZoneNow,
  action: Change['action'],
  set: RecordSet,
  current: RecordSet | undefined,
  others: readonly RecordSet[],
): string[] {
  const {name, type} = set
  if (action === 'CREATE' && current)
    return [`Tried to create resource record set ${identity(set)} but it already exists`]
  const problems: string[] = []
  if (type === 'CNAME' && name === zone.name)
    problems.push(`RRSet of type CNAME with DNS name ${name} is not permitted at apex in zone ${zone.name}`)
  if (type === 'CNAME' && others.some(other => other.type !== 'CNAME'))
    problems.push(
      `RRSet of type CNAME with DNS name ${name} is not permitted as it conflicts with other records with the same DNS name in zone ${zone.name}`,
    )
  if (type !== 'CNAME' && others.some(other => other.type === 'CNAME'))
    problems.push(
      `RRSet of type ${type} with DNS name ${name} is not permitted because a conflicting RRSet of type CNAME with the same DNS name already exists in zone ${zone.name}`,
    )
  const siblings = others.filter(other => other.type === type)
  problems.push(...siblingProblems(set, siblings))
  if (siblings.length >= SETS_MAX_PER_NAME)
    problems.push(
      `Cannot have more than ${SETS_MAX_PER_NAME} RRSets with the same name and type: ${type} ${name}`,
    )
  return problems
}

/** Which sets of one name and type can live side by side. */
function siblingProblems(set: RecordSet, siblings: readonly RecordSet[]): string[] {
  const {name, type, setIdentifier} = set
  const kind = routingOf(set)
  const hasOthers = siblings.some(other => routingOf(other) !== kind)
  switch (kind) {
    case 'simple':
      return hasOthers
        ? [
            `RRSet with DNS name ${name}, type ${type} cannot be created as other RRSets exist with the same name and type.`,
          ]
        : []
    case 'multivalue':
      return hasOthers
        ? [
            `RRSet with DNS name ${name}, type ${type}, SetIdentifier ${setIdentifier} cannot be created because a non multivalue answer rrset exists with the same name and type.`,
          ]
        : []
    case 'weighted':
      if (hasOthers)
        return [
          `RRSet with DNS name ${name}, type ${type}, SetIdentifier ${setIdentifier} cannot be created as a non-weighted set exists with the same name and type.`,
        ]
      return siblings.some(
        other => other.ttlSeconds !== set.ttlSeconds && !other.aliasTarget && !set.aliasTarget,
      )
        ? [
            `RRSet with DNS name ${name} and type ${type}, SetIdentifier ${setIdentifier} cannot be created as weighted sets must contain the same TTL.`,
          ]
        : []
  }
}

const identity = ({name, type, setIdentifier}: RecordSet): string =>
  `[name='${name}', type='${type}'${setIdentifier === undefined ? '' : `, set-identifier='${setIdentifier}'`}]`
