import {describe, expect, test} from 'vitest'
import {ConflictError} from '../../../src/errors.ts'
import {toNewRecord, type VendorRecord} from '../../../src/providers/cloudflare/convert.ts'
import {nextBatch, reconcile, size} from '../../../src/providers/cloudflare/reconcile.ts'
import type {Member} from '../../../src/providers/dns.ts'

const NAME = 'www.example.com'
const member = (value: string, instance = 'i-1', more: Partial<Member> = {}) => ({
  name: NAME,
  type: 'A' as const,
  value,
  ttlSeconds: 60,
  mark: {fleet: 'web', group: 'east', instance},
  proxied: false,
  ...more,
})
const record = (
  id: string,
  content: string,
  instance = 'i-1',
  more: Partial<VendorRecord> = {},
): VendorRecord => ({
  id,
  name: NAME,
  type: 'A',
  content,
  ttl: 60,
  proxied: false,
  comment: `mcd:v1 f=web g=east i=${instance}`,
  ...more,
})
const V = '192.0.2.1'

describe('removing', () => {
  test.each([
    [
      'goes by the id that was read',
      member(V, 'i-1', {ref: 'a'}),
      [record('a', V), record('b', V, 'i-2')],
      ['a'],
    ],
    ['is done when the id is gone', member(V, 'i-1', {ref: 'a'}), [], []],
    ['leaves what came after it under another id', member(V, 'i-1', {ref: 'a'}), [record('b', V)], []],
    ['goes by value and owner where no id is known', member(V), [record('a', V)], ['a']],
    ['leaves the same value of another instance', member(V), [record('a', V, 'i-2')], []],
    [
      'does not mind a renamed group',
      member(V, 'i-1', {ref: 'a'}),
      [record('a', V, 'i-1', {comment: 'mcd:v1 f=web g=west i=i-1'})],
      ['a'],
    ],
    [
      'knows automatic as 300',
      member(V, 'i-1', {ref: 'a', ttlSeconds: 300}),
      [record('a', V, 'i-1', {ttl: 1})],
      ['a'],
    ],
  ])('%s', (_rule, removed, observed, ids) => {
    expect(reconcile({create: [], remove: [removed]}, observed).deletes.map(({id}) => id)).toEqual(ids)
  })

  test.each([
    ['value', {content: '192.0.2.9'}],
    ['owner', {comment: 'mcd:v1 f=other g=east i=i-1'}],
    ['mark', {comment: null}],
    ['TTL', {ttl: 120}],
    ['proxied flag', {proxied: true}],
    ['type', {type: 'MX'}],
  ])('is a conflict when the %s was changed since', (_what, fields) => {
    const change = {create: [], remove: [member(V, 'i-1', {ref: 'a'})]}
    expect(() => reconcile(change, [record('a', V, 'i-1', fields)])).toThrow(ConflictError)
  })

  test('never touches what carries no mark', () => {
    const {mark: _mark, ...foreign} = member(V, 'i-1', {ref: 'a'})
    expect(() => reconcile({create: [], remove: [foreign]}, [])).toThrow('carries no mark')
  })
})

describe('creating', () => {
  test.each([
    ['posts what is missing', [record('b', '192.0.2.2', 'i-2')], [V]],
    ['is done when it stands there with our mark', [record('a', V)], []],
    ['is done whatever the TTL of ours', [record('a', V, 'i-1', {ttl: 300})], []],
    ['does not mind a renamed group', [record('a', V, 'i-1', {comment: 'mcd:v1 f=web g=west i=i-1'})], []],
  ])('%s', (_rule, observed, contents) => {
    expect(reconcile({create: [member(V)], remove: []}, observed).posts.map(({content}) => content)).toEqual(
      contents,
    )
  })

  test.each([
    ['without a mark', {comment: null}, 'carries no mark'],
    ['of another instance', {comment: 'mcd:v1 f=web g=east i=i-9'}, 'instance i-9'],
    ['of another fleet', {comment: 'mcd:v1 f=other g=east i=i-1'}, 'fleet other'],
  ])('is a conflict when the value is there %s', (_whose, fields, named) => {
    const creating = () => reconcile({create: [member(V)], remove: []}, [record('a', V, 'i-1', fields)])
    expect(creating).toThrow(ConflictError)
    expect(creating).toThrow(named)
  })

  test('a value may be replaced by itself with another TTL or owner', () => {
    const change = {create: [member(V, 'i-2', {ttlSeconds: 120})], remove: [member(V, 'i-1', {ref: 'a'})]}
    expect(reconcile(change, [record('a', V)])).toMatchObject({
      deletes: [{id: 'a'}],
      posts: [{content: V, ttl: 120}],
    })
    expect(size(reconcile(change, [record('b', V, 'i-2', {ttl: 120})]))).toBe(0)
  })

  test('names every conflict at once', () => {
    const change = {create: [member('192.0.2.2', 'i-2')], remove: [member(V, 'i-1', {ref: 'a'})]}
    const observed = [record('a', V, 'i-1', {ttl: 120}), record('b', '192.0.2.2', 'i-2', {comment: null})]
    expect(() => reconcile(change, observed)).toThrow(
      /192\.0\.2\.1 was changed.*192\.0\.2\.2 is there already/,
    )
  })

  test('nothing is made without a mark', () => {
    const {mark: _mark, ...unmarked} = member(V)
    expect(() => reconcile({create: [unmarked], remove: []}, [])).toThrow('carries no mark')
  })
})

describe('a batch', () => {
  const todo = (replaced: number, added: number, removed: number) => ({
    deletes: [
      ...Array.from({length: removed}, (_, i) => record(`gone-${i}`, `192.0.2.${i}`)),
      ...Array.from({length: replaced}, (_, i) => record(`old-${i}`, `198.51.100.${i}`)),
    ],
    posts: [
      ...Array.from({length: added}, (_, i) => toNewRecord(member(`203.0.113.${i}`))),
      ...Array.from({length: replaced}, (_, i) => toNewRecord(member(`198.51.100.${i}`, 'i-2'))),
    ],
  })
  test.each([
    ['takes everything that fits', todo(1, 1, 1), 4, ['old-0', 'gone-0'], 2],
    ['keeps a replacement together with what it replaces', todo(2, 0, 0), 3, ['old-0'], 1],
    ['adds before it removes', todo(0, 3, 3), 4, ['gone-0'], 3],
    ['leaves removals for later', todo(0, 5, 3), 4, [], 4],
    ['replaces first of all', todo(2, 5, 3), 4, ['old-0', 'old-1'], 2],
  ])('%s', (_rule, left, limit, deletes, posts) => {
    const batch = nextBatch(left, limit)
    expect(batch.deletes.map(({id}) => id)).toEqual(deletes)
    expect(batch.posts).toHaveLength(posts)
  })
})

test('addresses of which others were to stay do not leave when nobody does any more', () => {
  const change = {create: [], remove: [member(V, 'i-1', {ref: 'a'})], othersStay: true} as const
  const others = [record('b', '192.0.2.2', 'i-2'), record('h', '"out i-1"', 'i-1', {type: 'TXT'})]
  expect(reconcile(change, [record('a', V), ...others]).deletes).toHaveLength(1)
  expect(() => reconcile(change, [record('a', V)])).toThrow(ConflictError)
  expect(reconcile({...change, create: [member('192.0.2.3')]}, [record('a', V)]).deletes).toHaveLength(1)
  // The removal went through, and its answer was lost.
  expect(size(reconcile(change, []))).toBe(0)
})
