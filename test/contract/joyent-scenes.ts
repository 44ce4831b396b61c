import {type Mark, markToTags} from '../../src/mark.ts'
import type {
  ComputeProvider,
  LaunchOrder,
  LaunchWish,
  NetworkWish,
  Place,
} from '../../src/providers/compute.ts'
import {machineName} from '../../src/providers/joyent/convert.ts'
import type {Call, Faults} from '../../src/sandbox/world/calls.ts'
import {stableId} from '../../src/sandbox/world/triton/catalogue.ts'
import type {Machine} from '../../src/sandbox/world/triton/model.ts'
import {VendorError} from '../../src/sandbox/world/vendor-error.ts'
import {type TritonStage, tritonStage} from '../support/triton-world.ts'
import type {ComputeHarness} from './compute.ts'
import {cannot, type Scene} from './play.ts'
import type {ComputeProbe, ExpectedInstance} from './scenarios.ts'

/** Builds the provider under test over the stage's world. */
export type Connect = (
  stage: TritonStage,
) => Promise<{provider: ComputeProvider; disconnect(): Promise<void>}>

export const PLACE: Place = {
  key: 'joyent:sandbox-1.example',
  provider: 'joyent',
  endpoint: 'http://sandbox-1.example',
}
export const OWNER = {fleet: 'web', dns: 'www.example.com', group: 'east'}
export const mark = (more: Partial<Mark> = {}): Mark => ({
  ...OWNER,
  launch: LAUNCH,
  spec: 'abcdef012345',
  ...more,
})
export const LAUNCH = '6f0cd6ad-3f0e-4b6e-9d5b-0c8f2a9e7b1d'
/** An id that nobody ever had. */
export const NOBODY = '0a0a0a0a-0b0b-4c0c-8d0d-0e0e0e0e0e0e'

export const wish = (more: Partial<LaunchWish> = {}): LaunchWish => ({
  types: ['g1.nano'],
  image: 'ubuntu-24.04',
  subnets: [],
  securityGroups: [],
  open: [80],
  spot: false,
  deletionProtection: false,
  networks: [],
  metadata: {role: 'web'},
  tags: {team: 'blue'},
  ...more,
})
export const NETWORK: NetworkWish = {...OWNER, open: [80, 443]}
export const USERDATA =
  '#cloud-config\n# "quoted", $HOME, back\\slash, größer\nruncmd: [[sh, -c, \'echo "$x"\']]\n'
export const NO_CONSOLE = cannot('CloudAPI has no console output')
export const NEVER_IN_USE = cannot('firewall rules select instances by tag: none is ever in use')

/** Fails what `when` names, `times` times, after letting `skip` of them through. */
function failing(action: string, times: number, error: () => Error, skip = 0): (call: Call) => void {
  let seen = 0
  return call => {
    if (call.action !== action) return
    seen++
    if (seen > skip && seen <= skip + times) throw error()
  }
}
const before = (fault: (call: Call) => void): Faults => ({before: fault, after() {}})
const after = (fault: (call: Call) => void): Faults => ({before() {}, after: fault})
const throttled = () => new VendorError(429, 'TooManyRequestsError', 'You have exceeded your request rate')
const unavailable = () => new VendorError(503, 'ServiceUnavailableError', 'try again later')
/** Not CloudAPI's own: a broken connection, or on the wire a reply of some other shape. */
const broken = () => new Error('socket hang up')
export const refused = () => {
  throw new VendorError(401, 'InvalidCredentials', 'Invalid key')
}
export const nobodyListens = () => {
  throw Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), {code: 'ECONNREFUSED'})
}

