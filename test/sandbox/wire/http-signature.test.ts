import {createSign, sign} from 'node:crypto'
import httpSignature from 'http-signature'
import {expect, test} from 'vitest'
import type {WireRequest} from '../../../src/sandbox/wire/http.ts'
import {parseAuthorization, signatureFault} from '../../../src/sandbox/wire/http-signature.ts'
import {parsePublicKey} from '../../../src/sandbox/world/triton/ssh-key.ts'
import {KEY_TYPES, userKey} from '../../support/triton-keys.ts'

const NOW_MS = Date.UTC(2026, 0, 1)
const PATH = '/sandbox/machines'
const QUERY = 'limit=2&name=a%20b'

/** A GET as the wire sees it, signed by the library that CloudAPI itself uses. */
function signed(key: string, {headers = ['(request-target)', 'date'], atMs = NOW_MS} = {}): WireRequest {
  const sent: Record<string, string> = {date: new Date(atMs).toUTCString()}
  const outgoing = {
    method: 'GET',
    path: `${PATH}?${QUERY}`,
    getHeader: (name: string) => sent[name.toLowerCase()],
    setHeader: (name: string, value: string) => {
      sent[name.toLowerCase()] = value
    },
  }
  httpSignature.sign(outgoing, {key, keyId: '/sandbox/keys/aa:bb', headers})
  return {
    method: 'GET',
    path: PATH,
    rawQuery: QUERY,
    query: new URLSearchParams(QUERY),
    headers: sent,
    body: Buffer.alloc(0),
    remoteAddress: '127.0.0.1',
  }
}

function fault(request: WireRequest, publicLine: string, nowMs = NOW_MS): string | undefined {
  const parameters = parseAuthorization(request.headers.authorization ?? '')
  if (!parameters) return expect.unreachable('the header was not understood')
  return signatureFault(parameters, request, parsePublicKey(publicLine), nowMs)
}

test.each(KEY_TYPES)(
  'a request signed by http-signature with %s is taken, whichever pieces it signs',
  type => {
    const key = userKey(type)
    expect(fault(signed(key.privatePem), key.publicLine)).toBeUndefined()
    expect(fault(signed(key.privatePem, {headers: ['date']}), key.publicLine)).toBeUndefined()
  },
)

test.each(KEY_TYPES)('with %s another method, path, query, date or key is refused', type => {
  const key = userKey(type)
  const request = signed(key.privatePem)
  const mismatch = 'The signature we calculated does not match the one you sent'
  const later = {...request.headers, date: new Date(NOW_MS + 1_000).toUTCString()}
  expect(fault({...request, method: 'DELETE'}, key.publicLine)).toBe(mismatch)
  expect(fault({...request, path: '/sandbox/keys'}, key.publicLine)).toBe(mismatch)
  expect(fault({...request, rawQuery: 'limit=3'}, key.publicLine)).toBe(mismatch)
  expect(fault({...request, headers: later}, key.publicLine)).toBe(mismatch)
  for (const other of KEY_TYPES) expect(fault(request, userKey(other).publicLine)).toBe(mismatch)
})

test('a clock may be 300 seconds wrong, either way, and no more', () => {
  const {privatePem, publicLine} = userKey('ed25519')
  const request = signed(privatePem)
  expect(fault(request, publicLine, NOW_MS + 300_000)).toBeUndefined()
  expect(fault(request, publicLine, NOW_MS - 300_000)).toBeUndefined()
  expect(fault(request, publicLine, NOW_MS + 301_000)).toContain('clock skew')
  expect(fault(request, publicLine, NOW_MS - 301_000)).toContain('clock skew')
})

test.each(['sha1', 'sha384', 'sha512'])('RSA with %s is taken', hash => {
  const {privatePem, publicLine} = userKey('rsa')
  const date = new Date(NOW_MS).toUTCString()
  const signature = createSign(hash).update(`date: ${date}`).sign(privatePem, 'base64')
  const authorization = `Signature keyId="/sandbox/keys/x",algorithm="rsa-${hash}",signature="${signature}"`
  expect(fault({...signed(privatePem), headers: {date, authorization}}, publicLine)).toBeUndefined()
})

test('x-date stands in for date where it is sent', () => {
  const {privatePem, publicLine} = userKey('ed25519')
  const date = new Date(NOW_MS).toUTCString()
  const signature = sign(null, Buffer.from(`x-date: ${date}`), privatePem).toString('base64')
  const authorization = `Signature keyId="/sandbox/keys/x",algorithm="ed25519-sha512",headers="x-date",signature="${signature}"`
  expect(fault({...signed(privatePem), headers: {'x-date': date, authorization}}, publicLine)).toBeUndefined()
})

test('a signature without the date, or with an unknown algorithm, is refused', () => {
  const {privatePem, publicLine} = userKey('rsa')
  const request = signed(privatePem)
  const rewritten = (from: string, to: string) => ({
    ...request,
    headers: {...request.headers, authorization: (request.headers.authorization ?? '').replace(from, to)},
  })
  expect(fault(rewritten('(request-target) date', '(request-target)'), publicLine)).toContain('date')
  expect(fault(rewritten('rsa-sha256', 'hmac-sha256'), publicLine)).toBe(
    'hmac-sha256 is not a supported signing algorithm',
  )
})

test.each([
  'Basic YTpi',
  'Signature keyId="/a/keys/b"',
  'Signature keyId="/a/keys/b",algorithm="rsa-sha256" c2ln',
])('%s is not a signature', header => {
  expect(parseAuthorization(header)).toBeUndefined()
})
