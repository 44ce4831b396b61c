import {beforeEach, expect, test} from 'vitest'
import type {WireReply} from '../../../src/sandbox/wire/http.ts'
import {metadataWire} from '../../../src/sandbox/wire/metadata.ts'
import {SANDBOX} from '../../../src/sandbox/world/credentials.ts'
import type {RunInstancesRequest} from '../../../src/sandbox/world/ec2/launch-request.ts'
import {idleHypervisor} from '../../../src/sandbox/world/hypervisor.ts'
import {createWorld, type World} from '../../../src/sandbox/world/world.ts'
import {SOME_PUBLIC_KEY} from '../../support/triton-world.ts'
import {VirtualTime} from '../../support/virtual-runtime.ts'

const TTL = 'x-aws-ec2-metadata-token-ttl-seconds'
const TOKEN = 'x-aws-ec2-metadata-token'

let time: VirtualTime
let world: World
let ask: (method: string, path: string, headers?: Record<string, string>) => Promise<WireReply>

beforeEach(() => {
  time = new VirtualTime()
  world = createWorld({clock: time.clock, random: time.random, hypervisor: idleHypervisor()})
  const wire = metadataWire(world)
  ask = async (method, path, headers = {}) =>
    wire({
      method,
      path,
      headers,
      rawQuery: '',
      query: new URLSearchParams(),
      body: Buffer.alloc(0),
      remoteAddress: '127.0.0.1',
    })
})

/** A running instance. */
async function launch(some: Partial<RunInstancesRequest> = {}, region = 'us-east-1'): Promise<string> {
  const image = [...world.ec2.region(region).images.values()].find(
    ({architecture}) => architecture === 'x86_64',
  )
  const reply = world.ec2.call({principal: {name: 'operator'}, region}, 'RunInstances', {
    imageId: image?.id ?? '',
    instanceType: 't3.micro',
    minCount: 1,
    maxCount: 1,
    ...some,
  })
  await time.advance(60_000)
  return reply.instances[0]?.instanceId ?? ''
}

async function tokenOf(id: string, ttlSeconds = 60): Promise<string> {
  const {body} = await ask('PUT', `/${id}/latest/api/token`, {[TTL]: String(ttlSeconds)})
  return String(body)
}

async function read(id: string, path: string): Promise<{status: number; text: string}> {
  const {status, body} = await ask('GET', `/${id}/latest/${path}`, {[TOKEN]: await tokenOf(id)})
  return {status, text: String(body)}
}

const required = {metadataOptions: {httpTokens: 'required' as const}}

test('an instance that requires tokens answers 401 without one, and its id with one', async () => {
  const id = await launch(required)
  expect((await ask('GET', `/${id}/latest/meta-data/instance-id`)).status).toBe(401)
  expect(await read(id, 'meta-data/instance-id')).toEqual({status: 200, text: id})
})

test('an instance that does not require tokens answers without one, but never to a wrong one', async () => {
  const id = await launch({metadataOptions: {httpTokens: 'optional'}})
  const path = `/${id}/latest/meta-data/instance-id`
  expect((await ask('GET', path)).status).toBe(200)
  expect((await ask('GET', path, {[TOKEN]: 'made-up'})).status).toBe(401)
})

test('a token lives as long as it was asked to, and for one instance', async () => {
  const [id, other] = [await launch(required), await launch(required)]
  const token = await tokenOf(id, 60)
  const status = async (instance: string) =>
    (await ask('GET', `/${instance}/latest/meta-data/instance-id`, {[TOKEN]: token})).status
  expect([await status(id), await status(other)]).toEqual([200, 401])
  await time.advance(61_000)
  expect(await status(id)).toBe(401)
})

