import {execFile} from 'node:child_process'
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {cloudapiWire} from '../../../src/sandbox/wire/cloudapi.ts'
import {listen} from '../../../src/sandbox/wire/http.ts'
import {CallLog} from '../../../src/sandbox/world/calls.ts'
import {realClock} from '../../../src/sandbox/world/clock.ts'
import {idleHypervisor} from '../../../src/sandbox/world/hypervisor.ts'
import {generateTritonKey, parsePublicKey} from '../../../src/sandbox/world/triton/ssh-key.ts'
import {TritonWorld} from '../../../src/sandbox/world/triton.ts'
import {has} from '../../support/programs.ts'
import {KEY_TYPES, userKey} from '../../support/triton-keys.ts'
import {DELAYS} from '../../support/triton-world.ts'

type Ran = {code: number; stdout: string; stderr: string}

let home: string
let triton: TritonWorld
let calls: CallLog
let server: Awaited<ReturnType<typeof listen>>
let env: NodeJS.ProcessEnv

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'mcd-triton-'))
  calls = new CallLog(realClock)
  const delays = {...DELAYS, bootMs: 300, shutdownMs: 50, visibleMs: 50}
  triton = new TritonWorld({
    clock: realClock,
    random: Math.random,
    hypervisor: idleHypervisor(),
    calls,
    delays,
  })
  server = await listen(cloudapiWire({calls, triton}))
  const key = generateTritonKey()
  useKey(key.privateKeyPem, key.publicKeyOpenSsh, key.md5Fingerprint)
})

afterEach(async () => {
  await server.close()
  rmSync(home, {recursive: true, force: true})
})

function useKey(privatePem: string, publicLine: string, fingerprint: string, user?: string): void {
  triton.account().addKey(publicLine, user === undefined ? {} : {user})
  mkdirSync(join(home, '.ssh'), {recursive: true})
  writeFileSync(join(home, '.ssh', 'id_test'), privatePem, {mode: 0o600})
  writeFileSync(join(home, '.ssh', 'id_test.pub'), publicLine)
  env = {
    PATH: process.env.PATH,
    HOME: home,
    TRITON_PROFILE: 'env',
    TRITON_URL: server.url,
    TRITON_ACCOUNT: 'sandbox',
    TRITON_KEY_ID: fingerprint,
    ...(user === undefined ? {} : {TRITON_USER: user}),
  }
}

/** Never rejects: exit codes are part of what is compared. */
const run = (...args: string[]) =>
  new Promise<Ran>(resolve => {
    execFile('triton', args, {env, encoding: 'utf8'}, (error, stdout, stderr) =>
      resolve({code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr}),
    )
  })

async function ok(...args: string[]): Promise<string> {
  const {code, stdout, stderr} = await run(...args)
  expect({args, code, stderr}).toEqual({args, code: 0, stderr: ''})
  return stdout
}

