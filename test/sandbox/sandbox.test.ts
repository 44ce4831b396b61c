import {readdirSync} from 'node:fs'
import {EC2Client, RunInstancesCommand, TerminateInstancesCommand} from '@aws-sdk/client-ec2'
import {afterEach, expect, test} from 'vitest'
import {identifyProcess, isRunning} from '../../src/process-identity.ts'
import {
  ensureSandbox,
  resetSandbox,
  revokeInstanceCredentials,
  sandboxStatus,
} from '../../src/sandbox/client.ts'
import type {Sandbox} from '../../src/sandbox/running.ts'
import type {SandboxOptions} from '../../src/sandbox/start-daemon.ts'
import {multipart, type Part} from '../../src/userdata/multipart.ts'
import {eventually} from '../support/eventually.ts'
import {has} from '../support/programs.ts'
import {TEST_IDLE_MS, temporaryFolders} from '../support/sandbox.ts'

const folders = temporaryFolders()
let clients: EC2Client[] = []
afterEach(async () => {
  for (const client of clients) client.destroy()
  clients = []
  await folders.removeAll()
})

const start = (options: SandboxOptions = {}): Promise<Sandbox> =>
  ensureSandbox(folders.make(), {idleMs: TEST_IDLE_MS, ...options})

function ec2({endpoints, credentials}: Sandbox): EC2Client {
  const {region, ...keys} = credentials.aws
  const client = new EC2Client({endpoint: endpoints.aws, region, credentials: keys, maxAttempts: 1})
  clients.push(client)
  return client
}

/** A registration part that writes one record with the instances' token and says what came of it in its exit status. */
function registeringUserdata({endpoints, credentials}: Sandbox, zoneId: string): string {
  const script = `#!/bin/sh
set -eu
mkdir -p "$MCD_ROOT/usr/local/lib/mcd" "$MCD_ROOT/etc/systemd/system"
printf '[Service]\\nExecStart=-/usr/local/lib/mcd/mcd-registration register\\n' >"$MCD_ROOT/etc/systemd/system/mcd-registration.service"
cat >"$MCD_ROOT/usr/local/lib/mcd/mcd-registration" <<'SCRIPT'
#!/bin/sh
token=$(curl -sf -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$MCD_METADATA_URL/latest/api/token")
ip=$(curl -sf -H "X-aws-ec2-metadata-token: $token" "$MCD_METADATA_URL/latest/meta-data/public-ipv4")
exec curl -sf -H 'Authorization: Bearer ${credentials.instances.cloudflare.token}' -H 'Content-Type: application/json' \\
  -d "{\\"type\\":\\"A\\",\\"name\\":\\"www.example.com\\",\\"content\\":\\"$ip\\",\\"ttl\\":60}" \\
  '${endpoints.cloudflare}/zones/${zoneId}/dns_records'
SCRIPT
`
  const part: Part = {name: 'mcd-registration', type: 'text/x-shellscript', text: script}
  return Buffer.from(multipart([part], {'X-Mcd-Service-Port': '80'})).toString('base64')
}

async function zoneId({endpoints, credentials}: Sandbox): Promise<string> {
  const headers = {authorization: `Bearer ${credentials.cloudflare.apiToken}`}
  const {result} = (await (await fetch(`${endpoints.cloudflare}/zones`, {headers})).json()) as {
    result: {id: string}[]
  }
  return result[0]?.id ?? ''
}

async function launch(sandbox: Sandbox, count: number, userData?: string): Promise<string[]> {
  const {Instances = []} = await ec2(sandbox).send(
    new RunInstancesCommand({
      ImageId: await someImage(sandbox),
      InstanceType: 't3.micro',
      MinCount: count,
      MaxCount: count,
      UserData: userData,
    }),
  )
  return Instances.flatMap(({InstanceId}) => InstanceId ?? [])
}

async function someImage(sandbox: Sandbox): Promise<string> {
  const {DescribeImagesCommand} = await import('@aws-sdk/client-ec2')
  const {Images = []} = await ec2(sandbox).send(
    new DescribeImagesCommand({
      Owners: ['099720109477'],
      Filters: [{Name: 'architecture', Values: ['x86_64']}],
    }),
  )
  return Images[0]?.ImageId ?? ''
}

