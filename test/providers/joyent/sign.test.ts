import {execFileSync} from 'node:child_process'
import {createHash, createPrivateKey} from 'node:crypto'
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {inspect} from 'node:util'
import httpSignature from 'http-signature'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {AuthError} from '../../../src/errors.ts'
import type {TritonProfile} from '../../../src/providers/joyent/profile.ts'
import {loadSigner} from '../../../src/providers/joyent/sign.ts'
import {realRuntime} from '../../../src/runtime.ts'
import {serveSshAgent} from '../../../src/sandbox/ssh-agent.ts'
import {parseAuthorization, signatureFault} from '../../../src/sandbox/wire/http-signature.ts'
import {parsePublicKey} from '../../../src/sandbox/world/triton/ssh-key.ts'
import {Secret} from '../../../src/secret.ts'
import {has} from '../../support/programs.ts'
import {KEY_TYPES, type UserKey, userKey} from '../../support/triton-keys.ts'

const DATE = new Date().toUTCString()
const TARGET = '/me/machines?limit=2'
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcd-sign-'))
})
afterEach(() => rmSync(folder, {recursive: true, force: true}))

const fingerprint = (key: UserKey) => parsePublicKey(key.publicLine).fingerprint
const profileFor = (keyId: string): TritonProfile => ({
  name: 'test',
  url: 'https://a.example.com',
  account: 'me',
  keyId,
  insecure: false,
})

function store(key: UserKey, privatePem = key.privatePem): void {
  mkdirSync(join(folder, 'keys'), {recursive: true})
  writeFileSync(join(folder, 'keys', 'id_test'), privatePem)
  writeFileSync(join(folder, 'keys', 'id_test.pub'), key.publicLine)
}

const load = (profile: TritonProfile, more: {env?: Record<string, string>; key?: Secret} = {}) =>
  loadSigner({profile, runtime: realRuntime(), env: {}, keyFolder: join(folder, 'keys'), ...more})

/** What both judges say of a signature: the library, and our own verifier. */
async function judge(key: UserKey, signer: Awaited<ReturnType<typeof load>>): Promise<string> {
  const authorization = await signer({method: 'POST', target: TARGET, date: DATE})
  const [path = '', rawQuery = ''] = TARGET.split('?')
  const headers = {date: DATE, authorization}
  const parsed = httpSignature.parseRequest(
    {method: 'POST', url: TARGET, headers, httpVersion: '1.1'},
    {strict: true, clockSkew: 300},
  )
  expect(httpSignature.verifySignature(parsed, key.publicPem)).toBe(true)
  const parameters = parseAuthorization(authorization)
  if (!parameters) return expect.unreachable('the header was not understood')
  expect(parameters.headers).toEqual(['(request-target)', 'date'])
  const request = {
    method: 'POST',
    path,
    rawQuery,
    query: new URLSearchParams(rawQuery),
    headers,
    body: Buffer.alloc(0),
    remoteAddress: '',
  }
  expect(
    signatureFault(parameters, request, parsePublicKey(key.publicLine), Date.parse(DATE)),
  ).toBeUndefined()
  expect(
    signatureFault(
      parameters,
      {...request, path: '/me/keys'},
      parsePublicKey(key.publicLine),
      Date.parse(DATE),
    ),
  ).toBeTruthy()
  return parameters.keyId
}

test.each(KEY_TYPES)('a %s key file signs method, path, query and date', async type => {
  const key = userKey(type)
  store(key)
  expect(await judge(key, await load(profileFor(fingerprint(key))))).toBe(`/me/keys/${fingerprint(key)}`)
})

test.each(KEY_TYPES)('a %s key given as text signs, and nothing else is looked for', async type => {
  const key = userKey(type)
  const signer = await load(profileFor('whatever'), {key: new Secret(key.privatePem, 'test')})
  expect(await judge(key, signer)).toBe(`/me/keys/${fingerprint(key)}`)
})

test('TRITON_KEY_MATERIAL holds the key, or the path of its file', async () => {
  const key = userKey('rsa')
  store(key)
  for (const TRITON_KEY_MATERIAL of [key.privatePem, join(folder, 'keys', 'id_test')])
    await judge(key, await load(profileFor('whatever'), {env: {TRITON_KEY_MATERIAL}}))
})

