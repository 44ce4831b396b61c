import {beforeEach, describe, expect, test} from 'vitest'
import {CallLog} from '../../../src/sandbox/world/calls.ts'
import {SANDBOX_DELAYS} from '../../../src/sandbox/world/core.ts'
import {SANDBOX} from '../../../src/sandbox/world/credentials.ts'
import type {RunInstancesRequest} from '../../../src/sandbox/world/ec2/launch-request.ts'
import {Ec2World} from '../../../src/sandbox/world/ec2.ts'
import {type Hypervisor, idleHypervisor} from '../../../src/sandbox/world/hypervisor.ts'
import {VirtualTime} from '../../support/virtual-runtime.ts'

const OPERATOR = {principal: {name: 'operator'}, region: 'us-east-1'}
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

let time: VirtualTime
let ec2: Ec2World
let log: string[]
let finish: (() => void) | undefined

beforeEach(() => {
  time = new VirtualTime()
  log = []
  finish = undefined
  const idle = idleHypervisor()
  const hypervisor: Hypervisor = {
    ...idle,
    boot: guest => void log.push(`boot ${guest.publicIp}`),
    shutdown: (_id, down) => {
      log.push('shutdown')
      finish = down
    },
    kill: () => void log.push('kill'),
    release: address => {
      log.push(`release ${address}`)
      idle.release(address)
    },
    console: () => 'cloud-init done',
  }
  ec2 = new Ec2World({
    clock: time.clock,
    random: time.random,
    calls: new CallLog(time.clock),
    hypervisor,
    delays: SANDBOX_DELAYS,
  })
})

const image = (alias = 'noble', architecture = 'x86_64', region = 'us-east-1') => {
  const found = [...ec2.region(region).images.values()].filter(
    one => one.name.includes(alias) && one.architecture === architecture,
  )
  return found.at(-1)?.id ?? ''
}
const order = (some: RunInstancesRequest = {}): RunInstancesRequest => ({
  imageId: image(),
  instanceType: 't3.micro',
  minCount: 1,
  maxCount: 1,
  placement: {availabilityZone: 'us-east-1a'},
  ...some,
})
const run = (some: RunInstancesRequest = {}) => ec2.call(OPERATOR, 'RunInstances', order(some)).instances
const launchOne = (some: RunInstancesRequest = {}) => run(some)[0]?.instanceId ?? ''
const states = () => {
  const {reservations} = ec2.call(OPERATOR, 'DescribeInstances', {})
  return reservations.flatMap(({instances}) => instances.map(({state}) => state.name))
}
const refusal = (code: string) => expect.objectContaining({code})

