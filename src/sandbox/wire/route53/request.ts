import type {ChangeInput, RecordSetInput} from '../../world/route53/change-input.ts'
import {invalidInput} from '../../world/route53/refusals.ts'
import type {ZoneOptions} from '../../world/route53/zone.ts'
import {readXml, type XmlElement, XmlError} from '../xml-read.ts'
import {NAMESPACE} from './reply.ts'

/** Elements in the order of the schema; those ending in `!` must be there. */
type Sequence = readonly string[]
type Children = {
  one(name: string): XmlElement | undefined
  text(name: string): string | undefined
}

const RECORD_SET: Sequence = [
  'Name!',
  'Type!',
  'SetIdentifier',
  'Weight',
  'Region',
  'GeoLocation',
  'Failover',
  'MultiValueAnswer',
  'TTL',
  'ResourceRecords',
  'AliasTarget',
  'HealthCheckId',
  'TrafficPolicyInstanceId',
  'CidrRoutingConfig',
  'GeoProximityLocation',
]
const NOT_MODELLED = [
  'Region',
  'GeoLocation',
  'Failover',
  'TrafficPolicyInstanceId',
  'CidrRoutingConfig',
  'GeoProximityLocation',
]

/** The changes of a ChangeResourceRecordSetsRequest. Throws InvalidInput as Route53's schema check does. */
export function readChangeRequest(body: Buffer): ChangeInput[] {
  const root = document(body, 'ChangeResourceRecordSetsRequest')
  const batch = required(sequence(root, ['ChangeBatch!']), 'ChangeBatch')
  const changes = required(sequence(batch, ['Comment', 'Changes!']), 'Changes')
  return items(changes, 'Change').map(change => {
    const children = sequence(change, ['Action!', 'ResourceRecordSet!'])
    return {
      action: children.text('Action') ?? '',
      recordSet: readRecordSet(required(children, 'ResourceRecordSet')),
    }
  })
}

/** Throws InvalidInput. */
export function readCreateZoneRequest(body: Buffer): ZoneOptions & {name: string; callerReference: string} {
  const root = sequence(document(body, 'CreateHostedZoneRequest'), [
    'Name!',
    'VPC',
    'CallerReference!',
    'HostedZoneConfig',
    'DelegationSetId',
  ])
  if (root.one('DelegationSetId')) throw invalidInput('The sandbox has no reusable delegation sets')
  const config = root.one('HostedZoneConfig')
  const {text} = config ? sequence(config, ['Comment', 'PrivateZone']) : {text: () => undefined}
  const comment = text('Comment')
  return {
    name: root.text('Name') ?? '',
    callerReference: root.text('CallerReference') ?? '',
    ...(comment !== undefined && {comment}),
    privateZone: root.one('VPC') !== undefined || text('PrivateZone') === 'true',
  }
}

function readRecordSet(element: XmlElement): RecordSetInput {
  const {one, text} = sequence(element, RECORD_SET)
  const [setIdentifier, weight, multi, ttl, healthCheckId] = [
    text('SetIdentifier'),
    text('Weight'),
    text('MultiValueAnswer'),
    text('TTL'),
    text('HealthCheckId'),
  ]
  const records = one('ResourceRecords')
  const alias = one('AliasTarget')
  return {
    name: text('Name') ?? '',
    type: text('Type') ?? '',
    ...(setIdentifier !== undefined && {setIdentifier}),
    ...(weight !== undefined && {weight: integer('Weight', weight)}),
    ...(multi !== undefined && {multiValueAnswer: boolean('MultiValueAnswer', multi)}),
    ...(ttl !== undefined && {ttlSeconds: integer('TTL', ttl)}),
    ...(records && {
      values: items(records, 'ResourceRecord').map(
        record => sequence(record, ['Value!']).text('Value') ?? '',
      ),
    }),
    ...(alias && {aliasTarget: readAlias(alias)}),
    ...(healthCheckId !== undefined && {healthCheckId}),
    notModelled: NOT_MODELLED.filter(name => one(name)),
  }
}

function readAlias(element: XmlElement) {
  const {text} = sequence(element, ['HostedZoneId!', 'DNSName!', 'EvaluateTargetHealth!'])
  return {
    hostedZoneId: text('HostedZoneId') ?? '',
    dnsName: text('DNSName') ?? '',
    evaluateTargetHealth: boolean('EvaluateTargetHealth', text('EvaluateTargetHealth') ?? ''),
  }
}

function document(body: Buffer, rootName: string): XmlElement {
  let root: XmlElement
  try {
    root = readXml(body.toString('utf8'))
  } catch (error) {
    if (error instanceof XmlError) throw invalidXml(error.message)
    throw error
  }
  if (root.name !== rootName || root.namespace !== NAMESPACE)
    throw invalidXml(`cvc-elt.1: Cannot find the declaration of element '${root.name}'.`)
  return root
}

/** The children of an element, when they are exactly those of the schema, in its order, each once at most. */
function sequence(element: XmlElement, schema: Sequence): Children {
  const names = schema.map(entry => entry.replace('!', ''))
  const found = new Map<string, XmlElement>()
  let place = 0
  for (const child of element.children) {
    const at = names.indexOf(child.name, place)
    if (at < 0)
      throw invalidXml(
        `cvc-complex-type.2.4.a: Invalid content was found starting with element '${child.name}'. One of '{${names.slice(place).join(', ')}}' is expected.`,
      )
    found.set(child.name, child)
    place = at + 1
  }
  const missing = schema.filter(entry => entry.endsWith('!') && !found.has(entry.slice(0, -1)))
  if (missing.length > 0)
    throw invalidXml(
      `cvc-complex-type.2.4.b: The content of element '${element.name}' is not complete. One of '{${missing.map(entry => entry.slice(0, -1)).join(', ')}}' is expected.`,
    )
  return {one: name => found.get(name), text: name => found.get(name)?.text}
}

/** One or more children of one name. */
function items(element: XmlElement, name: string): readonly XmlElement[] {
  const stranger = element.children.find(child => child.name !== name)
  if (stranger)
    throw invalidXml(
      `cvc-complex-type.2.4.a: Invalid content was found starting with element '${stranger.name}'. One of '{${name}}' is expected.`,
    )
  if (element.children.length === 0)
    throw invalidXml(
      `cvc-complex-type.2.4.b: The content of element '${element.name}' is not complete. One of '{${name}}' is expected.`,
    )
  return element.children
}

function required(children: Children, name: string): XmlElement {
  return children.one(name) ?? missing(name)
}

function missing(name: string): never {
  throw invalidXml(`The element '${name}' is missing.`)
}

function integer(name: string, text: string): number {
  if (!/^\s*[+-]?\d{1,18}\s*$/.test(text))
    throw invalidXml(`cvc-datatype-valid.1.2.1: '${text}' is not a valid value for '${name}'.`)
  return Number(text)
}

function boolean(name: string, text: string): boolean {
  const known: Record<string, boolean> = {true: true, '1': true, false: false, '0': false}
  return known[text.trim()] ?? refuse()
  function refuse(): never {
    throw invalidXml(`cvc-datatype-valid.1.2.1: '${text}' is not a valid value for '${name}'.`)
  }
}

const invalidXml = (problem: string) => invalidInput(`Invalid XML ; ${problem}`)
