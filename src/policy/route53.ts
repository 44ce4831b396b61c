import type {DnsName} from '../fleet/model.ts'
import {holdName} from '../mark.ts'
import {type PolicyDocument, policy, type Statement, type ZoneId} from './document.ts'

type Change = {
  readonly names: readonly string[]
  readonly types: readonly string[]
  readonly actions: readonly string[]
}

/**
 * What one zone allows: changes to these names alone, in these types and by these actions. All in one statement, since a
 * batch must be covered whole by one (its conditions hold for every change in it). Source: Route 53 Developer Guide, "Using
 * IAM policy conditions for fine-grained access control". What no condition can say is the value or the set identifier:
 * whoever may change the name may change every record under it (decision 25).
 */
function changes(
  zone: string,
  {names, types, actions}: Change,
  zoneId: ZoneId,
  partition: string,
): Statement[] {
  const zoneArn = `arn:${partition}:route53:::hostedzone/${zoneId(zone)}`
  const suffix = sidOf(zone)
  return [
    {
      Sid: `Change${suffix}`,
      Effect: 'Allow',
      Action: ['route53:ChangeResourceRecordSets'],
      Resource: [zoneArn],
      Condition: {
        'ForAllValues:StringEquals': {
          'route53:ChangeResourceRecordSetsNormalizedRecordNames': names.map(normalized),
          'route53:ChangeResourceRecordSetsRecordTypes': types,
          'route53:ChangeResourceRecordSetsActions': actions,
        },
        // ForAllValues is also true of no value at all.
        Null: {'route53:ChangeResourceRecordSetsNormalizedRecordNames': 'false'},
      },
    },
    // Reading has no condition for names: it is the whole zone's.
    {
      Sid: `Read${suffix}`,
      Effect: 'Allow',
      Action: ['route53:ListResourceRecordSets'],
      Resource: [zoneArn],
    },
  ]
}

const followChanges = (partition: string): Statement => ({
  Sid: 'Follow',
  Effect: 'Allow',
  Action: ['route53:GetChange'],
  Resource: [`arn:${partition}:route53:::change/*`],
})

/** What an instance needs to put itself into DNS and take itself out: its own names, A records, and reading the holds. */
export function instancePolicy(
  names: readonly DnsName[],
  zoneId: ZoneId,
  partition: string,
): PolicyDocument | undefined {
  const own = names.filter(({vendor, registration}) => vendor === 'route53' && registration === 'self')
  if (own.length === 0) return undefined
  return policy(
    ...byZone(own).flatMap(([zone, inZone]) =>
      changes(
        zone,
        {names: inZone.map(({name}) => name), types: ['A'], actions: ['UPSERT', 'DELETE']},
        zoneId,
        partition,
      ),
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
    ...byZone(own).flatMap(([zone, inZone]) =>
      changes(
        zone,
        {
          names: inZone.flatMap(({name}) => [name, holdName(name)]),
          types: ['A', 'TXT'],
          actions: ['CREATE', 'DELETE'],
        },
        zoneId,
        partition,
      ),
    ),
    followChanges(partition),
  ]
}

function byZone(names: readonly DnsName[]): [string, DnsName[]][] {
  const zones = new Map<string, DnsName[]>()
  for (const name of names) zones.set(name.zone, [...(zones.get(name.zone) ?? []), name])
  return [...zones]
}

/** Anything but a-z, 0-9, hyphen, underscore and full stop stands as a backslash and three octal digits. Source: as above. */
const normalized = (name: string): string =>
  name
    .toLowerCase()
    .replace(/\.$/, '')
    .replace(/[^a-z0-9._-]/g, letter => `\\${(letter.codePointAt(0) ?? 0).toString(8).padStart(3, '0')}`)

/** A Sid takes letters and digits alone. */
const sidOf = (zone: string): string =>
  zone
    .split(/[^a-z0-9]+/i)
    .map(part => part.slice(0, 1).toUpperCase() + part.slice(1))
    .join('')