test.each([
  ['without a lifetime', '/latest/api/token', {}, 400],
  ['with more than six hours', '/latest/api/token', {[TTL]: '21601'}, 400],
  ['with no time at all', '/latest/api/token', {[TTL]: '0'}, 400],
  ['under a versioned path', '/2021-07-15/api/token', {[TTL]: '60'}, 403],
  ['through a proxy', '/latest/api/token', {[TTL]: '60', 'x-forwarded-for': '192.0.2.1'}, 403],
])('a token asked for %s is refused', async (_how, path, headers, status) => {
  const id = await launch(required)
  expect((await ask('PUT', `/${id}${path}`, headers)).status).toBe(status)
})

test('a disabled service answers nothing', async () => {
  const id = await launch({metadataOptions: {httpEndpoint: 'disabled'}})
  expect((await ask('PUT', `/${id}/latest/api/token`, {[TTL]: '60'})).status).toBe(403)
  expect((await ask('GET', `/${id}/latest/meta-data/instance-id`)).status).toBe(403)
})

test('what an instance has is told; what it lacks is 404', async () => {
  const id = await launch({userData: Buffer.from('#!/bin/sh\n').toString('base64')})
  const instance = world.ec2.instance(id)
  expect((await read(id, 'meta-data/public-ipv4')).text).toBe(instance?.publicIp)
  expect((await read(id, 'meta-data/local-ipv4')).text).toBe(instance?.privateIp)
  expect((await read(id, 'meta-data/ami-launch-index')).text).toBe('0')
  expect((await read(id, 'meta-data/placement/region')).text).toBe('us-east-1')
  expect((await read(id, 'meta-data/placement/availability-zone')).text).toBe(instance?.zone)
  expect((await read(id, 'user-data')).text).toBe('#!/bin/sh\n')
  expect((await read(id, 'meta-data/spot/instance-action')).status).toBe(404)
  expect((await read(id, 'meta-data/iam/security-credentials/')).status).toBe(404)
  expect((await read(id, 'meta-data/tags/instance/mcd:fleet')).status).toBe(404)
})

test('tags are told where the launch opened them', async () => {
  const id = await launch({
    metadataOptions: {instanceMetadataTags: 'enabled'},
    tagSpecifications: [{resourceType: 'instance', tags: [{key: 'mcd:fleet', value: 'web'}]}],
  })
  expect(await read(id, 'meta-data/tags/instance/mcd:fleet')).toEqual({status: 200, text: 'web'})
  expect((await read(id, 'meta-data/tags/instance/')).text).toBe('mcd:fleet')
  expect((await read(id, 'meta-data/placement')).text).toBe('availability-zone\nregion')
})

test('an instance with a profile gets credentials that the world knows as its own', async () => {
  const id = await launch({iamInstanceProfile: {name: SANDBOX.aws.instanceProfile}})
  const role = (await read(id, 'meta-data/iam/security-credentials/')).text
  const credentials = JSON.parse((await read(id, `meta-data/iam/security-credentials/${role}`)).text) as {
    AccessKeyId: string
  }
  expect(world.ec2.keys.principalOf(credentials.AccessKeyId)).toEqual({name: `role:${id}`})
})

test('Eucalyptus knows no tokens and answers without', async () => {
  const id = await launch({instanceType: 'm1.small'}, SANDBOX.eucalyptusRegion)
  expect((await ask('PUT', `/${id}/latest/api/token`, {[TTL]: '60'})).status).toBe(404)
  expect((await ask('GET', `/${id}/latest/meta-data/instance-id`)).body).toBe(id)
})

test("a Triton machine's keys are behind mdata", async () => {
  world.triton.account().addKey(SOME_PUBLIC_KEY)
  const {images, packages} = world.triton.stock
  const {id} = world.triton.place({
    image: images[0]?.id,
    package: packages[0]?.id,
    'metadata.mcd_fleet': 'web',
  })
  expect(await ask('GET', `/${id}/mdata/sdc:uuid`)).toMatchObject({status: 200, body: id})
  expect(await ask('GET', `/${id}/mdata/mcd_fleet`)).toMatchObject({status: 200, body: 'web'})
  expect((await ask('GET', `/${id}/mdata/absent`)).status).toBe(404)
  expect((await ask('GET', `/${id}/latest/meta-data/instance-id`)).status).toBe(404)
})
