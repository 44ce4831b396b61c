import {createPrivateKey} from 'node:crypto'
import {readFileSync} from 'node:fs'
import {connect} from 'node:net'
import {homedir} from 'node:os'
import {join} from 'node:path'
import type {KeyPair, KeyRing, RequestSigner} from 'smartdc-auth'
import {AuthError} from '../../errors.ts'
import type {Runtime} from '../../runtime.ts'
import type {Secret} from '../../secret.ts'
import type {TritonProfile} from './profile.ts'

/** Gives the Authorization header for a request: `target` is the path with its query, `date` the Date header. */
export type Signer = (request: {method: string; target: string; date: string}) => Promise<string>

type SigningOptions = {
  readonly profile: TritonProfile
  readonly runtime: Runtime
  readonly env?: Readonly<Record<string, string | undefined>>
  /** A private key as PEM text, in place of agent and files. */
  readonly key?: Secret
  /** Instead of `~/.ssh`. */
  readonly keyFolder?: string
}

/** A socket nobody listens on refuses at once; only an agent that hangs is waited for, and a machine that is busy is not one. */
const AGENT_PROBE_MS = 2_000

/**
 * A signer with the profile's key: from `key` or TRITON_KEY_MATERIAL (text or path) where given, else from the ssh agent,
 * else from `~/.ssh`. An encrypted key file opens with TRITON_KEY_PASSPHRASE. Signs `(request-target) date`, so that a
 * captured signature cannot be sent to another path. Throws AuthError.
 */
export async function loadSigner({
  profile,
  runtime,
  env = process.env,
  key,
  keyFolder = join(homedir(), '.ssh'),
}: SigningOptions): Promise<Signer> {
  const {default: auth} = await import('smartdc-auth')
  const who = {user: profile.account, ...(profile.user ? {subuser: profile.user} : {})}
  const material = key?.reveal() ?? keyMaterial(env.TRITON_KEY_MATERIAL || env.SDC_KEY_MATERIAL)
  if (material !== undefined) {
    const sign = orAuthError('The private key given for Triton cannot be read', () =>
      auth.privateKeySigner({...who, key: material}),
    )
    return signerFrom(() => auth.requestSigner({...who, sign}))
  }
  const socketPath = await livingAgent(env.SSH_AUTH_SOCK, runtime)
  const pairs = await findKeys(socketPath, keyFolder)
  const pair = choose(pairs, profile.keyId, socketPath !== undefined)
  unlock(pair, env.TRITON_KEY_PASSPHRASE, keyFolder)
  return signerFrom(() => pair.createRequestSigner(who))
}

function signerFrom(create: () => RequestSigner): Signer {
  return ({method, target, date}) =>
    new Promise((resolve, reject) => {
      const request = create()
      request.writeTarget(method, target)
      request.writeHeader('date', date)
      request.sign((error, authorization) => {
        if (authorization !== undefined) resolve(authorization)
        else
          reject(
            new AuthError(
              `The request to CloudAPI could not be signed: ${error?.message ?? 'no signature came'}`,
              {
                cause: error,
                suggestions: ['Check that the ssh agent still runs and holds the key ("ssh-add -l").'],
              },
            ),
          )
      })
    })
}

/** The signing half of the key with this fingerprint; keys that need no passphrase come first. */
function choose(pairs: readonly KeyPair[], fingerprint: string, agentRuns: boolean): KeyPair {
  const wanted = fingerprint.replace(/^MD5:/i, '')
  const matching = pairs.filter(
    pair => pair.getKeyId() === wanted || pair.getPublicKey().fingerprint('sha256').toString() === wanted,
  )
  const usable = matching.filter(pair => pair.canSign())
  const pair = usable.find(one => !one.isLocked()) ?? usable[0]
  if (pair) return pair
  const found = pairs.map(one => `${one.getKeyId()} (${one.source ?? one.plugin})`)
  throw new AuthError(
    matching.length > 0
      ? `Of the Triton key ${fingerprint} only the public half was found (${matching[0]?.source ?? matching[0]?.plugin}).`
      : `The Triton key ${fingerprint} is neither in the ssh agent${agentRuns ? '' : ' (none runs)'} nor in ~/.ssh.`,
    {
      suggestions: [
        'Add it with "ssh-add", or put the private key into ~/.ssh with its .pub file beside it.',
        found.length > 0 ? `Keys there are: ${found.join(', ')}.` : 'No key at all was found.',
      ],
    },
  )
}

