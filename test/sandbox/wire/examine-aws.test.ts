import {execFile} from 'node:child_process'
import {promisify} from 'node:util'
import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest'
import {examineAws} from '../../../src/providers/aws/examine.ts'
import type {LaunchWish} from '../../../src/providers/compute.ts'
import type {ComputeNeeds, Finding, ZoneNeeds} from '../../../src/providers/examine.ts'
import {examineRoute53} from '../../../src/providers/route53/examine.ts'
import {realRuntime} from '../../../src/runtime.ts'
import {awsWire} from '../../../src/sandbox/wire/aws.ts'
import {carried, listen} from '../../../src/sandbox/wire/http.ts'
import {realClock} from '../../../src/sandbox/world/clock.ts'
import {SANDBOX} from '../../../src/sandbox/world/credentials.ts'
import {idleHypervisor} from '../../../src/sandbox/world/hypervisor.ts'
import {createWorld, type World} from '../../../src/sandbox/world/world.ts'
import {has} from '../../support/programs.ts'

const region = 'us-east-1'
const place = {key: `aws:${region}`, provider: 'aws', region} as const
const {operator} = SANDBOX.aws

let world: World
let served: Awaited<ReturnType<typeof listen>>
beforeEach(async () => {
  const hypervisor = idleHypervisor()
  world = createWorld({clock: realClock, random: Math.random, hypervisor, delays: {bootMs: 0, visibleMs: 0}})
  const {plan} = world.calls
  served = await listen(carried(plan.carry.bind(plan), awsWire(world)))
})
afterEach(() => served.close())

const wish: LaunchWish = {
  types: ['t3.micro'],
  image: 'ubuntu-24.04',
  subnets: [],
  securityGroups: [],
  open: [80],
  keyPair: 'sandbox',
  instanceProfile: SANDBOX.aws.instanceProfile,
  spot: true,
  deletionProtection: true,
  networks: [],
  metadata: {},
  tags: {},
}
const needs: ComputeNeeds = {fleet: 'web', dns: 'www.example.com', groups: [{name: 'east', count: 2, wish}]}
const zone: ZoneNeeds = {
  zone: 'example.com',
  names: [{name: 'www.example.com', ttlSeconds: 60, proxied: false, members: 2}],
}
const options = () => ({endpoint: served.url, credentials: operator, runtime: realRuntime()})
const examineEc2 = () => examineAws({place, ...options()})(needs)
const outcomes = (findings: readonly Finding[]) => new Set(findings.map(({outcome}) => outcome))

test('through the SDK, a place and a zone are looked at whole, and nothing is changed', async () => {
  const compute = await examineEc2()
  const dns = await examineRoute53(options())(zone)
  expect([outcomes(compute), outcomes(dns)]).toEqual([new Set(['ok', 'unknown']), new Set(['ok'])])
  expect(compute.filter(({check}) => check === 'quota')).toMatchObject([
    {
      subject: 'All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests in us-east-1',
      detail: '0 of 5000 vCPUs are in use, and this fleet needs 4 more.',
    },
  ])
  expect(world.calls.records.flatMap(({effects}) => effects)).toEqual([])
  expect(world.calls.counts.get('servicequotas:GetServiceQuota')).toBe(1)
})

describe('through the SDK, without a way in', () => {
  test('no credentials at all', async () => {
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE'])
      vi.stubEnv(name, undefined)
    for (const name of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE']) vi.stubEnv(name, '/dev/null')
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
    const {credentials: _, ...nobody} = options()
    const found = [await examineAws({place, ...nobody})(needs), await examineRoute53(nobody)(zone)]
    vi.unstubAllEnvs()
    for (const findings of found)
      expect(findings).toMatchObject([
        {
          check: 'identity',
          outcome: 'failed',
          remedy: expect.stringMatching(/^Check the profile \(AWS_PROFILE/),
        },
      ])
  })

  test('keys that nobody knows, told without showing them', async () => {
    const credentials = {accessKeyId: 'AKIANOBODY', secretAccessKey: 'a-secret-of-nobody'}
    const found = [
      await examineAws({place, ...options(), credentials})(needs),
      await examineRoute53({...options(), credentials})(zone),
    ]
    for (const findings of found)
      expect(findings).toMatchObject([
        {check: 'identity', outcome: 'failed', remedy: expect.stringMatching(/^Check AWS_PROFILE/)},
      ])
    expect(JSON.stringify(found)).not.toContain(credentials.secretAccessKey)
  })

  test('a clock that is wrong', async () => {
    world.calls.plan.add({target: 'aws', kind: 'wrong-clock', ms: 600_000})
    world.calls.plan.add({target: 'route53', kind: 'wrong-clock', ms: 600_000})
    for (const findings of [await examineEc2(), await examineRoute53(options())(zone)])
      expect(findings).toMatchObject([
        {check: 'clock', outcome: 'failed', remedy: "Set this machine's clock right."},
      ])
  })
})

describe.skipIf(!has('aws'))('the AWS CLI (needs aws)', () => {
  const aws = async (...args: string[]): Promise<unknown> => {
    const env = {
      PATH: process.env.PATH,
      HOME: '/nonexistent',
      AWS_ACCESS_KEY_ID: operator.accessKeyId,
      AWS_SECRET_ACCESS_KEY: operator.secretAccessKey,
      AWS_DEFAULT_REGION: region,
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_MAX_ATTEMPTS: '1',
      AWS_PAGER: '',
    }
    const all = ['--endpoint-url', served.url, '--output', 'json', ...args]
    const {stdout} = await promisify(execFile)('aws', all, {env})
    return JSON.parse(stdout)
  }

  test('reads quotas and how full a zone is, and is answered to a dry run', {timeout: 60_000}, async () => {
    const quota = (call: string, code: string) =>
      aws('service-quotas', call, '--service-code', 'ec2', '--quota-code', code)
    const zoneId = world.route53.zone('example.com')?.id ?? ''
    const [image = ''] = world.ec2.region(region).images.keys()
    const [own, given, limit, launch] = await Promise.allSettled([
      quota('get-service-quota', 'L-1216C47A'),
      quota('get-aws-default-service-quota', 'L-DB2E81BA'),
      aws('route53', 'get-hosted-zone-limit', '--hosted-zone-id', zoneId, '--type', 'MAX_RRSETS_BY_ZONE'),
      aws('ec2', 'run-instances', '--dry-run', '--image-id', image, '--instance-type', 't3.micro'),
    ])
    const standard = 'Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances'
    expect(own).toMatchObject({value: {Quota: {QuotaName: standard, Value: 5000}}})
    expect(given).toMatchObject({value: {Quota: {Value: 0}}})
    expect(limit).toMatchObject({value: {Limit: {Type: 'MAX_RRSETS_BY_ZONE', Value: 10_000}, Count: 2}})
    expect(launch).toMatchObject({reason: {stderr: expect.stringContaining('(DryRunOperation)')}})
    expect(world.ec2.allInstances()).toEqual([])
  })
})
