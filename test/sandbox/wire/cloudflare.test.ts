import {expect, test} from 'vitest'
import {cloudflareWire} from '../../../src/sandbox/wire/cloudflare.ts'
import type {WireRequest} from '../../../src/sandbox/wire/http.ts'
import {SANDBOX} from '../../../src/sandbox/world/credentials.ts'
import {cloudflareScene} from '../../support/cloudflare-world.ts'
import {replyFaults} from '../../support/openapi.ts'

type Ask = {headers?: Record<string, string>; body?: unknown; query?: string}

function wireScene() {
  const scene = cloudflareScene()
  const wire = cloudflareWire(scene)
  const ask = async (method: string, path: string, {headers, body, query = ''}: Ask = {}) => {
    const request: WireRequest = {
      method,
      path: `/client/v4${path}`,
      rawQuery: query,
      query: new URLSearchParams(query),
      headers: {
        authorization: `Bearer ${SANDBOX.cloudflare.operatorToken}`,
        'content-type': 'application/json',
        ...headers,
      },
      body: Buffer.from(typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body)),
      remoteAddress: '127.0.0.1',
    }
    const reply = await wire(request)
    return {...reply, json: JSON.parse(String(reply.body))}
  }
  return {...scene, ask}
}

const A = {
  type: 'A',
  name: 'www.example.com',
  content: '192.0.2.1',
  ttl: 60,
  proxied: false,
  comment: 'mcd:v1 f=web g=east i=i-1',
}

test('every answer fits what CloudFlare publishes', async () => {
  const {ask, zone} = wireScene()
  const records = `/zones/${zone.id}/dns_records`
  const template = '/zones/{zone_id}/dns_records'
  const fits = async (method: string, path: string, published: string, options?: Ask) => {
    const {status, json} = await ask(method, path, options)
    expect(replyFaults(method, published, status, json), `${method} ${path}`).toEqual([])
    return {status, json}
  }
  await fits('GET', '/zones', '/zones', {query: 'name=example.com'})
  await fits('GET', `/zones/${zone.id}`, '/zones/{zone_id}')
  const {json: created} = await fits('POST', records, template, {body: A})
  const one = `${records}/${created.result.id}`
  const others = [
    {type: 'AAAA', name: 'www', content: '2001:db8::5', ttl: 1, proxied: true},
    {type: 'CNAME', name: 'alias', content: 'www.example.com', ttl: 300},
    {type: 'TXT', name: 'txt', content: 'plain', ttl: 300},
    {type: 'MX', name: '@', content: 'mail.example.com', ttl: 300, priority: 10},
    {type: 'NS', name: 'sub', content: 'ns.example.net', ttl: 300},
    {type: 'PTR', name: 'ptr', content: 'www.example.com', ttl: 300},
    {
      type: 'SRV',
      name: '_http._tcp',
      ttl: 300,
      data: {priority: 0, weight: 1, port: 80, target: 'www.example.com'},
    },
    {type: 'CAA', name: '@', ttl: 300, data: {flags: 0, tag: 'issue', value: 'ca.example.net'}},
  ]
  for (const body of others) expect((await fits('POST', records, template, {body})).status).toBe(200)
  await fits('GET', records, template, {query: 'per_page=5&page=2'})
  await fits('GET', one, `${template}/{dns_record_id}`)
  await fits('PATCH', one, `${template}/{dns_record_id}`, {body: {ttl: 120}})
  await fits('PUT', one, `${template}/{dns_record_id}`, {body: A})
  await fits('POST', `${records}/batch`, `${template}/batch`, {
    body: {
      posts: [{...A, content: '192.0.2.2'}],
      puts: [{...A, id: created.result.id, ttl: 300}],
      patches: [{id: created.result.id, ttl: 60}],
    },
  })
  await fits('DELETE', one, `${template}/{dns_record_id}`)
  await fits('GET', '/user/tokens/verify', '/user/tokens/verify')
  await fits('POST', records, template, {body: {...A, ttl: 5}})
  await fits('DELETE', one, `${template}/{dns_record_id}`)
  await fits('GET', '/zones', '/zones', {query: 'per_page=500'})
})

