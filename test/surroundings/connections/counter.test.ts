import {once} from 'node:events'
import {createServer, request, type Server} from 'node:http'
import {type AddressInfo, connect} from 'node:net'
import {afterAll, afterEach, expect, test} from 'vitest'
import {realRuntime} from '../../../src/runtime.ts'
import {openSite, type Site} from '../../../src/sandbox/machines/site.ts'
import {connectionCount} from '../../../src/surroundings/connections/count.ts'
import {healthProbe} from '../../../src/surroundings/health-probe.ts'
import {eventually} from '../../support/eventually.ts'
import {fleet} from '../../support/fleet-builder.ts'
import {temporaryFolders} from '../../support/sandbox.ts'

const folders = temporaryFolders()
const servers: Server[] = []
const sites: Site[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) server.close()
  await Promise.all(sites.splice(0).map(site => site.close()))
})
afterAll(() => folders.removeAll())

const SERVICE = fleet([]).service

/** Asks for /in-flight on this port of the loopback address. */
const count = (port: number) =>
  connectionCount(realRuntime())({
    address: '127.0.0.1',
    service: {...SERVICE, port},
    host: 'www.example.com',
    by: {kind: 'counter', path: '/in-flight'},
  })

async function serve(status: number, body: string): Promise<number> {
  const server = createServer((_request, response) => response.writeHead(status).end(body))
  servers.push(server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return (server.address() as AddressInfo).port
}

test.each([
  ['3', 3],
  [' 0\n', 0],
  ['12\r\n', 12],
])('the page says %j', async (body, connections) => {
  expect(await count(await serve(200, body))).toEqual({connections})
})

test.each([
  [200, '', 'shows "" where one number should stand'],
  [200, 'Active connections: 2', 'shows "Active connections: 2" where one number should stand'],
  [200, '-1', 'shows "-1" where one number should stand'],
  [404, '0', 'HTTP 404 from'],
  [302, '0', 'HTTP 302 from'],
])('what is no number is not quiet: %i %j', async (status, body, why) => {
  expect(await count(await serve(status, body))).toEqual({why: expect.stringContaining(why)})
})

test('nor is a service that does not answer', async () => {
  const port = await serve(200, '0')
  servers[0]?.close()
  servers[0]?.closeAllConnections()
  expect(await count(port)).toEqual({why: `ECONNREFUSED at 127.0.0.1:${port}/in-flight`})
})

async function openedSite(): Promise<number> {
  const site = await openSite({
    host: '127.0.0.1',
    servicePort: 0,
    ownHost: false,
    folder: folders.make(),
    instanceId: 'i-1',
    isFailing: () => false,
    visited: () => {},
  })
  sites.push(site)
  return site.serving.port
}

const counts = async (port: number, connections: number) => {
  const seen = await count(port)
  return 'connections' in seen && seen.connections === connections
}

test("a machine of the sandbox counts its clients' connections, with and without a request", async () => {
  const port = await openedSite()
  expect(await count(port)).toEqual({connections: 0})
  const silent = connect(port, '127.0.0.1')
  await once(silent, 'connect')
  await eventually(() => counts(port, 1))
  const asking = request({host: '127.0.0.1', port, path: '/', headers: {connection: 'keep-alive'}})
  const [response] = await once(asking.end(), 'response')
  expect(await count(port)).toEqual({connections: 2})
  response.resume()
  asking.destroy()
  silent.destroy()
  await eventually(() => counts(port, 0))
})

test("mcd's own probes and counts are no clients", async () => {
  const port = await openedSite()
  const probe = healthProbe(realRuntime())
  const target = {
    protocol: 'http',
    address: '127.0.0.1',
    port,
    path: '/',
    host: 'x',
    timeoutMs: 2_000,
  } as const
  for (let round = 0; round < 3; round++) {
    expect(await probe(target)).toEqual({ok: true})
    expect(await count(port)).toEqual({connections: 0})
  }
})
