import {beforeEach, describe, expect, test} from 'vitest'
import {computeOver} from '../../../src/providers/aws/compute.ts'
import {examineOver} from '../../../src/providers/aws/examine.ts'
import type {LaunchWish, Place} from '../../../src/providers/compute.ts'
import type {ComputeNeeds, Finding} from '../../../src/providers/examine.ts'
import {SANDBOX} from '../../../src/sandbox/world/credentials.ts'
import type {FaultOrder} from '../../../src/sandbox/world/faults/kinds.ts'
import {idleHypervisor} from '../../../src/sandbox/world/hypervisor.ts'
import {VendorError} from '../../../src/sandbox/world/vendor-error.ts'
import {createWorld, type World} from '../../../src/sandbox/world/world.ts'
import {VirtualTime} from '../../support/virtual-runtime.ts'
import {worldEc2Client} from '../../support/world-ec2.ts'

const PLACE: Place = {key: 'aws:us-east-1', provider: 'aws', region: 'us-east-1'}
const STANDARD = 'Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances in us-east-1'

let time: VirtualTime
let world: World
beforeEach(() => {
  time = new VirtualTime()
  world = createWorld({clock: time.clock, random: time.random, hypervisor: idleHypervisor()})
})

const wish = (more: Partial<LaunchWish> = {}): LaunchWish => ({
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
  ...more,
})
const needs = (more: Partial<LaunchWish> = {}, count = 2): ComputeNeeds => ({
  fleet: 'web',
  dns: 'www.example.com',
  groups: [{name: 'east', count, wish: wish(more)}],
})

const {operator} = SANDBOX.aws
const surroundings = (place: Place) => ({place, runtime: time.runtime(), limits: {}})
const clientOf = (place = PLACE, accessKeyId: string = operator.accessKeyId) =>
  worldEc2Client(world, accessKeyId, place.region ?? SANDBOX.eucalyptusRegion)

/** By check and subject, as a program reads them. */
async function examine(what = needs(), client = clientOf(), place = PLACE): Promise<Map<string, Finding>> {
  const findings = await time.run(() => examineOver(client, surroundings(place))(what))
  const named = findings.map(finding => [`${finding.check} ${finding.subject}`, finding] as const)
  expect(new Set(named.map(([name]) => name)).size).toBe(findings.length)
  return new Map(named)
}
const notOk = (findings: Map<string, Finding>) =>
  [...findings.values()].filter(({outcome}) => outcome !== 'ok')
const fault = (order: FaultOrder) => world.calls.plan.add(order)

async function launchOne(): Promise<string> {
  const provider = computeOver(clientOf(), surroundings(PLACE))
  const networkIds = await time.run(() =>
    provider.ensureNetwork({fleet: 'web', dns: 'www.example.com', group: 'east', open: [80]}),
  )
  const target = await time.run(() => provider.resolveLaunch(wish()))
  const [zone] = target.zones
  if (!zone) throw new Error('no zone')
  const mark = {fleet: 'web', dns: 'www.example.com', group: 'east', launch: 'launch-1', spec: '0123456789ab'}
  const userdata = Buffer.from('#!/bin/sh\n')
  const order = {mark, count: 1, type: 't3.micro', zone, target, networkIds, userdata, resumed: false}
  const {instances} = await time.run(() => provider.launch(order))
  await time.advance(5_000)
  return instances[0]?.id ?? ''
}