test.each([
  ['no token', 'GET', '/zones', {headers: {authorization: undefined as unknown as string}}, 400, [9106]],
  [
    'a global key',
    'GET',
    '/zones',
    {headers: {authorization: undefined as unknown as string, 'x-auth-key': 'k'}},
    400,
    [9106],
  ],
  ['another scheme', 'GET', '/zones', {headers: {authorization: 'Basic x'}}, 400, [6003]],
  ['an empty token', 'GET', '/zones', {headers: {authorization: 'Bearer '}}, 400, [6003]],
  ['an unknown token', 'GET', '/zones', {headers: {authorization: 'Bearer nobody'}}, 401, [10000]],
  ['an unknown path', 'GET', '/zoness', {}, 404, [7003]],
  ['an id that is none', 'GET', '/zones/ZZ/dns_records', {}, 404, [7003]],
  ['an unknown zone', 'GET', `/zones/${'0'.repeat(32)}/dns_records`, {}, 403, [10000]],
  ['an unknown method', 'TRACE', '/zones', {}, 405, [10405]],
  ['a method on the wrong path', 'DELETE', '/zones', {}, 405, [10405]],
  ['an unknown filter', 'GET', '/zones', {query: 'colour=red'}, 400, [1003]],
  [
    'a form',
    'POST',
    '/zones/:zone/dns_records',
    {headers: {'content-type': 'application/x-www-form-urlencoded'}, body: 'a=b'},
    415,
    [10015],
  ],
  ['half a body', 'POST', '/zones/:zone/dns_records', {body: '{"type":'}, 400, [6007]],
  ['no body', 'POST', '/zones/:zone/dns_records', {}, 400, [6007]],
  ['null', 'POST', '/zones/:zone/dns_records', {body: 'null'}, 400, [9207]],
  ['a list', 'POST', '/zones/:zone/dns_records/batch', {body: []}, 400, [9207]],
  ['posts that are no list', 'POST', '/zones/:zone/dns_records/batch', {body: {posts: 'x'}}, 400, [9207]],
  ['patches of nothing', 'POST', '/zones/:zone/dns_records/batch', {body: {patches: [null]}}, 400, [9207]],
  ['an account token check with a user token', 'GET', '/accounts/:account/tokens/verify', {}, 401, [1000]],
] as const)('%s is refused in the envelope', async (_what, method, path, options, status, codes) => {
  const {ask, zone} = wireScene()
  const reply = await ask(
    method,
    path.replace(':zone', zone.id).replace(':account', zone.account.id),
    options as Ask,
  )
  expect(reply.status).toBe(status)
  expect(reply.json).toMatchObject({success: false, result: null, messages: []})
  expect(reply.json.errors.map(({code}: {code: number}) => code)).toEqual(codes)
})

test('a path outside the API is refused, not served', async () => {
  const {cloudflare} = cloudflareScene()
  const reply = await cloudflareWire({cloudflare})({
    method: 'GET',
    path: '/zones',
    rawQuery: '',
    query: new URLSearchParams(),
    headers: {authorization: `Bearer ${SANDBOX.cloudflare.operatorToken}`},
    body: Buffer.alloc(0),
    remoteAddress: '127.0.0.1',
  })
  expect(reply.status).toBe(404)
})

test('the cause of a tag refusal stands in the chain', async () => {
  const {ask, zone} = wireScene()
  const {json} = await ask('POST', `/zones/${zone.id}/dns_records`, {body: {...A, tags: ['a:b']}})
  expect(json.errors).toEqual([
    {
      code: 1004,
      message: 'DNS Validation Error',
      error_chain: [{code: 9300, message: 'DNS record has 1 tags, exceeding the quota of 0.'}],
    },
  ])
})

test('a listing says how much more there is', async () => {
  const {ask, create, zone} = wireScene()
  for (let i = 1; i <= 5; i++) create({content: `192.0.2.${i}`})
  const {json} = await ask('GET', `/zones/${zone.id}/dns_records`, {query: 'per_page=2&page=3'})
  expect(json.result_info).toEqual({page: 3, per_page: 2, count: 1, total_count: 5, total_pages: 3})
})

test('every reply tells the rate left, and 429 how long to wait', async () => {
  const {ask, list} = wireScene()
  expect((await ask('GET', '/zones')).headers).toMatchObject({
    ratelimit: '"default";r=1199;t=300',
    'ratelimit-policy': '"default";q=1200;w=300',
  })
  for (let i = 1; i < 1_200; i++) list()
  expect(await ask('GET', '/zones')).toMatchObject({
    status: 429,
    headers: {'retry-after': '300', ratelimit: '"default";r=0;t=300'},
  })
})

test('a reply lost after the effect is a server error to the client', async () => {
  const {ask, calls, list, zone} = wireScene()
  calls.faults = {
    before() {},
    after({action}) {
      if (action.startsWith('POST')) throw new Error('reply lost')
    },
  }
  expect((await ask('POST', `/zones/${zone.id}/dns_records`, {body: A})).status).toBe(500)
  expect(list().items).toHaveLength(1)
})
