import {createHash} from 'node:crypto'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import type {TritonProfile} from '../../../src/providers/joyent/profile.ts'
import {loadSigner} from '../../../src/providers/joyent/sign.ts'
import {httpTransport, type Transport} from '../../../src/providers/joyent/transport.ts'
import {cloudapiWire} from '../../../src/sandbox/wire/cloudapi.ts'
import {listen} from '../../../src/sandbox/wire/http.ts'
import {generateTritonKey, parsePublicKey} from '../../../src/sandbox/world/triton/ssh-key.ts'
import {Secret} from '../../../src/secret.ts'
import {type TritonStage, tritonStage} from '../../support/triton-world.ts'

const key = generateTritonKey()
let stage: TritonStage
let server: Awaited<ReturnType<typeof listen>>

beforeEach(async () => {
  stage = tritonStage()
  stage.triton.account().addKey(key.publicKeyOpenSsh, {name: 'laptop'})
  server = await listen(cloudapiWire(stage))
})
afterEach(() => server.close())

async function transport(change: Partial<TritonProfile> = {}): Promise<Transport> {
  const profile = {
    name: 'test',
    url: server.url,
    account: 'sandbox',
    keyId: key.md5Fingerprint,
    insecure: false,
    ...change,
  }
  const runtime = stage.time.runtime()
  const sign = await loadSigner({profile, runtime, key: new Secret(key.privateKeyPem, 'test')})
  return httpTransport({profile, sign, fetch, now: runtime.now})
}

const {signal} = new AbortController()
const get = async (path: string, query: Record<string, string> = {}) =>
  (await transport())({method: 'GET', path, query, signal})
const post = async (path: string, body: Record<string, unknown>) =>
  (await transport())({method: 'POST', path, body, signal})

const newMachine = () => ({
  name: 'web-1',
  image: stage.triton.stock.images[0]?.id,
  package: stage.triton.stock.packages[0]?.id,
})

test('the generated key is one that OpenSSH and the account agree on', () => {
  expect(parsePublicKey(key.publicKeyOpenSsh).fingerprint).toBe(key.md5Fingerprint)
  const blob = Buffer.from(key.publicKeyOpenSsh.split(' ')[1] ?? '', 'base64')
  expect(createHash('md5').update(blob).digest('hex')).toBe(key.md5Fingerprint.replaceAll(':', ''))
})

test('a clock that is ten minutes ahead refuses the signatures of ours, and dates its answers', async () => {
  const fault = stage.calls.plan.add({target: 'joyent', kind: 'wrong-clock'})
  expect(await get('machines')).toMatchObject({
    status: 401,
    body: {code: 'InvalidCredentials', message: 'clock skew of 600s was greater than 300s'},
  })
  const unsigned = await fetch(server.url)
  expect(Date.parse(unsigned.headers.get('date') ?? '')).toBe(stage.time.clock.now() + 600_000)
  stage.calls.plan.clear(fault.id)
  expect((await get('machines')).status).toBe(200)
})

test('an unsigned request is refused in the shape of CloudAPI, with its headers', async () => {
  const response = await fetch(`${server.url}/sandbox/machines`)
  const text = await response.text()
  expect(response.status).toBe(401)
  expect(JSON.parse(text)).toEqual({
    code: 'InvalidCredentials',
    message: 'You must make authenticated requests to use CloudAPI',
  })
  expect(response.headers.get('api-version')).toMatch(/^9\./)
  expect(response.headers.get('request-id')).toMatch(/\w/)
  expect(response.headers.get('content-md5')).toBe(createHash('md5').update(text).digest('base64'))
  expect(stage.core.calls.records.at(-1)).toMatchObject({
    action: 'ListMachines',
    refused: 'InvalidCredentials',
  })
})

test.each<[string, Partial<TritonProfile>, string]>([
  ['an unknown account', {account: 'nobody'}, 'Invalid account nobody'],
  ['an unknown sub-user', {user: 'intern'}, 'Invalid key'],
])('%s is refused', async (_who, change, message) => {
  const {status, body} = await (await transport(change))({method: 'GET', path: '', signal})
  expect({status, body}).toMatchObject({
    status: 401,
    body: {code: 'InvalidCredentials', message: expect.stringContaining(message)},
  })
})

test('a revoked key is refused from then on', async () => {
  expect((await get('')).status).toBe(200)
  stage.triton.account().removeKey('laptop')
  expect((await get('')).status).toBe(401)
})

