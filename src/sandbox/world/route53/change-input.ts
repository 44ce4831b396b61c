import {plainName, storedName} from './names.ts'
import {RECORD_TYPES, type RecordSet, type RecordType} from './record-set.ts'
import {invalidChangeBatch, invalidInput, noSuchHealthCheck} from './refusals.ts'

/** A change as a request brings it. */
export type ChangeInput = {action: string; recordSet: RecordSetInput}

export type RecordSetInput = {
  name: string
  type: string
  setIdentifier?: string
  weight?: number
  multiValueAnswer?: boolean
  ttlSeconds?: number
  values?: readonly string[]
  aliasTarget?: {hostedZoneId: string; dnsName: string; evaluateTargetHealth: boolean}
  healthCheckId?: string
  /** Elements of the schema that this world does not model: `Region`, `GeoLocation`, `Failover` … */
  notModelled?: readonly string[]
}

export const ACTIONS = ['CREATE', 'DELETE', 'UPSERT'] as const
export type Change = {readonly action: (typeof ACTIONS)[number]; readonly set: RecordSet}

const TTL_MAX_SECONDS = 2_147_483_647
const SET_IDENTIFIER_MAX_CHARACTERS = 128
const VALUE_MAX_CHARACTERS = 4000
const WEIGHT_MAX = 255
/** DNS or Route53 forbids several independent sets of these. Source: API Reference, "MultiValueAnswer". */
const NEVER_MULTIVALUE: readonly RecordType[] = ['CNAME', 'NS', 'SOA']

/**
 * The form of every change, before the zone is looked at. Throws InvalidInput for what the schema forbids, and
 * InvalidChangeBatch with every name that cannot be a name.
 */
export function readChanges(inputs: readonly ChangeInput[]): Change[] {
  if (inputs.length === 0) throw invalidInput('Invalid request: Expected at least one Change in Changes')
  const problems: string[] = []
  const changes = inputs.flatMap(input => {
    const {recordSet} = input
    const action = ACTIONS.find(known => known === input.action)
    if (!action) throw outsideEnum('Action', input.action, ACTIONS)
    const type = RECORD_TYPES.find(known => known === recordSet.type)
    if (!type) throw outsideEnum('Type', recordSet.type, RECORD_TYPES)
    checkForm(action, type, recordSet)
    const stored = storedName(recordSet.name)
    const set = 'name' in stored ? readSet(stored.name, type, recordSet) : stored
    if ('problem' in set) {
      problems.push(set.problem)
      return []
    }
    return [{action, set}]
  })
  if (problems.length > 0) throw invalidChangeBatch(problems)
  return changes
}

function readSet(name: string, type: RecordType, input: RecordSetInput): RecordSet | {problem: string} {
  const base = {
    name,
    type,
    ...(input.setIdentifier !== undefined && {setIdentifier: input.setIdentifier}),
    ...(input.weight !== undefined && {weight: input.weight}),
    ...(input.multiValueAnswer !== undefined && {multiValueAnswer: true as const}),
  }
  if (!input.aliasTarget) return {...base, ttlSeconds: input.ttlSeconds ?? 0, values: input.values ?? []}
  const target = storedName(input.aliasTarget.dnsName)
  return 'problem' in target ? target : {...base, aliasTarget: {...input.aliasTarget, dnsName: target.name}}
}

function checkForm(action: string, type: RecordType, input: RecordSetInput): void {
  const {setIdentifier, weight, multiValueAnswer, ttlSeconds, values, aliasTarget, healthCheckId} = input
  const where = `in Change with [Action=${action}, Name=${input.name}, Type=${type}, SetIdentifier=${setIdentifier ?? 'null'}]`
  const refuse = (problem: string) => invalidInput(`Invalid request: ${problem} ${where}`)

  const [unknown] = input.notModelled ?? []
  if (unknown)
    throw refuse(
      `The sandbox has no ${unknown} (it models simple, weighted, multivalue and alias record sets)`,
    )
  const routings = [weight !== undefined, multiValueAnswer !== undefined].filter(Boolean).length
  if (routings > 0 && setIdentifier === undefined) throw refuse("Missing field 'SetIdentifier'")
  if (setIdentifier !== undefined && routings !== 1)
    throw refuse(
      `Expected exactly one of [Weight, Region, Failover, GeoLocation, or MultiValueAnswer], but found ${routings === 0 ? 'none' : 'more than one'}`,
    )
  const contents = [aliasTarget !== undefined, ttlSeconds !== undefined && values !== undefined].filter(
    Boolean,
  ).length
  const half = aliasTarget ? ttlSeconds !== undefined || values !== undefined : false
  if (contents !== 1 || half)
    throw refuse(
      `Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but found ${contents === 0 ? 'none' : 'more than one'}`,
    )
  if (values?.length === 0) throw refuse('Expected at least one ResourceRecord in ResourceRecords')
  if (multiValueAnswer !== undefined && NEVER_MULTIVALUE.includes(type))
    throw refuse(`MultiValueAnswer is not supported for the type ${type}`)
  if (multiValueAnswer !== undefined && aliasTarget)
    throw refuse('MultiValueAnswer is not supported for alias record sets')
  if (
    setIdentifier !== undefined &&
    (setIdentifier.length < 1 || setIdentifier.length > SET_IDENTIFIER_MAX_CHARACTERS)
  )
    throw refuse(`SetIdentifier must have 1 to ${SET_IDENTIFIER_MAX_CHARACTERS} characters`)
  if (weight !== undefined && !isWithin(weight, WEIGHT_MAX))
    throw refuse(`Weight must be from 0 to ${WEIGHT_MAX}`)
  if (ttlSeconds !== undefined && !isWithin(ttlSeconds, TTL_MAX_SECONDS))
    throw refuse(`TTL must be from 0 to ${TTL_MAX_SECONDS}`)
  if (values?.some(({length}) => length > VALUE_MAX_CHARACTERS))
    throw refuse(`Value must have at most ${VALUE_MAX_CHARACTERS} characters`)
  if (healthCheckId !== undefined) throw noSuchHealthCheck(healthCheckId)
}

const isWithin = (value: number, max: number): boolean =>
  Number.isInteger(value) && value >= 0 && value <= max

const outsideEnum = (element: string, value: string, known: readonly string[]) =>
  invalidInput(
    `Invalid XML ; cvc-enumeration-valid: Value '${value}' of element '${element}' is not one of [${known.join(', ')}]`,
  )

/** `create A www.example.com 192.0.2.1 (mcd:v1:web:i-0abc)`, one line for each value: for the log of calls. */
export function describe(
  verb: string,
  {name, type, setIdentifier, weight, values, aliasTarget}: RecordSet,
): string[] {
  const note =
    setIdentifier === undefined
      ? ''
      : ` (${setIdentifier}${weight === undefined ? '' : `, weight ${weight}`})`
  return (values ?? [`alias ${aliasTarget?.dnsName}`]).map(
    value => `${verb} ${type} ${plainName(name)} ${value}${note}`,
  )
}