test('what TRITON_KEY_MATERIAL holds is never repeated, since it may be a key without its first line', async () => {
  const TRITON_KEY_MATERIAL = 'b3BlbnNzaC1rZXktdjEAAAAA'
  const failure = await load(profileFor('whatever'), {env: {TRITON_KEY_MATERIAL}}).catch(error => error)
  expect(failure).toMatchObject({
    name: 'AuthError',
    message: expect.stringMatching(/^TRITON_KEY_MATERIAL is neither .* \(ENOENT\)\.$/),
  })
  expect(inspect(failure)).not.toContain(TRITON_KEY_MATERIAL)
})

test('a key of the ssh agent signs', async () => {
  const key = userKey('rsa')
  const path = join(folder, 'agent.sock')
  const agent = await serveSshAgent(createPrivateKey(key.privatePem), {comment: 'test', path})
  try {
    await judge(key, await load(profileFor(fingerprint(key)), {env: {SSH_AUTH_SOCK: path}}))
  } finally {
    await agent.close()
  }
})

test('a fingerprint may be MD5 or SHA256; the keyId is always MD5', async () => {
  const key = userKey('ed25519')
  store(key)
  const md5 = fingerprint(key)
  const blob = Buffer.from(key.publicLine.split(' ')[1] ?? '', 'base64')
  const sha256 = `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`
  for (const keyId of [sha256, `MD5:${md5}`])
    expect(await judge(key, await load(profileFor(keyId)))).toBe(`/me/keys/${md5}`)
})

test('a sub-user is part of the keyId', async () => {
  const key = userKey('rsa')
  store(key)
  const keyId = await judge(key, await load({...profileFor(fingerprint(key)), user: 'ops'}))
  expect(keyId).toBe(`/me/users/ops/keys/${fingerprint(key)}`)
})

test.each([
  ['an empty socket path', () => ''],
  ['a stale socket', () => join(folder, 'nobody.sock')],
])('%s does not end the process: the key file is used', async (_what, socket) => {
  const key = userKey('rsa')
  store(key)
  await judge(key, await load(profileFor(fingerprint(key)), {env: {SSH_AUTH_SOCK: socket()}}))
})

test('an agent that holds other keys leaves it to the files', async () => {
  const key = userKey('ecdsa')
  store(key)
  const path = join(folder, 'agent.sock')
  const agent = await serveSshAgent(createPrivateKey(userKey('rsa').privatePem), {comment: 'other', path})
  try {
    await judge(key, await load(profileFor(fingerprint(key)), {env: {SSH_AUTH_SOCK: path}}))
  } finally {
    await agent.close()
  }
})

test('an encrypted key opens with its passphrase, and says so when it has none or a wrong one', async () => {
  const key = userKey('rsa')
  const encrypted = createPrivateKey(key.privatePem)
    .export({type: 'pkcs1', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'sesame'})
    .toString()
  store(key, encrypted)
  const profile = profileFor(fingerprint(key))
  await judge(key, await load(profile, {env: {TRITON_KEY_PASSPHRASE: 'sesame'}}))
  await expect(load(profile)).rejects.toThrow(/protected by a passphrase/)
  await expect(load(profile, {env: {TRITON_KEY_PASSPHRASE: 'wrong'}})).rejects.toThrow(/does not open/)
})

test.skipIf(!has('ssh-keygen'))('the same in the format of ssh-keygen (needs ssh-keygen)', async () => {
  mkdirSync(join(folder, 'keys'))
  const file = join(folder, 'keys', 'id_ed25519')
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'sesame', '-f', file])
  const publicLine = readFileSync(`${file}.pub`, 'utf8')
  const publicKey = parsePublicKey(publicLine)
  const publicPem = publicKey.key.export({type: 'spki', format: 'pem'}).toString()
  const profile = profileFor(publicKey.fingerprint)
  await expect(load(profile, {env: {TRITON_KEY_PASSPHRASE: 'wrong'}})).rejects.toThrow(/does not open/)
  const signer = await load(profile, {env: {TRITON_KEY_PASSPHRASE: 'sesame'}})
  await judge({type: 'ed25519', privatePem: '', publicLine, publicPem}, signer)
})

test('a key that is nowhere is refused, naming the keys there are', async () => {
  const key = userKey('rsa')
  store(key)
  const error = await load(profileFor('00:11')).catch(refused => refused)
  expect(error).toBeInstanceOf(AuthError)
  expect(error.message).toContain('00:11')
  expect(error.suggestions.join('\n')).toContain(fingerprint(key))
})

test('the public half alone cannot sign', async () => {
  const key = userKey('rsa')
  mkdirSync(join(folder, 'keys'))
  writeFileSync(join(folder, 'keys', 'id_test.pub'), key.publicLine)
  await expect(load(profileFor(fingerprint(key)))).rejects.toThrow(/only the public half/)
})
