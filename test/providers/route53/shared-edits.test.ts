import type {ResourceRecordSet} from '@aws-sdk/client-route-53'
import {expect, test} from 'vitest'
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
