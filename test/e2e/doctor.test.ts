import {existsSync, readdirSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import type {Examination} from '../../src/doctor/finding.ts'
import type {SpofReport} from '../../src/doctor/spof/component.ts'
import {type Workplace, workplaces} from '../support/cli.ts'
import {dig} from '../support/clients.ts'
import {has} from '../support/programs.ts'
import {twoCloudFleet} from '../support/two-cloud-fleet.ts'

const places = workplaces()
afterAll(() => places.endAll())

let here: Workplace
beforeAll(async () => {
  here = places.open()
  here.write(twoCloudFleet({vendor: 'cloudflare'}))
  await here.startSandbox('shared')
})

/** The calls that change something: those that say so, in the sandbox's own log. */
const effects = async () => (await here.sandbox()).requests.flatMap(request => request.effects)

test('a fleet that nothing stands against: exit 0, no journal, nothing changed', async () => {
  const {exitCode, stdout} = await here.mcd(['doctor', '--sandbox'])
  expect(stdout).toMatch(/\n\nNothing stands against a run: /)
  expect(exitCode).toBe(0)
  expect(await effects()).toEqual([])
  expect(existsSync(join(here.folder, '.mcd', 'sandbox', 'journals'))).toBe(false)
})

test('a failure: exit 1, the remedy beneath it and in the JSON; the other clouds are looked at all the same', async () => {
  await here.mcd(['sandbox', 'fault', 'add', 'aws:RunInstances', '--kind', 'denied'])
  const [shown, told] = await Promise.all([
    here.mcd(['doctor', '--sandbox']),
    here.mcd(['doctor', '--sandbox', '--json']),
  ])
  await here.mcd(['sandbox', 'fault', 'clear'])
  expect([shown.exitCode, told.exitCode]).toEqual([1, 1])
  expect(shown.stdout).toMatch(/FAILED {3}ec2:RunInstances .*\n.*\n +→ Allow ec2:RunInstances/)
  const {counts, findings} = told.json<Examination>()
  expect(counts.failed).toBe(1)
  expect(findings.filter(({outcome}) => outcome === 'failed')).toMatchObject([
    {check: 'permission', place: 'aws:us-east-1', remedy: expect.stringContaining('mcd policy')},
  ])
  const wheres = new Set(findings.map(({place, zone}) => place ?? zone))
  expect([...wheres]).toContain('joyent:us-central-1.api.mnx.io')
  expect([...wheres]).toContain('cloudflare/example.com')
})

test.skipIf(!has('dig'))(
  'the name servers that it is led to are those that dig is told (needs dig)',
  async () => {
    const {findings} = (await here.mcd(['doctor', '--sandbox', '--json'])).json<Examination>()
    const {endpoints} = await here.sandbox()
    const told = await dig(endpoints.dns.cloudflare, 'example.com', 'NS')
    const {outcome, detail = ''} = findings.find(({check}) => check === 'delegation') ?? {}
    expect(outcome).toBe('ok')
    expect(told.length).toBeGreaterThan(1)
    for (const server of told) expect(detail).toContain(server.replace(/\.$/, ''))
  },
)

test('a variable that is not set is a finding, and the rest is looked at; with another mistake it is one of both', async () => {
  const unset = ['--set', 'userdata.vars.key=${env:MCD_TEST_UNSET}']
  const {exitCode, json} = await here.mcd(['doctor', '--sandbox', '--json', ...unset])
  expect(exitCode).toBe(1)
  const {findings, counts} = json<Examination>()
  expect(findings.filter(({outcome}) => outcome === 'failed')).toEqual([
    {
      check: 'settings',
      subject: '--set userdata.vars.key',
      outcome: 'failed',
      detail: 'the environment variable MCD_TEST_UNSET is not set.',
      remedy: 'Set it: export MCD_TEST_UNSET=….',
    },
  ])
  expect(counts.ok).toBeGreaterThan(20)
  const both = await here.mcd(['doctor', '--sandbox', ...unset, '--set', 'groups.virginia.count=x'])
  expect(both.exitCode).toBe(2)
  expect(both.stderr).toMatch(/MCD_TEST_UNSET is not set[\s\S]*count must be a whole number/)
})

test('--spof is advice: exit 0, with what each loss means', async () => {
  const {exitCode, stdout, json} = await here.mcd(['doctor', '--spof', '--sandbox', '--json'])
  expect(stdout).toContain('"components"')
  expect(exitCode).toBe(0)
  const {components} = json<SpofReport>()
  expect(components.filter(({single}) => single).map(({component}) => component)).toEqual([
    'DNS vendor',
    'zone',
    'state store',
  ])
  expect(await effects()).toEqual([])
})

test('without any credentials, and with a template that is not there: findings, and no crash', async () => {
  const bare = places.open()
  bare.write(twoCloudFleet({vendor: 'cloudflare', template: 'nowhere'}))
  // Nobody serves at this port: no test needs a network.
  const env = {AWS_ENDPOINT_URL: 'http://127.0.0.1:9', AWS_EC2_METADATA_DISABLED: 'true'}
  const {exitCode, json} = await bare.mcd(['doctor', '--no-resolvers', '--json'], {env})
  const failed = json<Examination>().findings.filter(({outcome}) => outcome === 'failed')
  expect(failed.map(({check, place, zone}) => place ?? zone ?? check)).toEqual([
    'settings',
    'userdata',
    'aws:us-east-1',
    'joyent:us-central-1.api.mnx.io',
    'cloudflare/example.com',
  ])
  expect(failed.map(({remedy}) => remedy)).not.toContain(undefined)
  expect(exitCode).toBe(1)
  expect(readdirSync(bare.folder)).toEqual(['mcd.yaml'])
})

test('a broken fleet file is bad usage, as everywhere', async () => {
  const broken = places.open()
  broken.write('fleet: web\n')
  expect((await broken.mcd(['doctor'])).exitCode).toBe(2)
})
