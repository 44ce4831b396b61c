import {lowerCase, parseName} from '../dns/presentation.ts'
import {discoveryNames} from '../fleet/discovery.ts'
import type {DnsName} from '../fleet/model.ts'
import {holdName} from '../mark.ts'
import {type PolicyDocument, policy, type Statement, type ZoneId} from './document.ts'

type Change = {
  /** As Route53 writes them for IAM; with `*` and `?` as its patterns have them where `patterns` is set. */
  readonly names: readonly string[]
  readonly patterns?: boolean
  readonly types: readonly string[]
  readonly actions: readonly string[]
}

/**
 * Changes to these names alone, in these types and by these actions. What goes in one batch stands in one statement, since a
 * batch must be covered whole by one (its conditions hold for every change in it). Source: Route 53 Developer Guide, "Using
 * IAM policy conditions for fine-grained access control". What no condition can say is the value or the set identifier:
 * whoever may change the name may change every record under it (decision 25).
 */
function changes(sid: string, zoneArn: string, {names, patterns, types, actions}: Change): Statement {
  return {
    Sid: sid,
    Effect: 'Allow',
    Action: ['route53:ChangeResourceRecordSets'],
    Resource: [zoneArn],
    Condition: {
      [patterns ? 'ForAllValues:StringLike' : 'ForAllValues:StringEquals']: {
        'route53:ChangeResourceRecordSetsNormalizedRecordNames': names,
        'route53:ChangeResourceRecordSetsRecordTypes': types,
        'route53:ChangeResourceRecordSetsActions': actions,
      },
      // ForAllValues is also true of no value at all.
      Null: {'route53:ChangeResourceRecordSetsNormalizedRecordNames': 'false'},
    },
  }
}

/** Reading has no condition for names: it is the whole zone's. */
const reading = (suffix: string, zoneArn: string): Statement => ({
  Sid: `Read${suffix}`,
  Effect: 'Allow',
  Action: ['route53:ListResourceRecordSets'],
  Resource: [zoneArn],
})

/**
 * What one zone allows: the names themselves, and in batches of their own the sets that several share, of names with simple
 * routing and of DNS-SD. Never UPSERT there: whoever changes these brings what was read (compare-and-swap), or is denied.
 */
function inZone(
  zone: string,
  zoneId: ZoneId,
  partition: string,
  {own, shared, discovered}: {own: Change; shared?: Change; discovered: Change},
): Statement[] {
  const zoneArn = `arn:${partition}:route53:::hostedzone/${zoneId(zone)}`
  const suffix = sidOf(zone)
  const parts = [
    ['Change', own],
    ['Share', shared],
    ['Discover', discovered],
  ] as const
  return [
    ...parts.flatMap(([sid, change]) =>
      change && change.names.length > 0 ? [changes(`${sid}${suffix}`, zoneArn, change)] : [],
    ),
    reading(suffix, zoneArn),
  ]
}

/** The instances' own host names, by what their ids look like: `i-0abc` on EC2, a UUID on Triton. */
const hostPatterns = ({name, discovery}: DnsName): string[] =>
  discovery
    ? ['i-*', [8, 4, 4, 4, 12].map(length => '?'.repeat(length)).join('-')].map(
        host => `${host}.${normalized(name)}`,
      )
    : []

const withCompanions = (names: readonly string[]): string[] => [
  ...new Set(names.flatMap(name => [name, holdName(name)]).map(normalized)),
]

const servicesOf = (names: readonly DnsName[]) =>
  names.flatMap(({zone, discovery}) => (discovery ? [discoveryNames(zone, discovery)] : []))

const followChanges = (partition: string): Statement => ({
  Sid: 'Follow',
  Effect: 'Allow',
  Action: ['route53:GetChange'],
  Resource: [`arn:${partition}:route53:::change/*`],
})

