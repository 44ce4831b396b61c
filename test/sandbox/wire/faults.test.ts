import {afterEach, beforeEach, expect, test} from 'vitest'
import {cloudflareWire} from '../../../src/sandbox/wire/cloudflare.ts'
import {carried, listen} from '../../../src/sandbox/wire/http.ts'
import {SANDBOX} from '../../../src/sandbox/world/credentials.ts'
import type {FaultKind} from '../../../src/sandbox/world/faults/kinds.ts'
import {cloudflareScene} from '../../support/cloudflare-world.ts'
import {eventually} from '../../support/eventually.ts'

/** One vendor stands for all: what carries requests is the same for each. */

let scene: ReturnType<typeof cloudflareScene>
let server: Awaited<ReturnType<typeof listen>>

beforeEach(async () => {
  scene = cloudflareScene()
  const {plan} = scene.calls
  server = await listen(carried(plan.carry.bind(plan), cloudflareWire(scene)))
})
afterEach(() => server.close())

const CREATE = 'cloudflare:POST /zones/:id/dns_records'
const order = (kind: FaultKind) => scene.calls.plan.add({target: CREATE, kind})
const records = () => [...scene.zone.records.values()].filter(({type}) => type === 'A').length
const waiting = () => scene.calls.plan.list()[0]?.waiting

function create(signal: AbortSignal | null = null): Promise<Response> {
  return fetch(`${server.url}/client/v4/zones/${scene.zone.id}/dns_records`, {
    method: 'POST',
    signal,
    headers: {
      authorization: `Bearer ${SANDBOX.cloudflare.operatorToken}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({type: 'A', name: 'www', content: '192.0.2.1', ttl: 60}),
  })
}

test.each<[FaultKind, number]>([
  ['reset', 0],
  ['lost-reply', 1],
])('%s breaks the connection, with %i records made', async (kind, made) => {
  order(kind)
  await expect(create()).rejects.toMatchObject({
    cause: {code: expect.stringMatching(/ECONNRESET|UND_ERR_SOCKET/)},
  })
  expect(records()).toBe(made)
  expect((await create()).status).toBe(made === 0 ? 200 : 400)
})

test('throttling comes in the vendor’s own shape', async () => {
  order('throttle')
  const answer = await create()
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '1'])
  expect(await answer.json()).toMatchObject({success: false, errors: [{code: 971}]})
})

test('a held request takes effect when it is let go, though its sender has hung up', async () => {
  order('hold-before')
  const sender = new AbortController()
  const sent = create(sender.signal)
  await eventually(() => waiting() === 1)
  sender.abort()
  await expect(sent).rejects.toThrow('aborted')
  expect(records()).toBe(0)
  scene.calls.plan.clear()
  await eventually(() => records() === 1)
})

test('a held answer goes out when it is let go, and the call took effect before', async () => {
  order('hold-after')
  const sent = create()
  await eventually(() => waiting() === 1)
  expect(records()).toBe(1)
  scene.calls.plan.clear()
  expect((await sent).status).toBe(200)
})
