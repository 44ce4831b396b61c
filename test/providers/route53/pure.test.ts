import type {ResourceRecordSet} from '@aws-sdk/client-route-53'
import {describe, expect, test} from 'vitest'
import {AuthError, McdError, TransientError} from '../../../src/errors.ts'
import type {Member} from '../../../src/providers/dns.ts'
import {toBatches} from '../../../src/providers/route53/batches.ts'
import {BatchRefusal, classify} from '../../../src/providers/route53/classify.ts'
import {toMembers} from '../../../src/providers/route53/convert.ts'
import {type Edit, toChanges, toEdits} from '../../../src/providers/route53/edits.ts'
import {judge} from '../../../src/providers/route53/judge.ts'
import {compareVendorNames, fromVendorName, toVendorName} from '../../../src/providers/route53/names.ts'
import {refusals} from '../../../src/providers/route53/refusals.ts'
import {quoteTxt, unquoteTxt} from '../../../src/providers/route53/txt.ts'

const mark = (instance: string) => ({fleet: 'web', group: 'east', instance})
const wanted = (value: string, instance = 'i-1', more: Partial<Member> = {}): Member => ({
  name: 'www.example.com',
  type: 'A',
  value,
  ttlSeconds: 60,
  mark: mark(instance),
  ...more,
})
const set = (
  value: string | string[],
  SetIdentifier?: string,
  more: Partial<ResourceRecordSet> = {},
): ResourceRecordSet => ({
  Name: 'www.example.com.',
  Type: 'A',
  ...(SetIdentifier !== undefined && {SetIdentifier, MultiValueAnswer: true}),
  TTL: 60,
  ResourceRecords: [value].flat().map(Value => ({Value})),
  ...more,
})
const ID = 'mcd:v1:web:i-1'
const listed = (...sets: ResourceRecordSet[]): Member[] => sets.flatMap(toMembers)

describe('names', () => {
  test.each([
    ['www.Example.com', 'www.example.com.', 'www.example.com'],
    ['*.example.com', '\\052.example.com.', '*.example.com'],
    ['_mcd.www.example.com.', '_mcd.www.example.com.', '_mcd.www.example.com'],
    ['a/b.example.com', 'a\\057b.example.com.', 'a/b.example.com'],
  ])('%s is kept as %s', (name, stored, back) => {
    expect(toVendorName(name)).toBe(stored)
    expect(fromVendorName(stored)).toBe(back)
  })

  test('sort as listings do', () => {
    const names = [
      '_mcd.www.example.com.',
      'www.example.com.',
      'www-old.example.com.',
      'example.com.',
      '\\052.example.com.',
    ]
    expect(names.sort(compareVendorNames)).toEqual([
      'example.com.',
      '\\052.example.com.',
      'www-old.example.com.',
      'www.example.com.',
      '_mcd.www.example.com.',
    ])
  })
})

describe('TXT', () => {
  test.each([
    ['out i-0abc', '"out i-0abc"'],
    ['', '""'],
    ['say "hi" \\o/', '"say \\"hi\\" \\\\o/"'],
    ['ä', '"\\303\\244"'],
    ['x'.repeat(256), `"${'x'.repeat(255)}" "x"`],
  ])('%j goes out as %j and comes back', (text, value) => {
    expect(quoteTxt(text)).toBe(value)
    expect(unquoteTxt(value)).toBe(text)
  })

  test('strings without a blank between them are joined too', () => {
    expect(unquoteTxt('"a""b"')).toBe('ab')
  })
})

describe('what is listed', () => {
  test('every value of a foreign set is a member without mark', () => {
    expect(listed(set(['192.0.2.1', '192.0.2.2']))).toMatchObject([
      {value: '192.0.2.1', routing: 'simple'},
      {value: '192.0.2.2', routing: 'simple'},
    ])
    expect(listed(set('192.0.2.1'))[0]).not.toHaveProperty('mark')
  })

  test.each<[string, ResourceRecordSet, Member['routing']]>([
    ['multivalue', set('192.0.2.1', 'by hand'), 'multivalue'],
    ['weighted', {...set('192.0.2.1'), SetIdentifier: 'a', Weight: 0}, 'weighted'],
    ['latency', {...set('192.0.2.1'), SetIdentifier: 'a', Region: 'us-east-1'}, 'other'],
  ])('%s sets say how they route', (_name, record, routing) => {
    expect(listed(record)[0]).toMatchObject({routing, value: '192.0.2.1'})
  })

  test('our identifier is a mark on sets of one member alone', () => {
    expect(listed(set('192.0.2.1', ID))[0]?.mark).toEqual({fleet: 'web', group: '', instance: 'i-1'})
    expect(listed({...set('192.0.2.1'), SetIdentifier: ID, Weight: 7})[0]).toMatchObject({
      mark: {fleet: 'web', instance: 'i-1'},
      weight: 7,
    })
    expect(listed({...set('192.0.2.1'), SetIdentifier: ID, Region: 'us-east-1'})[0]).not.toHaveProperty(
      'mark',
    )
  })

  test('an alias is a member that shows its target', () => {
    const AliasTarget = {HostedZoneId: 'Z1', DNSName: 'lb.example.net.', EvaluateTargetHealth: false}
    expect(listed({Name: 'www.example.com.', Type: 'A', AliasTarget})).toMatchObject([
      {value: 'lb.example.net', ttlSeconds: 60, routing: 'other'},
    ])
  })

  test('MX, SRV and the zone’s own sets are nobody’s members', () => {
    expect(listed(set('10 mail.example.com.', undefined, {Type: 'MX'}))).toEqual([])
  })
})