describe('life of an instance', () => {
  test('pending without an address, then running with one, and its guest boots', async () => {
    const [launched] = run()
    expect(launched).toMatchObject({
      state: {code: 0, name: 'pending'},
      publicIpAddress: undefined,
      privateIpAddress: '172.31.0.4',
    })
    await time.advance(SANDBOX_DELAYS.bootMs)
    expect(states()).toEqual(['running'])
    expect(log).toEqual([`boot ${ec2.allInstances()[0]?.publicIp}`])
  })

  test('terminated when the guest is down, its address given back, shown for an hour more', async () => {
    const id = launchOne()
    await time.advance(5_000)
    const {publicIp} = ec2.instance(id) ?? {}
    const {terminatingInstances} = ec2.call(OPERATOR, 'TerminateInstances', {instanceIds: [id]})
    expect(terminatingInstances).toEqual([
      {
        instanceId: id,
        previousState: {code: 16, name: 'running'},
        currentState: {code: 32, name: 'shutting-down'},
      },
    ])
    await time.advance(SANDBOX_DELAYS.shutdownMs)
    expect(states()).toEqual(['shutting-down'])
    finish?.()
    expect(states()).toEqual(['terminated'])
    expect(log.slice(1)).toEqual(['shutdown', `release ${publicIp}`])
    await time.advance(HOUR_MS)
    expect(states()).toEqual(['terminated'])
    await time.advance(1)
    expect(states()).toEqual([])
  })

  test('a guest that does not go down is cut off', async () => {
    const id = launchOne()
    await time.advance(5_000)
    ec2.call(OPERATOR, 'TerminateInstances', {instanceIds: [id]})
    await time.advance(SANDBOX_DELAYS.shutdownMs + SANDBOX_DELAYS.forceOffMs)
    expect(states()).toEqual(['terminated'])
    expect(log.slice(1, 3)).toEqual(['shutdown', 'kill'])
    finish?.()
    expect(states()).toEqual(['terminated'])
  })

  test('a forced stop leaves the guest no last words', async () => {
    const id = launchOne()
    await time.advance(5_000)
    ec2.call(OPERATOR, 'StopInstances', {instanceIds: [id], force: true})
    await time.advance(SANDBOX_DELAYS.shutdownMs)
    expect(states()).toEqual(['stopped'])
    expect(log.slice(1, 2)).toEqual(['kill'])
  })

  test('one terminated before it ran never boots', async () => {
    const id = launchOne()
    await time.advance(SANDBOX_DELAYS.visibleMs)
    ec2.call(OPERATOR, 'TerminateInstances', {instanceIds: [id]})
    await time.advance(10_000)
    expect(states()).toEqual(['terminated'])
    expect(log).toEqual([])
  })

  test('stop gives the public address back, start brings another and a later launch time', async () => {
    const id = launchOne()
    await time.advance(5_000)
    const before = {...ec2.instance(id)}
    ec2.call(OPERATOR, 'StopInstances', {instanceIds: [id]})
    await time.advance(SANDBOX_DELAYS.shutdownMs)
    finish?.()
    expect(states()).toEqual(['stopped'])
    expect(ec2.instance(id)?.publicIp).toBeUndefined()
    launchOne()
    await time.advance(5_000)
    ec2.call(OPERATOR, 'StartInstances', {instanceIds: [id]})
    await time.advance(5_000)
    const after = ec2.instance(id)
    expect(after?.state).toBe('running')
    expect(after?.publicIp).not.toBe(before.publicIp)
    expect(after?.privateIp).toBe(before.privateIp)
    expect(after?.launchedAtMs).toBeGreaterThan(before.launchedAtMs ?? Number.POSITIVE_INFINITY)
  })

  test('reboot keeps state and address', async () => {
    const id = launchOne()
    await time.advance(5_000)
    const {publicIp} = ec2.instance(id) ?? {}
    ec2.call(OPERATOR, 'RebootInstances', {instanceIds: [id]})
    expect(states()).toEqual(['running'])
    finish?.()
    expect(log).toEqual([`boot ${publicIp}`, 'shutdown', `boot ${publicIp}`])
  })

  test('one that has just been launched is unknown by id and absent from listings', async () => {
    const id = launchOne()
    expect(states()).toEqual([])
    for (const action of ['DescribeInstances', 'TerminateInstances'] as const) {
      expect(() => ec2.call(OPERATOR, action, {instanceIds: [id]})).toThrow(
        refusal('InvalidInstanceID.NotFound'),
      )
    }
    expect(() => ec2.call(OPERATOR, 'CreateTags', {resources: [id], tags: [{key: 'a', value: 'b'}]})).toThrow(
      refusal('InvalidInstanceID.NotFound'),
    )
    await time.advance(SANDBOX_DELAYS.visibleMs)
    expect(states()).toEqual(['pending'])
  })
})

