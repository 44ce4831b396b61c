import {createServer as createHttpServer, type IncomingMessage} from 'node:http'
import {createServer as createHttpsServer} from 'node:https'
import {type AddressInfo, createServer as createTcpServer, type Server, type Socket} from 'node:net'
import type {TLSSocket} from 'node:tls'
import {expect, onTestFinished, test} from 'vitest'
import {InterruptedError} from '../../src/errors.ts'
import type {ProbeTarget} from '../../src/fleet/outside.ts'
import {realRuntime} from '../../src/runtime.ts'
import {healthProbe} from '../../src/surroundings/health-probe.ts'
import {ownCertificate} from '../support/own-certificate.ts'
import {has} from '../support/programs.ts'

/** Served until the test ends; connections that nobody closes end with it. */
async function served(server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', socket => void sockets.add(socket))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

const page = (status: number, seen: IncomingMessage[] = []) =>
  createHttpServer((request, response) => {
    seen.push(request)
    response.writeHead(status).end()
  })

const probe = (over: Partial<ProbeTarget> & {port: number}) =>
  healthProbe(realRuntime())({
    protocol: 'http',
    address: '127.0.0.1',
    path: '/health?deep=1',
    host: 'www.example.com',
    timeoutMs: 5_000,
    ...over,
  })

/** A port that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createTcpServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const {port} = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

test.each([
  [200, true],
  [204, true],
  [301, true],
  [399, true],
  [400, false],
  [404, false],
  [503, false],
])('a page with %i is healthy: %s', async (status, ok) => {
  expect(await probe({port: await served(page(status))})).toMatchObject({ok})
})

test('http asks for the path by the name of the fleet, and says that it is a health check', async () => {
  const seen: IncomingMessage[] = []
  await probe({port: await served(page(200, seen))})
  const [request] = seen
  expect(request).toMatchObject({method: 'GET', url: '/health?deep=1'})
  expect(request?.headers).toMatchObject({host: 'www.example.com', 'user-agent': 'mcd health check'})
})

test('an error is an answer, and silence is none: the one speaks of the instance, the other perhaps of the prober', async () => {
  const silent = await served(createTcpServer())
  const port = await served(page(500))
  expect(await probe({port})).toEqual({
    ok: false,
    answered: true,
    why: `HTTP 500 from 127.0.0.1:${port}/health?deep=1`,
  })
  expect(await probe({port: silent, timeoutMs: 30})).toEqual({
    ok: false,
    why: `no answer from 127.0.0.1:${silent} within 0.03 s`,
  })
})

test.each(['http', 'https', 'tcp'] as const)('%s: nobody listens', async protocol => {
  const port = await closedPort()
  expect(await probe({protocol, port})).toEqual({
    ok: false,
    why: `connection refused at 127.0.0.1:${port}`,
  })
})

test('tcp is content with a connection, and sends nothing', async () => {
  const received: Buffer[] = []
  const ended = Promise.withResolvers<void>()
  const silent = createTcpServer(socket =>
    socket.on('data', bytes => received.push(bytes)).on('close', () => ended.resolve()),
  )
  expect(await probe({protocol: 'tcp', port: await served(silent)})).toEqual({ok: true})
  await ended.promise
  expect(received).toEqual([])
})

test.skipIf(!has('openssl'))(
  'https takes any certificate, and asks for the name of the fleet in TLS too (needs openssl)',
  async () => {
    const asked: unknown[] = []
    const server = createHttpsServer(ownCertificate(), (request, response) => {
      asked.push((request.socket as TLSSocket).servername, request.headers.host, request.url)
      response.end()
    })
    expect(await probe({protocol: 'https', port: await served(server)})).toEqual({ok: true})
    expect(asked).toEqual(['www.example.com', 'www.example.com', '/health?deep=1'])
  },
)

test('https at a port that speaks plain HTTP is answered, and unhealthy', async () => {
  expect(await probe({protocol: 'https', port: await served(page(200))})).toMatchObject({
    ok: false,
    answered: true,
  })
})

test('an interrupted run does not wait for who never answers, and takes nobody for sick', async () => {
  const stop = new AbortController()
  const silent = createTcpServer(() => stop.abort(new InterruptedError('SIGTERM')))
  const probing = healthProbe(realRuntime(stop.signal))({
    protocol: 'http',
    address: '127.0.0.1',
    port: await served(silent),
    path: '/',
    host: 'www.example.com',
    timeoutMs: 3_600_000,
  })
  await expect(probing).rejects.toThrow(InterruptedError)
})
