import {readdirSync, readFileSync} from 'node:fs'
import {createServer, type Server} from 'node:http'
import type {AddressInfo} from 'node:net'
import {join} from 'node:path'
import {Webhook} from 'standardwebhooks'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {SANDBOX} from '../../src/sandbox/world/credentials.ts'
import type {Workplace} from '../support/cli.ts'
import {workplaces} from '../support/cli.ts'
import {twoCloudFleet} from '../support/two-cloud-fleet.ts'

const SECRET = 'signs-and-stays-secret-0123'
const PATH = '/T00/B00/stays-secret-too'

const all = workplaces()
type Told = {type: string; data: Record<string, unknown>}
const told: Told[] = []
let status = 204
let server: Server
let place: Workplace
let env: Record<string, string>

beforeAll(async () => {
  const judge = new Webhook(Buffer.from(SECRET), {format: 'raw'})
  server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', part => {
      body += part
    })
    request.on('end', () => {
      const headers = Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
      )
      if (status === 204) told.push(judge.verify(body, headers) as Told)
      response.writeHead(status).end()
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  env = {HOOK: `http://127.0.0.1:${(server.address() as AddressInfo).port}${PATH}`, HOOK_SECRET: SECRET}
  place = all.open()
  place.write(
    `${twoCloudFleet({vendor: 'cloudflare', registration: 'mcd', virginia: 1, east: 0})}notify:
  - {url: "\${env:HOOK}", secret: "\${env:HOOK_SECRET}"}
  - {url: "\${env:ELSEWHERE}", secret: "\${env:HOOK_SECRET}"}
`,
  )
  await place.startSandbox('shared')
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
  await all.endAll()
})

const mcd = (...args: string[]) => place.mcd([...args, '--sandbox'], {env})

/** Somebody's hand in the zone. */
async function deleteRecords(): Promise<void> {
  const {endpoints} = await place.sandbox()
  const headers = {authorization: `Bearer ${SANDBOX.cloudflare.operatorToken}`}
  const get = async (path: string) => {
    const response = await fetch(`${endpoints.cloudflare}${path}`, {headers})
    return ((await response.json()) as {result: {id: string}[]}).result
  }
  const [zone] = await get('/zones?name=example.com')
  for (const {id} of await get(`/zones/${zone?.id}/dns_records?type=A&name=www.example.com`))
    await fetch(`${endpoints.cloudflare}/zones/${zone?.id}/dns_records/${id}`, {method: 'DELETE', headers})
}

test('a receiver that fails costs a run nothing; the next one delivers; a nightly check tells of drift; and no word holds a secret', async () => {
  status = 503
  const up = await mcd('up', '--json')
  expect(up.exitCode).toBe(0)
  const trouble =
    /The notification receiver 127\.0\.0\.1:\d+ answered 503: what it is owed is sent again later, for three days\./
  expect(up.stderr).toMatch(trouble)
  expect(up.json<{converged: boolean; notes: string[]}>()).toMatchObject({
    converged: true,
    notes: expect.arrayContaining([expect.stringMatching(trouble)]),
  })
  expect((await mcd('state', 'show')).stdout).toMatch(
    /NOTIFICATIONS OWED\n {2}run-finished, since .*: 127\.0\.0\.1:\d+/,
  )

  status = 204
  const again = await mcd('up')
  expect(again.exitCode).toBe(0)
  expect(told.map(({type, data}) => [type, data.command, data.exit])).toEqual([
    ['run-finished', 'up', 0],
    ['run-finished', 'up', 0],
  ])

  await deleteRecords()
  const silent = await mcd('status', '--check')
  expect([silent.exitCode, told.length]).toEqual([10, 2])
  const nightly = await mcd('status', '--check', '--notify')
  expect(nightly.exitCode).toBe(10)
  expect(nightly.stderr).toMatch(/^Told 127\.0\.0\.1:\d+ of the drift\.$/m)
  expect(told.at(-1)).toMatchObject({type: 'drift-found', data: {differences: [{kind: 'missing-in-dns'}]}})

  const state = readdirSync(join(place.folder, '.mcd'), {recursive: true, withFileTypes: true})
    .filter(entry => entry.isFile())
    .map(({parentPath, name}) => readFileSync(join(parentPath, name), 'latin1'))
  expect(state.some(text => text.includes('notice-owed'))).toBe(true)
  for (const text of [up, again, nightly].flatMap(({stdout, stderr}) => [stdout, stderr]).concat(state)) {
    expect(text).not.toContain(SECRET)
    expect(text).not.toContain('stays-secret-too')
  }
})
