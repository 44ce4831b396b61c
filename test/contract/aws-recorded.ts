import type {LaunchOrder, LaunchWish} from '../../src/providers/compute.ts'
import type {recordedCompute} from '../support/recorded.ts'

const IMAGE = 'ami-0abcdef1234567890'
const IDS = ['i-0a1b2c3d4e5f60001', 'i-0a1b2c3d4e5f60002', 'i-0a1b2c3d4e5f60003'] as const
const mark = {
  fleet: 'web',
  dns: 'www.example.com',
  group: 'west',
  launch: '6f0c7a52-93f4-4f0e-8d5e-1d0f64d0a001',
  spec: '0123456789ab',
}

const instance = (id: string, at: number) => ({
  id,
  mark,
  name: 'web-west',
  state: 'running' as const,
  publicIp: `192.0.2.${at}`,
  privateIp: `10.0.0.${at}`,
  zone: 'us-west-2a',
  type: 't3.micro',
  imageId: IMAGE,
  launchedAtMs: Date.UTC(2026, 0, 1),
})
const ours = [instance(IDS[0], 1), instance(IDS[1], 2)]

const wish: LaunchWish = {
  types: ['t3.micro'],
  image: 'ubuntu-24.04',
  subnets: [],
  securityGroups: [],
  open: [80],
  spot: false,
  deletionProtection: false,
  networks: [],
  metadata: {},
  tags: {},
}

const order = (count: number): LaunchOrder => {
  const zone = {name: 'us-west-2a', subnetId: 'subnet-0a1b2c3d4e5f60718', types: ['t3.micro']}
  return {
    mark,
    count,
    type: 't3.micro',
    zone,
    target: {
      imageId: IMAGE,
      imageName: 'ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20260101',
      zones: [zone],
      wish,
      vendor: {rootDeviceName: '/dev/sda1', securityGroupIds: []},
    },
    networkIds: ['sg-0a1b2c3d4e5f60718'],
    userdata: Uint8Array.from({length: 256}, (_, at) => at),
    resumed: false,
  }
}

const listing = {fleet: 'web', ours}

/** What the exchanges in fixtures/aws hold. */
export const RECORDED: Parameters<typeof recordedCompute>[1] = {
  capabilities: {},
  identify: {account: '123456789012'},
  empty: {fleet: 'web'},
  mixed: listing,
  'dual-stack': {
    fleet: 'web',
    ours: [
      ...ours.map((one, at) => (at === 0 ? {...one, publicIpv6: '2001:db8::1'} : one)),
      {id: IDS[2], state: 'running', mark: {...mark, dns: 'www.example.org'}},
    ],
  },
  'two-owners': {
    fleet: 'web',
    ours: [...ours, {id: IDS[2], state: 'running', mark: {...mark, dns: 'www.example.org'}}],
  },
  pages: {fleet: 'web', ids: IDS},
  'page-fails': {fleet: 'web'},
  throttled: listing,
  'server-error': listing,
  'wrong-credentials': {fleet: 'web'},
  unreachable: {fleet: 'web'},
  describe: {
    mark,
    whole: IDS[0],
    bare: IDS[1],
    half: IDS[2],
    ended: 'i-0a1b2c3d4e5f60004',
    unknown: 'i-0fffffffffffffff0',
    launch: `mcd:launch=${mark.launch}`,
  },
  alias: {wish, imageId: IMAGE},
  pinned: {wish: {...wish, pinnedImageId: 'ami-0fedcba9876543210'}},
  refusals: {
    wish: {...wish, image: 'ubuntu-66.04', types: ['t3.mikro'], keyPair: 'depoy', securityGroups: ['nobody']},
    unknown: ['ubuntu-66.04', 't3.mikro: did you mean t3.micro?', 'depoy', 'nobody'],
  },
  'no-public-address': {
    wish: {...wish, subnets: ['subnet-0a1b2c3d4e5f6071b']},
    closed: 'subnet-0a1b2c3d4e5f6071b (us-west-2a)',
  },
  launch: {order: order(3)},
  'launch-repeated': {order: order(2)},
  'launch-reply-lost': {order: order(2)},
  'launch-resumed': {order: order(2), ids: IDS.slice(0, 2)},
  'capacity-partial': {order: order(3), fits: 2},
  'capacity-none': {order: order(2)},
  quota: {order: order(2)},
  'launch-throttled': {order: order(1)},
  terminate: {ids: IDS.slice(0, 2), unknown: 'i-0fffffffffffffff0'},
  protected: {id: IDS[0]},
  network: {wish: {fleet: 'web', dns: 'www.example.com', group: 'west', open: [80, 443]}},
  'network-in-use': {fleet: 'web', free: async () => {}},
  'boot-log': {id: IDS[0], tail: 'E: Unable to locate package nginx'},
  'boot-log-empty': {id: IDS[0]},
}
