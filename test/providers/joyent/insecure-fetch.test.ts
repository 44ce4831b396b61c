import {execFileSync} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {createServer as createHttpServer, type RequestListener} from 'node:http'
import {createServer} from 'node:https'
import type {AddressInfo, Server} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, describe, expect, test} from 'vitest'
import {UnreachableError} from '../../../src/errors.ts'
import {networkError} from '../../../src/providers/joyent/classify.ts'
import {insecureFetch} from '../../../src/providers/joyent/insecure-fetch.ts'
import {has} from '../../support/programs.ts'

let server: Server | undefined
afterEach(() => new Promise<void>(resolve => (server ? server.close(() => resolve()) : resolve())))

/** Answers with what it was asked; 204 to a DELETE. */
const echo: RequestListener = async (incoming, outgoing) => {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  if (incoming.method === 'DELETE') return void outgoing.writeHead(204).end()
  outgoing.writeHead(201, {'x-query-limit': '7'})
  outgoing.end(
    JSON.stringify({
      method: incoming.method,
      url: incoming.url,
      a: incoming.headers['x-a'],
      body: Buffer.concat(chunks).toString(),
    }),
  )
}

async function serve(listening: Server, scheme: string): Promise<string> {
  server = listening
  await new Promise<void>(resolve => listening.listen(0, '127.0.0.1', resolve))
  return `${scheme}://127.0.0.1:${(listening.address() as AddressInfo).port}`
}

function selfSigned(): {key: Buffer; cert: Buffer} {
  const folder = mkdtempSync(join(tmpdir(), 'mcd-tls-'))
  try {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const subject = ['-subj', '/CN=cloudapi.example.com', '-days', '1']
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, ...subject],
      {stdio: 'ignore'},
    )
    return {key: readFileSync(key), cert: readFileSync(cert)}
  } finally {
    rmSync(folder, {recursive: true, force: true})
  }
}

describe.skipIf(!has('openssl'))('a server with a self-signed certificate (needs openssl)', () => {
  test('is refused by the ordinary fetch with what to set, and reached by the insecure one', async () => {
    const url = await serve(createServer(selfSigned(), echo), 'https')
    const refused = await fetch(url).catch(error => networkError('GetAccount', url, error))
    expect(refused).toBeInstanceOf(UnreachableError)
    const response = await insecureFetch(`${url}/me?x=1`, {
      method: 'POST',
      headers: {'x-a': 'b'},
      body: 'text',
    })
    expect(response.status).toBe(201)
    expect(response.headers.get('x-query-limit')).toBe('7')
    expect(await response.json()).toEqual({method: 'POST', url: '/me?x=1', a: 'b', body: 'text'})
    expect((await insecureFetch(url, {method: 'DELETE'})).status).toBe(204)
  })

  test('can be abandoned', async () => {
    const url = await serve(
      createServer(selfSigned(), () => {}),
      'https',
    )
    const abandon = new AbortController()
    const response = insecureFetch(url, {signal: abandon.signal})
    abandon.abort()
    await expect(response).rejects.toThrow(/abort/i)
  })
})

test('plain http needs no exception', async () => {
  const url = await serve(createHttpServer(echo), 'http')
  expect(await (await insecureFetch(`${url}/me`)).json()).toMatchObject({method: 'GET', url: '/me'})
})
