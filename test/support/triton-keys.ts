import {createPublicKey, generateKeyPairSync, type KeyObject} from 'node:crypto'

/** A key pair as a user has it: the private half as PEM, the public half as the OpenSSH line that an account holds. */
export type UserKey = {
  readonly type: KeyType
  readonly privatePem: string
  readonly publicLine: string
  readonly publicPem: string
}
export type KeyType = 'rsa' | 'ecdsa' | 'ed25519'
export const KEY_TYPES = ['rsa', 'ecdsa', 'ed25519'] as const

/** Fresh, encoded by this file alone: what the sandbox makes of the line is judged by it. */
export function userKey(type: KeyType): UserKey {
  const {privateKey} = generate(type)
  const publicKey = createPublicKey(privateKey)
  // smartdc-auth reads the older PEM forms of RSA and EC keys everywhere.
  const pemType = type === 'rsa' ? 'pkcs1' : type === 'ecdsa' ? 'sec1' : 'pkcs8'
  return {
    type,
    privatePem: privateKey.export({type: pemType as 'pkcs8', format: 'pem'}).toString(),
    publicPem: publicKey.export({type: 'spki', format: 'pem'}).toString(),
    publicLine: openSsh(publicKey, type),
  }
}

function generate(type: KeyType): {privateKey: KeyObject} {
  if (type === 'rsa') return generateKeyPairSync('rsa', {modulusLength: 2048})
  if (type === 'ecdsa') return generateKeyPairSync('ec', {namedCurve: 'P-256'})
  return generateKeyPairSync('ed25519')
}

function openSsh(publicKey: KeyObject, type: KeyType): string {
  const jwk = publicKey.export({format: 'jwk'})
  const bytes = (value: string | undefined) => Buffer.from(value ?? '', 'base64url')
  const positive = (value: Buffer) => ((value[0] ?? 0) > 127 ? Buffer.concat([Buffer.of(0), value]) : value)
  if (type === 'rsa') return line('ssh-rsa', positive(bytes(jwk.e)), positive(bytes(jwk.n)))
  if (type === 'ed25519') return line('ssh-ed25519', bytes(jwk.x))
  return line(
    'ecdsa-sha2-nistp256',
    Buffer.from('nistp256'),
    Buffer.concat([Buffer.of(4), bytes(jwk.x), bytes(jwk.y)]),
  )
}

function line(name: string, ...fields: Buffer[]): string {
  const parts = [Buffer.from(name), ...fields].flatMap(field => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(field.length)
    return [length, field]
  })
  return `${name} ${Buffer.concat(parts).toString('base64')} test`
}
