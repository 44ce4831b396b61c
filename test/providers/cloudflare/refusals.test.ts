import {describe, expect, test} from 'vitest'
import {minTtlSeconds, recordsQuota, refusals} from '../../../src/providers/cloudflare/refusals.ts'
import type {Member, NameWish} from '../../../src/providers/dns.ts'

const NAME = 'www.example.com'
const wish = {name: NAME, ttlSeconds: 60, proxied: false, members: 4}
const foreign = (value: string, more: Partial<Member> = {}): Member => ({
  name: NAME,
  type: 'A',
  value,
  ttlSeconds: 300,
  proxied: false,
  ...more,
})
const ours = (value: string, more: Partial<Member> = {}) =>
  foreign(value, {mark: {fleet: 'web', group: 'east', instance: 'i-1'}, ...more})

test.each([
  ['takes 60 seconds', {}, [], []],
  ['takes automatic, which is 300', {ttlSeconds: 300}, [], []],
  ['refuses 59', {ttlSeconds: 59}, [], ['60 to 86400']],
  ['refuses more than a day', {ttlSeconds: 86_401}, [], ['60 to 86400']],
  ['takes a zone full', {members: 200}, [], []],
  ['refuses one more', {members: 201}, [], ['has 200 records']],
  [
    'counts foreign addresses, not our own',
    {members: 199},
    [foreign('192.0.2.1'), foreign('192.0.2.2'), ours('192.0.2.3')],
    ['beside 2 foreign ones'],
  ],
  [
    'refuses a CNAME at the name',
    {},
    [{name: NAME, type: 'CNAME', value: 'a.example.net', ttlSeconds: 300}],
    ['CNAME for a.example.net'],
  ],
  [
    'leaves CNAMEs of other names',
    {},
    [{name: 'a.example.com', type: 'CNAME', value: NAME, ttlSeconds: 300}],
    [],
  ],
  ['refuses plain beside foreign proxied', {}, [foreign('192.0.2.1', {proxied: true})], ['192.0.2.1']],
  [
    'refuses proxied beside foreign plain',
    {proxied: true},
    [foreign('192.0.2.1')],
    ['not proxied (192.0.2.1)'],
  ],
  ['may change its own to proxied', {proxied: true}, [ours('192.0.2.1')], []],
  ['takes other fleets for strangers', {proxied: true, fleet: 'shop'}, [ours('192.0.2.1')], ['192.0.2.1']],
  ['counts both addresses of each', {members: 101, ipv6: true}, [], ['has 200 records']],
] as [string, Partial<NameWish>, Member[], string[]][])('%s', (_rule, fields, existing, reasons) => {
  expect(refusals({...wish, ...fields}, existing, 200)).toEqual(
    reasons.map(reason => expect.stringContaining(reason)),
  )
})

test('a paid zone holds more, up to the size of one set', () => {
  expect(refusals({...wish, members: 546}, [], 3_500)).toEqual([])
  expect(refusals({...wish, members: 547}, [], 3_500)).toEqual([expect.stringContaining('546')])
})

test('an Enterprise zone takes 30 seconds, and others say that it would', () => {
  expect(refusals({...wish, ttlSeconds: 30}, [], 200, 30)).toEqual([])
  expect(refusals({...wish, ttlSeconds: 30}, [], 200)).toEqual([expect.stringContaining('Enterprise')])
  expect(minTtlSeconds({id: 'z', name: 'example.com', account: {}, plan: {legacy_id: 'enterprise'}})).toBe(30)
})

describe('a zone’s quota', () => {
  const zone = {id: 'z', name: 'example.com', account: {}}
  test.each([
    ['a new free one', {plan: {legacy_id: 'free'}, created_on: '2025-01-01T00:00:00Z'}, 200],
    ['an old free one', {plan: {legacy_id: 'free'}, created_on: '2024-08-31T00:00:00Z'}, 1_000],
    ['Pro', {plan: {legacy_id: 'pro'}}, 3_500],
    ['Business', {plan: {legacy_id: 'business'}}, 3_500],
    ['Enterprise', {plan: {legacy_id: 'enterprise'}}, 1_000_000],
    ['one that does not say', {}, 200],
  ])('of %s', (_plan, fields, quota) => {
    expect(recordsQuota({...zone, ...fields})).toBe(quota)
  })
})
