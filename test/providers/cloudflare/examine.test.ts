import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {InterruptedError} from '../../../src/errors.ts'
import type {CloudflareOptions} from '../../../src/providers/cloudflare/dns.ts'
import {examineCloudflare} from '../../../src/providers/cloudflare/examine.ts'
import type {NameWish} from '../../../src/providers/dns.ts'
import type {Finding, ZoneNeeds} from '../../../src/providers/examine.ts'
import {cloudflareWire} from '../../../src/sandbox/wire/cloudflare.ts'
import type {ApiToken} from '../../../src/sandbox/world/cloudflare/tokens.ts'
import {SANDBOX} from '../../../src/sandbox/world/credentials.ts'
import {Secret} from '../../../src/secret.ts'
import {cloudflareScene} from '../../support/cloudflare-world.ts'
import {replay} from '../../support/replay.ts'
import {wireFetch} from '../../support/wire-fetch.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const {operatorToken, instancesToken} = SANDBOX.cloudflare
const WWW: NameWish = {name: 'www.example.com', ttlSeconds: 60, proxied: false, members: 2, fleet: 'web'}

let scene: ReturnType<typeof cloudflareScene>
let stop: () => void
beforeEach(() => {
  scene = cloudflareScene()
  // The vendor's library is loaded outside of virtual time.
  stop = scene.time.attend()
})
afterEach(() => stop())

type Change = Partial<CloudflareOptions> & {token?: string; env?: Record<string, string>}

function examine(needs: Partial<ZoneNeeds> = {}, {token = operatorToken, env = {}, ...change}: Change = {}) {
  return examineCloudflare(
    {
      apiToken: new Secret(token, 'env:TOKEN'),
      runtime: scene.time.runtime(),
      fetch: wireFetch(cloudflareWire(scene)),
      ...change,
    },
    env,
  )({zone: 'example.com', names: [WWW], ...needs})
}
const asInstance = (change: Change = {}) =>
  examine({forInstances: {zoneId: scene.zone.id}}, {token: instancesToken, ...change})

/** A token of somebody's, and its value. */
function token(change: Partial<ApiToken> = {}): string {
  const value = 'a-token-of-somebody-0000000000000000000000'
  scene.cloudflare.addToken({
    value,
    principal: 'operator',
    permissions: ['zone-read', 'dns-write'],
    zones: 'all',
    ...change,
  })
  return value
}

const ills = (findings: readonly Finding[]) =>
  findings
    .filter(({outcome}) => outcome !== 'ok')
    .map(({check, subject, outcome}) => `${outcome}: ${check} ${subject}`)
const remedies = (findings: readonly Finding[]) => findings.flatMap(({remedy}) => remedy ?? [])
const of = (findings: readonly Finding[], subject: string) =>
  findings.find(finding => finding.subject === subject)

test('a zone where nothing is amiss says so of all that a run does there', async () => {
  const findings = await examine()
  expect(ills(findings)).toEqual([])
  expect(findings.map(({check, subject, detail}) => `${check} ${subject}: ${detail}`)).toEqual([
    'identity API token (env:TOKEN): The token is valid.',
    `zone example.com: Zone ${scene.zone.id} of account ${scene.zone.account.id}, on the plan "Free Website".`,
    'permission DNS Read: It lists the records of example.com.',
    'permission DNS Write: It may change the records of example.com: asked to remove one that is not there, CloudFlare said just that.',
    'records www.example.com: CloudFlare takes 2 addresses here.',
    'quota records of example.com: The zone has 0 of 200 records, and the fleet is to add 2.',
  ])
})

test('an examination changes nothing, and shows no token', async () => {
  const findings = [
    ...(await examine()),
    ...(await asInstance()),
    ...(await examine({}, {token: 'none-of-theirs'})),
  ]
  expect(scene.calls.records.flatMap(({effects}) => effects)).toEqual([])
  expect(JSON.stringify(findings)).not.toMatch(
    new RegExp(`${operatorToken}|${instancesToken}|none-of-theirs`),
  )
})

