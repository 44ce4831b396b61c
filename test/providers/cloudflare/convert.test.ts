import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {
  memberKey,
  quoteTxt,
  toMember,
  toNewRecord,
  toZone,
  unquoteTxt,
  type VendorRecord,
} from '../../../src/providers/cloudflare/convert.ts'

const record: VendorRecord = {
  id: '372e67954025e0ba6aaa6d586b9e0b59',
  name: 'www.example.com',
  type: 'A',
  content: '192.0.2.1',
  ttl: 60,
  proxied: false,
  comment: 'mcd:v1 f=web g=east i=i-1',
}
const mark = {fleet: 'web', group: 'east', instance: 'i-1'}

describe('a record becomes a member', () => {
  test('whole', () => {
    expect(toMember(record)).toEqual({
      name: 'www.example.com',
      type: 'A',
      value: '192.0.2.1',
      ttlSeconds: 60,
      mark,
      proxied: false,
      routing: 'single',
      ref: record.id,
    })
  })

  test.each([
    ['automatic reads as 300', {ttl: 1}, {ttlSeconds: 300}],
    ['without a comment it is foreign', {comment: null}, {mark: undefined}],
    ['with somebody’s comment it is foreign', {comment: 'do not touch'}, {mark: undefined}],
    ['with half a mark it is foreign', {comment: 'mcd:v1 f=web g=east'}, {mark: undefined}],
    ['names are lower case', {name: 'WWW.Example.com'}, {name: 'www.example.com'}],
    ['TXT is unquoted and joined', {type: 'TXT', content: '"out " "i-1"'}, {value: 'out i-1'}],
    ['unquoted TXT is taken as it is', {type: 'TXT', content: 'out i-1'}, {value: 'out i-1'}],
    ['a CNAME has no final dot', {type: 'CNAME', content: 'A.example.net.'}, {value: 'a.example.net'}],
  ])('%s', (_rule, fields, expected) => {
    const member = toMember({...record, ...fields})
    expect({...member, mark: member?.mark}).toMatchObject(expected)
  })

  test.each(['SRV', 'MX', 'NS', 'CAA'])('%s is none', type => {
    expect(toMember({...record, type})).toBeUndefined()
  })
})

describe('a member becomes a record', () => {
  const member = {name: 'www.example.com', type: 'A', value: '192.0.2.1', ttlSeconds: 60, mark} as const
  test.each([
    ['with its mark as the comment', {}, {comment: 'mcd:v1 f=web g=east i=i-1', ttl: 60, proxied: false}],
    ['proxied it is automatic', {proxied: true}, {ttl: 1, proxied: true}],
    ['TXT is quoted', {type: 'TXT', value: 'out "i"'}, {content: '"out \\"i\\""'}],
  ] as const)('%s', (_rule, fields, expected) => {
    expect(toNewRecord({...member, ...fields})).toMatchObject(expected)
  })

  test('the longest mark fits a free zone’s comment', () => {
    const name = 'x'.repeat(24)
    const instance = '59dbff89-35bd-4e04-99ed-43fc3c246130'
    const {comment} = toNewRecord({...member, mark: {fleet: name, group: name, instance}})
    expect(comment.length).toBeLessThanOrEqual(100)
    expect(toMember({...record, comment})?.mark).toEqual({fleet: name, group: name, instance})
  })
})

describe('TXT', () => {
  test('any text survives the way there and back, in strings of at most 255 bytes', () => {
    fc.assert(
      fc.property(fc.string({unit: 'grapheme', maxLength: 900}), text => {
        const quoted = quoteTxt(text)
        expect(unquoteTxt(quoted)).toBe(text)
        for (const [, string = ''] of quoted.matchAll(/"((?:[^"\\]|\\[\s\S])*)"/g)) {
          expect(Buffer.byteLength(string.replace(/\\([\s\S])/g, '$1'))).toBeLessThanOrEqual(255)
        }
      }),
    )
  })

  test('bytes written as numbers are read', () => {
    expect(unquoteTxt('"caf\\195\\169"')).toBe('café')
  })
})

test.each([
  ['2001:db8::1', '2001:0DB8:0:0:0:0:0:1', true],
  ['2001:db8::1', '2001:db8::2', false],
])('AAAA %s and %s are the same: %s', (a, b, same) => {
  const key = (value: string) => memberKey({name: 'www.example.com', type: 'AAAA', value})
  expect(key(a) === key(b)).toBe(same)
})

test('a zone without an account or name servers has none', () => {
  expect(toZone({id: 'z', name: 'Example.com', account: {}, name_servers: null})).toEqual({
    id: 'z',
    name: 'example.com',
    account: '',
    nameServers: [],
  })
})
