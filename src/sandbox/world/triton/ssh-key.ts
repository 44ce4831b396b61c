import {createHash, createPublicKey, generateKeyPairSync, type KeyObject} from 'node:crypto'

/** A public key as CloudAPI accounts hold it. */
export type PublicKey = {
  /** The OpenSSH line without its comment: `ssh-rsa AAAA…`. */
  readonly openSsh: string
  /** MD5, colon-separated hex: what goes into a keyId. */
  readonly fingerprint: string
  readonly type: 'rsa' | 'ecdsa' | 'ed25519'
  readonly key: KeyObject
}

/** Curves by their OpenSSH names (RFC 5656): the JWK name and the bytes of one coordinate. */
const CURVES: Record<string, {crv: string; coordinateBytes: number}> = {
  nistp256: {crv: 'P-256', coordinateBytes: 32},
  nistp384: {crv: 'P-384', coordinateBytes: 48},
  nistp521: {crv: 'P-521', coordinateBytes: 66},
}

/** Reads an OpenSSH public key line (RFC 4253, 5656, 8709). Throws TypeError on anything else. */
export function parsePublicKey(line: string): PublicKey {
  const [algorithm = '', encoded = ''] = line.trim().split(/\s+/)
  const blob = Buffer.from(encoded, 'base64')
  const fields = readFields(blob)
  if (fields[0]?.toString() !== algorithm) throw new TypeError('not an OpenSSH public key')
  const known = {openSsh: `${algorithm} ${encoded}`, fingerprint: md5Fingerprint(blob)}
  const [, first, second] = fields
  if (algorithm === 'ssh-rsa' && first && second) {
    const jwk = {kty: 'RSA', e: unsigned(first), n: unsigned(second)}
    return {...known, type: 'rsa', key: createPublicKey({key: jwk, format: 'jwk'})}
  }
  if (algorithm === 'ssh-ed25519' && first) {
    const jwk = {kty: 'OKP', crv: 'Ed25519', x: first.toString('base64url')}
    return {...known, type: 'ed25519', key: createPublicKey({key: jwk, format: 'jwk'})}
  }
  const curve = CURVES[algorithm.replace('ecdsa-sha2-', '')]
  if (curve && second) {
    const {crv, coordinateBytes} = curve
    // An uncompressed point: 4, x, y.
    const x = second.subarray(1, 1 + coordinateBytes).toString('base64url')
    const y = second.subarray(1 + coordinateBytes).toString('base64url')
    return {...known, type: 'ecdsa', key: createPublicKey({key: {kty: 'EC', crv, x, y}, format: 'jwk'})}
  }
  throw new TypeError(`${algorithm || 'this'} is not a supported public key`)
}

/** A fresh key for the sandbox's account. RSA: every Triton client signs with it. */
export function generateTritonKey(): {
  privateKeyPem: string
  publicKeyOpenSsh: string
  md5Fingerprint: string
} {
  const {publicKey, privateKey} = generateKeyPairSync('rsa', {modulusLength: 2048})
  const {n = '', e = ''} = publicKey.export({format: 'jwk'})
  const blob = Buffer.concat([
    field(Buffer.from('ssh-rsa')),
    field(signed(Buffer.from(e, 'base64url'))),
    field(signed(Buffer.from(n, 'base64url'))),
  ])
  return {
    privateKeyPem: privateKey.export({type: 'pkcs1', format: 'pem'}).toString(),
    publicKeyOpenSsh: `ssh-rsa ${blob.toString('base64')} mcd-sandbox`,
    md5Fingerprint: md5Fingerprint(blob),
  }
}

function md5Fingerprint(blob: Buffer): string {
  return (createHash('md5').update(blob).digest('hex').match(/../g) ?? []).join(':')
}

/** The length-prefixed fields of a key blob (RFC 4251). */
function readFields(blob: Buffer): Buffer[] {
  const fields: Buffer[] = []
  for (let at = 0; at + 4 <= blob.length; ) {
    const end = at + 4 + blob.readUInt32BE(at)
    fields.push(blob.subarray(at + 4, end))
    at = end
  }
  return fields
}

function field(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

/** RFC 4251 mpint: a leading zero keeps a number with its top bit set positive. */
const signed = (bytes: Buffer): Buffer =>
  (bytes[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes
const unsigned = (bytes: Buffer): string => (bytes[0] === 0 ? bytes.subarray(1) : bytes).toString('base64url')
