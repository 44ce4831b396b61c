import {createPrivateKey} from 'node:crypto'
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest'
import {InterruptedError} from '../../../src/errors.ts'
import type {ComputeNeeds, Finding} from '../../../src/providers/examine.ts'
import type {JoyentComputeOptions} from '../../../src/providers/joyent/connect.ts'
import {examineJoyent} from '../../../src/providers/joyent/examine.ts'
import type {TritonProfile} from '../../../src/providers/joyent/profile.ts'
import {cloudapiWire} from '../../../src/sandbox/wire/cloudapi.ts'
import {generateTritonKey} from '../../../src/sandbox/world/triton/ssh-key.ts'
import {Secret} from '../../../src/secret.ts'
import {mark, OWNER, PLACE, wish} from '../../contract/joyent-scenes.ts'
import {replay} from '../../support/replay.ts'
import {type TritonStage, tritonStage} from '../../support/triton-world.ts'
import {wireFetch} from '../../support/wire-fetch.ts'

const key = generateTritonKey()
const opsKey = generateTritonKey()

/** As a user has it in ~/.ssh, encrypted. */
function storeLocked(folder: string): void {
  mkdirSync(folder)
  const locked = createPrivateKey(key.privateKeyPem).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'of the test',
  })
  writeFileSync(join(folder, 'id_test'), locked)
  writeFileSync(join(folder, 'id_test.pub'), key.publicKeyOpenSsh)
}

let stage: TritonStage
let stop: () => void
beforeEach(() => {
  stage = tritonStage()
  stage.triton.account().addKey(key.publicKeyOpenSsh, {name: 'laptop'})
  // Signing is work outside of virtual time.
  stop = stage.time.attend()
})
afterEach(() => stop())

const needs = (more: Partial<ComputeNeeds> = {}): ComputeNeeds => ({
  fleet: OWNER.fleet,
  dns: OWNER.dns,
  groups: [{name: OWNER.group, count: 2, wish: wish()}],
  ...more,
})
const group = (change: Partial<ComputeNeeds['groups'][number]['wish']>, count = 2) =>
  needs({groups: [{name: OWNER.group, count, wish: wish(change)}]})

type Change = Partial<JoyentComputeOptions> & {as?: Partial<TritonProfile>}

const profileOf = (as: Partial<TritonProfile> = {}): TritonProfile => ({
  name: 'test',
  url: 'http://sandbox-1.example',
  account: 'sandbox',
  keyId: key.md5Fingerprint,
  insecure: false,
  ...as,
})

function examine(what = needs(), {as = {}, ...change}: Change = {}): Promise<Finding[]> {
  return examineJoyent({
    place: PLACE,
    runtime: stage.time.runtime(),
    profile: profileOf(as),
    key: new Secret(as.user ? opsKey.privateKeyPem : key.privateKeyPem, 'test'),
    fetch: wireFetch(cloudapiWire(stage)),
    ...change,
  })(what)
}

/** What is not well, as a table shows it. */
const ills = (findings: readonly Finding[]) =>
  findings
    .filter(({outcome}) => outcome !== 'ok')
    .map(({check, subject, outcome}) => `${outcome}: ${check} ${subject}`)
const of = (findings: readonly Finding[], subject: string) =>
  findings.find(finding => finding.subject === subject)

test('a place where nothing is amiss says so of everything that a fleet needs, and of quotas that nobody tells', async () => {
  const findings = await examine()
  expect(ills(findings)).toEqual(['unknown: quota provisioning limits'])
  expect(findings.map(({check, subject}) => `${check}: ${subject}`)).toEqual([
    'settings: profile test',
    `key: signing key ${key.md5Fingerprint}`,
    'identity: joyent:sandbox-1.example',
    'permission: GetAccount',
    'permission: ListDatacenters',
    'permission: ListImages',
    'permission: ListPackages',
    'permission: ListMachines',
    'permission: ListFirewallRules',
    'permission: CreateMachine',
    'permission: GetMachine',
    'permission: DeleteMachine',
    'permission: CreateFirewallRule',
    'permission: UpdateFirewallRule',
    'permission: DeleteFirewallRule',
    'key: SSH keys of sandbox',
    'image: ubuntu-24.04 in sandbox-1',
    'type: g1.nano in sandbox-1',
    'quota: provisioning limits',
  ])
  expect(of(findings, PLACE.key)?.detail).toBe(`Account sandbox (${stage.triton.account().id}) in sandbox-1.`)
})

test('an examination changes nothing', async () => {
  await examine(group({deletionProtection: true, networks: ['external'], image: 'nope'}))
  expect(stage.calls.records.flatMap(({effects}) => effects)).toEqual([])
  expect(stage.triton.machinesOf()).toEqual([])
})