describe('of the token', () => {
  test('one that is none is told of before anything is sent', async () => {
    const findings = await examine({}, {token: ' '})
    expect(ills(findings)).toEqual(['failed: settings API token (env:TOKEN)'])
    expect(remedies(findings)).toEqual([expect.stringMatching(/^Create an API token/)])
    expect(scene.calls.records).toEqual([])
  })

  test.each<[string, () => string, RegExp]>([
    ['that nobody knows', () => 'nobody', /^Create another API token/],
    ['that was revoked', () => token({status: 'disabled'}), /^Create another API token/],
    ['that has expired', () => token({expiresOnMs: scene.time.now() - 1}), /^Create another API token/],
    [
      "that is not for this machine's address",
      () => token({allowedAddresses: ['192.0.2.1']}),
      /^Add this machine's address to those that may use the API token/,
    ],
  ])('one %s is the whole finding', async (_what, make, remedy) => {
    const findings = await examine({}, {token: make()})
    expect(ills(findings)).toEqual(['failed: identity API token (env:TOKEN)'])
    expect(remedies(findings)).toEqual([expect.stringMatching(remedy)])
  })

  test('one that ends soon is warned of, with the day', async () => {
    const soon = await examine({}, {token: token({expiresOnMs: scene.time.now() + 20 * DAY_MS})})
    expect(ills(soon)).toEqual(['warning: identity API token (env:TOKEN)'])
    expect(soon[0]).toMatchObject({
      detail: 'The token is valid, but only until 2026-01-21T00:00:00Z.',
      remedy: expect.stringMatching(/^Give it a later end date/),
    })
    expect(ills(await examine({}, {token: token({expiresOnMs: scene.time.now() + 90 * DAY_MS})}))).toEqual([])
  })

  test('one that the account owns is verified there', async () => {
    const findings = await examine({}, {token: token({kind: 'account'})})
    expect(ills(findings)).toEqual([])
    expect(scene.calls.records.map(({action}) => action)).toContain('GET /accounts/:id/tokens/verify')
  })
})