describe('RunInstances', () => {
  test.each([
    ['an unknown image', {imageId: 'ami-00000000000000000'}, 'InvalidAMIID.NotFound'],
    ['a malformed image id', {imageId: 'ubuntu'}, 'InvalidAMIID.Malformed'],
    ['an unknown type', {instanceType: 't9.micro'}, 'InvalidParameterValue'],
    ['a type of another architecture', {instanceType: 't4g.micro'}, 'InvalidParameterValue'],
    ['a zone that does not offer the type', {placement: {availabilityZone: 'us-east-1e'}}, 'Unsupported'],
    ['an unknown zone', {placement: {availabilityZone: 'us-east-1z'}}, 'InvalidParameterValue'],
    ['an unknown subnet', {subnetId: 'subnet-0'}, 'InvalidSubnetID.NotFound'],
    ['an unknown security group', {securityGroupIds: ['sg-0']}, 'InvalidGroup.NotFound'],
    ['an unknown key pair', {keyName: 'nobody'}, 'InvalidKeyPair.NotFound'],
    ['an unknown instance profile', {iamInstanceProfile: {name: 'nobody'}}, 'InvalidParameterValue'],
    ['userdata that is not base64', {userData: '#!/bin/sh'}, 'InvalidParameterValue'],
    ['userdata over 16 KB', {userData: Buffer.alloc(16_385).toString('base64')}, 'InvalidParameterValue'],
    [
      'a root disk smaller than the image',
      {blockDeviceMappings: [{deviceName: '/dev/sda1', ebs: {volumeSize: 4}}]},
      'InvalidBlockDeviceMapping',
    ],
    ['no minimum', {minCount: undefined}, 'MissingParameter'],
    ['a minimum of none', {minCount: 0}, 'InvalidParameterValue'],
    ['a minimum over the maximum', {minCount: 3, maxCount: 2}, 'InvalidParameterCombination'],
    [
      'a reserved tag',
      {tagSpecifications: [{resourceType: 'instance', tags: [{key: 'aws:x', value: ''}]}]},
      'InvalidParameterValue',
    ],
    [
      '51 tags',
      {
        tagSpecifications: [
          {resourceType: 'instance', tags: Array.from({length: 51}, (_, n) => ({key: `k${n}`, value: ''}))},
        ],
      },
      'TagLimitExceeded',
    ],
    [
      'a tag that instance metadata could not show',
      {
        tagSpecifications: [{resourceType: 'instance', tags: [{key: 'a b', value: ''}]}],
        metadataOptions: {instanceMetadataTags: 'enabled' as const},
      },
      'InvalidParameterValue',
    ],
    [
      'tags for a thing it does not make',
      {tagSpecifications: [{resourceType: 'snapshot', tags: []}]},
      'InvalidParameterValue',
    ],
  ])('refuses %s', (_what, change, code) => {
    expect(() => run(change)).toThrow(refusal(code))
    expect(ec2.allInstances()).toEqual([])
  })

  test('takes userdata of exactly 16384 bytes, byte for byte', () => {
    const bytes = Buffer.from(Array.from({length: 16_384}, (_, at) => at % 256))
    expect(Buffer.from(ec2.userdata(launchOne({userData: bytes.toString('base64')})) ?? [])).toEqual(bytes)
  })

  test('without a zone it picks one that offers the type', async () => {
    const zones = new Set<string | undefined>()
    for (let launch = 0; launch < 40; launch++) {
      zones.add(ec2.instance(launchOne({placement: undefined}))?.zone)
      await time.advance(1_000)
    }
    expect([...zones].sort()).toEqual(['a', 'b', 'c', 'd', 'f'].map(letter => `us-east-1${letter}`))
  })

  test('fills partly when capacity is between minimum and maximum', () => {
    ec2.region('us-east-1').setCapacity('us-east-1a', 't3.micro', 2)
    expect(run({maxCount: 5})).toHaveLength(2)
    expect(() => run({maxCount: 5})).toThrow(
      expect.objectContaining({code: 'InsufficientInstanceCapacity', status: 500}),
    )
  })

  test('launches nothing when the minimum does not fit', () => {
    ec2.region('us-east-1').setCapacity('us-east-1a', 't3.micro', 2)
    expect(() => run({minCount: 3, maxCount: 5})).toThrow(refusal('InsufficientInstanceCapacity'))
    expect(ec2.allInstances()).toEqual([])
  })

  test('a terminated instance gives its capacity back, a stopped one only once', async () => {
    ec2.region('us-east-1').setCapacity('us-east-1a', 't3.micro', 1)
    const id = launchOne()
    await time.advance(5_000)
    ec2.call(OPERATOR, 'StopInstances', {instanceIds: [id]})
    await time.advance(SANDBOX_DELAYS.shutdownMs)
    finish?.()
    ec2.call(OPERATOR, 'TerminateInstances', {instanceIds: [id]})
    await time.advance(SANDBOX_DELAYS.shutdownMs)
    expect(ec2.region('us-east-1').capacity('us-east-1a', 't3.micro')).toBe(1)
  })

  test('counts running vCPUs against the quota, and fills partly up to it', () => {
    ec2.region('us-east-1').vcpuQuota = 5
    expect(run({maxCount: 9})).toHaveLength(2)
    expect(() => run()).toThrow(refusal('VcpuLimitExceeded'))
  })

  test('spot instances count apart', () => {
    const region = ec2.region('us-east-1')
    region.vcpuQuota = 2
    region.spotVcpuQuota = 2
    const spot = {instanceMarketOptions: {marketType: 'spot'}}
    run(spot)
    run()
    expect(() => run(spot)).toThrow(refusal('MaxSpotInstanceCountExceeded'))
    expect(() => run()).toThrow(refusal('VcpuLimitExceeded'))
  })

  test('members of a batch share a reservation and count their launch index', () => {
    expect(run({maxCount: 3}).map(({amiLaunchIndex}) => amiLaunchIndex)).toEqual([0, 1, 2])
  })
})