describe.skipIf(!has('triton'))('the triton CLI (needs triton 7, from npm)', {timeout: 120_000}, () => {
  test('lists what the data centre offers', async () => {
    expect(await ok('image', 'list')).toMatch(/ubuntu-24\.04 +20260212 .*zvol/)
    expect(await ok('package', 'list')).toMatch(/g1\.nano +512M/)
    expect(await ok('network', 'list')).toMatch(/external .*true/)
    expect(JSON.parse(await ok('datacenters', '-j'))).toEqual({'sandbox-1': server.url})
    expect(JSON.parse(await ok('account', 'get', '-j'))).toMatchObject({login: 'sandbox'})
  })

  test('takes an instance through its life', async () => {
    await ok(
      'instance',
      'create',
      '-w',
      '-n',
      'web-1',
      '-t',
      'role=web',
      '-m',
      'a=b',
      'debian-12@20260110',
      'g1.nano',
    )
    expect(JSON.parse(await ok('instance', 'get', '-j', 'web-1'))).toMatchObject({
      name: 'web-1',
      state: 'running',
      tags: {role: 'web'},
      metadata: {a: 'b'},
    })
    expect(await ok('instance', 'list', '-H', '-o', 'name,img,state')).toMatch(
      /web-1 +debian-12@20260110 +running/,
    )
    await ok('instance', 'tag', 'set', '-w', 'web-1', 'n=7')
    expect(JSON.parse(await ok('instance', 'tag', 'ls', '-j', 'web-1'))).toEqual({role: 'web', n: 7})
    await ok('instance', 'stop', '-w', 'web-1')
    await ok('instance', 'start', '-w', 'web-1')
    expect(await ok('instance', 'audit', '-H', '-o', 'action,success', 'web-1')).toMatch(/provision +yes/)
    await ok('instance', 'delete', '-f', '-w', 'web-1')
    const {code, stderr} = await run('instance', 'get', 'web-1')
    expect([code, stderr]).toEqual([3, expect.stringContaining('no instance')])
  })

  test('makes and removes firewall rules', async () => {
    await ok('fwrule', 'create', 'FROM any TO tag role = web ALLOW tcp (PORT 80 AND PORT 443)')
    const listed = JSON.parse(await ok('fwrule', 'list', '-j')) as {id: string; rule: string}
    expect(listed.rule).toBe('FROM any TO tag "role" = "web" ALLOW tcp (PORT 80 AND PORT 443)')
    await ok('fwrule', 'delete', '-f', listed.id)
    expect(await ok('fwrule', 'list', '-j')).toBe('')
    const {code, stderr} = await run('fwrule', 'create', 'FROM any TO any ALLOW tcp PORT 80')
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('rule: InvalidParameter: rule does not affect VMs'),
    ])
  })

  test.each(KEY_TYPES)('signs with %s, as the account or a sub-user of it', async type => {
    for (const user of [undefined, 'ops']) {
      const key = userKey(type)
      if (user) {
        triton.account().rbac.addUser({login: user, email: 'ops@example.com'})
        triton.account().rbac.addRole({name: 'administrator', members: [{login: user, default: true}]})
      }
      useKey(key.privatePem, key.publicLine, parsePublicKey(key.publicLine).fingerprint, user)
      expect(await ok('network', 'list', '-H')).toContain('external')
    }
  })

  test('makes a sub-user with a key, a policy and a role, who may do that and no more', async () => {
    const file = (name: string, content: object) => {
      writeFileSync(join(home, name), JSON.stringify(content))
      return join(home, name)
    }
    const user = {login: 'ops', email: 'ops@example.com', password: 'Secret-123'}
    await ok('rbac', 'user', '-a', file('user.json', user))
    const policy = {name: 'look', rules: ['CAN listnetworks AND getaccount', 'CAN getprovisioninglimits']}
    await ok('rbac', 'policy', '-a', file('policy.json', policy))
    const role = {
      name: 'looker',
      policies: [{name: 'look'}],
      members: [{type: 'subuser', login: 'ops', default: true}],
    }
    await ok('rbac', 'role', '-a', file('role.json', role))
    const key = userKey('ed25519')
    writeFileSync(join(home, 'ops.pub'), key.publicLine)
    await ok('rbac', 'key', '-a', 'ops', join(home, 'ops.pub'))
    expect(await ok('rbac', 'roles')).toMatch(/looker +look +sandbox\/ops/)

    writeFileSync(join(home, '.ssh', 'id_test'), key.privatePem, {mode: 0o600})
    writeFileSync(join(home, '.ssh', 'id_test.pub'), key.publicLine)
    env = {...env, TRITON_USER: 'ops', TRITON_KEY_ID: parsePublicKey(key.publicLine).fingerprint}
    expect(await ok('network', 'list', '-H')).toContain('external')
    const {code, stderr} = await run('instance', 'list')
    expect([code, stderr]).toEqual([1, expect.stringContaining('NotAuthorized')])
  })

  test('shows what the operator lets the account have', async () => {
    triton.account().quota = 7
    expect(JSON.parse(await ok('account', 'limits', '-j'))).toEqual([{limit: 7, used: 0}])
  })

  test('says what was refused: a revoked key, an unknown package', async () => {
    expect((await run('instance', 'create', 'debian-12', 'g9.none')).code).toBe(3)
    for (const {fingerprint} of triton.account().keys) triton.account().removeKey(fingerprint)
    const {code, stderr} = await run('network', 'list')
    expect([code, stderr]).toEqual([1, expect.stringContaining('InvalidCredentials')])
    expect(calls.records.at(-1)).toMatchObject({action: 'ListNetworks', refused: 'InvalidCredentials'})
  })
})