test('no finding shows a line of the key', async () => {
  const lines = key.privateKeyPem.split('\n').filter(line => line.length > 10 && !line.startsWith('---'))
  const broken = new Secret(key.privateKeyPem.slice(0, 200), 'test')
  const all = JSON.stringify([await examine(), await examine(needs(), {key: broken})])
  expect(lines.filter(line => all.includes(line))).toEqual([])
})

describe('on the way in', () => {
  test('variables that are not set are named, each', async () => {
    for (const name of Object.keys(process.env)) if (/^(TRITON|SDC)_/.test(name)) vi.stubEnv(name, undefined)
    const bare = {place: {...PLACE, profile: 'env'}, runtime: stage.time.runtime()}
    const findings = await examineJoyent(bare)(needs()).finally(() => vi.unstubAllEnvs())
    expect(ills(findings)).toEqual(['failed: settings profile env'])
    expect(findings[0]?.detail).toMatch(/TRITON_ACCOUNT.*\n.*TRITON_KEY_ID/)
    expect(findings[0]?.remedy).toMatch(/^Set TRITON_URL, TRITON_ACCOUNT and TRITON_KEY_ID/)
  })

  test('a key that cannot be read, or that the account does not know', async () => {
    const unreadable = await examine(needs(), {key: new Secret('-----BEGIN PRIVATE KEY-----', 'test')})
    expect(ills(unreadable)).toEqual([`failed: key signing key ${key.md5Fingerprint}`])
    stage.triton.account().removeKey('laptop')
    const unknown = await examine()
    expect(ills(unknown)).toEqual([`failed: identity ${PLACE.key}`])
    expect(unknown.at(-1)).toMatchObject({
      detail: expect.stringContaining('Invalid key'),
      remedy: expect.stringMatching(/^Check the account and the key/),
    })
  })

  test.each<[string, (folder: string) => void, RegExp, RegExp]>([
    ['is nowhere', () => {}, /neither in the ssh agent \(none runs\) nor in/, /^Add it with "ssh-add"/],
    ['is locked', storeLocked, /is protected by a passphrase/, /^Add it to the ssh agent with "ssh-add"/],
  ])('a key that %s', async (_what, prepare, detail, remedy) => {
    const home = mkdtempSync(join(tmpdir(), 'mcd-key-'))
    vi.stubEnv('HOME', home)
    for (const name of ['SSH_AUTH_SOCK', 'TRITON_KEY_MATERIAL', 'SDC_KEY_MATERIAL', 'TRITON_KEY_PASSPHRASE'])
      vi.stubEnv(name, undefined)
    try {
      prepare(join(home, '.ssh'))
      const {runtime, profile} = {runtime: stage.time.runtime(), profile: profileOf()}
      const findings = await examineJoyent({place: PLACE, runtime, profile})(needs())
      expect(ills(findings)).toEqual([`failed: key signing key ${key.md5Fingerprint}`])
      expect(findings.at(-1)).toMatchObject({
        detail: expect.stringMatching(detail),
        remedy: expect.stringMatching(remedy),
      })
    } finally {
      vi.unstubAllEnvs()
      rmSync(home, {recursive: true})
    }
  })

  test('a clock that CloudAPI does not accept is told of as such', async () => {
    stage.calls.plan.add({target: 'joyent', kind: 'wrong-clock'})
    const findings = await examine()
    expect(ills(findings)).toEqual(['failed: clock CloudAPI'])
    expect(findings.at(-1)).toMatchObject({
      detail: expect.stringMatching(/^This machine's clock is 600 s (ahead of|behind) CloudAPI's/),
      remedy: expect.stringMatching(/^Set the clock/),
    })
  })

  test('an account that was disabled hears who can help', async () => {
    const disabled = {code: 'NotAuthorized', message: 'Account or user is disabled'}
    const findings = await examine(needs(), {fetch: async () => Response.json(disabled, {status: 403})})
    expect(ills(findings)).toEqual(['failed: permission GetAccount'])
    expect(findings.at(-1)).toMatchObject({
      detail: expect.stringContaining('is disabled'),
      remedy: 'Ask the operator of this cloud why sandbox may not call GetAccount.',
    })
  })

  test('an endpoint that nobody answers at is one finding', async () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 192.0.2.1:443'), {code: 'ECONNREFUSED'})
    const findings = await examine(needs(), {
      fetch: () => Promise.reject(new TypeError('fetch failed', {cause: refused})),
    })
    expect(ills(findings)).toEqual(['failed: reach CloudAPI'])
    expect(findings.at(-1)?.remedy).toMatch(/^Check the endpoint and the network/)
  })

  test('an endpoint that falls silent half-way is one finding, beside what it has said', async () => {
    const fetch = wireFetch(cloudapiWire(stage))
    let calls = 0
    const findings = await examine(needs(), {
      fetch: (...asked) =>
        calls++ < 3
          ? fetch(...asked)
          : Promise.reject(Object.assign(new Error('gone'), {code: 'ECONNREFUSED'})),
    })
    expect(findings.filter(({check}) => check === 'reach')).toHaveLength(1)
    expect(of(findings, PLACE.key)).toMatchObject({outcome: 'ok'})
  })
})