describe('a sub-user', () => {
  const asOps = async (path: string, method: 'GET' | 'DELETE' = 'GET', roles: string[] = []) =>
    (await transport({user: 'ops', roles}))({method, path, signal})
  beforeEach(() => {
    const account = stage.triton.account()
    account.rbac.addUser({login: 'ops', email: 'ops@example.com'})
    account.removeKey('laptop')
    account.addKey(key.publicKeyOpenSsh, {user: 'ops'})
    account.rbac.addPolicy({name: 'look', rules: ['CAN listkeys AND listmachines']})
    account.rbac.addPolicy({name: 'all', rules: ['CAN *']})
  })

  test('signs with a key of its own, and may do what its roles allow', async () => {
    expect(await asOps('keys')).toMatchObject({status: 403, body: {code: 'NotAuthorized'}})
    stage.triton
      .account()
      .rbac.addRole({name: 'looker', policies: [{name: 'look'}], members: [{login: 'ops', default: true}]})
    expect((await asOps('keys')).status).toBe(200)
    expect(await asOps('images')).toMatchObject({
      status: 403,
      body: {message: 'You do not have permission to access /sandbox/images (listimages)'},
    })
  })

  test('has a role that is no default one only where it asks for it', async () => {
    stage.triton.account().rbac.addRole({name: 'boss', policies: [{name: 'all'}], members: [{login: 'ops'}]})
    expect((await asOps('images')).status).toBe(403)
    expect((await asOps('images', 'GET', ['boss'])).status).toBe(200)
  })

  test('is told that an instance is not there before it is told that it may not', async () => {
    const {id} = stage.triton.place({...newMachine()})
    expect((await asOps('machines/0a0a0a0a-0b0b-4c0c-8d0d-0e0e0e0e0e0e', 'DELETE')).status).toBe(404)
    expect((await asOps(`machines/${id}`, 'DELETE')).status).toBe(403)
  })
})

test('a rule that the sandbox cannot judge is refused', async () => {
  expect(
    await post('policies', {name: 'odd', rules: ['CAN getmachine WHEN sourceip = 192.0.2.1']}),
  ).toMatchObject({
    status: 409,
    body: {code: 'InvalidArgument'},
  })
})

test('"my" stands for the login, and another login is forbidden', async () => {
  expect(
    (await (await transport({actAsAccount: 'my'}))({method: 'GET', path: '', signal})).body,
  ).toMatchObject({login: 'sandbox'})
  stage.triton.addAccount('other')
  const {status, body} = await (await transport({actAsAccount: 'other'}))({method: 'GET', path: '', signal})
  expect({status, body}).toMatchObject({status: 403, body: {code: 'NotAuthorized'}})
})

test('roles are part of what is signed', async () => {
  expect((await (await transport({roles: ['a', 'b']}))({method: 'GET', path: 'keys', signal})).status).toBe(
    200,
  )
})

test.each([
  ['nonsense', 404, 'ResourceNotFound'],
  ['machines/not-an-id', 404, 'ResourceNotFound'],
  ['machines?limit=x', 409, 'InvalidArgument'],
  ['machines?state=failed', 409, 'InvalidArgument'],
  ['packages/g9.none', 404, 'ResourceNotFound'],
])('GET %s is refused as %i %s', async (path, status, code) => {
  const [bare = '', search = ''] = path.split('?')
  expect(await get(bare, Object.fromEntries(new URLSearchParams(search)))).toMatchObject({
    status,
    body: {code},
  })
})

test('a path that is there takes only its own methods', async () => {
  const {status, body} = await post('images', {})
  expect({status, body}).toMatchObject({status: 405, body: {code: 'MethodNotAllowedError'}})
})

test('a body that is too large, or no JSON object, is refused', async () => {
  expect(await post('machines', {x: 'a'.repeat(100_000)})).toMatchObject({
    status: 413,
    body: {code: 'PayloadTooLargeError'},
  })
  expect(await post('machines', [] as unknown as Record<string, unknown>)).toMatchObject({status: 400})
})

test('a new instance has a Location, and a listing says how many rows it has', async () => {
  const created = await post('machines', newMachine())
  expect(created).toMatchObject({status: 201, body: {name: 'web-1', state: 'provisioning', ips: []}})
  await stage.time.advance(2_000)
  const signed = await loadSigner({
    profile: {name: 'test', url: server.url, account: 'sandbox', keyId: key.md5Fingerprint, insecure: false},
    runtime: stage.time.runtime(),
    key: new Secret(key.privateKeyPem, 'test'),
  })
  const date = new Date(stage.time.now()).toUTCString()
  const target = '/sandbox/machines?limit=5'
  const authorization = await signed({method: 'GET', target, date})
  const response = await fetch(`${server.url}${target}`, {headers: {date, authorization}})
  expect([response.headers.get('x-resource-count'), response.headers.get('x-query-limit')]).toEqual([
    '1',
    '5',
  ])
})

