import {TransientError} from '../../src/errors.ts'
import type {Mark} from '../../src/mark.ts'
import {markToTags} from '../../src/mark.ts'
import type {ComputeProvider, LaunchOrder, LaunchWish, Place} from '../../src/providers/compute.ts'
import type {WireReply} from '../../src/sandbox/wire/http.ts'
import type {Call, Faults} from '../../src/sandbox/world/calls.ts'
import {SANDBOX} from '../../src/sandbox/world/credentials.ts'
import type {RequestOf} from '../../src/sandbox/world/ec2/actions.ts'
import {idleHypervisor} from '../../src/sandbox/world/hypervisor.ts'
import {VendorError} from '../../src/sandbox/world/vendor-error.ts'
import {createWorld, type World} from '../../src/sandbox/world/world.ts'
import {VirtualTime} from '../support/virtual-runtime.ts'
import type {ComputeHarness} from './compute.ts'
import {cannot, type Scene} from './play.ts'
import type {ComputeProbe, ExpectedInstance} from './scenarios.ts'

export type Stage = {
  readonly time: VirtualTime
  readonly world: World
  readonly place: Place
  /** What the guests print. */
  console: string
  /** Answers in the wire's place, one request each. */
  readonly strayReplies: WireReply[]
}
/** Builds the provider under test over the stage's world. */
export type Connect = (stage: Stage) => Promise<{provider: ComputeProvider; disconnect(): Promise<void>}>

export const AMAZON: Place = {key: 'aws:us-west-2', provider: 'aws', region: 'us-west-2'}
export const EUCALYPTUS: Place = {
  key: 'aws:http://euca.example:8773/services/compute',
  provider: 'aws',
  compatible: 'eucalyptus',
}

const UNKNOWN_ID = 'i-0123abcd'

/** A fleet's own mark. */
const mark = (more: Partial<Mark> = {}): Mark => ({
  fleet: 'web',
  dns: 'www.example.com',
  group: 'west',
  launch: '6f0c7a52-93f4-4f0e-8d5e-1d0f64d0a001',
  spec: '0123456789ab',
  ...more,
})

/** Every byte value, as gzip may give. */
const EVERY_BYTE = Uint8Array.from({length: 512}, (_, at) => at % 256)