describe('edits', () => {
  const changes = (create: Member[], remove: Member[]) =>
    toChanges(toEdits({create, remove})).map(
      ({Action, ResourceRecordSet: {SetIdentifier, ResourceRecords} = set('')}) =>
        [Action, SetIdentifier, ...(ResourceRecords ?? []).map(({Value}) => Value)].join(' '),
    )

  test('a new address under the same identifier is a DELETE of what was read and a CREATE', () => {
    const before = set('192.0.2.1', ID, {TTL: 300})
    expect(toChanges(toEdits({create: [wanted('192.0.2.2')], remove: listed(before)}))).toEqual([
      {Action: 'DELETE', ResourceRecordSet: before},
      {Action: 'CREATE', ResourceRecordSet: set('192.0.2.2', ID)},
    ])
  })

  test('a value that somebody added to our set stays', () => {
    const [first] = listed(set(['192.0.2.1', '192.0.2.99'], ID))
    expect(changes([], first ? [first] : [])).toEqual([
      `DELETE ${ID} 192.0.2.1 192.0.2.99`,
      `CREATE ${ID} 192.0.2.99`,
    ])
  })

  test('deletions come first', () => {
    expect(changes([wanted('192.0.2.7', 'a-1')], listed(set('192.0.2.1', ID)))).toEqual([
      `DELETE ${ID} 192.0.2.1`,
      'CREATE mcd:v1:web:a-1 192.0.2.7',
    ])
  })

  test('a foreign member is never removed, an unmarked one never created', () => {
    expect(() => toEdits({create: [], remove: listed(set('192.0.2.1', 'by hand'))})).toThrow('lacks mcd')
    const {mark: _, ...unmarked} = wanted('192.0.2.1')
    expect(() => toEdits({create: [unmarked], remove: []})).toThrow('carries no mark')
  })

  test('batches keep to 1,000 values and 32,000 characters', () => {
    const creations = (count: number, value: string) =>
      Array.from({length: count}, (_, i): Edit => ({after: set(value, `mcd:v1:web:i-${i}`)}))
    const sizes = (edits: Edit[]) => toBatches(edits).map(({length}) => length)
    expect(sizes(creations(1000, '192.0.2.1'))).toEqual([1000])
    expect(sizes(creations(1001, '192.0.2.1'))).toEqual([1000, 1])
    expect(sizes(creations(9, 'x'.repeat(4000)))).toEqual([8, 1])
    expect(sizes(creations(600, '192.0.2.1').map(edit => ({...edit, before: set('192.0.2.2', ID)})))).toEqual(
      [500, 100],
    )
    expect(toBatches([])).toEqual([])
  })
})

describe('what is left of an edit', () => {
  const before = set('192.0.2.1', ID)
  const after = set('192.0.2.2', ID)
  test.each<[rule: string, edit: Edit, current: ResourceRecordSet[], left: Edit[], conflicts: number]>([
    ['a removal of what still stands', {before}, [before], [{before}], 0],
    ['nothing, when what was to go is gone', {before}, [], [], 0],
    ['nothing, when what was to come is there', {after}, [after], [], 0],
    ['nothing, when both happened', {before, after}, [after], [], 0],
    ['the creation, when what was to go is gone', {before, after}, [], [{after}], 0],
    ['a conflict, when what was to go was changed', {before}, [set('192.0.2.9', ID)], [], 1],
    ['a conflict, when only its TTL was changed', {before}, [set('192.0.2.1', ID, {TTL: 61})], [], 1],
    ['a conflict, when another value stands under our identifier', {after}, [before], [], 1],
    [
      'a conflict, when another TTL stands under our identifier',
      {after},
      [set('192.0.2.2', ID, {TTL: 61})],
      [],
      1,
    ],
    ['a conflict beside a simple set', {after}, [set('192.0.2.2')], [], 1],
    ['a conflict beside a CNAME', {after}, [set('example.net.', undefined, {Type: 'CNAME'})], [], 1],
    [
      'the creation beside multivalue sets and other types',
      {after},
      [set('192.0.2.9', 'by hand'), set('"x"', undefined, {Type: 'TXT'})],
      [{after}],
      0,
    ],
    [
      'nothing, when the same is there in another spelling',
      {after: set('2001:db8::1', ID, {Type: 'AAAA'})},
      [set('2001:DB8:0::1', ID, {Type: 'AAAA'})],
      [],
      0,
    ],
  ])('%s', (_rule, edit, current, left, conflicts) => {
    const verdict = judge([edit], current)
    expect(verdict.pending).toEqual(left)
    expect(verdict.conflicts).toHaveLength(conflicts)
  })
})