/** Every scenario on the strict world; `connect` says how the provider reaches it, the others how it fails to. */
export function worldHarness(connect: Connect, doors: {unsigned: Connect; dead: Connect}): ComputeHarness {
  async function scene<Facts>(
    set: (stage: TritonStage, provider: ComputeProvider) => Facts | Promise<Facts>,
    through: Connect = connect,
  ): Promise<Scene<ComputeProvider, Facts, ComputeProbe>> {
    const stage = tritonStage()
    const {provider, disconnect} = await through(stage)
    const stop = stage.time.attend()
    const facts = await set(stage, provider)
    // A full bucket again: what setting the stage took is not the rule's.
    await stage.time.advance(10_000)
    return {
      provider,
      facts,
      probe: {
        live: async () =>
          stage.triton
            .machinesOf()
            .filter(({goneMs, destroying}) => goneMs === undefined && !destroying)
            .map(({id}) => id),
        userdata: async id => Buffer.from(stage.triton.machine(id)?.metadata['cloud-init:user-data'] ?? ''),
      },
      close: async () => {
        stop()
        await disconnect()
      },
    }
  }

  const order = async (
    provider: ComputeProvider,
    count: number,
    more: Partial<LaunchWish> = {},
  ): Promise<LaunchOrder> => {
    const target = await provider.resolveLaunch(wish(more))
    const [zone] = target.zones
    if (!zone) throw new Error('no zone')
    const networkIds = await provider.ensureNetwork({...OWNER, open: [80]})
    return {
      mark: mark(),
      count,
      type: 'g1.nano',
      zone,
      target,
      networkIds,
      userdata: Buffer.from(USERDATA),
      resumed: false,
    }
  }

  /** Two of ours, one without mark, one with half a mark, one of another fleet. */
  const populate = (stage: TritonStage) => {
    const ours = [
      place(stage, mark(), {name: 'web-east-a'}),
      place(stage, mark({group: 'west'}), {name: 'web-west-b'}),
    ]
    place(stage, undefined, {name: 'web-1'})
    place(stage, undefined, {name: 'web-2', 'tag.mcd_fleet': 'web', 'tag.mcd_group': 'east'})
    place(stage, mark({fleet: 'webshop'}), {name: 'webshop-east-c'})
    return {fleet: 'web', ours: ours.map(expected)}
  }
  const ordered = (count: number, prepare: (stage: TritonStage) => void = () => {}) =>
    scene(async (stage, provider) => {
      const facts = {order: await order(provider, count)}
      prepare(stage)
      return facts
    })
  const listing = (faults?: () => Faults) =>
    scene(stage => {
      const facts = populate(stage)
      if (faults) stage.core.calls.faults = faults()
      return facts
    })
  const manyPages = (stage: TritonStage) => {
    const ids = Array.from(
      {length: 1_003},
      (_, index) => place(stage, mark(), {name: `web-east-${index}`}).id,
    )
    return {fleet: 'web', ids}
  }

  return {
    capabilities: () => scene(() => ({})),
    identify: () => scene(({triton}) => ({account: `sandbox (${triton.account().id}) in sandbox-1`})),
    empty: () => scene(() => ({fleet: 'web'})),
    mixed: () => listing(),
    'dual-stack': () =>
      scene(stage => {
        const networks = ['external', 'external-v6'].map(name => stableId(`network ${name}`))
        const ours = [place(stage, mark(), {name: 'a', networks}), place(stage, mark(), {name: 'b'})]
        return {fleet: 'web', ours: ours.map(expected)}
      }),
    'two-owners': () =>
      scene(stage => {
        const ours = [
          place(stage, mark(), {name: 'a'}),
          place(stage, mark({dns: 'api.example.com'}), {name: 'b'}),
        ]
        return {fleet: 'web', ours: ours.map(expected)}
      }),
    pages: () => scene(manyPages),
    'page-fails': () =>
      scene(stage => {
        const {fleet} = manyPages(stage)
        stage.core.calls.faults = before(failing('ListMachines', Number.POSITIVE_INFINITY, unavailable, 1))
        return {fleet}
      }),
    throttled: () => listing(() => before(failing('ListMachines', 2, throttled))),
    'server-error': () => {
      const errors = [broken, unavailable]
      return listing(() => before(failing('ListMachines', 2, () => (errors.shift() ?? broken)())))
    },
    'wrong-credentials': () => scene(() => ({fleet: 'web'}), doors.unsigned),
    unreachable: () => scene(() => ({fleet: 'web'}), doors.dead),

    describe: () =>
      scene(stage => {
        const {launch, ...others} = mark()
        const half = Object.fromEntries(
          Object.entries(others).map(([key, value]) => [`tag.mcd_${key}`, value]),
        )
        const ended = place(stage, mark(), {name: 'd'}).id
        stage.session.machines.delete(ended)
        return {
          mark: mark(),
          whole: place(stage, mark(), {name: 'a'}).id,
          bare: place(stage, undefined, {name: 'b'}).id,
          half: place(stage, undefined, {name: 'c', ...half}).id,
          ended,
          unknown: NOBODY,
          launch: `mcd_launch=${launch}`,
        }
      }),

    alias: () =>
      scene(({triton}) => ({
        wish: wish({types: ['g1.nano', 'g1.micro']}),
        imageId: newestDisk(triton.stock.images, 'ubuntu-24.04'),
      })),
    pinned: () =>
      scene(({triton}) => {
        const older =
          triton.stock.images.find(({name, type}) => name === 'ubuntu-24.04' && type === 'zvol')?.id ?? ''
        return {wish: wish({pinnedImageId: older})}
      }),
    refusals: () =>
      scene(() => ({
        wish: wish({image: 'ubuntu-24.40', types: ['g1.nono', 'g1.nano'], networks: ['extrenal']}),
        unknown: ['ubuntu-24.40', 'g1.nono', 'extrenal'],
      })),

    'no-public-address': () =>
      scene(() => ({wish: wish({networks: ['My-Fabric-Network']}), closed: 'My-Fabric-Network'})),

    launch: () => ordered(3),
    'launch-repeated': () => ordered(2),
    'launch-reply-lost': () =>
      ordered(2, ({core}) => {
        core.calls.faults = after(failing('CreateMachine', 1, broken))
      }),
    'launch-resumed': () =>
      scene(async (stage, provider) => {
        const known = await order(provider, 2)
        const ids = [0, 1].map(index => place(stage, known.mark, {name: machineName(known.mark, index)}).id)
        return {order: known, ids}
      }),
    'capacity-partial': () =>
      scene(async (stage, provider) => {
        stage.triton.capacity = {machines: 2, shown: 'at-create'}
        return {order: await order(provider, 4), fits: 2}
      }),
    'capacity-none': () =>
      ordered(2, ({triton}) => {
        triton.capacity = {machines: 0, shown: 'at-create'}
      }),
    quota: () =>
      ordered(2, ({triton}) => {
        triton.account().quota = 0
      }),
    'launch-throttled': () =>
      ordered(1, ({core}) => {
        core.calls.faults = before(failing('CreateMachine', 2, throttled))
      }),

    terminate: () =>
      scene(stage => {
        place(stage, undefined, {name: 'foreign'})
        return {
          ids: [place(stage, mark(), {name: 'a'}).id, place(stage, mark(), {name: 'b'}).id],
          unknown: NOBODY,
        }
      }),
    protected: () => scene(stage => ({id: place(stage, mark(), {name: 'a', deletion_protection: true}).id})),

    network: () =>
      scene(({session}) => {
        session.firewall.create({rule: 'FROM any TO tag www ALLOW tcp PORT 80', enabled: true})
        return {wish: NETWORK}
      }),
    'network-in-use': NEVER_IN_USE,
    'boot-log': NO_CONSOLE,
    'boot-log-empty': NO_CONSOLE,
  }
}

