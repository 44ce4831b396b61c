import type {Zone} from '../../src/providers/dns.ts'
import type {recordedDns} from '../support/recorded.ts'
import {foreign, HOLDS, hold, MOVED, NAME, ours, REFUSALS, SHARED, SIMPLE} from './route53-scenes.ts'
import type {DnsScenarios} from './scenarios.ts'

/** The zone and the name servers of the API reference's own examples. */
const zone: Zone = {
  id: 'Z1D633PJN98FT9',
  name: 'example.com',
  account: 'Z1D633PJN98FT9',
  nameServers: [
    'ns-2048.awsdns-64.com',
    'ns-2049.awsdns-65.net',
    'ns-2050.awsdns-66.org',
    'ns-2051.awsdns-67.co.uk',
  ],
}
const here = {zone, names: [NAME, HOLDS]}
const first = {name: NAME, type: 'A', value: '192.0.2.1'} as const
const members = [
  ours('192.0.2.1', 'i-1'),
  ours('192.0.2.2', 'i-2', {ttlSeconds: 300}),
  hold('i-2'),
  foreign('192.0.2.200'),
  foreign('v=spf1 -all', {type: 'TXT'}),
]
const changing = {...here, create: [ours('192.0.2.3', 'i-3'), hold('i-1')], remove: [first]}
/** A batch holds 32,000 characters: eight of these. */
const texts = Array.from({length: 9}, (_, i) => ours('x'.repeat(3_800), `j-${i}`, {type: 'TXT'}))

/** What the exchanges in fixtures/route53 hold. */
export const RECORDED = {
  zone: {zone},
  'unknown-zone': {name: 'example.org'},
  'empty-name': here,
  members: {...here, members},
  pages: {...here, values: ['192.0.2.1', '192.0.2.2', '192.0.2.3', 'out i-1', 'out i-2']},
  'page-fails': here,
  throttled: {...here, members},
  'wrong-credentials': here,
  unreachable: here,
  change: changing,
  'change-repeated': changing,
  'change-reply-lost': changing,
  'change-throttled': changing,
  'change-large': {...here, create: texts, remove: [first]},
  'create-ours': {...here, create: [ours('192.0.2.1', 'i-1')]},
  'create-foreign': {...here, create: [hold('i-3'), ours('192.0.2.200', 'i-4')]},
  'remove-changed': {
    ...changing,
    // The exchanges after the first show the record changed.
    meddle: async () => {},
    after: members.map(member => (member.value === first.value ? {...member, value: '192.0.2.99'} : member)),
  },
  // The second GetChange says INSYNC.
  'removal-served': {...here, remove: [first], serve: async () => {}},
  'removal-served-later': {zone, removed: [ours('192.0.2.1', 'i-1')], receipt: {id: 'C2682N5HXP0BZ4'}},
  'shared-change': {...SHARED, zone},
  'shared-race': {...SHARED, zone},
  // The second listing shows the companion without the entry.
  'shared-unmarked': {...SHARED, zone, meddle: async () => {}},
  'simple-change': {...SIMPLE, zone},
  'routing-change': {...MOVED, zone},
  refusals: REFUSALS,
} satisfies Parameters<typeof recordedDns>[1] & DnsScenarios