/** What an instance needs to put itself into DNS and take itself out: its own names, their addresses, reading the holds, and its value in the SRV set. */
export function instancePolicy(
  names: readonly DnsName[],
  zoneId: ZoneId,
  partition: string,
): PolicyDocument | undefined {
  const own = names.filter(({vendor, registration}) => vendor === 'route53' && registration === 'self')
  if (own.length === 0) return undefined
  return policy(
    ...byZone(own).flatMap(([zone, here]) =>
      inZone(zone, zoneId, partition, {
        own: {
          names: here.flatMap(name => [
            ...(name.routing === 'simple' ? [] : [normalized(name.name)]),
            ...hostPatterns(name),
          ]),
          patterns: here.some(({discovery}) => discovery),
          types: addressTypes(here),
          actions: ['UPSERT', 'DELETE'],
        },
        shared: {
          names: withCompanions(here.filter(({routing}) => routing === 'simple').map(({name}) => name)),
          types: [...addressTypes(here), 'TXT'],
          actions: ['CREATE', 'DELETE'],
        },
        discovered: {
          names: withCompanions(servicesOf(here).map(({instance}) => instance)),
          types: ['SRV', 'TXT'],
          actions: ['CREATE', 'DELETE'],
        },
      }),
    ),
    followChanges(partition),
  )
}

/** What mcd itself needs in the zones: the names, and their holds (decision 18). */
export function operatorDns(names: readonly DnsName[], zoneId: ZoneId, partition: string): Statement[] {
  const own = names.filter(({vendor}) => vendor === 'route53')
  if (own.length === 0) return []
  return [
    {Sid: 'FindZones', Effect: 'Allow', Action: ['route53:ListHostedZonesByName'], Resource: ['*']},
    ...byZone(own).flatMap(([zone, here]) =>
      inZone(zone, zoneId, partition, {
        own: {
          names: [
            ...withCompanions(here.map(({name}) => name)),
            ...servicesOf(here).map(({instance}) => normalized(instance)),
            ...here.flatMap(hostPatterns),
          ],
          patterns: here.some(({discovery}) => discovery),
          types: [...addressTypes(here), 'TXT'],
          actions: ['CREATE', 'DELETE'],
        },
        discovered: {
          names: withCompanions(servicesOf(here).flatMap(names => Object.values(names))),
          types: ['SRV', 'PTR', 'TXT'],
          actions: ['CREATE', 'DELETE'],
        },
      }),
    ),
    // For `mcd doctor` alone: how full the zones are.
    {
      Sid: 'DoctorZones',
      Effect: 'Allow',
      Action: ['route53:GetHostedZoneLimit'],
      Resource: byZone(own).map(([zone]) => `arn:${partition}:route53:::hostedzone/${zoneId(zone)}`),
    },
    followChanges(partition),
  ]
}

/** IPv6, too, unless the file says no: what a subnet gives is seen only once an instance lives. */
const addressTypes = (names: readonly DnsName[]): string[] =>
  names.every(({ipv6}) => ipv6 === false) ? ['A'] : ['A', 'AAAA']

function byZone(names: readonly DnsName[]): [string, DnsName[]][] {
  const zones = new Map<string, DnsName[]>()
  for (const name of names) zones.set(name.zone, [...(zones.get(name.zone) ?? []), name])
  return [...zones]
}

/** Anything but a-z, 0-9, hyphen, underscore and full stop stands as a backslash and three octal digits. Source: as above. */
const normalized = (name: string): string =>
  parseName(lowerCase(name))
    .map(label => [...label].map(normalizedByte).join(''))
    .join('.')

function normalizedByte(byte: number): string {
  const letter = String.fromCharCode(byte)
  return /[a-z0-9_-]/.test(letter) ? letter : `\\${byte.toString(8).padStart(3, '0')}`
}

/** A Sid takes letters and digits alone. */
const sidOf = (zone: string): string =>
  zone
    .split(/[^a-z0-9]+/i)
    .map(part => part.slice(0, 1).toUpperCase() + part.slice(1))
    .join('')
