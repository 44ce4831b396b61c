import type {Change, ResourceRecordSet} from '@aws-sdk/client-route-53'
import {formatName, parseName} from '../../../dns/presentation.ts'
import {holdName} from '../../../mark.ts'
import type {Member, NameWish} from '../../dns.ts'
import type {ZoneNeeds} from '../../examine.ts'
import {toVendorName} from '../names.ts'

/** A record set that the fleet would change. */
export type Target = {readonly name: string; readonly type: Member['type']}

/** Sets that one batch may change together: IAM allows a batch whole, by one statement, or not at all. */
export type Probe = {
  /** How they come: an own set is written over by its instance alone. */
  readonly write: 'CREATE' | 'UPSERT'
  readonly targets: readonly Target[]
}

/** Which batches mcd sends for these names, or the instances do. */
export const probesOf = ({zone, names, forInstances}: ZoneNeeds): Probe[] =>
  names.flatMap(wish => (forInstances ? ofInstance(wish) : ofOperator(zone, wish)))

function ofOperator(zone: string, {name, discovery, ...wish}: NameWish): Probe[] {
  const own = [...addresses(name, wish), companion(name)]
  if (!discovery) return [{write: 'CREATE', targets: own}]
  const service = formatName(parseName(discovery.name).slice(1))
  const pointers = [service, `_services._dns-sd._udp.${zone}`]
  return [
    {
      write: 'CREATE',
      targets: [...own, {name: discovery.name, type: 'TXT'}, ...addresses(`${HOST}.${name}`, wish)],
    },
    {write: 'CREATE', targets: [{name: discovery.name, type: 'SRV'}, companion(discovery.name)]},
    ...pointers.map((at): Probe => ({write: 'CREATE', targets: [{name: at, type: 'PTR'}, companion(at)]})),
  ]
}

function ofInstance({name, discovery, ...wish}: NameWish): Probe[] {
  const own = (at: string) =>
    addresses(at, wish).map((target): Probe => ({write: 'UPSERT', targets: [target]}))
  return [
    ...(wish.routing === 'simple'
      ? [{write: 'CREATE' as const, targets: [...addresses(name, wish), companion(name)]}]
      : own(name)),
    ...(discovery
      ? [
          ...own(`${HOST}.${name}`),
          {
            write: 'CREATE' as const,
            targets: [{name: discovery.name, type: 'SRV' as const}, companion(discovery.name)],
          },
        ]
      : []),
  ]
}

/** What an instance is called: policies know hosts by the form of such ids. */
const HOST = 'i-00000000000000000'

const addresses = (name: string, {ipv6}: Pick<NameWish, 'ipv6'>): Target[] => [
  {name, type: 'A'},
  ...(ipv6 ? [{name, type: 'AAAA' as const}] : []),
]

/** Whose the values of a shared set are, and the holds of a name. */
const companion = (name: string): Target => ({name: holdName(name), type: 'TXT'})

/** Nobody has a set of this identifier, so that it can never be deleted. Addresses are those of documentations. */
const ABSENT = 'mcd doctor: a record set that does not exist'
const VALUES: Record<Member['type'], string> = {
  A: '192.0.2.1',
  AAAA: '2001:db8::1',
  TXT: '"mcd doctor"',
  SRV: '0 0 9 host.invalid.',
  PTR: 'host.invalid.',
  CNAME: 'host.invalid.',
}

/** The end of a set that is not there: Route53 refuses every batch with it as a whole. */
export const ending = (target: Target): Change => ({Action: 'DELETE', ResourceRecordSet: absentSet(target)})

/** Only ever behind `ending` of the same set in the same batch: a batch is carried out whole or not at all. */
export const writing = (Action: Probe['write'], target: Target): Change => ({
  Action,
  ResourceRecordSet: absentSet(target),
})

const absentSet = ({name, type}: Target): ResourceRecordSet => ({
  Name: toVendorName(name),
  Type: type,
  SetIdentifier: ABSENT,
  MultiValueAnswer: true,
  TTL: 60,
  ResourceRecords: [{Value: VALUES[type]}],
})