describe('of a sub-user', () => {
  const READS =
    'CAN getaccount, listdatacenters, listimages, listpackages, listmachines, listfirewallrules AND listkeys'

  function opsMay(...rules: string[]): void {
    const account = stage.triton.account()
    account.rbac.addUser({login: 'ops', email: 'ops@example.com'})
    account.addKey(opsKey.publicKeyOpenSsh, {user: 'ops'})
    account.rbac.addPolicy({name: 'deploy', rules})
    account.rbac.addRole({
      name: 'deployer',
      policies: [{name: 'deploy'}],
      members: [{login: 'ops', default: true}],
    })
  }
  const ops = {as: {user: 'ops', keyId: opsKey.md5Fingerprint}}

  test('what its roles allow is read from their rules', async () => {
    opsMay(READS, 'CAN listroles AND listpolicies', 'CAN createmachine, getmachine AND createfirewallrule')
    const findings = await examine(needs(), ops)
    expect(ills(findings)).toEqual([
      'failed: permission DeleteMachine',
      'failed: permission UpdateFirewallRule',
      'failed: permission DeleteFirewallRule',
      'unknown: quota provisioning limits',
    ])
    expect(of(findings, PLACE.key)?.detail).toMatch(/ in sandbox-1, used by ops\.$/)
    expect(of(findings, 'DeleteMachine')).toMatchObject({
      detail: 'No rule of the roles of ops (deployer) allows it.',
      remedy:
        'Add the rule "CAN deletemachine" to a policy of a role that ops has by default, and tag what it is about with that role ("triton rbac").',
    })
  })

  test('what cannot be told without its rules is unknown, and a launch is tried', async () => {
    opsMay(READS)
    const findings = await examine(needs(), ops)
    expect(ills(findings)).toEqual([
      'failed: permission CreateMachine',
      'unknown: permission GetMachine',
      'unknown: permission DeleteMachine',
      'unknown: permission CreateFirewallRule',
      'unknown: permission UpdateFirewallRule',
      'unknown: permission DeleteFirewallRule',
      'unknown: quota provisioning limits',
    ])
    expect(of(findings, 'DeleteMachine')?.detail).toMatch(/^CloudAPI has no dry run/)
  })

  test('one that may not look at the account is known all the same', async () => {
    opsMay('CAN listimages')
    const findings = await examine(needs(), ops)
    expect(of(findings, 'GetAccount')).toMatchObject({
      outcome: 'failed',
      remedy: expect.stringMatching(/getaccount/),
    })
    expect(of(findings, 'ListImages')).toMatchObject({outcome: 'ok'})
    expect(of(findings, 'ListMachines')).toMatchObject({outcome: 'failed'})
  })

  test('roles that the profile names count, and the others do not', async () => {
    opsMay('CAN *')
    const account = stage.triton.account()
    account.rbac.addRole({name: 'idle', members: [{login: 'ops'}]})
    expect(ills(await examine(needs(), {as: {...ops.as, roles: ['deployer']}}))).toEqual([
      'unknown: quota provisioning limits',
    ])
    expect(of(await examine(needs(), {as: {...ops.as, roles: ['idle']}}), 'ListImages')).toMatchObject({
      outcome: 'failed',
      remedy: expect.stringContaining('the role idle'),
    })
  })
})

describe('of what a group is made from', () => {
  test.each<[string, Parameters<typeof group>[0], string, RegExp]>([
    [
      'an image',
      {image: 'ubunu-24.04'},
      'failed: image ubunu-24.04 in sandbox-1',
      /^Name another image in group "east"/,
    ],
    [
      'a package',
      {types: ['g1.nano', 'g9.none']},
      'failed: type g9.none in sandbox-1',
      /^Name another type in group "east"/,
    ],
    [
      'a network',
      {networks: ['externl']},
      'failed: network externl in sandbox-1',
      /^Name another network in group "east"/,
    ],
    ['what Triton has none of', {spot: true}, 'failed: settings spot of group east', /^Change group "east"/],
  ])('%s that is not there', async (_what, change, ill, remedy) => {
    const findings = await examine(group(change))
    expect(ills(findings)).toEqual([ill, 'unknown: quota provisioning limits'])
    expect(findings.find(({outcome}) => outcome === 'failed')?.remedy).toMatch(remedy)
  })

  test('two groups that name the same are told of it once', async () => {
    const {groups} = needs()
    const findings = await examine(needs({groups: [...groups, {name: 'west', count: 1, wish: wish()}]}))
    expect(findings.filter(({check}) => check === 'image')).toHaveLength(1)
  })
})

