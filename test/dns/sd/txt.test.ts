import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {attributeProblems, readAttributes, writeAttributes} from '../../../src/dns/sd/txt.ts'

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
  [['=x'], 'has "=x" without a key'],
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
