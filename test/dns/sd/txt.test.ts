import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {
  attributeProblems,
  attributeWarnings,
  readAttributes,
  shownAttribute,
  writeAttributes,
} from '../../../src/dns/sd/txt.ts'

describe('attributes', () => {
  test.each([
    [['path=/'], [['path', '/']]],
    [['path=/a=b'], [['path', '/a=b']]],
    [['tls'], [['tls', true]]],
    [['note='], [['note', '']]],
    [['Path=/1', 'path=/2'], [['Path', '/1']]],
    [['=lost', '', 'a=1'], [['a', '1']]],
    [[''], []],
  ] as [string[], [string, string | true][]][])('%j say %j', (strings, attributes) => {
    expect([...readAttributes(strings)]).toEqual(attributes)
  })

  test('that say nothing are one empty string', () => {
    expect(writeAttributes([])).toEqual([''])
  })

  test('come back from their strings', () => {
    const key = fc.stringMatching(/^[a-z0-9]{1,9}$/)
    const value = fc.oneof(fc.constant(true as const), fc.string())
    fc.assert(
      fc.property(fc.dictionary(key, value, {noNullPrototype: true}), attributes => {
        const strings = writeAttributes(Object.entries(attributes))
        expect([...readAttributes(strings)]).toEqual(Object.entries(attributes))
      }),
    )
  })
})

test.each([
  [[`k=${'ü'.repeat(127)}`], 'has "k" with 256 bytes, and a string holds 255'],
  [['=x'], 'has "=…" without a key'],
  [['a=1', ''], 'has an empty string beside others'],
  [['ü=1'], 'has the key "ü" with characters that are not printable ASCII'],
  [['a=1', 'A=2'], 'has "A" twice: only the first counts'],
  [
    Array.from({length: 6}, (_, i) => `k${i}=${'x'.repeat(252)}`),
    'has 1536 bytes, and 1300 is what fits one packet',
  ],
])('a TXT record with %j %s', (strings, problem) => {
  expect(attributeProblems(strings)).toEqual([problem])
})

test('a TXT record as it should be has no problem', () => {
  expect([attributeProblems(['']), attributeProblems([`k=${'x'.repeat(253)}`, 'tls'])]).toEqual([[], []])
})

/** Made up, in the forms that real ones have. */
const SECRETS: [string, string][] = [
  ['token=x', 'a secret by its key'],
  ['API-Key=x', 'a secret by its key'],
  ['dbPasswd=x', 'a secret by its key'],
  ['my_secret=x', 'a secret by its key'],
  [`id=${'AKIA'}${'IOSFODNN7EXAMPLE'}`, 'an AWS access key id'],
  [`c=-----BEGIN EC ${'PRIVATE'} KEY-----`, 'a private key'],
  [`a=${'eyJhbGciOiJIUzI1NiJ9'}.${'eyJzdWIiOiIxIn0'}.c2ln`, 'a JSON web token'],
  ['db=postgres://app:hunter2@db1.example.com/app', 'an address with a password in it'],
  ['x=k7Qz9vLm2Wp4RtY8sBn6XcD1', 'a password or token made by chance'],
]
test.each(SECRETS)('%s looks like %s, and its value is shown nowhere', (string, what) => {
  const [key] = string.split('=')
  expect(attributeWarnings([string])).toEqual([
    `has "${key}", which looks like ${what}: everybody can read a TXT record`,
  ])
  expect(shownAttribute(string)).toBe(`${key}=…`)
})

test.each([
  'path=/printers/2',
  'v=1.2.3',
  'tls',
  'token=',
  'keyboard=de',
  'monkey=1',
  'pk=none',
  'rev=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  'id=123e4567-e89b-12d3-a456-426614174000',
  'url=https://www.example.com/a/long/path?with=some&more=2',
  'note=The quick brown fox jumps over 13 lazy dogs',
])('%s is nothing to warn of', string => {
  expect([attributeWarnings([string]), shownAttribute(string)]).toEqual([[], string])
})

test('a key of more than nine characters is worth a word', () => {
  expect(attributeWarnings(['description=x'])).toEqual([
    'has the key "description" of 11 characters; RFC 6763 advises 9 at most',
  ])
})
