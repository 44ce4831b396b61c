import {createServer} from 'node:net'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {type Workplace, workplaces} from '../support/cli.ts'
import {aws, fleetText, joyent} from '../support/fleet-text.ts'
import {mutatingCalls} from '../support/request-log.ts'

type Case = {
  readonly groups?: Readonly<Record<string, string>>
  readonly vendor?: 'cloudflare' | 'route53'
  readonly zone?: string
  /** Over the sandbox's own variables; undefined takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly message: readonly RegExp[]
  readonly suggestion?: RegExp
}

const BOTH = {virginia: aws(1), east: joyent(1)}

const CASES: Record<string, Case> = {
  'a wrong AWS secret': {
    env: {AWS_SECRET_ACCESS_KEY: 'wrong'},
    message: [
      /^AWS refused the credentials for GetCallerIdentity: .* \(SignatureDoesNotMatch\)$/,
      /^Route53 refused the credentials for ListHostedZonesByName: SignatureDoesNotMatch/,
    ],
    suggestion: /AWS_PROFILE, AWS_ACCESS_KEY_ID/,
  },
  'no AWS credentials at all': {
    env: {AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined},
    message: [/^mcd found no AWS credentials: Could not load credentials from any providers$/],
    suggestion: /set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY/,
  },
  'an AWS profile that there is not': {
    env: {AWS_PROFILE: 'nobody', AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined},
    message: [/^mcd found no AWS credentials: /],
    suggestion: /Check the profile \(AWS_PROFILE/,
  },
  'a wrong CloudFlare token': {
    vendor: 'cloudflare',
    env: {CLOUDFLARE_API_TOKEN: 'wrong'},
    message: [/^CloudFlare refused GET zones with 40[13]: .*\(10000\)$/],
    suggestion: /"DNS Write" and "Zone Read"/,
  },
  'no CloudFlare token': {
    vendor: 'cloudflare',
    env: {CLOUDFLARE_API_TOKEN: undefined},
    message: [/^CLOUDFLARE_API_TOKEN is not set/],
    suggestion: /API Tokens/,
  },
  'a Triton key nobody holds': {
    env: {TRITON_KEY_ID: '00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff'},
    message: [/^The Triton key 00:11:.* is neither in the ssh agent nor in ~\/\.ssh\.$/],
    suggestion: /Keys there are: [0-9a-f:]+ \(agent\)/,
  },
  'a Triton account that there is not': {
    env: {TRITON_ACCOUNT: 'nobody'},
    message: [/^CloudAPI refused GetAccount: .*\(InvalidCredentials\)$/],
    suggestion: /Check the account and the key fingerprint/,
  },
  'wrong credentials on two clouds, told in one run': {
    env: {AWS_ACCESS_KEY_ID: 'AKIANOBODY', TRITON_ACCOUNT: 'nobody'},
    vendor: 'cloudflare',
    message: [/^AWS refused the credentials .*\(InvalidClientTokenId\)$/, /^CloudAPI refused GetAccount/],
  },
  'image ids that are not there': {
    groups: {
      virginia: aws(1).replace('ubuntu-24.04', 'ami-0123456789abcdef0'),
      east: joyent(1).replace('ubuntu-24.04', '11111111-2222-4333-8444-555555555555'),
    },
    message: [
      /^groups\.east: .*11111111-2222-4333-8444-555555555555/,
      /^groups\.virginia: Image ami-0123456789abcdef0 does not exist in this region/,
    ],
    suggestion: /Mend the fleet file.* Nothing was changed\./,
  },
  'a type and a package that are not there': {
    groups: {
      virginia: aws(1).replace('t3.micro', 't3.micrro'),
      east: joyent(1).replace('g1.nano', 'g1.nanoo'),
    },
    message: [
      /^groups\.east: This data centre has no package "g1\.nanoo"; did you mean "g1\.nano"\?$/,
      /^groups\.virginia: This region has no instance type t3\.micrro: did you mean t3\.micro\?$/,
    ],
  },
  'a zone that Route53 does not show': {
    zone: 'example.org',
    message: [/^Zone example\.org was not found in Route53/],
    suggestion: /spelling of the zone/,
  },
  'a zone that CloudFlare does not show': {
    vendor: 'cloudflare',
    zone: 'example.org',
    message: [/^Zone example\.org was not found in CloudFlare/],
  },
}

describe('without --sandbox, over the variables of the vendors themselves', () => {
  const all = workplaces()
  let place: Workplace
  let own: Record<string, string>

  beforeAll(async () => {
    place = all.open()
    await place.startSandbox()
    own = (await place.mcd(['sandbox', 'env', '--json'])).json()
  })
  afterAll(() => all.endAll())

  async function refusedUp(
    file: string,
    {groups = BOTH, vendor, zone = 'example.com', env = {}}: Omit<Case, 'message'>,
  ) {
    const text = fleetText({...(vendor ? {vendor} : {}), groups})
    place.write(text.replace('example.com', zone), file)
    const merged = Object.entries({...own, ...env}).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    )
    const {exitCode, json} = await place.mcd(['up', '--json', '--file', file], {
      env: Object.fromEntries(merged),
    })
    const {error} = json<{error: {message: string; suggestions: string[]}}>()
    return {exitCode, lines: error.message.split('\n').sort(), suggestions: error.suggestions.join('\n')}
  }

  test.each(Object.entries(CASES))('%s: said clearly, exit 1, nothing launched', async (_what, wrong) => {
    const {exitCode, lines, suggestions} = await refusedUp('mcd.yaml', wrong)
    expect(lines).toEqual(wrong.message.map(line => expect.stringMatching(line)))
    expect(exitCode).toBe(1)
    if (wrong.suggestion) expect(suggestions).toMatch(wrong.suggestion)
    expect(mutatingCalls(await place.sandbox())).toEqual({})
  })

  test('an endpoint where nobody listens: its address is named, and no cloud that does answer gets anything to do', async () => {
    const dead = `http://127.0.0.1:${await closedPort()}`
    const [amazon, triton, cloudflare] = await Promise.all([
      refusedUp('aws.yaml', {env: {AWS_ENDPOINT_URL: dead}}),
      refusedUp('triton.yaml', {env: {TRITON_URL: dead}}),
      refusedUp('cloudflare.yaml', {vendor: 'cloudflare', env: {CLOUDFLARE_BASE_URL: `${dead}/client/v4`}}),
    ])
    const nobody = `connect ECONNREFUSED ${new URL(dead).host}`
    expect(amazon.lines).toEqual([
      `AWS could not be reached for GetCallerIdentity: ${nobody} (tried 4 times)`,
      `Route53 could not be reached for ListHostedZonesByName: ${nobody} (tried 4 times)`,
    ])
    expect(triton.lines).toEqual([
      expect.stringMatching(
        `^CloudAPI at ${dead} could not be reached for .*ECONNREFUSED.* \\(tried 4 times\\)$`,
      ),
    ])
    expect(cloudflare.lines).toEqual([
      expect.stringMatching(
        `^CloudFlare could not be reached for GET zones: .*${nobody} \\(tried 4 times\\)$`,
      ),
    ])
    for (const {exitCode, suggestions} of [amazon, triton, cloudflare]) {
      expect(exitCode).toBe(1)
      expect(suggestions).toMatch(/Check the endpoint and the network/)
    }
    expect(mutatingCalls(await place.sandbox())).toEqual({})
  })

  test('the counting works: with everything right the same file does launch', async () => {
    place.write(fleetText({groups: {virginia: aws(1)}}))
    expect((await place.mcd(['up'], {env: own})).exitCode).toBe(0)
    expect(mutatingCalls(await place.sandbox())).toMatchObject({'ec2:RunInstances': 1})
  })
})

async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const {port} = server.address() as {port: number}
  await new Promise(resolve => server.close(resolve))
  return port
}