test('an account without any SSH key could launch nothing', async () => {
  const account = stage.triton.account()
  account.rbac.addUser({login: 'ops', email: 'ops@example.com'})
  account.addKey(opsKey.publicKeyOpenSsh, {user: 'ops'})
  account.rbac.addRole({name: 'administrator', members: [{login: 'ops', default: true}]})
  for (const {fingerprint} of account.keys) account.removeKey(fingerprint)
  const findings = await examine(needs(), {as: {user: 'ops', keyId: opsKey.md5Fingerprint}})
  expect(ills(findings)).toEqual(['failed: key SSH keys of sandbox', 'unknown: quota provisioning limits'])
  expect(of(findings, 'SSH keys of sandbox')?.remedy).toBe('Add one to the account: triton key add FILE.pub')
})

test.each([
  [2, 'ok', '1 of 2 are used; what is still to be launched takes 1.'],
  [1, 'failed', '1 of 1 are used; what is still to be launched takes 1.'],
] as const)('a quota of %i with one of two launched is %s', async (quota, outcome, detail) => {
  stage.triton.place({
    name: 'web-east-1',
    image: stage.triton.stock.images.find(({name}) => name === 'ubuntu-24.04')?.id,
    package: 'g1.nano',
    firewall_enabled: true,
    ...Object.fromEntries(Object.entries({...mark()}).map(([name, value]) => [`tag.mcd_${name}`, value])),
  })
  stage.triton.account().quota = quota
  expect(of(await examine(), 'limit on instances')).toMatchObject({check: 'quota', outcome, detail})
})

test('an instance whose firewall is off is warned of where the group opens ports', async () => {
  stage.triton.place({
    name: 'web-east-1',
    image: stage.triton.stock.images.find(({name}) => name === 'ubuntu-24.04')?.id,
    package: 'g1.nano',
    ...Object.fromEntries(Object.entries({...mark()}).map(([name, value]) => [`tag.mcd_${name}`, value])),
  })
  const findings = await examine()
  expect(of(findings, 'firewall of web-east-1')).toMatchObject({
    outcome: 'warning',
    remedy: 'Turn it on: triton instance enable-firewall web-east-1',
  })
  expect(ills(await examine(group({open: []})))).toEqual(['unknown: quota provisioning limits'])
})

describe('it speaks with CloudAPI as the reference has it', () => {
  const profile = profileOf({url: 'https://cloudapi.example.com', account: 'me', user: 'bob'})
  async function played(folder: string): Promise<Finding[]> {
    const exchanges = replay(folder)
    const place = {...PLACE, endpoint: profile.url}
    const look = examineJoyent({
      place,
      profile,
      runtime: stage.time.runtime(),
      key: new Secret(key.privateKeyPem, 'test'),
    })
    const findings = await look(needs())
    exchanges.finish()
    return findings
  }

  test('of a sub-user, its roles and every kind of limit', async () => {
    const findings = await played('joyent/examine')
    expect(ills(findings)).toEqual([
      // By day alone.
      'unknown: permission DeleteMachine',
      // Of a role that bob has not by default.
      'failed: permission CreateFirewallRule',
      'failed: permission UpdateFirewallRule',
      'failed: permission DeleteFirewallRule',
      'failed: quota limit on instances',
      'failed: quota limit on instances of image ubuntu-24.04',
    ])
    expect(of(findings, 'limit on memory')?.detail).toBe(
      '1024 of 2048 are used; what is still to be launched takes 1024 MiB of memory.',
    )
    expect(of(findings, 'limit on disk of os linux')?.detail).toBe(
      '20 of 900 are used; what is still to be launched takes 20 GiB of disk.',
    )
  })

  test('of a clock that is wrong, though the answer speaks of something else', async () => {
    expect(ills(await played('joyent/examine-clock'))).toEqual(['failed: clock CloudAPI'])
  })
})

test('an interrupted look finds nothing', async () => {
  const runtime = {...stage.time.runtime(), signal: AbortSignal.abort(new InterruptedError())}
  await expect(examine(needs(), {runtime})).rejects.toThrow(InterruptedError)
})
