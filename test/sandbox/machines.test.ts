import {existsSync, mkdtempSync, readFileSync, realpathSync, rmSync} from 'node:fs'
import {createServer, type IncomingMessage, type Server} from 'node:http'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {gzipSync} from 'node:zlib'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {identifyProcess, isRunning} from '../../src/process-identity.ts'
import {type Addresses, claimAddresses} from '../../src/sandbox/machines/addresses.ts'
import {
  createMachines,
  type MachineStatus,
  type Machines,
  type MachinesMode,
} from '../../src/sandbox/machines/hypervisor.ts'
import type {Guest} from '../../src/sandbox/world/hypervisor.ts'
import {multipart, type Part} from '../../src/userdata/multipart.ts'
import {eventually} from '../support/eventually.ts'
import {has} from '../support/programs.ts'

/** A registration part that reports to a server what it sees: how it is called, by whom, and from where. */
const registrationPart = (url: string, before = '', after = ''): string => `#!/bin/sh
set -eu
mkdir -p "$MCD_ROOT/usr/local/lib/mcd" "$MCD_ROOT/etc/systemd/system"
cat >"$MCD_ROOT/etc/systemd/system/mcd-registration.service" <<'UNIT'
[Service]
ExecStart=-/usr/local/lib/mcd/mcd-registration register
ExecStop=/usr/local/lib/mcd/mcd-registration deregister
UNIT
cat >"$MCD_ROOT/usr/local/lib/mcd/mcd-registration" <<'SCRIPT'
#!/bin/sh
${before}
page=$(curl -sf http://127.0.0.1:8080/health) || page=none
curl -sf -d "$1 $MCD_METADATA_URL $page" ${url} >/dev/null
${after}
SCRIPT
`

const CLOUD_CONFIG = `#cloud-config
packages: [nginx]
write_files:
  - path: /var/www/html/index.html
    content: <p>Hello from INSTANCE_ID</p>
  - path: /../../../escaped
    content: not outside
  - path: relative
    content: refused
runcmd:
  - [touch, /tmp/mcd-a-users-command-ran]
`

const document = (...parts: Part[]): Buffer =>
  Buffer.from(multipart(parts, {'X-Mcd-Service-Port': '8080', 'X-Mcd-Health-Path': '/health'}))

let folder: string
let addresses: Addresses
let machines: Machines
let listener: {server: Server; url: string; heard: {from: string; body: string}[]}

beforeEach(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'mcd-machines-')))
  listener = await listen()
})

afterEach(async () => {
  await machines?.end()
  await addresses?.close()
  await new Promise(resolve => listener.server.close(resolve))
  rmSync(folder, {recursive: true, force: true})
})