describe('client tokens', () => {
  const token = {clientToken: 'once', maxCount: 2}

  test('the same request again answers with the same instances', () => {
    const first = run(token).map(({instanceId}) => instanceId)
    expect(run(token).map(({instanceId}) => instanceId)).toEqual(first)
    expect(ec2.allInstances()).toHaveLength(2)
  })

  test('after a partial fill the repetition is as short, though room has come', () => {
    ec2.region('us-east-1').setCapacity('us-east-1a', 't3.micro', 1)
    expect(run(token)).toHaveLength(1)
    ec2.region('us-east-1').setCapacity('us-east-1a', 't3.micro', undefined)
    expect(run(token)).toHaveLength(1)
  })

  test('another request under the token is refused', () => {
    run(token)
    expect(() => run({...token, maxCount: 3})).toThrow(refusal('IdempotentParameterMismatch'))
  })

  test('a token is zonal when a zone is named: another zone launches again', () => {
    run(token)
    expect(run({...token, placement: {availabilityZone: 'us-east-1b'}})).toHaveLength(2)
    expect(ec2.allInstances()).toHaveLength(4)
  })

  test('a token whose instances were terminated launches nothing', async () => {
    const ids = run(token).map(({instanceId}) => instanceId)
    await time.advance(1_000)
    ec2.call(OPERATOR, 'TerminateInstances', {instanceIds: ids})
    expect(() => run(token)).toThrow(refusal('IdempotentInstanceTerminated'))
    await time.advance(3 * HOUR_MS)
    expect(() => run(token)).toThrow(refusal('IdempotentInstanceTerminated'))
  })

  test('a refused launch does not use its token up', () => {
    expect(() => run({...token, keyName: 'nobody'})).toThrow()
    expect(run(token)).toHaveLength(2)
  })
})

describe('TerminateInstances', () => {
  test('one unknown id fails the request and ends nothing', async () => {
    const id = launchOne()
    await time.advance(5_000)
    expect(() =>
      ec2.call(OPERATOR, 'TerminateInstances', {instanceIds: [id, 'i-00000000000000000']}),
    ).toThrow(refusal('InvalidInstanceID.NotFound'))
    expect(states()).toEqual(['running'])
  })

  test('a protected instance keeps its zone up, other zones end, until the protection is lifted', async () => {
    const kept = launchOne({disableApiTermination: true})
    const sameZone = launchOne()
    const otherZone = launchOne({placement: {availabilityZone: 'us-east-1b'}})
    await time.advance(5_000)
    const instanceIds = [kept, sameZone, otherZone]
    expect(() => ec2.call(OPERATOR, 'TerminateInstances', {instanceIds})).toThrow(
      refusal('OperationNotPermitted'),
    )
    expect(instanceIds.map(id => ec2.instance(id)?.state)).toEqual(['running', 'running', 'shutting-down'])
    ec2.call(OPERATOR, 'ModifyInstanceAttribute', {instanceId: kept, disableApiTermination: {value: false}})
    ec2.call(OPERATOR, 'TerminateInstances', {instanceIds})
    expect(instanceIds.map(id => ec2.instance(id)?.state)).toEqual([
      'shutting-down',
      'shutting-down',
      'shutting-down',
    ])
  })
})

