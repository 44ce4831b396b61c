import type {Member, Zone} from '../../src/providers/dns.ts'
import type {recordedDns} from '../support/recorded.ts'
import {foreign, HOLDS, hold, NAME, NO_SHARED_SETS, ours, REFUSALS} from './cloudflare-scenes.ts'
import {cannot} from './play.ts'
import type {DnsScenarios} from './scenarios.ts'

/** The zone of CloudFlare's own examples. */
const zone: Zone = {
  id: '023e105f4ecef8ad9ca31a8372d0c353',
  name: 'example.com',
  account: '01a7362d577a6c3019a474fd6f485823',
  nameServers: ['bob.ns.cloudflare.com', 'lola.ns.cloudflare.com'],
}
const names = [NAME, HOLDS]
const here = {zone, names}
const first = {name: NAME, type: 'A', value: '192.0.2.1'} as const
const members = [
  ours('192.0.2.1', 'i-1'),
  ours('192.0.2.2', 'i-2', {ttlSeconds: 300}),
  hold('i-2'),
  foreign('192.0.2.200'),
]
const changing = {...here, create: [ours('192.0.2.3', 'i-3'), hold('i-1')], remove: [first]}
const many = (prefix: string, instance: string, count: number): Member[] =>
  Array.from({length: count}, (_, i) => ours(`${prefix}.${i}`, `${instance}-${i}`))

/** What the exchanges in fixtures/cloudflare hold. `serve` is what makes the name servers forget. */
export function recordedFacts(serve: () => Promise<void>): Parameters<typeof recordedDns>[1] {
  return {
    zone: {zone},
    'unknown-zone': {name: 'example.net'},
    'empty-name': here,
    members: {...here, members},
    pages: {...here, values: ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.6', '192.0.2.7']},
    'page-fails': {zone, names: [NAME]},
    throttled: {...here, members},
    'wrong-credentials': {zone, names: [NAME]},
    unreachable: {zone, names: [NAME]},
    change: changing,
    'change-repeated': changing,
    'change-reply-lost': changing,
    'change-throttled': changing,
    'change-large': {
      zone,
      names: [NAME],
      create: many('198.51.100', 'j', 150),
      remove: many('192.0.2', 'i', 60),
    },
    'create-ours': {...here, create: [ours('192.0.2.1', 'i-1')]},
    'create-foreign': {...here, create: [ours('192.0.2.3', 'i-3'), ours('192.0.2.200', 'i-4')]},
    'remove-changed': {
      ...changing,
      // The exchanges after the first show the record changed.
      meddle: async () => {},
      after: members.map(({name, type, value}) => ({
        name,
        type,
        value: value === first.value ? '192.0.2.99' : value,
      })),
    },
    'removal-served': {...here, remove: [first], serve},
    'removal-served-later': cannot('it is asked of name servers, which HTTP exchanges do not hold'),
    refusals: REFUSALS,
    ...NO_SHARED_SETS,
  } satisfies {[Name in keyof DnsScenarios]: DnsScenarios[Name] | ReturnType<typeof cannot>}
}
