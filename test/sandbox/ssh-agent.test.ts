import {createVerify, generateKeyPairSync} from 'node:crypto'
import {mkdtempSync, rmSync, statSync} from 'node:fs'
import {createRequire} from 'node:module'
import {connect} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {serveSshAgent} from '../../src/sandbox/ssh-agent.ts'

type KeyPair = {
  createSign(options: {
    user: string
  }): (
    data: string,
    done: (error: Error | null, result: {signature: string; algorithm: string}) => void,
  ) => void
}
type Ring = {list(done: (error: Error | null, keys: Record<string, KeyPair[]>) => void): void}
const {KeyRing} = createRequire(import.meta.url)('smartdc-auth') as {KeyRing: new (options: object) => Ring}

const {privateKey, publicKey} = generateKeyPairSync('rsa', {modulusLength: 2048})
let folder: string
let path: string
let agent: {close(): Promise<void>}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mcd-agent-'))
  path = join(folder, 'agent.sock')
  agent = await serveSshAgent(privateKey, {comment: 'mcd sandbox', path})
})

afterEach(async () => {
  await agent.close()
  rmSync(folder, {recursive: true, force: true})
})

test('the key is found and signs through smartdc-auth, as the triton CLI does it', async () => {
  const ring = new KeyRing({plugins: ['agent'], sshAgentOpts: {socketPath: path}})
  const {signature, algorithm} = await new Promise<{signature: string; algorithm: string}>(
    (resolve, reject) => {
      ring.list((error, keys) => {
        const [pair] = Object.values(keys ?? {}).flat()
        if (error || !pair) return reject(error ?? new Error('the agent listed no key'))
        pair.createSign({user: 'sandbox'})('date: today', (failure, result) =>
          failure ? reject(failure) : resolve(result),
        )
      })
    },
  )

  expect(algorithm).toBe('rsa-sha256')
  expect(createVerify('sha256').update('date: today').verify(publicKey, signature, 'base64')).toBe(true)
})

test('only the owner may open the socket', () => {
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test('what the agent does not do is refused, and nonsense ends the connection', async () => {
  const lockRequest = Buffer.from([0, 0, 0, 5, 22, 0, 0, 0, 0])
  const endless = Buffer.from([0xff, 0xff, 0xff, 0xff])
  const received = await new Promise<Buffer>((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = connect(path, () => socket.write(lockRequest))
    socket.on('data', chunk => {
      chunks.push(chunk)
      socket.write(endless)
    })
    socket.on('close', () => resolve(Buffer.concat(chunks)))
    socket.on('error', reject)
  })
  expect(received.toString('hex')).toBe('0000000105')
})
