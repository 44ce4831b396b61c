import {beforeEach, describe, expect, test} from 'vitest'
import {AuthError, RefusedError} from '../../../src/errors.ts'
import type {Mark} from '../../../src/mark.ts'
import type {AwsClient} from '../../../src/providers/aws/calls.ts'
import {computeOver} from '../../../src/providers/aws/compute.ts'
import type {ComputeProvider, LaunchOrder, LaunchWish, Place} from '../../../src/providers/compute.ts'
import {SANDBOX} from '../../../src/sandbox/world/credentials.ts'
import {idleHypervisor} from '../../../src/sandbox/world/hypervisor.ts'
import {createWorld, type World} from '../../../src/sandbox/world/world.ts'
import {VirtualTime} from '../../support/virtual-runtime.ts'
import {worldEc2Client, worldEc2Compute} from '../../support/world-ec2.ts'

const PLACE: Place = {key: 'aws:us-east-1', provider: 'aws', region: 'us-east-1'}
const EUCALYPTUS: Place = {key: 'aws:http://euca.example:8773/', provider: 'aws', compatible: 'eucalyptus'}
const OPERATOR = {principal: {name: 'operator'}, region: 'us-east-1'}
const INGRESS = {fleet: 'web', dns: 'www.example.com', group: 'east', open: [80]}

let time: VirtualTime
let world: World
let provider: ComputeProvider

beforeEach(() => {
  time = new VirtualTime()
  world = createWorld({clock: time.clock, random: time.random, hypervisor: idleHypervisor()})
  provider = worldEc2Compute(world, PLACE, time.runtime())
})

const wish = (more: Partial<LaunchWish> = {}): LaunchWish => ({
  types: ['t3.micro'],
  image: 'ubuntu-24.04',
  subnets: [],
  securityGroups: [],
  open: [],
  spot: false,
  deletionProtection: false,
  networks: [],
  metadata: {},
  tags: {},
  ...more,
})
const mark: Mark = {
  fleet: 'web',
  dns: 'www.example.com',
  group: 'east',
  launch: 'launch-1',
  spec: '0123456789ab',
}
const resolve = (more: Partial<LaunchWish> = {}, of = provider) =>
  time.run(() => of.resolveLaunch(wish(more)))
const reasons = async (more: Partial<LaunchWish>, of = provider): Promise<string[]> => {
  const error = await resolve(more, of).catch((refused: unknown) => refused)
  return error instanceof RefusedError ? error.reasons : expect.unreachable('the wish was accepted')
}
const order = async (count: number, more: Partial<LaunchWish> = {}, of = provider): Promise<LaunchOrder> => {
  const target = await resolve(more, of)
  const [zone] = target.zones
  if (!zone) throw new Error('no zone')
  return {
    mark,
    count,
    type: zone.types[0] ?? '',
    zone,
    target,
    networkIds: [],
    userdata: Buffer.from('#!/bin/sh\n'),
    resumed: false,
  }
}
const launch = (what: LaunchOrder, of = provider) => time.run(() => of.launch(what))
const only = () => world.ec2.allInstances()[0]
const calls = (action: string) => world.calls.counts.get(`ec2:${action}`) ?? 0