describe('of the zone', () => {
  test('one that the token does not see is named, with both ways out', async () => {
    const findings = await examine({zone: 'example.net'})
    expect(ills(findings)).toEqual(['failed: zone example.net'])
    expect(remedies(findings)).toEqual([
      'Give the token "Zone Read" and "DNS Write" on example.net, or correct "zone" in the fleet file.',
    ])
  })

  test('one that is not active says which servers its registrar lacks', async () => {
    scene.cloudflare.addZone('example.net', {status: 'pending'})
    const findings = await examine({zone: 'example.net', names: [{...WWW, name: 'www.example.net'}]})
    expect(ills(findings)).toEqual(['failed: zone example.net'])
    expect(of(findings, 'example.net')).toMatchObject({
      detail: expect.stringContaining('pending'),
      remedy:
        'Set the name servers ada.ns.cloudflare.test and bob.ns.cloudflare.test at the registrar of example.net.',
    })
  })

  test.each<[ApiToken['permissions'], string[]]>([
    [['zone-read', 'dns-read'], ['failed: permission DNS Write']],
    [['zone-read'], ['failed: permission DNS Read', 'failed: permission DNS Write']],
    [['dns-write'], ['failed: zone example.com']],
  ])('what a token with %j lacks is named', async (permissions, expected) => {
    const findings = await examine({}, {token: token({permissions})})
    expect(ills(findings)).toEqual(expected)
    for (const remedy of remedies(findings)) expect(remedy).toMatch(/^Give the token "/)
  })
})

describe('of the records', () => {
  test('what CloudFlare would refuse is told, each', async () => {
    scene.create({name: 'www', type: 'CNAME', content: 'elsewhere.example.net'})
    const findings = await examine({names: [{...WWW, ttlSeconds: 30}]})
    expect(ills(findings)).toEqual(['failed: records www.example.com', 'failed: records www.example.com'])
    expect(findings.map(({detail}) => detail)).toContainEqual(expect.stringContaining('CNAME for elsewhere'))
  })

  test('a zone without room for them is told of; those that are there already need none', async () => {
    scene.cloudflare.addZone('example.net', {plan: {records: 3}})
    const names = [{...WWW, name: 'www.example.net', members: 3}]
    const zone = scene.cloudflare.zone('example.net')?.id ?? ''
    const add = (name: string, content: string, comment?: string) =>
      scene.cloudflare.createRecord(scene.operator, zone, {name, type: 'A', content, ttl: 60, comment})
    add('www', '192.0.2.1', 'mcd:v1 f=web g=east i=i-1')
    expect(ills(await examine({zone: 'example.net', names}))).toEqual([])
    add('other', '192.0.2.2')
    const findings = await examine({zone: 'example.net', names})
    expect(ills(findings)).toEqual(['failed: quota records of example.net'])
    expect(of(findings, 'records of example.net')).toMatchObject({
      detail: 'The zone has 2 of 3 records, and the fleet is to add 2.',
      remedy: expect.stringMatching(/^Remove records that nobody needs/),
    })
  })
})

describe('for instances', () => {
  test('the least token is a good one, though it finds no zone', async () => {
    const findings = await asInstance()
    expect(ills(findings)).toEqual([])
    expect(findings.map(({subject}) => subject)).toEqual([
      'API token (env:TOKEN)',
      'DNS Read',
      'DNS Write',
      "reach of the instances' token",
    ])
  })

  test('one that may not write is of no use', async () => {
    const value = token({permissions: ['dns-read'], zones: [scene.zone.id]})
    expect(ills(await asInstance({token: value}))).toEqual(['failed: permission DNS Write'])
  })

  test('one that is revoked is the whole finding', async () => {
    scene.cloudflare.revokeToken(instancesToken)
    expect(ills(await asInstance())).toEqual(['failed: identity API token (env:TOKEN)'])
  })

  test('one for the addresses of instances alone cannot be judged from here', async () => {
    const findings = await asInstance({token: token({allowedAddresses: ['192.0.2.1']})})
    expect(ills(findings)).toEqual(['unknown: identity API token (env:TOKEN)'])
  })

  test('one that an account owns is served, and until when it is valid cannot be told', async () => {
    const value = token({kind: 'account', permissions: ['dns-write'], zones: [scene.zone.id]})
    expect(ills(await asInstance({token: value}))).toEqual(['unknown: identity API token (env:TOKEN)'])
  })

  test('one that reaches other zones is warned of, and so is the one that mcd itself uses', async () => {
    scene.cloudflare.addZone('example.net')
    const wide = await asInstance({token: token()})
    expect(ills(wide)).toEqual(["warning: permission reach of the instances' token"])
    expect(wide.at(-1)?.detail).toBe(
      'The token can also read zone example.net: it is for more than this one.',
    )
    const same = await asInstance({token: operatorToken, env: {CLOUDFLARE_API_TOKEN: operatorToken}})
    expect(same.at(-1)).toMatchObject({
      outcome: 'warning',
      detail: 'The instances are given the token that mcd itself uses: it reaches all that mcd does.',
      remedy: expect.stringMatching(/^Create a token with "DNS Write" on this one zone/),
    })
  })
})

test.each([
  ['the operator', () => examine({}, {fetch: unreachable})],
  ['instances', () => asInstance({fetch: unreachable})],
])('a vendor that nobody reaches is one finding, looked at for %s', async (_who, look) => {
  const findings = await look()
  expect(findings).toEqual([
    {
      check: 'reach',
      subject: 'example.com',
      outcome: 'failed',
      detail: expect.stringContaining('ECONNREFUSED'),
      remedy: expect.stringMatching(/^Check the endpoint and the network/),
    },
  ])
})

const unreachable = () =>
  Promise.reject(
    new TypeError('fetch failed', {
      cause: Object.assign(new Error('connect ECONNREFUSED 192.0.2.1:443'), {code: 'ECONNREFUSED'}),
    }),
  )

test('it speaks with the vendor as the reference has it', async () => {
  const exchanges = replay('cloudflare/examine')
  const runtime = {...scene.time.runtime(), id: () => '372e6795-4025-e0ba-6aaa-6d586b9e0b59'}
  const look = examineCloudflare({apiToken: new Secret('0'.repeat(40), 'env:TOKEN'), runtime}, {})
  const findings = await look({zone: 'example.com', names: [WWW]})
  exchanges.finish()
  expect(ills(findings)).toEqual([
    'warning: identity API token (env:TOKEN)',
    'unknown: quota records of example.com',
  ])
})

test.each(['operator', 'instances'])(
  'an interrupted look with the token of the %s finds nothing',
  async who => {
    const runtime = {...scene.time.runtime(), signal: AbortSignal.abort(new InterruptedError())}
    const looking = who === 'operator' ? examine({}, {runtime}) : asInstance({runtime})
    await expect(looking).rejects.toThrow(InterruptedError)
  },
)
