import {gunzipSync} from 'node:zlib'
import {afterAll, expect, test} from 'vitest'
import {findSandbox, revokeInstanceCredentials} from '../../src/sandbox/client.ts'
import {SANDBOX} from '../../src/sandbox/world/credentials.ts'
import {type RunningSandbox, workplaces} from '../support/cli.ts'
import {has} from '../support/programs.ts'
import {effectsOf} from '../support/request-log.ts'
import {twoCloudFleet} from '../support/two-cloud-fleet.ts'

const all = workplaces()
afterAll(() => all.endAll())

test("with registration: mcd every record is mcd's own work, and no instance holds a DNS credential", async () => {
  const place = all.open()
  place.write(twoCloudFleet({vendor: 'cloudflare', registration: 'mcd'}))
  const report = await place.up()
  expect(report).toMatchObject({converged: true, exit: 0})

  const sandbox = await place.sandbox()
  const created = effectsOf(sandbox, 'create A ')
  expect(created).toHaveLength(4)
  expect(new Set(created.map(({principal}) => principal))).toEqual(new Set(['operator']))
  expect(new Set(sandbox.requests.map(({principal}) => principal.name))).toEqual(new Set(['operator']))
  for (const {id} of report.instances) {
    const userdata = await userdataOf(sandbox, id)
    expect(userdata).toContain('<h1>Hello from mcd</h1>')
    expect(userdata).not.toContain('mcd-registration')
    for (const secret of SECRETS) expect(userdata).not.toContain(secret)
  }
})

test.skipIf(!has('curl'))(
  'with the DNS key of the instances revoked, up says of each that it did not register, and why (needs curl)',
  async () => {
    const place = all.open()
    place.write(twoCloudFleet({vendor: 'cloudflare', virginia: 1, east: 1}))
    await place.startSandbox()
    const sandbox = await findSandbox(place.folder)
    if (!sandbox) throw new Error('the sandbox is not running')
    await revokeInstanceCredentials(sandbox)

    const {exitCode, stdout, json} = await place.mcd(['up', '--sandbox', '--json', '--timeout', '12s'])
    expect(exitCode).toBe(3)
    const report = json<Awaited<ReturnType<typeof place.up>>>()
    expect(report.converged).toBe(false)
    expect(report.instances).toHaveLength(2)
    expect(report.shortcomings).toHaveLength(2)
    for (const {id, health, inDns} of report.instances) {
      expect({health, inDns}).toEqual({health: 'healthy', inDns: false})
      const [why = ''] = report.shortcomings.filter(text => text.includes(id))
      expect(why).toMatch(/did not register itself in DNS/)
      expect(why).toMatch(/instanceCredentials\) do not work/)
    }
    for (const secret of SECRETS) expect(stdout).not.toContain(secret)

    expect(effectsOf(await place.sandbox(), 'create A ')).toEqual([])
  },
)

const {aws, cloudflare} = SANDBOX
const SECRETS = [
  ...[aws.operator, aws.instances].flatMap(({accessKeyId, secretAccessKey}) => [
    accessKeyId,
    secretAccessKey,
  ]),
  ...[cloudflare.operatorToken, cloudflare.instancesToken],
]

/** What the instance was really given, from where it reads it itself. */
async function userdataOf({endpoints}: RunningSandbox, id: string): Promise<string> {
  const own = `${endpoints.metadata}/${id}`
  const reply = id.startsWith('i-')
    ? await fetch(`${own}/latest/user-data`, {headers: {'x-aws-ec2-metadata-token': await imdsToken(own)}})
    : await fetch(`${own}/mdata/cloud-init:user-data`)
  if (!reply.ok) throw new Error(`the metadata of ${id} answered ${reply.status}`)
  const bytes = Buffer.from(await reply.arrayBuffer())
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b
  return (isGzip ? gunzipSync(bytes) : bytes).toString('utf8')
}

async function imdsToken(own: string): Promise<string> {
  const headers = {'x-aws-ec2-metadata-token-ttl-seconds': '60'}
  return (await fetch(`${own}/latest/api/token`, {method: 'PUT', headers})).text()
}
