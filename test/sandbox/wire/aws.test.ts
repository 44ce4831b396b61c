import {execFile} from 'node:child_process'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {
  CreateTagsCommand,
  DescribeInstancesCommand,
  EC2Client,
  GetConsoleOutputCommand,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2'
import {GetParameterCommand, GetParametersCommand, SSMClient} from '@aws-sdk/client-ssm'
import {GetCallerIdentityCommand, STSClient} from '@aws-sdk/client-sts'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest'
import {awsWire} from '../../../src/sandbox/wire/aws.ts'
import {serveEc2} from '../../../src/sandbox/wire/ec2.ts'
import {carried, listen, type WireRequest} from '../../../src/sandbox/wire/http.ts'
import {realClock} from '../../../src/sandbox/world/clock.ts'
import {SANDBOX} from '../../../src/sandbox/world/credentials.ts'
import {idleHypervisor} from '../../../src/sandbox/world/hypervisor.ts'
import {createWorld, type World} from '../../../src/sandbox/world/world.ts'
import {eventually} from '../../support/eventually.ts'
import {has} from '../../support/programs.ts'

const NOBLE = '/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id'
const region = 'us-east-1'

let world: World
let served: Awaited<ReturnType<typeof listen>>

beforeEach(async () => {
  const hypervisor = {...idleHypervisor(), console: () => 'booted\n'}
  world = createWorld({
    clock: realClock,
    random: Math.random,
    hypervisor,
    delays: {bootMs: 0, shutdownMs: 0, visibleMs: 0},
  })
  served = await listen(awsWire(world))
})
afterEach(() => served.close())

test('a wrong clock of AWS refuses signatures of our time, and dates its answers', async () => {
  const {plan} = world.calls
  plan.add({target: 'aws', kind: 'wrong-clock', ms: 360_000})
  const carriedWire = carried(plan.carry.bind(plan), awsWire(world))
  const clocked = await listen(carriedWire)
  const credentials = SANDBOX.aws.operator
  const ec2 = new EC2Client({endpoint: clocked.url, region, credentials, maxAttempts: 1})
  await expect(ec2.send(new DescribeInstancesCommand({}))).rejects.toMatchObject({name: 'RequestExpired'})
  const unsigned = await fetch(clocked.url)
  await clocked.close()
  expect(Date.parse(unsigned.headers.get('date') ?? '') - Date.now()).toBeGreaterThan(300_000)
  expect(plan.list()).toMatchObject([{kind: 'wrong-clock', from: 'any', fired: 2}])
})

describe('the AWS SDK', () => {
  const options = (
    credentials: {accessKeyId: string; secretAccessKey: string; sessionToken?: string} = SANDBOX.aws.operator,
  ) => ({
    endpoint: served.url,
    region,
    credentials,
    maxAttempts: 1,
  })

  test('resolves an image, launches, tags and finds an instance', async () => {
    const {Parameter} = await new SSMClient(options()).send(new GetParameterCommand({Name: NOBLE}))
    const ec2 = new EC2Client(options())
    const launched = await ec2.send(
      new RunInstancesCommand({
        ImageId: Parameter?.Value,
        InstanceType: 't3.micro',
        MinCount: 1,
        MaxCount: 2,
        UserData: Buffer.from('#!/bin/sh\n').toString('base64'),
        TagSpecifications: [{ResourceType: 'instance', Tags: [{Key: 'Name', Value: 'a <b> & "c"'}]}],
        MetadataOptions: {HttpTokens: 'required', HttpPutResponseHopLimit: 1},
      }),
    )
    const id = launched.Instances?.[0]?.InstanceId ?? ''
    expect(launched.Instances).toHaveLength(2)
    await ec2.send(new CreateTagsCommand({Resources: [id], Tags: [{Key: 'mcd:fleet', Value: 'web'}]}))
    const found = await ec2.send(
      new DescribeInstancesCommand({Filters: [{Name: 'tag:mcd:fleet', Values: ['web']}]}),
    )
    expect(found.Reservations?.flatMap(({Instances}) => Instances ?? [])).toEqual([
      expect.objectContaining({
        InstanceId: id,
        LaunchTime: expect.any(Date),
        Placement: expect.objectContaining({AvailabilityZone: expect.stringMatching(/^us-east-1[a-f]$/)}),
        MetadataOptions: expect.objectContaining({HttpTokens: 'required', HttpPutResponseHopLimit: 1}),
        Tags: [
          {Key: 'Name', Value: 'a <b> & "c"'},
          {Key: 'mcd:fleet', Value: 'web'},
        ],
      }),
    ])
    const {Output} = await ec2.send(new GetConsoleOutputCommand({InstanceId: id}))
    expect(Buffer.from(Output ?? '', 'base64').toString()).toBe('booted\n')
  })

  test('hears refusals under their names', async () => {
    const {InvalidParameters} = await new SSMClient(options()).send(
      new GetParametersCommand({Names: [NOBLE, '/nothing']}),
    )
    expect(InvalidParameters).toEqual(['/nothing'])
    await expect(
      new SSMClient(options()).send(new GetParameterCommand({Name: '/nothing'})),
    ).rejects.toMatchObject({name: 'ParameterNotFound'})
    await expect(
      new EC2Client(options()).send(new DescribeInstancesCommand({DryRun: true})),
    ).rejects.toMatchObject({
      name: 'DryRunOperation',
      $metadata: expect.objectContaining({httpStatusCode: 412}),
    })
    const stranger = {accessKeyId: 'AKIANOBODY', secretAccessKey: 'none'}
    await expect(
      new EC2Client(options(stranger)).send(new DescribeInstancesCommand({})),
    ).rejects.toMatchObject({name: 'AuthFailure'})
    await expect(
      new STSClient(options(stranger)).send(new GetCallerIdentityCommand({})),
    ).rejects.toMatchObject({name: 'InvalidClientTokenId'})
    await expect(
      new SSMClient(options(stranger)).send(new GetParameterCommand({Name: NOBLE})),
    ).rejects.toMatchObject({name: 'UnrecognizedClientException'})
  })

  test('a defect of the world is an internal error in the vendor’s shape, not a crash', async () => {
    world.calls.faults = {
      before: () => {
        throw new TypeError('a defect')
      },
      after: () => {},
    }
    await expect(new EC2Client(options()).send(new DescribeInstancesCommand({}))).rejects.toMatchObject({
      name: 'InternalError',
      $metadata: expect.objectContaining({httpStatusCode: 500}),
    })
  })

  test('an instance’s role credentials say who it is, and may not touch EC2', async () => {
    const ec2 = new EC2Client(options())
    const {Parameter} = await new SSMClient(options()).send(new GetParameterCommand({Name: NOBLE}))
    const {Instances} = await ec2.send(
      new RunInstancesCommand({
        ImageId: Parameter?.Value,
        InstanceType: 't3.micro',
        MinCount: 1,
        MaxCount: 1,
        IamInstanceProfile: {Name: SANDBOX.aws.instanceProfile},
      }),
    )
    const id = Instances?.[0]?.InstanceId ?? ''
    const role = world.ec2.issueRoleCredentials(id)
    if (!role) return expect.unreachable('no role credentials')
    const identity = await new STSClient(options(role)).send(new GetCallerIdentityCommand({}))
    expect(identity).toMatchObject({Account: SANDBOX.aws.account, Arn: expect.stringContaining(`/${id}`)})
    await expect(new EC2Client(options(role)).send(new DescribeInstancesCommand({}))).rejects.toMatchObject({
      name: 'UnauthorizedOperation',
    })
    const {sessionToken: _, ...withoutToken} = role
    await expect(
      new STSClient(options(withoutToken)).send(new GetCallerIdentityCommand({})),
    ).rejects.toMatchObject({name: 'InvalidClientTokenId'})
  })

  test('finds Eucalyptus under its path, whatever region the client calls it', async () => {
    const ec2 = new EC2Client({...options(), endpoint: `${served.url}/services/compute`, region: 'my-cloud'})
    const [image] = world.ec2.region(SANDBOX.eucalyptusRegion).images.values()
    await ec2.send(
      new RunInstancesCommand({ImageId: image?.id, InstanceType: 'm1.small', MinCount: 1, MaxCount: 1}),
    )
    expect(world.ec2.allInstances()).toMatchObject([{cloud: 'eucalyptus', region: SANDBOX.eucalyptusRegion}])
  })
})

describe('the Query protocol', () => {
  test.each([
    ['an unknown call', 'Action=ConjureInstances', 400, 'InvalidAction'],
    ['no call', 'Version=2016-11-15', 400, 'MissingAction'],
    ['an unknown parameter', 'Action=DescribeInstances&Colour=red', 400, 'UnknownParameter'],
    [
      'an unknown filter',
      'Action=DescribeInstances&Filter.1.Name=colour&Filter.1.Value.1=red',
      400,
      'InvalidParameterValue',
    ],
    ['a number that is none', 'Action=DescribeInstances&MaxResults=many', 400, 'InvalidParameterValue'],
    [
      'a list where a value belongs',
      'Action=GetConsoleOutput&InstanceId.1=i-00000000',
      400,
      'InvalidParameterValue',
    ],
    [
      'a value where a list belongs',
      'Action=DescribeInstances&InstanceId.first=i-00000000',
      400,
      'UnknownParameter',
    ],
    ['prototype names', 'Action=constructor', 400, 'InvalidAction'],
    ['deep nonsense', `Action=RunInstances&${'a.'.repeat(2000)}b=1`, 400, 'UnknownParameter'],
  ])('refuses %s in EC2’s own shape', (_what, text, status, code) => {
    const request: WireRequest = {
      method: 'POST',
      path: '/',
      rawQuery: '',
      query: new URLSearchParams(),
      headers: {},
      body: Buffer.from(text),
      remoteAddress: '127.0.0.1',
    }
    const reply = serveEc2(world, {principal: {name: 'operator'}, region}, request)
    expect(reply.status).toBe(status)
    expect(reply.body).toMatch(
      new RegExp(
        `\\n<Response><Errors><Error><Code>${code}</Code><Message>.+</Message></Error></Errors><RequestID>`,
      ),
    )
  })

  test('refuses an unsigned request', async () => {
    const response = await fetch(served.url, {
      method: 'POST',
      body: new URLSearchParams({Action: 'DescribeInstances'}),
    })
    expect(response.status).toBe(403)
    expect(await response.text()).toContain('<Code>MissingAuthenticationToken</Code>')
  })
})

describe.skipIf(!has('aws'))('the AWS CLI (needs aws)', () => {
  let home: string
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'mcd-aws-cli-'))
    await writeFile(join(home, 'userdata'), '#!/bin/sh\necho hello\n')
  })
  afterAll(() => rm(home, {recursive: true}))

  // What the CLI prints is checked by the expectations.
  async function aws(...args: string[]): Promise<Record<string, never>> {
    const {accessKeyId, secretAccessKey} = SANDBOX.aws.operator
    const {stdout} = await promisify(execFile)(
      'aws',
      ['--endpoint-url', served.url, '--output', 'json', ...args],
      {
        env: {
          PATH: process.env.PATH,
          HOME: home,
          AWS_ACCESS_KEY_ID: accessKeyId,
          AWS_SECRET_ACCESS_KEY: secretAccessKey,
          AWS_DEFAULT_REGION: region,
          AWS_EC2_METADATA_DISABLED: 'true',
          AWS_MAX_ATTEMPTS: '1',
          AWS_PAGER: '',
        },
      },
    )
    return stdout.trim() ? JSON.parse(stdout) : {}
  }

  test('runs, lists, tags, stops, starts and terminates instances', {timeout: 120_000}, async () => {
    const image = await aws('ssm', 'get-parameter', '--name', NOBLE, '--query', '{id: Parameter.Value}')
    const launched = await aws(
      'ec2',
      'run-instances',
      '--image-id',
      image.id ?? '',
      '--instance-type',
      't3.micro',
      '--count',
      '2',
      '--key-name',
      'sandbox',
      '--user-data',
      `file://${home}/userdata`,
      '--placement',
      'AvailabilityZone=us-east-1b',
      '--tag-specifications',
      'ResourceType=instance,Tags=[{Key=Name,Value=web}]',
      '--metadata-options',
      'HttpTokens=required',
      '--query',
      '{ids: Instances[].InstanceId}',
    )
    const [one = '', two = ''] = launched.ids as unknown as string[]
    expect(Buffer.from(world.ec2.userdata(one) ?? []).toString()).toBe('#!/bin/sh\necho hello\n')
    await aws('ec2', 'create-tags', '--resources', one, '--tags', 'Key=role,Value=first')
    const tagged = await aws('ec2', 'describe-tags', '--filters', 'Name=key,Values=role')
    expect(tagged.Tags).toEqual([{ResourceId: one, ResourceType: 'instance', Key: 'role', Value: 'first'}])
    const listed = await aws(
      'ec2',
      'describe-instances',
      '--filters',
      'Name=tag:role,Values=first',
      '--query',
      '{ids: Reservations[].Instances[].InstanceId}',
    )
    expect(listed.ids).toEqual([one])
    await aws('ec2', 'stop-instances', '--instance-ids', one)
    await eventually(() => world.ec2.instance(one)?.state === 'stopped')
    await aws('ec2', 'start-instances', '--instance-ids', one)
    const ended = await aws('ec2', 'terminate-instances', '--instance-ids', one, two)
    expect(ended.TerminatingInstances).toHaveLength(2)
  })

  test('reads the catalogue and the network', {timeout: 120_000}, async () => {
    const count = async (field: string, ...args: string[]) =>
      ((await aws(...args))[field] as unknown as unknown[]).length
    expect(await count('AvailabilityZones', 'ec2', 'describe-availability-zones')).toBe(6)
    expect(
      await count('Subnets', 'ec2', 'describe-subnets', '--filters', 'Name=default-for-az,Values=true'),
    ).toBe(6)
    expect(await count('Vpcs', 'ec2', 'describe-vpcs')).toBe(1)
    expect(await count('KeyPairs', 'ec2', 'describe-key-pairs')).toBe(1)
    expect(
      await count(
        'Images',
        'ec2',
        'describe-images',
        '--owners',
        '099720109477',
        '--filters',
        'Name=architecture,Values=arm64',
      ),
    ).toBe(4)
    expect(
      await count(
        'InstanceTypeOfferings',
        'ec2',
        'describe-instance-type-offerings',
        '--location-type',
        'availability-zone',
        '--filters',
        'Name=instance-type,Values=t3.micro',
      ),
    ).toBe(5)
    const types = await aws('ec2', 'describe-instance-types', '--instance-types', 't4g.nano')
    expect(types.InstanceTypes).toMatchObject([
      {
        InstanceType: 't4g.nano',
        VCpuInfo: {DefaultVCpus: 2},
        ProcessorInfo: {SupportedArchitectures: ['arm64']},
      },
    ])
    expect(await aws('sts', 'get-caller-identity')).toMatchObject({Account: SANDBOX.aws.account})
  })

  test('makes, opens, shows and deletes a security group, and is told of refusals', {
    timeout: 120_000,
  }, async () => {
    const {GroupId: id = ''} = await aws(
      'ec2',
      'create-security-group',
      '--group-name',
      'web',
      '--description',
      'of a test',
    )
    await aws(
      'ec2',
      'authorize-security-group-ingress',
      '--group-id',
      id,
      '--protocol',
      'tcp',
      '--port',
      '80',
      '--cidr',
      '0.0.0.0/0',
    )
    const shown = await aws('ec2', 'describe-security-groups', '--group-ids', id)
    expect(shown.SecurityGroups).toMatchObject([
      {GroupName: 'web', IpPermissions: [{FromPort: 80, ToPort: 80, IpRanges: [{CidrIp: '0.0.0.0/0'}]}]},
    ])
    await expect(
      aws('ec2', 'create-security-group', '--group-name', 'web', '--description', 'again'),
    ).rejects.toThrow(/InvalidGroup.Duplicate/)
    await aws('ec2', 'delete-security-group', '--group-id', id)
    await expect(aws('ec2', 'describe-security-groups', '--group-ids', id)).rejects.toThrow(
      /InvalidGroup.NotFound/,
    )
    await expect(aws('ec2', 'describe-instances', '--filters', 'Name=colour,Values=red')).rejects.toThrow(
      /The filter 'colour' is invalid/,
    )
  })
})