function unlock(pair: KeyPair, passphrase: string | undefined, folder: string): void {
  if (!pair.isLocked()) return
  const source = pair.source ?? ''
  if (!passphrase)
    throw new AuthError(`The Triton key in ${source} is protected by a passphrase.`, {
      suggestions: ['Add it to the ssh agent with "ssh-add", or set TRITON_KEY_PASSPHRASE.'],
    })
  orAuthError(`The Triton key in ${source} does not open with TRITON_KEY_PASSPHRASE`, () => {
    const pem = readFileSync(join(folder, source), 'utf8')
    // On a wrong passphrase smartdc-auth throws out of an event of its own, which ends the process: node's own decoder
    // tries it first. It does not read OpenSSH's format, whose decoding fails where it can be caught.
    if (!pem.includes('OPENSSH PRIVATE KEY')) createPrivateKey({key: pem, passphrase})
    pair.unlock(passphrase)
  })
}

/** A PEM text, or the path of a file that holds one. What is neither may be a key that was cut: no word of it is repeated. */
function keyMaterial(given: string | undefined): string | undefined {
  if (!given || given.includes('PRIVATE KEY')) return given || undefined
  try {
    return readFileSync(given, 'utf8')
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException
    throw new AuthError(
      `TRITON_KEY_MATERIAL is neither a private key in PEM nor the path of a file that can be read (${code}).`,
      {
        suggestions: [
          'Set it to the whole key, from its line "BEGIN" to its line "END", or to the path of its file.',
        ],
      },
    )
  }
}

/**
 * The agent's socket, if somebody listens there. smartdc-auth ends the process on a stale or empty SSH_AUTH_SOCK, so it
 * must never see one.
 */
async function livingAgent(path: string | undefined, runtime: Runtime): Promise<string | undefined> {
  if (!path) return undefined
  const answered = new AbortController()
  const socket = connect(path)
  const listens = new Promise<boolean>(resolve => {
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
  })
  const tooLate = runtime.sleep(AGENT_PROBE_MS, answered.signal).then(
    () => false,
    () => false,
  )
  const lives = await Promise.race([listens, tooLate])
  answered.abort()
  socket.destroy()
  return lives ? path : undefined
}

/**
 * Every key of the agent and the folder, the agent's first. What cannot be read (no ~/.ssh, a foreign file in it) holds no
 * key of ours. A ring loads its plugins by names made up at run time, which a bundle cannot follow: it is given them.
 */
async function findKeys(socketPath: string | undefined, keyFolder: string): Promise<KeyPair[]> {
  const [{default: auth}, {default: AgentPlugin}, {default: FolderPlugin}] = await Promise.all([
    import('smartdc-auth'),
    import('smartdc-auth/lib/kr-agent.js'),
    import('smartdc-auth/lib/kr-homedir.js'),
  ])
  const keysOf = (plugin: (ring: KeyRing) => object) =>
    new Promise<KeyPair[]>(resolve => {
      const ring = new auth.KeyRing({plugins: []})
      ring.addPlugin(plugin(ring))
      ring.list((_error, pairs) => resolve(Object.values(pairs ?? {}).flat()))
    })
  return [
    ...(socketPath ? await keysOf(ring => new AgentPlugin(ring, {sshAgentOpts: {socketPath}})) : []),
    ...(await keysOf(ring => new FolderPlugin(ring, {keyDir: keyFolder}))),
  ]
}

function orAuthError<T>(what: string, attempt: () => T): T {
  try {
    return attempt()
  } catch (error) {
    throw new AuthError(`${what}: ${error instanceof Error ? error.message : String(error)}`, {cause: error})
  }
}