async function listen(): Promise<typeof listener> {
  const heard: {from: string; body: string}[] = []
  const server = createServer(async (incoming: IncomingMessage, outgoing) => {
    let body = ''
    for await (const chunk of incoming) body += chunk
    heard.push({from: incoming.socket.remoteAddress ?? '', body})
    outgoing.end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {server, heard, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`}
}

async function hypervisor(mode: MachinesMode, own = true): Promise<Machines> {
  addresses = await claimAddresses(700, {own})
  machines = createMachines({
    mode,
    addresses,
    folder,
    metadataUrlOf: id => `http://metadata/${id}`,
    visited: () => {},
  })
  return machines
}

function bootOne(userdata: Uint8Array, id = 'i-0one'): Guest {
  const guest: Guest = {
    id,
    cloud: 'ec2',
    name: id,
    publicIp: machines.address(id),
    privateIp: '172.31.0.5',
    userdata,
  }
  machines.boot(guest)
  return guest
}

const statusOf = (id = 'i-0one'): MachineStatus | undefined => machines.list().find(one => one.id === id)
const serving = (id = 'i-0one') => eventually(() => statusOf(id)?.serving)
const pageOf = async ({host, port}: {host: string; port: number}, path = '/') => {
  const response = await fetch(`http://${host}:${port}${path}`)
  return {status: response.status, text: await response.text()}
}

const site: Part = {name: 'userdata', type: 'text/cloud-config', text: CLOUD_CONFIG}
const registration = (): Part => ({
  name: 'mcd-registration',
  type: 'text/x-shellscript',
  text: registrationPart(listener.url),
})

describe.each(['processes', 'shared'] as const)('%s', mode => {
  test('a machine serves the pages of its userdata with its id in them, zipped or not', async () => {
    await hypervisor(mode)
    const guest = bootOne(gzipSync(document(site)))
    const at = await serving()
    expect(await pageOf(at)).toEqual({status: 200, text: '<p>Hello from i-0one</p>'})
    expect((await pageOf(at, '/absent')).status).toBe(404)
    expect((await pageOf(at, '/%2e%2e/%2e%2e/%2e%2e/var/lib/cloud/instance/boot-finished')).status).toBe(404)
    expect(at).toMatchObject(addresses.own ? {servicePort: 8080, host: guest.publicIp} : {servicePort: 8080})
  })

  test("of the user's part nothing runs, nothing lies outside the root, and the console says what was left out", async () => {
    await hypervisor(mode)
    bootOne(document(site, {name: 'setup.sh', type: 'text/x-shellscript', text: '#!/bin/sh\nexit 1\n'}))
    await serving()
    expect(existsSync('/tmp/mcd-a-users-command-ran')).toBe(false)
    expect(readFileSync(join(folder, 'i-0one', 'escaped'), 'utf8')).toBe('not outside')
    expect(existsSync(join(folder, 'escaped'))).toBe(false)
    const printed = machines.console('i-0one')
    expect(printed).toContain('userdata: 1 command not run in the sandbox')
    expect(printed).toContain('write_files[2]: path must be absolute')
    expect(printed).toContain('setup.sh: script is not run in the sandbox')
  })

  test('broken cloud-config is told on the console, with its line', async () => {
    await hypervisor(mode)
    bootOne(Buffer.from('#cloud-config\nruncmd: [a\n'))
    await serving()
    expect(machines.console('i-0one')).toMatch(/cloud-init: userdata: line \d: /)
  })

  test('a machine without pages of its own serves its id', async () => {
    await hypervisor(mode)
    bootOne(Buffer.alloc(0))
    expect((await pageOf(await serving())).text).toContain('i-0one')
  })

  test.skipIf(!has('curl'))(
    'the registration part registers when the machine serves and deregisters when it is shut down (needs curl)',
    async () => {
      await hypervisor(mode)
      const guest = bootOne(document(site, registration()))
      await eventually(() => statusOf()?.registration === 'registered')
      const gone = new Promise<void>(resolve => machines.shutdown('i-0one', resolve))
      await gone

      const page = '<!doctype html>\n<title>i-0one</title>\n<p>Served by i-0one.</p>'
      expect(listener.heard.map(({body}) => body)).toEqual([
        `register http://metadata/i-0one ${page}`,
        `deregister http://metadata/i-0one ${page}`,
      ])
      if (addresses.own)
        expect(listener.heard.map(({from}) => from)).toEqual([guest.publicIp, guest.publicIp])
      expect(statusOf()).toMatchObject({power: 'off', registration: 'deregistered'})
    },
  )

  test.skipIf(!has('curl'))(
    'where there is only 127.0.0.1 a machine publishes another address and finds its own service (needs curl)',
    async () => {
      await hypervisor(mode, false)
      const guest = bootOne(document(site, registration()))
      await eventually(() => statusOf()?.registration === 'registered')
      expect(guest.publicIp).toMatch(/^198\.1[89]\./)
      expect(await serving()).toMatchObject({servicePort: 8080, host: '127.0.0.1'})
      expect(listener.heard[0]?.body).toContain('Served by i-0one')
    },
  )

  test('a second boot serves again from what the first one wrote', async () => {
    await hypervisor(mode)
    const guest = bootOne(document(site))
    await serving()
    await new Promise<void>(resolve => machines.shutdown('i-0one', resolve))
    machines.boot(guest)
    expect((await pageOf(await serving())).text).toContain('Hello from i-0one')
    expect(machines.console('i-0one').match(/not installed/g)).toHaveLength(1)
  })

  test.skipIf(!has('curl'))(
    'a registration that is still at work when the machine is shut down is told to end, and says its own goodbye (needs curl)',
    async () => {
      await hypervisor(mode)
      const goodbye = `trap 'curl -sf -d goodbye ${listener.url} >/dev/null; exit 143' TERM`
      const text = registrationPart(listener.url, goodbye, 'sleep 600 & wait $!')
      bootOne(document(site, {...registration(), text}))
      await eventually(() => listener.heard.length === 1)
      await new Promise<void>(resolve => machines.shutdown('i-0one', resolve))
      expect(listener.heard.map(({body}) => body.split(' ')[0])).toEqual(['register', 'goodbye'])
    },
  )

  test('a machine whose power is cut says nothing', async () => {
    await hypervisor(mode)
    bootOne(document(site, registration()))
    const at = await serving()
    machines.kill('i-0one')
    await eventually(() => statusOf()?.power === 'off')
    await expect(fetch(`http://${at.host}:${at.port}/`)).rejects.toThrow()
    expect(listener.heard.filter(({body}) => body.startsWith('deregister'))).toEqual([])
  })
})

test('a machine that is killed from outside is crashed, and shutting it down is over at once', async () => {
  await hypervisor('processes')
  bootOne(document(site))
  await serving()
  process.kill(statusOf()?.pid ?? 0, 'SIGKILL')
  await eventually(() => statusOf()?.power === 'crashed')
  expect(statusOf()?.serving).toBeUndefined()
  await new Promise<void>(resolve => machines.shutdown('i-0one', resolve))
})

test('left to itself it gives twenty machines processes of their own, and the others none', async () => {
  await hypervisor('auto')
  for (let nth = 0; nth < 22; nth++) bootOne(Buffer.alloc(0), `i-${nth}`)
  expect(machines.list().filter(({pid}) => pid !== undefined)).toHaveLength(20)
  await Promise.all(['i-0', 'i-21'].map(serving))
})

test('ending them all leaves no process', async () => {
  await hypervisor('processes')
  bootOne(document(site), 'i-0one')
  bootOne(document(site), 'i-0two')
  await Promise.all([serving('i-0one'), serving('i-0two')])
  const identities = machines.list().flatMap(({pid}) => identifyProcess(pid) ?? [])
  expect(identities).toHaveLength(2)
  await machines.end()
  expect(identities.filter(isRunning)).toEqual([])
})

test('two sandboxes never share an address, and a released one rests before it is used again', async () => {
  await hypervisor('shared')
  const other = await claimAddresses(700)
  const first = addresses.take()
  addresses.release(first)
  expect(addresses.take()).not.toBe(first)
  if (addresses.own) expect(addresses.isMachine(other.take())).toBe(false)
  await other.close()
})
