/** The types this world models. DS, HTTPS, NAPTR, SPF, SSHFP, SVCB and TLSA are refused. */
export const RECORD_TYPES = ['A', 'AAAA', 'CAA', 'CNAME', 'MX', 'NS', 'PTR', 'SOA', 'SRV', 'TXT'] as const
export type RecordType = (typeof RECORD_TYPES)[number]

export type AliasTarget = {
  readonly hostedZoneId: string
  readonly dnsName: string
  readonly evaluateTargetHealth: boolean
}

/** How sets with one name and type share its queries. */
export type Routing = {readonly weight?: number; readonly multiValueAnswer?: true}

type Held =
  | {readonly ttlSeconds: number; readonly values: readonly string[]; readonly aliasTarget?: never}
  | {readonly aliasTarget: AliasTarget; readonly ttlSeconds?: never; readonly values?: never}

/** A record set as it is stored. Name, type and set identifier together name it. */
export type RecordSet = {
  /** In Route53's own form: lower case, escaped, with final dot. */
  readonly name: string
  readonly type: RecordType
  readonly setIdentifier?: string
} & Routing &
  Held

export const isSameSet = (a: RecordSet, b: RecordSet): boolean =>
  a.name === b.name && a.type === b.type && a.setIdentifier === b.setIdentifier

/** Whether everything about them is equal, values in any order: what a DELETE must bring. */
export function isEqualSet(a: RecordSet, b: RecordSet): boolean {
  return (
    isSameSet(a, b) &&
    a.weight === b.weight &&
    a.multiValueAnswer === b.multiValueAnswer &&
    a.ttlSeconds === b.ttlSeconds &&
    [...(a.values ?? [])].sort().join('\n') === [...(b.values ?? [])].sort().join('\n') &&
    a.aliasTarget?.hostedZoneId === b.aliasTarget?.hostedZoneId &&
    a.aliasTarget?.dnsName === b.aliasTarget?.dnsName &&
    a.aliasTarget?.evaluateTargetHealth === b.aliasTarget?.evaluateTargetHealth
  )
}

/** By stored name. */
export type ZoneSets = ReadonlyMap<string, readonly RecordSet[]>

export type RoutingKind = 'simple' | 'multivalue' | 'weighted'

export const routingOf = ({weight, multiValueAnswer}: Routing): RoutingKind =>
  multiValueAnswer ? 'multivalue' : weight === undefined ? 'simple' : 'weighted'
