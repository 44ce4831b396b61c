import {constants, verify} from 'node:crypto'
import type {PublicKey} from '../world/triton/ssh-key.ts'
import type {WireRequest} from './http.ts'

/**
 * HTTP signatures as CloudAPI takes them (draft-cavage-http-signatures), checked by node:crypto alone, so that the signer
 * does not judge itself.
 */
export type SignatureParameters = {
  readonly keyId: string
  /** Lower case: `rsa-sha256`. */
  readonly algorithm: string
  /** What was signed, in order, lower case. */
  readonly headers: readonly string[]
  readonly signature: Buffer
}

/** How far a request's date may lie from ours, either way (CloudAPI reference). */
const CLOCK_SKEW_MS = 300_000

const ALGORITHM = /^(rsa-sha(1|256|384|512)|ecdsa-sha(256|384|512)|ed25519-sha512)$/

/** Reads `Signature keyId="…",algorithm="…",headers="…",signature="…"`; undefined when it is something else. */
export function parseAuthorization(header: string): SignatureParameters | undefined {
  const [, list] = /^Signature\s+(.+)$/i.exec(header) ?? []
  if (list === undefined) return undefined
  const parameters = new Map<string, string>()
  for (const part of list.matchAll(/\s*([a-zA-Z]+)="([^"]*)"\s*(?:,|$)/g))
    parameters.set(part[1] ?? '', part[2] ?? '')
  const keyId = parameters.get('keyId')
  const algorithm = parameters.get('algorithm')?.toLowerCase()
  const signature = parameters.get('signature')
  if (!keyId || !algorithm || !signature) return undefined
  const headers = (parameters.get('headers') ?? 'date').toLowerCase().split(' ').filter(Boolean)
  return {keyId, algorithm, headers, signature: Buffer.from(signature, 'base64')}
}

/** What is wrong with a signature; undefined when it is right. The words are CloudAPI's own. */
export function signatureFault(
  parameters: SignatureParameters,
  request: WireRequest,
  publicKey: PublicKey,
  nowMs: number,
): string | undefined {
  const {algorithm, headers, signature} = parameters
  if (!ALGORITHM.test(algorithm)) return `${algorithm} is not a supported signing algorithm`
  const dated = request.headers['x-date'] === undefined ? 'date' : 'x-date'
  if (!headers.includes(dated)) return `${dated} was not in the signature`
  const atMs = Date.parse(request.headers[dated] ?? '')
  if (Number.isNaN(atMs) || Math.abs(nowMs - atMs) > CLOCK_SKEW_MS)
    return `clock skew of ${Math.round(Math.abs(nowMs - atMs) / 1000)}s was greater than 300s`
  const mismatch = 'The signature we calculated does not match the one you sent'
  const text = signingText(headers, request)
  if (text === undefined || !algorithm.startsWith(`${publicKey.type}-`)) return mismatch
  const hash = publicKey.type === 'ed25519' ? null : algorithm.slice(algorithm.indexOf('-') + 1)
  try {
    const key =
      publicKey.type === 'rsa' ? {key: publicKey.key, padding: constants.RSA_PKCS1_PADDING} : publicKey.key
    return verify(hash, Buffer.from(text), key, signature) ? undefined : mismatch
  } catch {
    return mismatch
  }
}

/** One line for each signed header; undefined when the request lacks one. */
function signingText(headers: readonly string[], request: WireRequest): string | undefined {
  const lines = headers.map(name => {
    if (name === '(request-target)') {
      const query = request.rawQuery === '' ? '' : `?${request.rawQuery}`
      return `${name}: ${request.method.toLowerCase()} ${request.path}${query}`
    }
    const value = request.headers[name]
    return value === undefined ? undefined : `${name}: ${value}`
  })
  return lines.includes(undefined) ? undefined : lines.join('\n')
}
