import {expect, test} from 'vitest'
import {AuthError, ConflictError, McdError, QuotaError, TransientError} from '../../../src/errors.ts'
import {
  CloudflareRefusal,
  classify,
  isIdentical,
  isMissing,
} from '../../../src/providers/cloudflare/classify.ts'

const one = (code: number, chain: number[] = []) => [
  {code, message: `told ${code}`, error_chain: chain.map(cause => ({code: cause, message: `told ${cause}`}))},
]

test.each([
  [400, one(6003, [6111]), AuthError],
  [400, one(9106), AuthError],
  [401, one(10000), AuthError],
  [403, one(9109), AuthError],
  [403, [], AuthError],
  [400, one(81053), ConflictError],
  [400, one(81054), ConflictError],
  [400, one(1004, [81056]), ConflictError],
  [400, one(81045), QuotaError],
  [400, one(9021), CloudflareRefusal],
  [404, one(7003), CloudflareRefusal],
  [400, one(81058), CloudflareRefusal],
  [429, one(971), TransientError],
  [500, [], TransientError],
  [524, [], TransientError],
])('%i with %j', (status, errors, kind) => {
  const error = classify('POST dns_records', {status, errors})
  expect(error).toBeInstanceOf(McdError)
  expect(error).toBeInstanceOf(kind)
  expect(error.message).toContain('POST dns_records')
  for (const {code} of errors)
    if (!(error instanceof TransientError)) expect(error.message).toContain(`told ${code} (${code})`)
})

test('throttling had no effect and says how long to wait; a server error may have had one', () => {
  expect(classify('x', {status: 429, errors: [], retryAfterSeconds: 7})).toMatchObject({
    effect: 'none',
    throttled: true,
    retryAfterMs: 7_000,
  })
  expect(classify('x', {status: 502, errors: []})).toMatchObject({effect: 'unknown', throttled: false})
})

test('the cause is read through its wrapper', () => {
  expect(isIdentical(classify('x', {status: 400, errors: one(1004, [81058])}))).toBe(true)
  expect(isIdentical(classify('x', {status: 400, errors: one(81057)}))).toBe(true)
  expect(isMissing(classify('x', {status: 404, errors: one(81044)}))).toBe(true)
  expect(isMissing(classify('x', {status: 404, errors: one(7003)}))).toBe(false)
})