function place({triton}: TritonStage, marked: Mark | undefined, more: Record<string, unknown>): Machine {
  const tags = Object.entries(marked ? markToTags(marked, 'mcd_') : {}).map(([key, value]) => [
    `tag.${key}`,
    value,
  ])
  const image = newestDisk(triton.stock.images, 'ubuntu-24.04')
  return triton.place({image, package: 'g1.nano', ...Object.fromEntries(tags), ...more})
}

function expected(machine: Machine): ExpectedInstance {
  const tags = Object.fromEntries(
    Object.entries(machine.tags).map(([key, value]) => [key.replace('mcd_', ''), value]),
  )
  const publicIp = machine.nics.find(nic => nic.public)?.ip
  const privateIp = machine.nics.find(nic => !nic.public && !nic.ip.includes(':'))?.ip
  const publicIpv6 = machine.nics.find(nic => nic.ip.includes(':'))?.ip
  return {
    id: machine.id,
    mark: tags as Mark,
    state: 'running',
    name: machine.name,
    type: 'g1.nano',
    imageId: machine.image.id,
    launchedAtMs: machine.createdMs,
    ...(publicIp ? {publicIp} : {}),
    ...(publicIpv6 ? {publicIpv6} : {}),
    ...(privateIp ? {privateIp} : {}),
  }
}

function newestDisk(images: TritonStage['triton']['stock']['images'], name: string): string {
  const disks = images.filter(image => image.name === name && image.type === 'zvol')
  return disks.sort((a, b) => b.published_at.localeCompare(a.published_at))[0]?.id ?? ''
}
