import type {ResourceRecordSet} from '@aws-sdk/client-route-53'
import {expect, test} from 'vitest'
import {ConflictError} from '../../../src/errors.ts'
import type {Member} from '../../../src/providers/dns.ts'
import {toSharedEdits} from '../../../src/providers/route53/shared-edits.ts'

const NAME = 'v1._http._tcp.example.com'
const VALUE = '0 0 80 i-1.www.example.com'
const set = (type: 'SRV' | 'TXT', ...values: string[]): ResourceRecordSet => ({
  Name: type === 'SRV' ? `${NAME}.` : `_mcd.${NAME}.`,
  Type: type,
  TTL: 60,
  ResourceRecords: values.map(Value => ({Value})),
})
const ours = {
  name: NAME,
  type: 'SRV',
  value: VALUE,
  ttlSeconds: 60,
  mark: {fleet: 'web', group: 'east', instance: 'i-1'},
} as const satisfies Member
const nothing = {name: NAME, create: [], remove: [], own: {create: [], remove: []}}
const LOOSE = set('TXT', `"srv web i-1 ${VALUE}"`)
const STRANGERS = set('SRV', '9 9 9 theirs.example.net.')

test('a set that stays as it is is compared with the companion that changes, and the other way round', () => {
  expect(toSharedEdits({...nothing, remove: [ours]}, [STRANGERS, LOOSE])).toEqual([
    {before: STRANGERS, after: STRANGERS},
    {before: LOOSE},
  ])
  const joined = toSharedEdits({...nothing, create: [ours]}, [STRANGERS, LOOSE])
  expect(joined.map(({before}) => before)).toEqual([STRANGERS, LOOSE])
})

test('an entry without its value stays while there is no set to compare with', () => {
  expect(toSharedEdits({...nothing, remove: [ours]}, [LOOSE])).toEqual([])
})

test('nothing is sent for what is as it should be', () => {
  const joined = [set('SRV', `${VALUE}.`), LOOSE]
  expect(toSharedEdits({...nothing, create: [ours]}, joined)).toEqual([])
})

test("a target that is the instance's own host gets its lost entry back; another one that equals ours stays foreign", () => {
  const orphan = set('SRV', `${VALUE}.`)
  expect(toSharedEdits({...nothing, create: [ours]}, [orphan])).toEqual([
    {before: orphan, after: orphan},
    {after: LOOSE},
  ])
  const theirs = {...ours, value: '9 9 9 theirs.example.net'}
  expect(toSharedEdits({...nothing, create: [theirs]}, [STRANGERS])).toEqual([])
})

test('addresses of which others were to stay do not leave when nobody does any more', () => {
  const address = {
    ...ours,
    name: 'www.example.com',
    type: 'A',
    value: '192.0.2.1',
    routing: 'simple',
  } as const
  const set = (...values: string[]): ResourceRecordSet => ({
    Name: 'www.example.com.',
    Type: 'A',
    TTL: 60,
    ResourceRecords: values.map(Value => ({Value})),
  })
  const companion: ResourceRecordSet = {
    Name: '_mcd.www.example.com.',
    Type: 'TXT',
    TTL: 60,
    ResourceRecords: [{Value: '"a web i-1 192.0.2.1"'}],
  }
  const change = {...nothing, name: 'www.example.com', remove: [address], othersStay: true} as const
  expect(toSharedEdits(change, [set('192.0.2.1', '192.0.2.2'), companion])).toHaveLength(2)
  const alone = [set('192.0.2.1'), companion]
  expect(() => toSharedEdits(change, alone)).toThrow(ConflictError)
  const {othersStay: _, ...meant} = change
  expect(toSharedEdits(meant, alone)).toHaveLength(2)
  // The removal went through, and its answer was lost.
  expect(toSharedEdits(change, [])).toEqual([])
})