const instancesOf = async (sandbox: Sandbox) => (await sandboxStatus(sandbox)).instances
const allServing = (sandbox: Sandbox, count: number) =>
  eventually(async () => {
    const instances = await instancesOf(sandbox)
    return instances.filter(({serving}) => serving).length === count && instances
  })

test('a published address and port lead to the machine that has them, and every other one nowhere', async () => {
  const sandbox = await start()
  const ids = await launch(sandbox, 2)
  const instances = await allServing(sandbox, 2)

  const pages = await Promise.all(
    instances.map(async ({publicIp, privateIp}) => {
      const viaPrivate = await sandbox.addressOf(privateIp, 80)
      const at = await sandbox.addressOf(publicIp, 80)
      expect(viaPrivate).toEqual(at)
      return (await fetch(`http://${at.host}:${at.port}/`)).text()
    }),
  )
  expect(ids.filter(id => pages.some(page => page.includes(id)))).toEqual(ids)

  const wrongPort = await sandbox.addressOf(instances[0]?.publicIp ?? '', 81)
  const stranger = await sandbox.addressOf('192.0.2.1', 80)
  expect([wrongPort, stranger]).toEqual([
    {host: '127.0.0.1', port: 1},
    {host: '127.0.0.1', port: 1},
  ])
})

test('SIGKILL of the sandbox leaves no machine behind', async () => {
  const sandbox = await start({machines: 'processes'})
  await launch(sandbox, 2)
  const machines = (await allServing(sandbox, 2)).flatMap(({pid}) => identifyProcess(pid) ?? [])
  expect(machines).toHaveLength(2)
  process.kill(sandbox.pid, 'SIGKILL')
  await eventually(() => machines.every(machine => !isRunning(machine)))
})

test('shared machines have no processes and serve all the same', async () => {
  const sandbox = await start({machines: 'shared'})
  await launch(sandbox, 30)
  const instances = await allServing(sandbox, 30)
  expect(instances.filter(({pid}) => pid !== undefined)).toEqual([])
  expect(new Set(instances.map(({publicIp}) => publicIp)).size).toBe(30)
})

test.skipIf(!has('curl'))('the request log tells which machine made a record (needs curl)', async () => {
  const sandbox = await start()
  const [id] = await launch(sandbox, 1, registeringUserdata(sandbox, await zoneId(sandbox)))
  await eventually(async () => (await instancesOf(sandbox))[0]?.registration === 'registered')

  const {requests, instances} = await sandboxStatus(sandbox)
  const writes = requests.filter(({action}) => action === 'POST /zones/:id/dns_records')
  expect(writes.map(({principal}) => principal.name)).toEqual(['instances'])
  expect(writes[0]?.effects.join()).toContain(instances[0]?.publicIp)
  if (instances[0]?.serving?.host === instances[0]?.publicIp)
    expect(writes[0]?.principal.address).toBe(instances[0]?.publicIp)
  expect(instances[0]?.id).toBe(id)
})

test.skipIf(!has('curl'))(
  'with revoked credentials a machine does not register, and says so (needs curl)',
  async () => {
    const sandbox = await start()
    const zone = await zoneId(sandbox)
    await revokeInstanceCredentials(sandbox)
    await launch(sandbox, 1, registeringUserdata(sandbox, zone))
    await eventually(async () => (await instancesOf(sandbox))[0]?.registration === 'failed')
  },
)

test('an instance that is terminated ends its machine; a reset ends them all', async () => {
  const sandbox = await start()
  const [first] = await launch(sandbox, 2)
  const running = (await allServing(sandbox, 2)).flatMap(({pid}) => identifyProcess(pid) ?? [])
  await ec2(sandbox).send(new TerminateInstancesCommand({InstanceIds: [first ?? '']}))
  await eventually(async () => (await instancesOf(sandbox)).find(({id}) => id === first)?.power === 'off')
  expect(running.filter(isRunning)).toHaveLength(1)

  await resetSandbox(sandbox.folder)
  expect(running.filter(isRunning)).toEqual([])
  expect(await instancesOf(sandbox)).toEqual([])
  expect(readdirSync(sandbox.folder)).toEqual(['.mcd'])
})