describe('describes', () => {
  test('filters match any value, with wildcards, and all filters together', async () => {
    run({
      maxCount: 3,
      tagSpecifications: [{resourceType: 'instance', tags: [{key: 'mcd:fleet', value: 'web'}]}],
    })
    run({maxCount: 2})
    await time.advance(5_000)
    const count = (filters: {name: string; values: string[]}[]) =>
      ec2.call(OPERATOR, 'DescribeInstances', {filters}).reservations.flatMap(({instances}) => instances)
        .length
    expect(count([{name: 'tag:mcd:fleet', values: ['web']}])).toBe(3)
    expect(count([{name: 'tag-key', values: ['mcd:*']}])).toBe(3)
    expect(count([{name: 'instance-state-name', values: ['pending', 'running']}])).toBe(5)
    expect(
      count([
        {name: 'tag:mcd:fleet', values: ['w?b']},
        {name: 'instance-type', values: ['m5.*']},
      ]),
    ).toBe(0)
    expect(() => count([{name: 'colour', values: ['red']}])).toThrow(
      expect.objectContaining({code: 'InvalidParameterValue', message: "The filter 'colour' is invalid"}),
    )
  })

  test('pages hold every instance once, and a filter can leave a page empty that has a successor', async () => {
    run({maxCount: 12})
    const marked = launchOne({
      tagSpecifications: [{resourceType: 'instance', tags: [{key: 'ours', value: 'yes'}]}],
    })
    await time.advance(5_000)
    const collect = (filters: {name: string; values: string[]}[]) => {
      const pages: string[][] = []
      let nextToken: string | undefined
      do {
        const reply = ec2.call(OPERATOR, 'DescribeInstances', {filters, maxResults: 5, nextToken})
        pages.push(reply.reservations.flatMap(({instances}) => instances.map(({instanceId}) => instanceId)))
        nextToken = reply.nextToken
      } while (nextToken !== undefined)
      return pages
    }
    expect(new Set(collect([]).flat()).size).toBe(13)
    const pages = collect([{name: 'tag:ours', values: ['yes']}])
    expect(pages).toHaveLength(3)
    expect(pages.flat()).toEqual([marked])
  })

  test.each([
    ['too small a page', {maxResults: 4}, 'InvalidParameterValue'],
    ['a page together with ids', {maxResults: 5, instanceIds: ['i-00000000']}, 'InvalidParameterCombination'],
    ['a token it never gave', {nextToken: 'bogus'}, 'InvalidNextToken'],
    ['a malformed id', {instanceIds: ['web-1']}, 'InvalidInstanceID.Malformed'],
  ])('refuse %s', (_what, request, code) => {
    expect(() => ec2.call(OPERATOR, 'DescribeInstances', request)).toThrow(refusal(code))
  })

  test('any region of AWS is there, and no other', () => {
    const zones = (region: string) =>
      ec2.call({...OPERATOR, region}, 'DescribeAvailabilityZones', {}).availabilityZones
    expect(zones('ap-southeast-2').map(({zoneName}) => zoneName)).toEqual(
      ['a', 'b', 'c'].map(letter => `ap-southeast-2${letter}`),
    )
    expect(() => zones('us-esat-1')).toThrow(refusal('AuthFailure'))
  })

  test('at least one zone does not offer a common type', () => {
    const offerings = ec2.call(OPERATOR, 'DescribeInstanceTypeOfferings', {
      locationType: 'availability-zone',
      filters: [{name: 'instance-type', values: ['t3.micro']}],
    }).instanceTypeOfferings
    expect(
      offerings
        .map(({location}) => location.at(-1))
        .sort()
        .join(''),
    ).toBe('abcdf')
  })

  test('the newest image of each alias is what its SSM parameter names, where the region has one', () => {
    const name = '/aws/service/debian/release/13/latest/arm64'
    const newest = image('debian-13', 'arm64')
    expect(ec2.parameters(OPERATOR, 'GetParameters', [name])).toEqual([newest])
    expect(ec2.parameters({...OPERATOR, region: 'eu-west-1'}, 'GetParameter', [name])).toEqual([undefined])
  })

  test('status checks are told of running instances, and pass after a while', async () => {
    launchOne()
    await time.advance(1_000)
    expect(ec2.call(OPERATOR, 'DescribeInstanceStatus', {}).instanceStatuses).toEqual([])
    await time.advance(5_000)
    const status = () =>
      ec2
        .call(OPERATOR, 'DescribeInstanceStatus', {})
        .instanceStatuses.map(({instanceStatus}) => instanceStatus.status)
    expect(status()).toEqual(['initializing'])
    await time.advance(MINUTE_MS)
    expect(status()).toEqual(['ok'])
  })

  test('console output is what the guest printed, in base64', async () => {
    const id = launchOne()
    await time.advance(5_000)
    expect(
      Buffer.from(ec2.call(OPERATOR, 'GetConsoleOutput', {instanceId: id}).output ?? '', 'base64').toString(),
    ).toBe('cloud-init done')
  })
})

