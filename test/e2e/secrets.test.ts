import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {gunzipSync} from 'node:zlib'
import {afterAll, expect, test} from 'vitest'
import {SANDBOX} from '../../src/sandbox/world/credentials.ts'
import {type Outcome, type Workplace, workplaces} from '../support/cli.ts'
import {has} from '../support/programs.ts'
import {twoCloudFleet} from '../support/two-cloud-fleet.ts'

const all = workplaces()
afterAll(() => all.endAll())

const CANARY = 'canary-7c1f-of-the-fleet-file'
const env = {PASSWORD: CANARY}
const SECRETS = [
  CANARY,
  SANDBOX.cloudflare.operatorToken,
  SANDBOX.cloudflare.instancesToken,
  SANDBOX.aws.operator.secretAccessKey,
  SANDBOX.aws.instances.secretAccessKey,
]

test('nothing that mcd prints or writes holds a secret, through a whole life with mistakes in it', async () => {
  const place = all.open()
  const registration = has('curl') ? 'self' : 'mcd'
  const fleet = (template: string, title = 'One') =>
    twoCloudFleet({vendor: 'cloudflare', registration, virginia: 1, east: 1, template}).replace(
      /vars: *\{.*\}/,
      `vars: {title: ${title}, password: "\${env:PASSWORD}"}`,
    )
  const site = (line: string) => place.write(`#cloud-config\nwrite_files:\n${line}\n`, 'site/userdata.yaml')
  const said: Outcome[] = []
  const mcd = async (ending: 'well' | 'refused', ...args: string[]) => {
    const outcome = await place.mcd(args, {env})
    const isWell = outcome.exitCode === 0
    expect({args, isWell, why: isWell ? '' : outcome.stderr}).toMatchObject({args, isWell: ending === 'well'})
    said.push(outcome)
  }
  const everywhere = ['--sandbox']

  site('  - {path: /etc/password, content: {{ vars.password }}}\n  - {path: /t, content: {{ vars.title }}}')
  place.write(fleet('./site'))
  await mcd('well', 'plan', ...everywhere)
  await mcd('well', 'up', ...everywhere, '--json')
  expect(await userdataOf(place)).toContain(CANARY)
  await mcd('well', 'status', ...everywhere, '--json')
  await mcd('well', 'render', ...everywhere)
  await mcd('well', 'render', ...everywhere, '--json')
  await mcd('well', 'render', ...everywhere, '--check', '--json')
  place.write(fleet('./site', 'Two'))
  await mcd('well', 'plan', ...everywhere)
  await mcd('well', 'plan', ...everywhere, '--json')
  site('  - {path: /etc/password, content: "a{{ vars.password | raw }}{{ vars.title }}"}')
  await mcd('refused', 'plan', ...everywhere)
  await mcd('refused', 'render', ...everywhere, '--check')
  site('  - {path: /etc/password, content: {% render vars.password %}}')
  await mcd('refused', 'up', ...everywhere, '--json')
  await mcd('refused', 'render', ...everywhere, '--check')
  await mcd('well', 'down', ...everywhere, '--yes', '--json')
  await mcd('well', 'sandbox', 'status', '--json')

  const shown = said.map(({stdout, stderr}) => stdout + stderr).join('\n')
  const written = filesBelow(join(place.folder, '.mcd')).filter(file => !MAY_HOLD_SECRETS.test(file))
  expect(written.some(file => file.endsWith('journal.sqlite'))).toBe(true)
  for (const secret of SECRETS) {
    expect(shown).not.toContain(secret)
    expect(written.filter(file => readFileSync(file).includes(secret))).toEqual([])
  }
})

/** Sandbox files that stand for what is not mcd's: the disks of its machines, and the credentials it hands to its clients. */
const MAY_HOLD_SECRETS = /\.mcd\/sandbox\/(?:machines\/|sandbox\.json)/

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, {recursive: true, withFileTypes: true})
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))

/** What the EC2 instance was really given. */
async function userdataOf(place: Workplace): Promise<string> {
  const {endpoints, instances} = await place.sandbox()
  const id = instances.map(instance => instance.id).find(one => one.startsWith('i-'))
  const own = `${endpoints.metadata}/${id}/latest`
  const headers = {'x-aws-ec2-metadata-token-ttl-seconds': '60'}
  const token = await (await fetch(`${own}/api/token`, {method: 'PUT', headers})).text()
  const reply = await fetch(`${own}/user-data`, {headers: {'x-aws-ec2-metadata-token': token}})
  const bytes = Buffer.from(await reply.arrayBuffer())
  return (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString()
}
