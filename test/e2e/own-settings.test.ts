import {chmodSync, copyFileSync, mkdirSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {sandboxPaths} from '../../src/sandbox/folder.ts'
import {type RunningSandbox, type Workplace, workplaces} from '../support/cli.ts'
import {aws, type FleetText, fleetText, joyent} from '../support/fleet-text.ts'

/** Refuses every connection: who is sent there by mistake fails. */
const DEAD = 'http://127.0.0.1:9'

describe("without --sandbox mcd goes where the vendors' own settings say", () => {
  const all = workplaces()
  let place: Workplace
  let sandbox: RunningSandbox
  let own: Record<string, string>

  beforeAll(async () => {
    place = all.open()
    await place.startSandbox()
    sandbox = await place.sandbox()
    own = (await place.mcd(['sandbox', 'env', '--json'])).json()
  })
  afterAll(() => all.endAll())

  /** The variables of the sandbox whose names begin so. */
  const variables = (...beginnings: readonly string[]) =>
    Object.fromEntries(
      Object.entries(own).filter(([name]) => beginnings.some(beginning => name.startsWith(beginning))),
    )
  const awsKeys = () => variables('AWS_ACCESS', 'AWS_SECRET')

  /** A plan over these settings alone: nothing else is in the environment. */
  async function planned(fleet: FleetText, env: Readonly<Record<string, string>>): Promise<void> {
    place.write(fleetText(fleet), 'planned.yaml')
    const {exitCode, stdout, stderr} = await place.mcd(
      ['plan', '--detailed-exitcode', '-f', 'planned.yaml'],
      {
        env,
      },
    )
    expect({exitCode, stderr}).toEqual({exitCode: 10, stderr: ''})
    expect(stdout).toMatch(/Plan: 1 to launch, 0 to end, 1 DNS change\./)
  }

  test('AWS_ENDPOINT_URL and TRITON_URL carry a fleet through its whole life', async () => {
    place.write(fleetText({groups: {virginia: aws(1), east: joyent(1)}}))
    const env = variables('AWS', 'TRITON', 'SSH')
    const up = await place.mcd(['up', '--json'], {env})
    expect(up.json()).toMatchObject({converged: true, instances: [{}, {}], dns: {records: [{}, {}]}})
    const again = await place.mcd(['plan', '--detailed-exitcode'], {env})
    expect([again.exitCode, again.stdout]).toEqual([0, expect.stringMatching(/^Nothing to do/)])
    const down = await place.mcd(['down', '--yes', '--json'], {env})
    expect(down.json()).toMatchObject({converged: true, instances: [], dns: {records: []}})
  })

  test('CLOUDFLARE_BASE_URL leads to the zone', async () => {
    await planned(
      {fleet: 'plan', vendor: 'cloudflare', groups: {virginia: aws(1)}},
      variables('AWS', 'CLOUDFLARE'),
    )
  })

  test('a service of its own outranks the general AWS_ENDPOINT_URL', async () => {
    const {aws: url} = sandbox.endpoints
    await planned(
      {fleet: 'plan', groups: {virginia: aws(1)}},
      {
        ...awsKeys(),
        AWS_ENDPOINT_URL: DEAD,
        AWS_ENDPOINT_URL_EC2: url,
        AWS_ENDPOINT_URL_ROUTE_53: url,
        AWS_ENDPOINT_URL_STS: url,
        AWS_ENDPOINT_URL_SSM: url,
      },
    )
  })

  test('an endpoint in the fleet file outranks every variable', async () => {
    const {aws: url, triton} = sandbox.endpoints
    const env = {...variables('AWS', 'CLOUDFLARE', 'TRITON', 'SSH'), AWS_ENDPOINT_URL: DEAD, TRITON_URL: DEAD}
    await planned(
      {fleet: 'plan', vendor: 'cloudflare', groups: {virginia: aws(1, `endpoint: "${url}"`)}},
      env,
    )
    await planned(
      {fleet: 'plan', vendor: 'cloudflare', groups: {east: joyent(1, `endpoint: "${triton}"`)}},
      env,
    )
  })

  test('SDC_URL, SDC_ACCOUNT and SDC_KEY_ID serve as well', async () => {
    await planned(
      {fleet: 'plan', vendor: 'cloudflare', groups: {east: joyent(1)}},
      variables('CLOUDFLARE', 'SDC', 'SSH'),
    )
  })

  test('AWS profiles give keys and endpoint: the one in AWS_PROFILE; or keys the one that the group names', async () => {
    place.write(
      `[default]\nregion = us-east-1\naws_access_key_id = AKIANOBODY\naws_secret_access_key = wrong\n
[profile shop]\nregion = us-east-1\nendpoint_url = ${sandbox.endpoints.aws}
aws_access_key_id = ${own.AWS_ACCESS_KEY_ID}\naws_secret_access_key = ${own.AWS_SECRET_ACCESS_KEY}\n`,
      'aws-config',
    )
    const AWS_CONFIG_FILE = join(place.folder, 'aws-config')
    await planned({fleet: 'plan', groups: {virginia: aws(1)}}, {AWS_CONFIG_FILE, AWS_PROFILE: 'shop'})
    await planned(
      {fleet: 'plan', vendor: 'cloudflare', groups: {virginia: aws(1, 'profile: shop')}},
      {...variables('CLOUDFLARE', 'AWS_ENDPOINT'), AWS_CONFIG_FILE},
    )
  })

  test('profiles of the triton CLI serve with a key from ~/.ssh: the current one, or the one that the group names', async () => {
    const {TRITON_URL: url, TRITON_ACCOUNT: account, TRITON_KEY_ID: keyId} = own
    place.write(JSON.stringify({url, account, keyId}), '.triton/profiles.d/box.json')
    place.write(JSON.stringify({url: DEAD, account, keyId}), '.triton/profiles.d/far.json')
    place.write(JSON.stringify({profile: 'box'}), '.triton/config.json')
    mkdirSync(join(place.folder, '.ssh'), {recursive: true})
    const key = join(place.folder, '.ssh', 'id_rsa')
    copyFileSync(sandboxPaths(place.folder).tritonKey, key)
    chmodSync(key, 0o600)

    const env = variables('CLOUDFLARE')
    await planned({fleet: 'plan', vendor: 'cloudflare', groups: {east: joyent(1)}}, env)
    place.write(JSON.stringify({profile: 'far'}), '.triton/config.json')
    await planned({fleet: 'plan', vendor: 'cloudflare', groups: {east: joyent(1, 'profile: box')}}, env)
  })
})
