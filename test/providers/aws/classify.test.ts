import {expect, test} from 'vitest'
import {AuthError, CapacityError, McdError, QuotaError, TransientError} from '../../../src/errors.ts'
import {AwsRefusal, classify} from '../../../src/providers/aws/classify.ts'

const thrown = (name: string, httpStatusCode?: number, more: object = {}) =>
  Object.assign(new Error('told by AWS'), {name, $metadata: {httpStatusCode}, ...more})

test.each([
  ['throttling', thrown('RequestLimitExceeded', 503), TransientError, {effect: 'none', throttled: true}],
  ['no capacity, though it is a 500', thrown('InsufficientInstanceCapacity', 500), CapacityError, {}],
  ['a type the zone no longer offers', thrown('Unsupported', 400), CapacityError, {}],
  ['a full subnet', thrown('InsufficientFreeAddressesInSubnet', 400), CapacityError, {}],
  ['a used-up quota', thrown('VcpuLimitExceeded', 400), QuotaError, {}],
  ['refused credentials', thrown('AuthFailure', 401), AuthError, {}],
  [
    'a wrong clock',
    thrown('RequestExpired', 400),
    AuthError,
    {suggestions: [expect.stringMatching(/clock/)]},
  ],
  [
    'a wrong clock as STS tells it',
    thrown('SignatureDoesNotMatch', 403, {message: 'Signature expired: 20260101T000000Z is too old.'}),
    AuthError,
    {suggestions: [expect.stringMatching(/clock/)]},
  ],
  [
    'a missing permission',
    thrown('UnauthorizedOperation', 403),
    AuthError,
    {suggestions: [expect.stringMatching(/Allow RunInstances/)]},
  ],
  ['no credentials at all', thrown('CredentialsProviderError'), AuthError, {}],
  [
    'a failure of the vendor',
    thrown('InternalError', 500),
    TransientError,
    {effect: 'unknown', throttled: false},
  ],
  [
    'a page that is not XML',
    thrown('SyntaxError', undefined, {$response: {statusCode: 502}}),
    TransientError,
    {effect: 'unknown'},
  ],
  [
    'a refused connection',
    thrown('Error', undefined, {code: 'ECONNREFUSED'}),
    TransientError,
    {effect: 'none'},
  ],
  [
    'a refused connection on every address',
    thrown('AggregateError', undefined, {errors: [thrown('Error', undefined, {code: 'ECONNREFUSED'})]}),
    TransientError,
    {effect: 'none'},
  ],
  [
    'a connection that broke',
    thrown('Error', undefined, {code: 'ECONNRESET'}),
    TransientError,
    {effect: 'unknown'},
  ],
  ['a host nobody knows', thrown('Error', undefined, {code: 'ENOTFOUND'}), TransientError, {effect: 'none'}],
  [
    'a refusal somebody may read',
    thrown('InvalidGroup.Duplicate', 400),
    AwsRefusal,
    {code: 'InvalidGroup.Duplicate'},
  ],
  ['anything else', new TypeError('a defect'), McdError, {}],
])('%s', (_what, error, kind, facts) => {
  const classified = classify('RunInstances', error)
  expect(classified).toBeInstanceOf(kind)
  expect(classified).toMatchObject(facts)
  expect(classified.cause).toBe(error)
})

test('a wrong instance profile is told with what to check', () => {
  const error = Object.assign(thrown('InvalidParameterValue', 400), {
    message: 'Value (x) … Invalid IAM Instance Profile name',
  })
  expect(classify('RunInstances', error).suggestions).toEqual([
    expect.stringMatching(/Check "instanceProfile"/),
  ])
})
