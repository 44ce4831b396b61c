import {spawnSync} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {createServer, type IncomingMessage, type Server} from 'node:http'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {Webhook} from 'standardwebhooks'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {Secret} from '../../src/secret.ts'
import {sendWebhook} from '../../src/surroundings/webhook.ts'
import {has} from '../support/programs.ts'
import {receiver} from '../support/simulated-receivers.ts'

const PLAIN = 'words that sign, ünd more'
const KEY = Buffer.from('0123456789abcdef0123456789abcdef')
const BASE64 = `whsec_${KEY.toString('base64')}`
const BODY = JSON.stringify({type: 'run-finished', data: {host: 'münchen'}})

type Heard = {readonly headers: IncomingMessage['headers']; readonly body: string; readonly path: string}
const heard: Heard[] = []
let server: Server
let origin = ''
beforeAll(async () => {
  server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', part => {
      body += part
    })
    request.on('end', () => {
      heard.push({headers: request.headers, body, path: request.url ?? ''})
      const status = Number(request.url?.slice(1))
      if (status === 0) return
      response.writeHead(status, {location: `${origin}/200`}).end('what it says is not for us')
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  return new Promise(resolve => server.close(resolve))
})

async function send(path: string, {secret = PLAIN, over = new AbortController().signal} = {}) {
  const message = {id: 'n-1', sentAtSeconds: Math.floor(Date.now() / 1_000), body: BODY}
  const to = receiver('127.0.0.1', {
    url: new Secret(`${origin}${path}`, 'env:HOOK'),
    secret: new Secret(secret, 'env:S'),
  })
  heard.length = 0
  const delivery = await sendWebhook(to, message, over)
  return {delivery, heard: [...heard]}
}
const only = (all: readonly Heard[]): Heard => all[0] ?? expect.unreachable('nothing was received')
const named = (headers: IncomingMessage['headers']): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))

test.each([
  ['text', PLAIN, new Webhook(Buffer.from(PLAIN), {format: 'raw'})],
  ['whsec_ and base64', BASE64, new Webhook(BASE64)],
])('who knows the secret, %s, can tell that the message is ours and whole', async (_kind, secret, judge) => {
  const {headers, body} = only((await send('/200', {secret})).heard)
  expect(judge.verify(body, named(headers))).toEqual(JSON.parse(BODY))
  expect(headers).toMatchObject({'content-type': 'application/json', 'webhook-id': 'n-1'})
  expect(() => judge.verify(`${body} `, named(headers))).toThrow('No matching signature')
  expect(() => judge.verify(body, {...named(headers), 'webhook-id': 'n-2'})).toThrow('No matching signature')
  expect(() =>
    new Webhook(Buffer.from('another secret'), {format: 'raw'}).verify(body, named(headers)),
  ).toThrow()
})

/** The check in docs/notifications.md, as a reader would copy it. */
const SHELL_CHECK = /```sh\n(key=[^`]*openssl[^`]*)```/.exec(
  readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'notifications.md'), 'utf8'),
)?.[1]

test.skipIf(!has('openssl'))(
  'openssl comes to the same signature, as documented (needs openssl)',
  async () => {
    const {headers, body} = only((await send('/200', {secret: BASE64})).heard)
    const folder = mkdtempSync(join(tmpdir(), 'mcd-webhook-'))
    writeFileSync(join(folder, 'body.json'), body)
    const check = (signature: unknown) =>
      spawnSync('sh', ['-c', SHELL_CHECK ?? 'exit 9'], {
        cwd: folder,
        encoding: 'utf8',
        env: {
          PATH: process.env.PATH,
          WEB_HOOK_SECRET: BASE64,
          webhook_id: String(headers['webhook-id']),
          webhook_timestamp: String(headers['webhook-timestamp']),
          webhook_signature: String(signature),
        },
      }).stdout
    expect([check(headers['webhook-signature']), check('v1,b3RoZXI=')]).toEqual(['genuine\n', ''])
    rmSync(folder, {recursive: true})
  },
)

test.each<[status: number, delivery: object]>([
  [200, {ok: true}],
  [204, {ok: true}],
  [302, {ok: false, answered: true, why: 'answered with a redirect (302), which is not followed'}],
  [400, {ok: false, answered: true, why: 'answered 400'}],
  [410, {ok: false, answered: true, refused: true, why: 'answered 410'}],
  [503, {ok: false, answered: true, why: 'answered 503'}],
])('%i is its answer, and is asked for once', async (status, delivery) => {
  const sent = await send(`/${status}`)
  expect(sent.delivery).toEqual(delivery)
  expect(sent.heard.map(({path}) => path)).toEqual([`/${status}`])
})

test('whoever is not waited for any more is hung up on', async () => {
  const over = new AbortController()
  const sending = send('/0', {over: over.signal})
  over.abort('over')
  expect((await sending).delivery).toMatchObject({ok: false})
})

test('nothing of an address but its host is told when it cannot be reached', async () => {
  const url = new Secret('http://127.0.0.1:1/do-not-tell', 'env:HOOK')
  const delivery = await sendWebhook(
    receiver('127.0.0.1:1', {url}),
    {id: 'n-1', sentAtSeconds: 0, body: BODY},
    new AbortController().signal,
  )
  expect(delivery).toEqual({ok: false, why: expect.stringMatching(/^could not be reached( \([A-Z_]+\))?$/)})
})