describe('security groups', () => {
  const open80 = {
    ipPermissions: [
      {
        ipProtocol: 'tcp',
        fromPort: 80,
        toPort: 80,
        ipRanges: [{cidrIp: '0.0.0.0/0'}],
        ipv6Ranges: [{cidrIpv6: '::/0'}],
      },
    ],
  }
  const create = (groupName = 'web') =>
    ec2.call(OPERATOR, 'CreateSecurityGroup', {groupName, description: 'of a test'}).groupId

  test('a name is taken once, a rule is there once', () => {
    const groupId = create()
    expect(() => create()).toThrow(refusal('InvalidGroup.Duplicate'))
    ec2.call(OPERATOR, 'AuthorizeSecurityGroupIngress', {groupId, ...open80})
    expect(() => ec2.call(OPERATOR, 'AuthorizeSecurityGroupIngress', {groupId, ...open80})).toThrow(
      refusal('InvalidPermission.Duplicate'),
    )
    const [group] = ec2.call(OPERATOR, 'DescribeSecurityGroups', {groupIds: [groupId]}).securityGroups
    expect(group?.ipPermissions).toEqual([
      expect.objectContaining({
        fromPort: 80,
        toPort: 80,
        ipRanges: [{cidrIp: '0.0.0.0/0'}],
        ipv6Ranges: [{cidrIpv6: '::/0'}],
      }),
    ])
  })

  test('one in use stays until its instances are terminated, not merely shutting down', async () => {
    const groupId = create()
    const id = launchOne({securityGroupIds: [groupId]})
    await time.advance(5_000)
    const remove = () => ec2.call(OPERATOR, 'DeleteSecurityGroup', {groupId})
    expect(remove).toThrow(refusal('DependencyViolation'))
    ec2.call(OPERATOR, 'TerminateInstances', {instanceIds: [id]})
    await time.advance(SANDBOX_DELAYS.shutdownMs)
    expect(remove).toThrow(refusal('DependencyViolation'))
    finish?.()
    expect(remove()).toEqual({return: true, groupId})
    expect(remove).toThrow(refusal('InvalidGroup.NotFound'))
  })

  test('the default group cannot be deleted', () => {
    expect(() => ec2.call(OPERATOR, 'DeleteSecurityGroup', {groupName: 'default'})).toThrow(
      refusal('CannotDelete'),
    )
  })
})