test('an action is taken from the body as from the query', async () => {
  const {body} = await post('machines', newMachine())
  const path = `machines/${(body as {id: string}).id}`
  await stage.time.advance(2_000)
  expect((await post(path, {action: 'stop'})).status).toBe(202)
  await stage.time.advance(1_000)
  expect((await get(path)).body).toMatchObject({state: 'stopped'})
  expect((await (await transport())({method: 'POST', path, query: {action: 'start'}, signal})).status).toBe(
    202,
  )
  await stage.time.advance(2_000)
  expect((await get(path)).body).toMatchObject({state: 'running'})
  expect(await post(path, {action: 'explode'})).toMatchObject({status: 409, body: {code: 'InvalidArgument'}})
  expect(await post(path, {})).toMatchObject({status: 409, body: {code: 'MissingParameter'}})
})

test('a destroyed instance is 410 with its own JSON, also when it is deleted again', async () => {
  const {body} = await post('machines', newMachine())
  const path = `machines/${(body as {id: string}).id}`
  await stage.time.advance(2_000)
  const send = await transport()
  expect((await send({method: 'DELETE', path, signal})).status).toBe(204)
  await stage.time.advance(1_000)
  expect(await get(path)).toMatchObject({status: 410, body: {name: 'web-1', state: 'deleted'}})
  expect(await send({method: 'DELETE', path, signal})).toMatchObject({status: 410, body: {state: 'deleted'}})
})

test('a duplicate name tells field and code', async () => {
  await post('machines', newMachine())
  await stage.time.advance(2_000)
  expect(await post('machines', newMachine())).toMatchObject({
    status: 409,
    body: {code: 'ValidationFailed', errors: [{field: 'alias', code: 'Duplicate'}]},
  })
})

test('tags, metadata, audit and NICs of an instance', async () => {
  const {body} = await post('machines', {...newMachine(), 'tag.a': 1, 'metadata.b': 'c'})
  const path = `machines/${(body as {id: string}).id}`
  const send = await transport()
  await stage.time.advance(2_000)
  expect((await get(`${path}/tags`)).body).toEqual({a: 1})
  expect((await post(`${path}/tags`, {d: 'e'})).body).toEqual({a: 1, d: 'e'})
  await stage.time.advance(1_000)
  expect((await get(`${path}/tags/d`)).body).toBe('e')
  expect((await send({method: 'DELETE', path: `${path}/tags/a`, signal})).status).toBe(204)
  expect((await send({method: 'DELETE', path: `${path}/metadata/b`, signal})).status).toBe(204)
  expect((await send({method: 'DELETE', path: `${path}/metadata/root_authorized_keys`, signal})).status).toBe(
    409,
  )
  await stage.time.advance(1_000)
  expect((await get(`${path}/tags`)).body).toEqual({d: 'e'})
  expect((await get(`${path}/metadata/b`)).status).toBe(404)
  expect(((await get(`${path}/audit`)).body as {action: string}[]).map(({action}) => action)).toEqual([
    'remove_metadata',
    'remove_tags',
    'set_tags',
    'provision',
  ])
  expect((await get(`${path}/nics`)).body).toHaveLength(2)
})

test('firewall rules are made, matched by tag, switched and removed', async () => {
  await post('machines', {...newMachine(), 'tag.role': 'web'})
  await stage.time.advance(2_000)
  const made = await post('fwrules', {rule: 'FROM any TO tag role = web ALLOW tcp PORT 80', enabled: true})
  expect(made).toMatchObject({
    status: 201,
    body: {rule: 'FROM any TO tag "role" = "web" ALLOW tcp PORT 80', enabled: true},
  })
  const path = `fwrules/${(made.body as {id: string}).id}`
  expect((await get(`${path}/machines`)).body).toMatchObject([{name: 'web-1'}])
  expect((await post(`${path}/disable`, {})).body).toMatchObject({enabled: false})
  expect((await post(path, {rule: 'FROM any TO tag role ALLOW tcp PORT 81'})).body).toMatchObject({
    enabled: false,
  })
  expect((await (await transport())({method: 'DELETE', path, signal})).status).toBe(204)
  expect((await get('fwrules')).body).toEqual([])
  expect(await post('fwrules', {rule: 'FROM any TO any ALLOW tcp PORT 80'})).toMatchObject({
    status: 422,
    body: {code: 'InvalidParameters', errors: [{field: 'rule'}]},
  })
})

test('keys, data centres and limits', async () => {
  expect((await get('keys')).body).toHaveLength(2)
  expect((await get('keys/laptop')).body).toMatchObject({fingerprint: key.md5Fingerprint})
  expect(await post('keys', {key: 'ssh-rsa nonsense'})).toMatchObject({
    status: 409,
    body: {code: 'InvalidArgument'},
  })
  expect((await get('datacenters')).body).toEqual({'sandbox-1': server.url})
  expect((await get('limits')).body).toEqual([])
  stage.triton.account().quota = 5
  expect((await get('limits')).body).toEqual([{value: 5, used: 0}])
})

test('a client of an unknown version is refused', async () => {
  const response = await fetch(`${server.url}/my`, {headers: {'accept-version': '~3'}})
  expect(response.status).toBe(400)
  expect(await response.json()).toMatchObject({code: 'InvalidVersion'})
})