describe('resolving', () => {
  test('a zone that does not offer the type is left out, and each zone lists what it offers, in order', async () => {
    const {zones} = await resolve({types: ['t3.micro', 't2.micro']})
    expect(zones.map(({name, types}) => [name.at(-1), types])).toEqual([
      ['a', ['t3.micro', 't2.micro']],
      ['b', ['t3.micro', 't2.micro']],
      ['c', ['t3.micro', 't2.micro']],
      ['d', ['t3.micro', 't2.micro']],
      ['e', ['t2.micro']],
      ['f', ['t3.micro', 't2.micro']],
    ])
    expect((await resolve()).zones).toHaveLength(5)
  })

  test.each(['ubuntu-24.04', 'ubuntu-22.04', 'debian-13', 'debian-12', 'al2023'])(
    '%s follows the architecture of the type, in every region',
    async image => {
      for (const region of SANDBOX.regions) {
        const there = worldEc2Compute(world, {...PLACE, key: `aws:${region}`, region}, time.runtime())
        const architectureOf = async (type: string) => {
          const {imageId} = await resolve({image, types: [type]}, there)
          return world.ec2.region(region).images.get(imageId)
        }
        const newest = {creationDate: '2026-09-15T06:00:00.000Z'}
        expect(await architectureOf('t3.micro')).toMatchObject({architecture: 'x86_64', ...newest})
        expect(await architectureOf('t4g.micro')).toMatchObject({architecture: 'arm64', ...newest})
      }
    },
  )

  test('credentials that may not read SSM find the image by its owner', async () => {
    world.calls.faults = {
      before: ({service}) => {
        if (service === 'ssm') throw new AuthError('no ssm')
      },
      after: () => {},
    }
    expect((await resolve()).imageName).toMatch(/noble-24.04-amd64/)
  })

  test('listed subnets decide the zones', async () => {
    const subnets = [...world.ec2.region('us-east-1').subnets.values()].slice(1, 3).map(({id}) => id)
    expect((await resolve({subnets})).zones.map(({name}) => name)).toEqual(['us-east-1b', 'us-east-1c'])
  })

  test('subnets and zones keep the order of the file', async () => {
    const subnets = [...world.ec2.region('us-east-1').subnets.values()].slice(1, 3).map(({id}) => id)
    const names = async (more: Partial<LaunchWish>) =>
      (await resolve(more)).zones.map(({name}) => name.at(-1))
    expect(await names({subnets: subnets.toReversed()})).toEqual(['c', 'b'])
    expect(await names({zones: ['us-east-1f', 'us-east-1e', 'us-east-1b']})).toEqual(['f', 'b'])
  })

  test('security groups go by id or name', async () => {
    const [group] = world.ec2.region('us-east-1').groups.values()
    for (const name of [group?.id ?? '', 'default']) {
      expect((await resolve({securityGroups: [name]})).vendor.securityGroupIds).toEqual([group?.id])
    }
  })

  test.each<[string, Partial<LaunchWish>, RegExp]>([
    ['a mistyped type', {types: ['t3.mcro']}, /t3\.mcro: did you mean t3\.micro\?/],
    ['a mistyped image', {image: 'ubunut-24.04'}, /did you mean ubuntu-24\.04\?/],
    ['an image id of elsewhere', {image: 'ami-00000000000000000'}, /ami-0+ does not exist in this region/],
    ['a mistyped key pair', {keyPair: 'sandbax'}, /did you mean sandbox\?/],
    ['a mistyped security group', {securityGroups: ['defualt']}, /did you mean default\?/],
    ['an unknown subnet', {subnets: ['subnet-0']}, /subnet-0 does not exist/],
    ['a zone of another region', {zones: ['us-west-1a']}, /zone us-west-1a: did you mean us-east-1a\?/],
    [
      'a zone without the type',
      {zones: ['us-east-1e']},
      /None of the availability zones us-east-1e offers t3/,
    ],
    [
      'types of two architectures',
      {types: ['t3.micro', 't4g.micro']},
      /t3\.micro \(x86_64\), t4g\.micro \(arm64\)/,
    ],
    ['a disk smaller than the image', {diskGb: 4}, /4 GB is smaller than image ami-\w+, which needs 8 GB/],
    [
      'a pinned image that is gone',
      {pinnedImageId: 'ami-00000000000000000'},
      /no longer available. Name another image/,
    ],
    ['a reserved tag', {tags: {'aws:x': 'y'}}, /AWS's own/],
    ['a tag of ours', {tags: {'mcd:fleet': 'y'}}, /mcd's own/],
    [
      'too many tags',
      {tags: Object.fromEntries(Array.from({length: 45}, (_, n) => [`k${n}`, '']))},
      /45 tags are too many/,
    ],
    ['a tag value that is too long', {tags: {k: 'v'.repeat(257)}}, /257 characters/],
  ])('refuses %s', async (_what, more, reason) => {
    expect(await reasons(more)).toEqual([expect.stringMatching(reason)])
  })

  test('refuses a type that none of the listed subnets’ zones offers', async () => {
    const subnet = [...world.ec2.region('us-east-1').subnets.values()].find(({zone}) => zone === 'us-east-1e')
    expect(await reasons({subnets: [subnet?.id ?? '']})).toEqual([
      'None of the availability zones us-east-1e offers t3.micro.',
    ])
  })

  test('a pin ends where the types have moved to another architecture', async () => {
    const {imageId: pinnedImageId} = await resolve()
    const {imageId} = await resolve({types: ['t4g.micro'], pinnedImageId})
    expect(world.ec2.region('us-east-1').images.get(imageId)?.architecture).toBe('arm64')
  })
})

describe('launching', () => {
  test('asks for everything in the one call: tags, token metadata, disk, protection, profile, spot', async () => {
    const wished = {
      tags: {team: 'shop'},
      diskGb: 20,
      deletionProtection: true,
      instanceProfile: SANDBOX.aws.instanceProfile,
      keyPair: 'sandbox',
      spot: true,
    }
    await launch(await order(1, wished))
    expect(calls('RunInstances')).toBe(1)
    expect(only()).toMatchObject({
      clientToken: 'launch-1',
      metadata: {
        httpTokens: 'required',
        httpEndpoint: 'enabled',
        httpPutResponseHopLimit: 1,
        instanceMetadataTags: 'enabled',
      },
      volume: expect.objectContaining({sizeGb: 20}),
      protectedFromTermination: true,
      instanceProfile: SANDBOX.aws.instanceProfile,
      keyName: 'sandbox',
      spot: true,
      shutdownBehavior: 'terminate',
    })
    const tags = {
      Name: 'web-east',
      team: 'shop',
      'mcd:fleet': 'web',
      'mcd:dns': 'www.example.com',
      'mcd:group': 'east',
      'mcd:launch': 'launch-1',
      'mcd:spec': '0123456789ab',
    }
    expect(Object.fromEntries(only()?.tags ?? [])).toEqual(tags)
    expect(Object.fromEntries(only()?.volume.tags ?? [])).toEqual(tags)
  })

  test('a tag that metadata cannot show is kept, and metadata shows none', async () => {
    await launch(await order(1, {tags: {'cost center': '7'}}))
    expect(only()?.tags.get('cost center')).toBe('7')
    expect(only()?.metadata?.instanceMetadataTags).toBe('disabled')
  })

  test('a hundred instances in five zones are five launches and a describe for each look', async () => {
    const first = await order(20)
    await time.run(() =>
      Promise.all(
        first.target.zones.map((zone, at) =>
          provider.launch({...first, zone, mark: {...mark, launch: `launch-${at}`}}),
        ),
      ),
    )
    await time.advance(5_000)
    expect(calls('RunInstances')).toBe(5)
    expect((await time.run(() => provider.listInstances('web'))).length).toBe(100)
    expect(calls('DescribeInstances')).toBe(1)
  })

  test('who is asked after by id is found on a later page, too', async () => {
    const {instances} = await launch(await order(1))
    await time.advance(5_000)
    const client = worldEc2Client(world, SANDBOX.aws.operator.accessKeyId, OPERATOR.region)
    const paging: AwsClient = async (call, input, signal) => {
      const {NextToken, ...rest} = input as {NextToken?: string}
      if (call === 'DescribeInstances' && NextToken === undefined)
        return {Reservations: [], NextToken: 'more'}
      return client(call, rest, signal)
    }
    const paged = computeOver(paging, {place: PLACE, runtime: time.runtime(), limits: {}})
    const found = await time.run(() => paged.describe(new Map(instances.map(({id}) => [id, mark]))))
    expect(found.map(({id}) => id)).toEqual(instances.map(({id}) => id))
  })

  test('a launch whose instances were ended since answers with them, and launches nothing', async () => {
    const what = await order(2)
    const {instances} = await launch(what)
    await time.advance(5_000)
    await time.run(() => provider.terminate(instances.map(({id}) => id)))
    await time.advance(5_000)
    expect((await launch(what)).instances.map(({id, state}) => [id, state]).sort()).toEqual(
      instances.map(({id}) => [id, 'gone']).sort(),
    )
    await time.advance(2 * 3_600_000)
    await expect(launch(what)).rejects.toThrow(/carried out earlier, and its instances have been terminated/)
    expect(world.ec2.allInstances().filter(({state}) => state !== 'terminated')).toEqual([])
  })

  test('a token that EC2 knows with other parameters gives what was launched under it', async () => {
    const what = await order(2)
    const {instances} = await launch(what)
    const {instances: again} = await launch({...what, userdata: Buffer.from('other')})
    expect(again.map(({id}) => id).sort()).toEqual(instances.map(({id}) => id).sort())
    expect(world.ec2.allInstances()).toHaveLength(2)
  })

  test('one that is not visible yet is ended all the same', async () => {
    const {instances} = await launch(await order(1))
    await time.run(() => provider.terminate(instances.map(({id}) => id)))
    expect(only()?.state).toMatch(/shutting-down|terminated/)
  })

  test('an unknown id and a protected instance do not keep the others up', async () => {
    const protectedOne = await launch(await order(1, {deletionProtection: true}))
    const plain = await launch({...(await order(2)), mark: {...mark, launch: 'launch-2'}})
    await time.advance(5_000)
    const ids = [...protectedOne.instances, ...plain.instances].map(({id}) => id)
    await time.run(() => provider.terminate([...ids, 'i-0123456789abcdef0']))
    expect(ids.map(id => world.ec2.instance(id)?.state)).not.toContain('running')
  })
})

describe('ingress', () => {
  const ensure = (more: Partial<typeof INGRESS> & {subnets?: string[]} = {}) =>
    time.run(() => provider.ensureNetwork({...INGRESS, ...more}))
  const piece = async () => (await time.run(() => provider.listNetwork('web')))[0]

  test('opens what is missing and closes what is no longer wished', async () => {
    await ensure({open: [80, 8080]})
    await ensure({open: [80, 443]})
    expect((await piece())?.open).toEqual([80, 443])
  })

  test('the same wish again changes nothing', async () => {
    await ensure()
    await ensure()
    expect([
      calls('CreateSecurityGroup'),
      calls('AuthorizeSecurityGroupIngress'),
      calls('RevokeSecurityGroupIngress'),
    ]).toEqual([1, 1, 0])
  })

  test('two fleets of one name and different DNS names have groups of their own', async () => {
    const [ours] = await ensure()
    const [theirs] = await ensure({dns: 'www.example.org'})
    expect(ours).not.toBe(theirs)
  })

  test('a group with our name and without our mark is not touched', async () => {
    await ensure()
    const [id = ''] = await ensure()
    world.ec2.call(OPERATOR, 'DeleteTags', {resources: [id]})
    await expect(ensure()).rejects.toThrow(/but not mcd's mark/)
  })

  test('is made in the VPC of the listed subnets', async () => {
    const [subnet] = world.ec2.region('us-east-1').subnets.values()
    const [id = ''] = await ensure({subnets: [subnet?.id ?? '']})
    expect(world.ec2.region('us-east-1').groups.get(id)?.vpcId).toBe(subnet?.vpcId)
  })
})

describe('Eucalyptus', () => {
  const euca = () => worldEc2Compute(world, EUCALYPTUS, time.runtime())
  const small = {types: ['m1.small']}

  test('marks follow the launch', async () => {
    await launch(await order(2, small, euca()), euca())
    await time.advance(5_000)
    expect(await time.run(() => euca().listInstances('web'))).toMatchObject([
      {mark, name: 'web-east'},
      {mark, name: 'web-east'},
    ])
    const tagging = world.calls.records.filter(({action}) => action === 'CreateTags')
    expect(tagging.map(({refused}) => refused)).toEqual(['InvalidInstanceID.NotFound', undefined])
  })

  test('a launch that an earlier run left without marks gets them', async () => {
    const what = await order(1, small, euca())
    world.calls.faults = {
      before: ({action}) => {
        if (action === 'CreateTags') throw new Error('killed')
      },
      after: () => {},
    }
    await expect(launch(what, euca())).rejects.toThrow('killed')
    world.calls.faults = {before: () => {}, after: () => {}}
    await time.advance(5_000)
    expect(await time.run(() => euca().listInstances('web'))).toEqual([])
    await launch({...what, resumed: true}, euca())
    expect(await time.run(() => euca().listInstances('web'))).toMatchObject([{mark}])
    expect(world.ec2.allInstances()).toHaveLength(1)
  })

  test('images go by id, by name, or by a name that holds the alias', async () => {
    const {imageId, imageName} = await resolve(small, euca())
    expect(imageName).toBe('ubuntu-24.04-server-amd64')
    expect((await resolve({...small, image: imageId}, euca())).imageId).toBe(imageId)
    expect((await resolve({...small, image: imageName}, euca())).imageId).toBe(imageId)
    expect(await reasons({...small, image: 'ubuntu-24.04-sever-amd64'}, euca())).toEqual([
      expect.stringMatching(/did you mean ubuntu-24\.04-server-amd64\?/),
    ])
  })

  test('what it has none of is refused, all at once', async () => {
    expect(
      await reasons({...small, spot: true, deletionProtection: true, keyPair: 'nobody'}, euca()),
    ).toHaveLength(3)
  })

  test('tells the account by its security groups', async () => {
    expect(await time.run(() => euca().identify())).toBe(SANDBOX.aws.account)
    expect(world.calls.counts.has('sts:GetCallerIdentity')).toBe(false)
  })
})
