import {expect, test} from 'vitest'
import {
  AuthError,
  CapacityError,
  type McdError,
  QuotaError,
  RefusedError,
  TransientError,
  UnreachableError,
} from '../../../src/errors.ts'
import {
  errorFrom,
  NameTakenError,
  NotAllowedError,
  networkError,
  ProtectedError,
} from '../../../src/providers/joyent/classify.ts'

const alias = {
  code: 'ValidationFailed',
  message: 'Invalid',
  errors: [{field: 'alias', code: 'Duplicate', message: 'exists'}],
}

test.each<[string, number, unknown, new (...args: never[]) => McdError]>([
  ['throttled as the code does it', 429, {code: 'TooManyRequestsError'}, TransientError],
  ['throttled as the manual says', 420, {code: 'RequestThrottled'}, TransientError],
  ['a gateway without a body', 503, undefined, TransientError],
  ['a gateway with a page', 502, '<html>Bad gateway</html>', TransientError],
  ['bad credentials', 401, {code: 'InvalidCredentials'}, AuthError],
  ['a header that is no good, as a wrong clock makes it', 400, {code: 'InvalidHeader'}, AuthError],
  ['no permission', 403, {code: 'NotAuthorized', message: 'You do not have permission'}, NotAllowedError],
  [
    'a quota, which has no code of its own',
    403,
    {code: 'NotAuthorized', message: 'Quota exceeded; …'},
    QuotaError,
  ],
  ['no room, by its code', 409, {code: 'InsufficientCapacity'}, CapacityError],
  [
    'no room, by its text',
    409,
    {code: 'ValidationFailed', message: 'No compute resources available'},
    CapacityError,
  ],
  ['the name is taken', 409, alias, NameTakenError],
  ['the same, wrapped by a gateway', 409, {error: alias}, NameTakenError],
  ['protection, as implemented', 409, {code: 'CannotDestroyMachineError'}, ProtectedError],
  ['protection, as the manual says', 409, {code: 'CannotDestroyMachine'}, ProtectedError],
  ['no SSH key', 409, {code: 'KeyRequired'}, RefusedError],
  ['too large', 413, {code: 'PayloadTooLargeError'}, RefusedError],
])('%s', (_what, status, body, kind) => {
  expect(errorFrom('CreateMachine', {status, body})).toBeInstanceOf(kind)
})

test('throttling had no effect and slows us down; a 5xx may have had one', () => {
  expect(errorFrom('X', {status: 429, body: {}})).toMatchObject({effect: 'none', throttled: true})
  expect(errorFrom('X', {status: 503, body: {}})).toMatchObject({effect: 'unknown', throttled: false})
})

test('every field at fault is named, with the code', () => {
  const body = {
    code: 'InvalidParameters',
    message: 'Invalid',
    errors: [
      {field: 'a', message: 'b'},
      {field: 'c', code: 'D'},
    ],
  }
  expect(errorFrom('CreateFirewallRule', {status: 422, body}).message).toBe(
    'CloudAPI refused CreateFirewallRule: Invalid: a: b; c: D (InvalidParameters)',
  )
})

const network = (code: string) =>
  networkError(
    'X',
    'https://a.example.com',
    new TypeError('fetch failed', {cause: Object.assign(new Error('why'), {code})}),
  )

test('a connection that never stood had no effect, one that broke may have had one', () => {
  expect(network('ECONNREFUSED')).toMatchObject({
    effect: 'none',
    message: 'CloudAPI at https://a.example.com could not be reached for X: why',
  })
  expect(network('ENOTFOUND')).toMatchObject({effect: 'none'})
  expect(network('ECONNRESET')).toMatchObject({effect: 'unknown'})
})

test('a certificate that is not trusted is said at once, with what to set', () => {
  const error = network('DEPTH_ZERO_SELF_SIGNED_CERT')
  expect(error).toBeInstanceOf(UnreachableError)
  expect(error.suggestions.join()).toContain('TRITON_TLS_INSECURE')
})
