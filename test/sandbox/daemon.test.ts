import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {afterEach, expect, test} from 'vitest'
import {identifyProcess, isRunning} from '../../src/process-identity.ts'
import {
  ensureSandbox,
  findSandbox,
  resetSandbox,
  sandboxStatus,
  stopSandbox,
} from '../../src/sandbox/client.ts'
import {readRecord, sandboxPaths} from '../../src/sandbox/folder.ts'
import type {Sandbox} from '../../src/sandbox/running.ts'
import {eventually} from '../support/eventually.ts'
import {TEST_IDLE_MS, temporaryFolders} from '../support/sandbox.ts'

const folders = temporaryFolders()
afterEach(() => folders.removeAll())

const start = (folder: string): Promise<Sandbox> => ensureSandbox(folder, {idleMs: TEST_IDLE_MS})

/** Who this sandbox's process is, so that its end can be seen. */
function processOf({pid}: Sandbox) {
  const identity = identifyProcess(pid)
  if (!identity) throw new Error(`process ${pid} is not running`)
  return identity
}

test('a sandbox that runs is found and used, not started again', async () => {
  const folder = folders.make()
  const first = await start(folder)
  const second = await start(folder)
  expect(second.id).toBe(first.id)
  expect((await findSandbox(folder))?.pid).toBe(first.pid)
})

test('starts at the same moment end with one sandbox', async () => {
  const folder = folders.make()
  const sandboxes = await Promise.all([start(folder), start(folder), start(folder)])
  expect(new Set(sandboxes.map(({id}) => id)).size).toBe(1)
})

test('each folder has a sandbox of its own', async () => {
  const [a, b] = await Promise.all([start(folders.make()), start(folders.make())])
  expect(a.endpoints.aws).not.toBe(b.endpoints.aws)
})

test('every endpoint answers', async () => {
  const {endpoints} = await start(folders.make())
  const urls = [
    endpoints.aws,
    endpoints.eucalyptus,
    endpoints.triton,
    endpoints.cloudflare,
    endpoints.metadata,
  ]
  const answers = await Promise.all(urls.map(url => fetch(url)))
  expect(answers.map(({status}) => status >= 400 && status < 500)).toEqual(urls.map(() => true))
})

test('what it writes is for its owner only, and out of git', async () => {
  const folder = folders.make()
  await start(folder)
  const {record, tritonKey} = sandboxPaths(folder)
  expect([record, tritonKey].map(file => statSync(file).mode & 0o777)).toEqual([0o600, 0o600])
  expect(readFileSync(join(folder, '.mcd', '.gitignore'), 'utf8')).toBe('*\n')
})

test('stop ends the process and discards everything of it, journals included', async () => {
  const folder = folders.make()
  const sandbox = await start(folder)
  const identity = processOf(sandbox)
  mkdirSync(sandboxPaths(folder).journals)
  writeFileSync(join(sandboxPaths(folder).journals, 'journal.sqlite'), '')

  expect(await stopSandbox(folder)).toBe(true)

  expect(isRunning(identity)).toBe(false)
  expect(existsSync(sandboxPaths(folder).root)).toBe(false)
  expect(await findSandbox(folder)).toBeUndefined()
  expect(await stopSandbox(folder)).toBe(false)
})

test('a fleet that is called sandbox keeps its own journal', async () => {
  const folder = folders.make()
  const journal = join(folder, '.mcd', 'sandbox', 'journal.sqlite')
  mkdirSync(dirname(journal), {recursive: true})
  writeFileSync(journal, 'real')
  await start(folder)
  await stopSandbox(folder)
  expect(readFileSync(journal, 'utf8')).toBe('real')
})

test.each(['SIGTERM', 'SIGINT'] as const)('%s ends it as stop does', async signal => {
  const folder = folders.make()
  const sandbox = await start(folder)
  const identity = processOf(sandbox)
  process.kill(sandbox.pid, signal)
  await eventually(() => !isRunning(identity))
  expect(existsSync(sandboxPaths(folder).root)).toBe(false)
})

