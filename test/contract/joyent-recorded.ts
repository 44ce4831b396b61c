import type {LaunchOrder, LaunchTarget} from '../../src/providers/compute.ts'
import {machineName} from '../../src/providers/joyent/convert.ts'
import type {recordedCompute} from '../support/recorded.ts'
import {mark, NETWORK, NEVER_IN_USE, NO_CONSOLE, NOBODY, USERDATA, wish} from './joyent-scenes.ts'
import type {ExpectedInstance} from './scenarios.ts'

/** Ids as the exchanges in fixtures/joyent have them. */
const id = (letter: string) => `${letter.repeat(8)}-1111-4222-8333-abcdefabcdef`
const [A, B] = [id('a'), id('b')]
const UBUNTU = 'e0e0e0e0-1111-4222-8333-abcdefabcdef'
const UBUNTU_OLDER = 'e1e1e1e1-1111-4222-8333-abcdefabcdef'

const instance = (its: string, more: Partial<ExpectedInstance> = {}): ExpectedInstance => ({
  id: its,
  mark: mark(),
  state: 'running',
  publicIp: '192.0.2.10',
  privateIp: '10.88.88.10',
  type: 'g1.nano',
  imageId: UBUNTU,
  launchedAtMs: Date.UTC(2026, 0, 1),
  ...more,
})
const two = [
  instance(A, {name: machineName(mark(), 0)}),
  instance(B, {name: machineName(mark(), 1), publicIp: '192.0.2.11', privateIp: '10.88.88.11'}),
]
const listing = {fleet: 'web', ours: two}

const target: LaunchTarget = {
  imageId: UBUNTU,
  imageName: 'ubuntu-24.04@20260212',
  zones: [{name: 'us-central-1', types: ['g1.nano']}],
  wish: wish(),
  vendor: {packages: {'g1.nano': 'c0c0c0c0-1111-4222-8333-abcdefabcdef'}, networks: []},
}
const ordered = (count: number): {order: LaunchOrder} => ({
  order: {
    mark: mark(),
    count,
    type: 'g1.nano',
    zone: {name: 'us-central-1', types: ['g1.nano']},
    target,
    networkIds: [],
    userdata: Buffer.from(USERDATA),
    resumed: false,
  },
})

/** What the exchanges in fixtures/joyent hold. */
export const RECORDED_FACTS: Parameters<typeof recordedCompute>[1] = {
  capabilities: {},
  identify: {account: 'me (d0d0d0d0-1111-4222-8333-abcdefabcdef) in us-central-1'},
  empty: {fleet: 'web'},
  mixed: listing,
  'dual-stack': {
    fleet: 'web',
    ours: [
      instance(A, {publicIpv6: '2001:db8::a'}),
      instance(B, {mark: mark({dns: 'api.example.com'}), publicIp: '192.0.2.11', privateIp: '10.88.88.11'}),
    ],
  },
  'two-owners': {
    fleet: 'web',
    ours: [
      instance(A),
      instance(B, {mark: mark({dns: 'api.example.com'}), publicIp: '192.0.2.11', privateIp: '10.88.88.11'}),
    ],
  },
  pages: {fleet: 'web', ids: ['a', 'b', 'c', 'd', 'e'].map(id)},
  'page-fails': {fleet: 'web'},
  throttled: listing,
  'server-error': listing,
  'wrong-credentials': {fleet: 'web'},
  unreachable: {fleet: 'web'},
  describe: {
    mark: mark(),
    whole: A,
    bare: B,
    half: id('c'),
    ended: id('d'),
    unknown: NOBODY,
    launch: `mcd_launch=${mark().launch}`,
  },
  alias: {wish: wish(), imageId: UBUNTU},
  pinned: {wish: wish({pinnedImageId: UBUNTU_OLDER})},
  refusals: {
    wish: wish({image: 'ubuntu-24.40', types: ['g1.nono'], networks: ['extrenal']}),
    unknown: ['ubuntu-24.40', 'g1.nono', 'extrenal'],
  },
  'no-public-address': {wish: wish({networks: ['My-Fabric-Network']}), closed: 'My-Fabric-Network'},
  launch: ordered(3),
  'launch-repeated': ordered(2),
  'launch-reply-lost': ordered(2),
  'launch-resumed': {...ordered(2), ids: [A, B]},
  'capacity-partial': {...ordered(4), fits: 2},
  'capacity-none': ordered(2),
  quota: ordered(2),
  'launch-throttled': ordered(1),
  terminate: {ids: [A, B], unknown: NOBODY},
  protected: {id: A},
  network: {wish: NETWORK},
  'network-in-use': NEVER_IN_USE,
  'boot-log': NO_CONSOLE,
  'boot-log-empty': NO_CONSOLE,
}