describe('failures', () => {
  const sdk = (name: string, httpStatusCode?: number, more = {}) =>
    Object.assign(new Error('told'), {name, ...(httpStatusCode && {$metadata: {httpStatusCode}}), ...more})
  test.each<[string, Error, object]>([
    ['Throttling', sdk('Throttling', 400), {effect: 'none', throttled: true}],
    ['PriorRequestNotComplete', sdk('PriorRequestNotComplete', 400), {effect: 'none', throttled: false}],
    ['5xx', sdk('InternalFailure', 500), {effect: 'unknown'}],
    [
      '5xx without a body of its own',
      sdk('Error', undefined, {$response: {statusCode: 503}}),
      {effect: 'unknown'},
    ],
    ['nobody there', sdk('Error', undefined, {code: 'ECONNREFUSED'}), {effect: 'none'}],
    ['a connection that broke', sdk('Error', undefined, {code: 'ECONNRESET'}), {effect: 'unknown'}],
  ])('%s can be tried again', (_name, error, fields) => {
    const classified = classify('GetChange', error)
    expect(classified).toBeInstanceOf(TransientError)
    expect(classified).toMatchObject(fields)
  })

  test.each([
    'InvalidClientTokenId',
    'SignatureDoesNotMatch',
    'ExpiredToken',
    'AccessDenied',
    'CredentialsProviderError',
  ])('%s is an AuthError', name => {
    expect(classify('GetChange', sdk(name, 403))).toBeInstanceOf(AuthError)
  })

  test('a signature that is refused for its date is told as the clock, not as the credentials', () => {
    const message = 'Signature expired: 20260101T000000Z is now earlier than 20260101T001000Z (-5 min.)'
    expect(
      classify('GetChange', Object.assign(sdk('InvalidSignatureException', 403), {message})),
    ).toMatchObject({
      message: `Route53 refused the time of GetChange: ${message}`,
      suggestions: [expect.stringMatching(/clock/)],
    })
  })

  test('a refused batch tells its reasons, in the message or in the older list', () => {
    const message =
      "[Tried to delete resource record set [name='a.', type='A'] but it was not found, Tried to create resource record set [name='b.', type='A'] but it already exists]"
    const today = classify(
      'ChangeResourceRecordSets',
      Object.assign(sdk('InvalidChangeBatch', 400), {message}),
    )
    expect(today).toMatchObject({
      isLostRace: true,
      reasons: [expect.stringContaining("'a.'"), expect.stringContaining("'b.'")],
    })
    const older = Object.assign(sdk('InvalidChangeBatch', 400), {
      message: 'UnknownError',
      messages: ['RRSet is not permitted'],
    })
    expect(classify('ChangeResourceRecordSets', older)).toMatchObject({
      isLostRace: false,
      reasons: ['RRSet is not permitted'],
    })
    expect(today).toBeInstanceOf(BatchRefusal)
  })

  test('anything else is an error of the call', () => {
    const classified = classify('GetChange', sdk('NoSuchHostedZone', 404))
    expect(classified).toBeInstanceOf(McdError)
    expect(classified.message).toBe('Route53 refused GetChange: NoSuchHostedZone: told')
  })
})

test('foreign multivalue members count towards the hundred', () => {
  const existing = listed(set('192.0.2.9', 'by hand'), set('192.0.2.1', ID))
  const wish = {name: 'www.example.com', ttlSeconds: 60, proxied: false}
  expect(refusals({...wish, members: 99}, existing)).toEqual([])
  expect(refusals({...wish, members: 100}, existing)).toEqual([expect.stringContaining('beside 1 foreign')])
})

test('proxying is refused', () => {
  expect(refusals({name: 'www.example.com', ttlSeconds: 60, proxied: true, members: 1}, [])).toEqual([
    expect.stringContaining('does not proxy'),
  ])
})