/** Every scenario on the strict world; `connect` says how the provider reaches it, `dead` how it finds nobody. */
export function worldHarness(place: Place, connect: Connect, dead: Connect): ComputeHarness {
  const region = place.compatible ? SANDBOX.eucalyptusRegion : (place.region ?? '')
  const caller = {principal: {name: 'operator'}, region}
  const type = place.compatible ? 'm1.small' : 't3.micro'

  const scene = async <Facts>(
    set: (stage: Stage, connected: () => Promise<ComputeProvider>) => Facts | Promise<Facts>,
    through: Connect = connect,
  ): Promise<Scene<ComputeProvider, Facts, ComputeProbe>> => {
    const time = new VirtualTime({startMs: Date.now()})
    const hypervisor = {...idleHypervisor(), console: () => stage.console}
    const world = createWorld({clock: time.clock, random: time.random, hypervisor})
    const stage: Stage = {time, world, place, console: '', strayReplies: []}
    const {provider, disconnect} = await through(stage)
    const stop = time.attend()
    const facts = await set(stage, async () => provider)
    return {
      provider,
      facts,
      probe: {
        live: async () =>
          world.ec2
            .allInstances()
            .filter(({state}) => state !== 'terminated' && state !== 'shutting-down')
            .map(({id}) => id),
        userdata: async id => world.ec2.userdata(id) ?? new Uint8Array(),
      },
      close: async () => {
        stop()
        await disconnect()
      },
    }
  }

  const newestImage = ({world}: Stage) =>
    [...world.ec2.region(region).images.values()]
      .filter(({name, architecture}) => /24\.04/.test(name) && architecture === 'x86_64')
      .sort((a, b) => (a.creationDate < b.creationDate ? -1 : 1))

  /** Instances somebody launched, running and visible, with these tags. */
  const populate = async (
    stage: Stage,
    count: number,
    tags: Record<string, string>,
    more: RequestOf<'RunInstances'> = {},
  ): Promise<ExpectedInstance[]> => {
    const {ec2} = stage.world
    const tagList = Object.entries(tags).map(([key, value]) => ({key, value}))
    const {instances} = ec2.call(caller, 'RunInstances', {
      imageId: newestImage(stage).at(-1)?.id,
      instanceType: type,
      minCount: count,
      maxCount: count,
      ...more,
    })
    const ids = instances.map(({instanceId}) => instanceId)
    await stage.time.advance(5_000)
    if (tagList.length > 0) ec2.call(caller, 'CreateTags', {resources: ids, tags: tagList})
    return ids.flatMap(id => {
      const one = ec2.instance(id)
      if (!one) return []
      return [
        {
          id,
          mark: mark(),
          state: 'running' as const,
          type,
          zone: one.zone,
          privateIp: one.privateIp,
          imageId: one.imageId,
          launchedAtMs: one.launchedAtMs,
          ...(one.publicIp ? {publicIp: one.publicIp} : {}),
          ...(one.ipv6 ? {publicIpv6: one.ipv6} : {}),
        },
      ]
    })
  }

  const ours = async (stage: Stage) => ({
    fleet: 'web',
    ours: await populate(stage, 2, markToTags(mark(), 'mcd:')),
  })

  const wish = (more: Partial<LaunchWish> = {}): LaunchWish => ({
    types: [type],
    image: 'ubuntu-24.04',
    subnets: [],
    securityGroups: [],
    open: [80],
    spot: false,
    deletionProtection: false,
    networks: [],
    metadata: {},
    tags: {},
    ...more,
  })

  const order = async (
    provider: ComputeProvider,
    count: number,
    more: Partial<LaunchWish> = {},
  ): Promise<LaunchOrder> => {
    const target = await provider.resolveLaunch(wish(more))
    const networkIds = await provider.ensureNetwork({
      fleet: 'web',
      dns: 'www.example.com',
      group: 'west',
      open: [80],
    })
    const [zone] = target.zones
    if (!zone) throw new Error('the target has no zone')
    return {mark: mark(), count, type, zone, target, networkIds, userdata: EVERY_BYTE, resumed: false}
  }
  const ordered = (count: number, prepare: (stage: Stage, order: LaunchOrder) => void = () => {}) =>
    scene(async (stage, connected) => {
      const prepared = await order(await connected(), count)
      prepare(stage, prepared)
      return {order: prepared}
    })

  return {
    capabilities: () => scene(() => ({})),
    identify: () => scene(() => ({account: SANDBOX.aws.account})),
    empty: () => scene(() => ({fleet: 'web'})),
    mixed: () =>
      scene(async stage => {
        await populate(stage, 1, {})
        await populate(stage, 1, {'mcd:fleet': 'web', Name: 'half a mark'})
        await populate(stage, 1, markToTags(mark({fleet: 'shop'}), 'mcd:'))
        return ours(stage)
      }),
    'dual-stack': place.compatible
      ? cannot('an EC2-compatible cloud has no IPv6')
      : () =>
          scene(async stage => {
            const {fleet, ours: own} = await ours(stage)
            const subnets = [...stage.world.ec2.region(region).subnets.values()]
            const subnetId = subnets.find(({ipv6Cidr}) => ipv6Cidr)?.id
            const dual = await populate(stage, 1, markToTags(mark(), 'mcd:'), {subnetId})
            return {fleet, ours: [...own, ...dual]}
          }),
    'two-owners': () =>
      scene(async stage => {
        const other = mark({dns: 'www.example.org'})
        const others = await populate(stage, 1, markToTags(other, 'mcd:'))
        const {fleet, ours: own} = await ours(stage)
        return {fleet, ours: [...own, ...others.map(one => ({...one, mark: other}))]}
      }),
    pages: () =>
      scene(async stage => {
        stage.world.ec2.region(region).vcpuQuota = 10_000
        const tags = markToTags(mark(), 'mcd:')
        const first = await populate(stage, 1_000, tags)
        const more = await populate(stage, 5, tags)
        return {fleet: 'web', ids: [...first, ...more].map(({id}) => id)}
      }),
    'page-fails': place.compatible
      ? cannot('an EC2-compatible cloud has no pages')
      : () =>
          scene(async stage => {
            const tags = markToTags(mark(), 'mcd:')
            await populate(stage, 1_000, tags)
            await populate(stage, 5, tags)
            let pages = 0
            stage.world.calls.faults = before(({action}) => {
              if (action === 'DescribeInstances' && ++pages > 1) throw unavailable()
            })
            return {fleet: 'web'}
          }),
    throttled: () =>
      scene(async stage => failingTwice(stage, await ours(stage), 'DescribeInstances', throttling)),
    'server-error': () =>
      scene(async stage => {
        const facts = failingTwice(stage, await ours(stage), 'DescribeInstances', unavailable)
        stage.strayReplies.push({
          status: 502,
          headers: {'content-type': 'text/html'},
          body: '<html><p>Bad gateway',
        })
        return facts
      }),
    'wrong-credentials': () =>
      scene(({world}) => {
        world.ec2.keys.revoke('operator')
        return {fleet: 'web'}
      }),
    unreachable: () => scene(() => ({fleet: 'web'}), dead),

    describe: () =>
      scene(async stage => {
        const {'mcd:launch': launch, ...rest} = markToTags(mark(), 'mcd:')
        const whole = await populate(stage, 1, {...rest, 'mcd:launch': launch ?? ''})
        const [bare, half] = [await populate(stage, 1, {}), await populate(stage, 1, rest)]
        const ended = await populate(stage, 1, {...rest, 'mcd:launch': launch ?? ''})
        const [whole0 = '', bare0 = '', half0 = '', ended0 = ''] = [...whole, ...bare, ...half, ...ended].map(
          ({id}) => id,
        )
        stage.world.ec2.call(caller, 'TerminateInstances', {instanceIds: [ended0]})
        await stage.time.advance(60_000)
        return {
          mark: mark(),
          whole: whole0,
          bare: bare0,
          half: half0,
          ended: ended0,
          unknown: UNKNOWN_ID,
          launch: `mcd:launch=${launch}`,
        }
      }),

    alias: () => scene(stage => ({wish: wish(), imageId: newestImage(stage).at(-1)?.id ?? ''})),
    pinned: () => scene(stage => ({wish: wish({pinnedImageId: newestImage(stage)[0]?.id ?? ''})})),
    refusals: () =>
      scene(() => {
        const unknown = [
          'ubuntu-66.04',
          'nobodys-key',
          'sg-nobody',
          'subnet-0123abcd',
          ...(place.compatible ? [] : ['t9.micro']),
        ]
        const [image = '', keyPair = '', group = '', subnet = ''] = unknown
        return {
          wish: wish({
            image,
            keyPair,
            securityGroups: [group],
            subnets: [subnet],
            ...(place.compatible ? {} : {types: ['t9.micro']}),
          }),
          unknown,
        }
      }),

    'no-public-address': () =>
      scene(({world}) => {
        const [zone = ''] = world.ec2.region(region).zones
        const options = {zone, cidr: '172.31.200.0/24', defaultForZone: false, publicAddresses: false}
        const {id} = world.ec2.region(region).addSubnet(options)
        return {wish: wish({subnets: [id]}), closed: id}
      }),

    launch: () => ordered(3),
    'launch-repeated': () => ordered(2),
    'launch-reply-lost': () =>
      ordered(2, ({world}) => {
        let lost = 0
        world.calls.faults = {
          before: () => {},
          after: ({action}) => {
            if (action === 'RunInstances' && ++lost === 1) throw unavailable()
          },
        }
      }),
    'launch-resumed': () =>
      scene(async (stage, connected) => {
        const provider = await connected()
        const prepared = await order(provider, 2)
        const {instances} = await provider.launch(prepared)
        await stage.time.advance(60_000)
        return {order: prepared, ids: instances.map(({id}) => id)}
      }),
    'capacity-partial': () =>
      scene(async (stage, connected) => {
        const prepared = await order(await connected(), 3)
        stage.world.ec2.region(region).setCapacity(prepared.zone.name, type, 2)
        return {order: prepared, fits: 2}
      }),
    'capacity-none': () =>
      ordered(2, ({world}, {zone}) => world.ec2.region(region).setCapacity(zone.name, type, 0)),
    quota: () =>
      ordered(2, ({world}) => {
        world.ec2.region(region).vcpuQuota = 0
      }),
    'launch-throttled': () => ordered(1, stage => void failingTwice(stage, {}, 'RunInstances', throttling)),

    terminate: () =>
      scene(async stage => ({ids: (await ours(stage)).ours.map(({id}) => id), unknown: UNKNOWN_ID})),
    protected: place.compatible
      ? cannot('an EC2-compatible cloud has no deletion protection')
      : () =>
          scene(async (stage, connected) => {
            const provider = await connected()
            const {instances} = await provider.launch(await order(provider, 1, {deletionProtection: true}))
            await stage.time.advance(5_000)
            return {id: instances[0]?.id ?? ''}
          }),

    network: () =>
      scene(() => ({wish: {fleet: 'web', dns: 'www.example.com', group: 'west', open: [80, 443]}})),
    'network-in-use': () =>
      scene(async (stage, connected) => {
        const provider = await connected()
        const {instances} = await provider.launch(await order(provider, 1))
        await stage.time.advance(5_000)
        return {
          fleet: 'web',
          free: async () => {
            stage.world.ec2.call(caller, 'TerminateInstances', {instanceIds: instances.map(({id}) => id)})
            await stage.time.advance(5_000)
          },
        }
      }),

    'boot-log': () =>
      scene(async stage => {
        const [one] = (await ours(stage)).ours
        stage.console = 'cloud-init: started\ncloud-init: E: no such package nginx\n'
        return {id: one?.id ?? '', tail: 'E: no such package nginx'}
      }),
    'boot-log-empty': () => scene(async stage => ({id: (await ours(stage)).ours[0]?.id ?? ''})),
  }
}

const before = (check: (call: Call) => void): Faults => ({before: check, after: () => {}})
const throttling = () => new VendorError(503, 'RequestLimitExceeded', 'Request limit exceeded.')
const unavailable = () => new VendorError(500, 'InternalError', 'An internal error has occurred')

/** The first two calls of this action fail. */
function failingTwice<Facts>({world}: Stage, facts: Facts, action: string, error: () => Error): Facts {
  let failures = 0
  world.calls.faults = before(call => {
    if (call.action === action && ++failures <= 2) throw error()
  })
  return facts
}

/** Nobody listens: what the adapter makes of a refused connection. */
export const refused: Faults = before(() => {
  throw new TransientError('AWS could not be reached: ECONNREFUSED', {effect: 'none'})
})
