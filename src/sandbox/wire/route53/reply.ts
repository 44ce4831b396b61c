import {randomUUID} from 'node:crypto'
import type {RecordSetPage, ZonePage} from '../../world/route53/listing.ts'
import type {RecordSet} from '../../world/route53/record-set.ts'
import {type HostedZone, setCount} from '../../world/route53/zone.ts'
import type {ChangeInfo} from '../../world/route53.ts'
import type {VendorError} from '../../world/vendor-error.ts'
import type {WireReply} from '../http.ts'
import {toXml, type XmlValue} from '../xml.ts'

export const NAMESPACE = 'https://route53.amazonaws.com/doc/2013-04-01/'

export function reply(
  root: string,
  value: XmlValue,
  {status = 200, headers = {}}: Partial<WireReply> = {},
): WireReply {
  return {
    status,
    headers: {'content-type': 'text/xml', 'x-amzn-requestid': randomUUID(), ...headers},
    body: toXml(root, value, NAMESPACE),
  }
}

/** Source: Route 53 API Reference, "Making API requests", and what is seen on the wire. */
export function errorReply({
  status,
  code,
  message,
}: Pick<VendorError, 'status' | 'code' | 'message'>): WireReply {
  const requestId = randomUUID()
  const error = {Type: status < 500 ? 'Sender' : 'Receiver', Code: String(code), Message: message}
  return reply(
    'ErrorResponse',
    {Error: error, RequestId: requestId},
    {status, headers: {'x-amzn-requestid': requestId}},
  )
}

export const changeInfo = ({id, status, submittedAtMs}: ChangeInfo): XmlValue => ({
  Id: `/change/${id}`,
  Status: status,
  SubmittedAt: new Date(submittedAtMs).toISOString(),
})

export const hostedZone = (zone: HostedZone): XmlValue => ({
  Id: `/hostedzone/${zone.id}`,
  Name: zone.name,
  CallerReference: zone.callerReference,
  Config: {...(zone.comment !== undefined && {Comment: zone.comment}), PrivateZone: zone.privateZone},
  ResourceRecordSetCount: setCount(zone.sets),
})

export const delegationSet = ({nameServers}: HostedZone): XmlValue => ({
  NameServers: {NameServer: nameServers},
})

export const zones = (page: ZonePage): Record<string, XmlValue> => ({
  HostedZones: {HostedZone: page.zones.map(hostedZone)},
})

export const recordSets = ({sets, next, maxItems}: RecordSetPage): XmlValue => ({
  ResourceRecordSets: {ResourceRecordSet: sets.map(recordSet)},
  IsTruncated: next !== undefined,
  NextRecordName: next?.name,
  NextRecordType: next?.type,
  NextRecordIdentifier: next?.setIdentifier,
  MaxItems: maxItems,
})

const recordSet = (set: RecordSet): XmlValue => ({
  Name: set.name,
  Type: set.type,
  SetIdentifier: set.setIdentifier,
  Weight: set.weight,
  MultiValueAnswer: set.multiValueAnswer,
  TTL: set.ttlSeconds,
  ResourceRecords: set.values && {ResourceRecord: set.values.map(Value => ({Value}))},
  AliasTarget: set.aliasTarget && {
    HostedZoneId: set.aliasTarget.hostedZoneId,
    DNSName: set.aliasTarget.dnsName,
    EvaluateTargetHealth: set.aliasTarget.evaluateTargetHealth,
  },
})