describe('limits and permissions', () => {
  test('RunInstances has a bucket of five that refills at two a second', async () => {
    for (let call = 0; call < 5; call++) run()
    expect(() => run()).toThrow(expect.objectContaining({code: 'RequestLimitExceeded', status: 503}))
    const west = {...order(), imageId: image('noble', 'x86_64', 'us-west-2'), placement: undefined}
    expect(ec2.call({...OPERATOR, region: 'us-west-2'}, 'RunInstances', west).instances).toHaveLength(1)
    await time.advance(500)
    expect(run()).toHaveLength(1)
  })

  test('a thousand instances a launch, then two a second', async () => {
    run({maxCount: 1000})
    expect(() => run({maxCount: 5})).toThrow(refusal('RequestLimitExceeded'))
    await time.advance(3_000)
    expect(run({maxCount: 5})).toHaveLength(5)
  })

  test('describes with neither filter nor page come from the smaller bucket', () => {
    for (let call = 0; call < 50; call++) ec2.call(OPERATOR, 'DescribeInstances', {})
    expect(() => ec2.call(OPERATOR, 'DescribeInstances', {})).toThrow(refusal('RequestLimitExceeded'))
    expect(ec2.call(OPERATOR, 'DescribeInstances', {maxResults: 1000}).reservations).toEqual([])
  })

  test('the instances’ keys may do nothing in EC2 or SSM', () => {
    const instances = {...OPERATOR, principal: {name: 'instances'}}
    expect(() => ec2.call(instances, 'DescribeInstances', {})).toThrow(
      expect.objectContaining({code: 'UnauthorizedOperation', status: 403}),
    )
    expect(() => ec2.parameters(instances, 'GetParameter', ['x'])).toThrow(refusal('AccessDeniedException'))
    expect(ec2.callerIdentity(instances).arn).toBe(`arn:aws:iam::${SANDBOX.aws.account}:user/instances`)
  })

  test('a dry run changes nothing and says whether it would have been allowed', () => {
    expect(() => ec2.call(OPERATOR, 'RunInstances', {...order(), dryRun: true})).toThrow(
      expect.objectContaining({code: 'DryRunOperation', status: 412}),
    )
    expect(() =>
      ec2.call({...OPERATOR, principal: {name: 'instances'}}, 'RunInstances', {...order(), dryRun: true}),
    ).toThrow(refusal('UnauthorizedOperation'))
    expect(ec2.allInstances()).toEqual([])
  })

  test('a dry run looks at what is named, behind the permission and before any limit', () => {
    const terminate = (principal: string) => () =>
      ec2.call({...OPERATOR, principal: {name: principal}}, 'TerminateInstances', {
        instanceIds: ['i-0123456789abcdef0'],
        dryRun: true,
      })
    expect(terminate('operator')).toThrow(refusal('InvalidInstanceID.NotFound'))
    expect(terminate('instances')).toThrow(refusal('UnauthorizedOperation'))
    ec2.region('us-east-1').vcpuQuota = 0
    expect(() => ec2.call(OPERATOR, 'RunInstances', {...order(), dryRun: true})).toThrow(
      refusal('DryRunOperation'),
    )
  })

  test('an instance with a profile has credentials that expire and are renewed before', async () => {
    const plain = launchOne()
    const id = launchOne({iamInstanceProfile: {name: SANDBOX.aws.instanceProfile}})
    expect(ec2.issueRoleCredentials(plain)).toBeUndefined()
    const first = ec2.issueRoleCredentials(id)
    expect(ec2.issueRoleCredentials(id)).toBe(first)
    expect(ec2.keys.principalOf(first?.accessKeyId ?? '')).toEqual({name: `role:${id}`})
    await time.advance(5.8 * HOUR_MS)
    const second = ec2.issueRoleCredentials(id)
    expect(second?.accessKeyId).not.toBe(first?.accessKeyId)
    expect(ec2.keys.principalOf(first?.accessKeyId ?? '')).toBeDefined()
    await time.advance(HOUR_MS)
    expect(ec2.keys.principalOf(first?.accessKeyId ?? '')).toBeUndefined()
    ec2.keys.revoke('instances')
    expect(ec2.keys.secretOf(second?.accessKeyId ?? '')).toBeUndefined()
    expect(ec2.keys.secretOf(SANDBOX.aws.instances.accessKeyId)).toBeUndefined()
    ec2.keys.restore('instances')
    expect(ec2.keys.secretOf(second?.accessKeyId ?? '')?.sessionToken).toBe(second?.sessionToken)
  })
})

describe('Eucalyptus', () => {
  const EUCA = {principal: {name: 'operator'}, region: SANDBOX.eucalyptusRegion}
  const eucaOrder = () => ({
    imageId: image('ubuntu-24.04', 'x86_64', EUCA.region),
    instanceType: 'm1.small',
    minCount: 1,
    maxCount: 1,
  })

  test('launches without tags, which follow, and has no token metadata', async () => {
    const id = ec2.call(EUCA, 'RunInstances', eucaOrder()).instances[0]?.instanceId ?? ''
    await time.advance(5_000)
    ec2.call(EUCA, 'CreateTags', {resources: [id], tags: [{key: 'mcd:fleet', value: 'web'}]})
    expect(ec2.instance(id)).toMatchObject({cloud: 'eucalyptus', state: 'running'})
    expect(ec2.instance(id)?.metadata).toBeUndefined()
    expect(ec2.instance(id)?.tags.get('mcd:fleet')).toBe('web')
  })

  test.each([
    ['launch-time tags', {tagSpecifications: [{resourceType: 'instance', tags: []}]}],
    ['metadata options', {metadataOptions: {httpTokens: 'required' as const}}],
    ['spot', {instanceMarketOptions: {marketType: 'spot'}}],
  ])('has no field for %s', (_what, change) => {
    expect(() => ec2.call(EUCA, 'RunInstances', {...eucaOrder(), ...change})).toThrow(/Failed to bind/)
  })

  test('has no instance type offerings', () => {
    expect(() => ec2.call(EUCA, 'DescribeInstanceTypeOfferings', {})).toThrow(refusal('InvalidAction'))
  })
})