describe('a place where all is well', () => {
  test('says who one is, and of each thing that the fleet needs that it is there', async () => {
    const findings = await examine(needs({keyPair: 'sandbox', instanceProfile: SANDBOX.aws.instanceProfile}))
    expect(findings.get('identity aws:us-east-1')?.detail).toBe(
      'These are the credentials of arn:aws:iam::000000000000:user/operator, account 000000000000.',
    )
    expect(findings.get('image ubuntu-24.04 in us-east-1')?.detail).toMatch(/^ubuntu\/images\/.* \(ami-/)
    expect(findings.get('type t3.micro in us-east-1')?.detail).toBe(
      'Offered in us-east-1a, us-east-1b, us-east-1c, us-east-1d, us-east-1f.',
    )
    expect(findings.get('key sandbox in us-east-1')?.outcome).toBe('ok')
    expect(findings.get('permission ec2:RunInstances t3.micro in us-east-1a, group east')?.outcome).toBe('ok')
    expect(findings.get('permission ec2:CreateSecurityGroup')?.outcome).toBe('ok')
    expect(findings.get('permission ssm:GetParameter')?.outcome).toBe('ok')
    expect(findings.get(`quota ${STANDARD}`)?.detail).toBe(
      '0 of 5000 vCPUs are in use, and this fleet needs 4 more.',
    )
    expect(notOk(findings).map(({outcome, subject}) => [outcome, subject])).toEqual([
      ['unknown', 'ec2:TerminateInstances'],
      ['unknown', 'ec2:ModifyInstanceAttribute'],
      ['unknown', 'ec2:GetConsoleOutput'],
      ['unknown', 'ec2:AuthorizeSecurityGroupIngress'],
      ['unknown', 'ec2:RevokeSecurityGroupIngress'],
      ['unknown', 'ec2:DeleteSecurityGroup'],
    ])
  })

  test('that there is no room at this moment stops nobody: a run looks elsewhere', async () => {
    fault({target: 'aws:RunInstances', kind: 'capacity'})
    const findings = await examine()
    expect(findings.get('type launch of t3.micro in us-east-1a, group east')).toMatchObject({
      outcome: 'warning',
      remedy: expect.stringContaining('several types in "type"'),
    })
  })

  test('what is allowed by the mark is asked about what bears it', async () => {
    const id = await launchOne()
    const findings = await examine()
    expect(notOk(findings)).toEqual([])
    expect(findings.get('permission ec2:TerminateInstances')?.detail).toContain(id)
    expect(findings.get(`quota ${STANDARD}`)?.detail).toBe(
      '2 of 5000 vCPUs are in use, and this fleet needs 2 more.',
    )
  })

  test('the look changes nothing, and uses up no token', async () => {
    await launchOne()
    world.calls.records.length = 0
    const before = world.ec2.region('us-east-1').tokens.size
    await examine(needs({spot: true, deletionProtection: true}))
    expect(world.calls.records.flatMap(({effects}) => effects)).toEqual([])
    expect(world.ec2.region('us-east-1').tokens.size).toBe(before)
    const changing = world.calls.records.filter(({action}) => !/^(?:Get|Describe)/.test(action))
    expect(new Set(changing.map(({refused}) => refused))).toEqual(new Set(['DryRunOperation']))
  })

  test('groups that share an image and a type are told of once', async () => {
    const [group] = needs().groups
    const two = {...needs(), groups: ['a', 'b'].flatMap(name => (group ? [{...group, name}] : []))}
    const findings = await examine(two)
    expect([...findings.keys()].filter(key => key.startsWith('image '))).toHaveLength(1)
  })
})

describe('what is lacking is a finding with its remedy', () => {
  test.each([
    [
      'RunInstances',
      'permission ec2:RunInstances t3.micro in us-east-1a, group east',
      'LaunchMarked, LaunchWith',
    ],
    ['TerminateInstances', 'permission ec2:TerminateInstances', 'EndMarked'],
    ['CreateSecurityGroup', 'permission ec2:CreateSecurityGroup', 'MakeIngressMarked, MakeIngressIn'],
    ['AuthorizeSecurityGroupIngress', 'permission ec2:AuthorizeSecurityGroupIngress', 'ChangeIngressMarked'],
    ['DescribeImages', 'permission ec2:DescribeImages', 'Look'],
    ['DescribeInstances', 'permission ec2:DescribeInstances', 'Look'],
  ])('may not %s', async (call, name, sids) => {
    await launchOne()
    fault({target: `ec2:${call}`, kind: 'denied'})
    const findings = await examine()
    expect(findings.get(name)).toMatchObject({
      outcome: 'failed',
      detail: `These credentials lack ec2:${call}.`,
      remedy: expect.stringContaining(`(${sids})`),
    })
    expect(notOk(findings)).toHaveLength(1)
  })

  test('a launch that lacks an action beside its own names that one', async () => {
    const denied =
      'User: arn:aws:iam::000000000000:user/operator is not authorized to perform: iam:PassRole on resource: arn:aws:iam::000000000000:role/web because no identity-based policy allows the iam:PassRole action. Encoded authorization failure message: AAAA'
    world.calls.faults = {
      before: ({action}) => {
        if (action === 'RunInstances') throw new VendorError(403, 'UnauthorizedOperation', denied)
      },
      after: () => {},
    }
    expect(notOk(await examine())[0]).toEqual({
      check: 'permission',
      subject: 'ec2:RunInstances t3.micro in us-east-1a, group east',
      outcome: 'failed',
      detail: 'These credentials lack iam:PassRole, which ec2:RunInstances needs here.',
      remedy: 'Allow iam:PassRole: "mcd policy" prints the statement (HandOverRole).',
    })
  })

  test('SSM is asked, and is not needed: a warning', async () => {
    fault({target: 'ssm:GetParameter', kind: 'denied'})
    const findings = await examine()
    expect(findings.get('permission ssm:GetParameter')).toMatchObject({outcome: 'warning'})
    expect(findings.get('image ubuntu-24.04 in us-east-1')?.outcome).toBe('ok')
  })

  test.each<[string, Partial<LaunchWish>, string, RegExp]>([
    ['a type', {types: ['t3.mcro']}, 'type t3.mcro in us-east-1', /did you mean t3\.micro\?/],
    ['an image', {image: 'ubunut-24.04'}, 'image ubunut-24.04 in us-east-1', /did you mean ubuntu-24\.04\?/],
    ['a key pair', {keyPair: 'sandbax'}, 'key sandbax in us-east-1', /did you mean sandbox\?/],
    ['a subnet', {subnets: ['subnet-0']}, 'network subnet-0 in us-east-1', /does not exist/],
    [
      'a security group',
      {securityGroups: ['defualt']},
      'network defualt in us-east-1',
      /did you mean default\?/,
    ],
    ['a disk', {diskGb: 4}, 'settings disk in us-east-1', /smaller than image/],
  ])('%s that would be refused', async (_what, more, name, detail) => {
    const found = notOk(await examine(needs(more))).filter(({outcome}) => outcome === 'failed')
    expect(found.map(({check, subject}) => `${check} ${subject}`)).toEqual([name])
    expect(found[0]?.detail).toMatch(detail)
    expect(found[0]?.remedy).toMatch(/group east/)
  })

  test('an instance profile that does not exist shows in the dry run of the launch', async () => {
    const found = notOk(await examine(needs({instanceProfile: 'nobody'})))
    expect(found[0]).toMatchObject({
      check: 'settings',
      outcome: 'failed',
      detail: expect.stringContaining('nobody'),
    })
    expect(found[0]?.remedy).toContain('instanceProfile')
  })

  test('one of two types that no zone here offers is a warning', async () => {
    const findings = await examine(needs({types: ['t3.micro', 't2.micro'], zones: ['us-east-1e']}))
    expect(findings.get('type t3.micro in us-east-1')).toMatchObject({outcome: 'warning'})
    expect(findings.get('type t2.micro in us-east-1')).toMatchObject({outcome: 'ok'})
  })

  test('too few vCPUs left, of those on demand or of spot', async () => {
    await launchOne()
    const region = world.ec2.region('us-east-1')
    region.vcpuQuota = 5
    expect((await examine(needs({}, 4))).get(`quota ${STANDARD}`)).toMatchObject({
      outcome: 'failed',
      detail: '2 of 5 vCPUs are in use, and this fleet needs 6 more.',
      remedy: expect.stringContaining('--quota-code L-1216C47A --desired-value 8'),
    })
    expect((await examine(needs({}, 2))).get(`quota ${STANDARD}`)?.outcome).toBe('ok')
    region.spotVcpuQuota = 3
    const spot = 'quota All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests in us-east-1'
    expect((await examine(needs({spot: true}, 3))).get(spot)).toMatchObject({outcome: 'failed'})
  })

  test('quotas that may not be asked for fail nothing', async () => {
    fault({target: 'servicequotas:*', kind: 'denied'})
    expect((await examine()).get(`quota ${STANDARD}`)).toMatchObject({
      outcome: 'unknown',
      remedy: expect.stringContaining('servicequotas:GetServiceQuota'),
    })
  })
})

describe('nobody to ask', () => {
  test('an account that cannot be reached is one finding', async () => {
    fault({target: 'aws', kind: 'outage'})
    expect([...(await examine()).values()]).toEqual([
      {
        check: 'reach',
        subject: 'aws:us-east-1',
        outcome: 'failed',
        detail: expect.stringContaining('ECONNREFUSED'),
        remedy: expect.stringMatching(/^Check the network, the endpoint/),
      },
    ])
  })

  test('one that goes away in between is one finding behind what was found before', async () => {
    fault({target: 'ec2:*', kind: 'outage'})
    const found = [...(await examine()).values()]
    expect(found.map(({check, outcome}) => [check, outcome])).toEqual([
      ['identity', 'ok'],
      ['reach', 'failed'],
    ])
  })

  test.each([
    [
      'InvalidClientTokenId',
      'The security token included in the request is invalid.',
      'identity',
      /^Check AWS_PROFILE/,
    ],
    ['ExpiredToken', 'The security token included in the request is expired', 'identity', /^Sign in again/],
    [
      'SignatureDoesNotMatch',
      'Signature expired: 20260101T000000Z is now earlier than 20260101T001000Z (20260101T001500Z - 5 min.)',
      'clock',
      /^Set this machine's clock right/,
    ],
  ])('%s is told with its own remedy', async (code, message, check, remedy) => {
    world.calls.faults = {
      before: () => {
        throw new VendorError(403, code, message)
      },
      after: () => {},
    }
    const found = [...(await examine()).values()]
    expect(found).toMatchObject([{check, outcome: 'failed', remedy: expect.stringMatching(remedy)}])
  })

  test('no word of it carries a secret', async () => {
    const nobody = await examine(needs(), clientOf(PLACE, 'AKIANOBODY'))
    const told = JSON.stringify([...nobody.values(), ...(await examine()).values()])
    expect(told).not.toContain(operator.secretAccessKey)
    expect(told).not.toContain(operator.accessKeyId)
  })
})

test('where a dry run is carried out, no other call is tried', async () => {
  await launchOne()
  world.calls.records.length = 0
  const client = clientOf()
  const deaf: typeof client = (call, input, signal) => {
    const {DryRun: _, ...carriedOut} = input as {DryRun?: boolean}
    return client(call, carriedOut as typeof input, signal)
  }
  const found = [...(await examine(needs(), deaf)).values()]
  expect(found.map(({check, outcome}) => [check, outcome])).toEqual([
    ['identity', 'ok'],
    ['settings', 'failed'],
  ])
  expect(world.calls.records.flatMap(({effects}) => effects)).toEqual([])
})

test('a cloud that is only compatible is tried out nowhere, and says so', async () => {
  const place: Place = {key: 'aws:http://euca.example:8773/', provider: 'aws', compatible: 'eucalyptus'}
  const findings = await examine(needs({types: ['m1.small']}), clientOf(place), place)
  expect(notOk(findings)).toMatchObject([{outcome: 'unknown', subject: 'launch of group east'}])
  const asked = new Set(world.calls.records.map(({action}) => action))
  expect([...asked].filter(action => !action.startsWith('Describe'))).toEqual([])
})