test('a sandbox whose folder is removed ends, and leaves what its successor has there', async () => {
  const folder = folders.make()
  const lost = await start(folder)
  const identity = processOf(lost)
  rmSync(join(folder, '.mcd'), {recursive: true})
  const successor = await start(folder)
  mkdirSync(sandboxPaths(folder).journals)
  await eventually(() => !isRunning(identity))
  expect((await findSandbox(folder))?.id).toBe(successor.id)
  expect(existsSync(sandboxPaths(folder).journals)).toBe(true)
})

test('a file left by a killed sandbox is not taken for a running one', async () => {
  const folder = folders.make()
  const killed = await start(folder)
  const identity = processOf(killed)
  process.kill(killed.pid, 'SIGKILL')
  await eventually(() => !isRunning(identity))
  mkdirSync(sandboxPaths(folder).journals)

  expect(await findSandbox(folder)).toBeUndefined()
  const next = await start(folder)
  expect(next.id).not.toBe(killed.id)
  expect(existsSync(sandboxPaths(folder).journals)).toBe(false)
})

test('a file that names a stranger does not harm the stranger', async () => {
  const folder = folders.make()
  const sandbox = await start(folder)
  const record = readRecord(sandboxPaths(folder))
  await stopSandbox(folder)
  const stranger = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  await once(stranger, 'spawn')
  const pid = stranger.pid ?? 0
  mkdirSync(sandboxPaths(folder).root)
  writeFileSync(
    sandboxPaths(folder).record,
    JSON.stringify({...record, process: {...record?.process, pid, startedAt: 'earlier'}}),
  )

  expect(await findSandbox(folder)).toBeUndefined()
  expect(await stopSandbox(folder)).toBe(false)
  expect(identifyProcess(pid)).toBeDefined()
  expect((await start(folder)).id).not.toBe(sandbox.id)

  stranger.stdin.end()
  await once(stranger, 'exit')
})

test('it ends by itself when nobody has used it for a while', async () => {
  const folder = folders.make()
  const identity = processOf(await ensureSandbox(folder, {idleMs: 400}))
  await eventually(() => !isRunning(identity))
  expect(existsSync(sandboxPaths(folder).root)).toBe(false)
})

test('reset gives a fresh world behind the same endpoints', async () => {
  const folder = folders.make()
  const sandbox = await start(folder)
  const zones = `${sandbox.endpoints.cloudflare}/zones`
  const authorization = `Bearer ${sandbox.credentials.cloudflare.apiToken}`
  const {result} = (await (await fetch(zones, {headers: {authorization}})).json()) as {result: {id: string}[]}
  await fetch(`${zones}/${result[0]?.id}/dns_records`, {
    method: 'POST',
    headers: {authorization, 'content-type': 'application/json'},
    body: JSON.stringify({type: 'A', name: 'www.example.com', content: '192.0.2.1', ttl: 60}),
  })
  const records = async () => {
    const page = await fetch(`${zones}/${result[0]?.id}/dns_records?type=A`, {headers: {authorization}})
    return ((await page.json()) as {result: unknown[]}).result.length
  }
  expect(await records()).toBe(1)
  mkdirSync(sandboxPaths(folder).journals)

  expect(await resetSandbox(folder)).toBe(true)

  expect(await records()).toBe(0)
  expect(existsSync(sandboxPaths(folder).journals)).toBe(false)
  expect((await findSandbox(folder))?.id).toBe(sandbox.id)
})

test('status counts every request by service and action, with who sent it and what it changed', async () => {
  const sandbox = await start(folders.make())
  const headers = {authorization: `Bearer ${sandbox.credentials.cloudflare.apiToken}`}
  await fetch(`${sandbox.endpoints.cloudflare}/zones`, {headers})
  await fetch(`${sandbox.endpoints.cloudflare}/zones`, {headers})

  const {calls, requests} = await sandboxStatus(sandbox)
  expect(calls).toEqual({'cloudflare:GET /zones': 2})
  expect(requests[0]).toMatchObject({
    service: 'cloudflare',
    action: 'GET /zones',
    principal: {name: 'operator', address: '127.0.0.1'},
    effects: [],
  })
})

test('a plain POST, as a web page could send it, does not stop it', async () => {
  const folder = folders.make()
  const {endpoints} = await start(folder)
  expect((await fetch(`${endpoints.control}/stop`, {method: 'POST'})).status).toBe(403)
  expect(await findSandbox(folder)).toBeDefined()
})
