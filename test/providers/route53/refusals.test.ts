import {expect, test} from 'vitest'
import type {Member, NameWish} from '../../../src/providers/dns.ts'
import {refusals} from '../../../src/providers/route53/refusals.ts'

const NAME = 'www.example.com'
const wish: NameWish = {
  name: NAME,
  ttlSeconds: 60,
  proxied: false,
  members: 2,
  fleet: 'web',
  idCharacters: 19,
}
const theirs = (routing: Member['routing'], more: Partial<Member> = {}): Member => ({
  name: NAME,
  type: 'A',
  value: '192.0.2.200',
  ttlSeconds: 300,
  ...(routing && {routing}),
  ...more,
})
const ours = (routing: Member['routing'], more: Partial<Member> = {}): Member =>
  theirs(routing, {mark: {fleet: 'web', group: '', instance: 'i-1'}, ...more})
const beside = (value: string, routing: Member['routing'] = 'simple'): Member =>
  theirs(routing, {name: `_mcd.${NAME}`, type: 'TXT', value})

const simple = {routing: 'simple'} as const
const weighted = {routing: 'weighted'} as const

test.each<[string, Partial<NameWish>, Member[], string[]]>([
  ['a foreign simple set names the way to join it', {}, [theirs('simple')], ['Set "routing: simple"']],
  ['which then joins it', simple, [theirs('simple')], []],
  ['foreign weighted sets likewise', {}, [theirs('weighted')], ['Set "routing: weighted"']],
  ['as do multivalue ones', simple, [theirs('multivalue')], ['Set "routing: multivalue"']],
  ['beside an alias no routing helps', simple, [theirs('other')], ['Remove it, or choose another name.']],
  ['weighted sets share one TTL', weighted, [theirs('weighted')], ['Set "ttl: 300s"']],
  ['with which ours stand beside them', weighted, [theirs('weighted', {ttlSeconds: 60})], []],
  ['ours of another routing move along', simple, [ours('multivalue'), ours('weighted')], []],
  [
    'as do the marks and holds of ours',
    {},
    [ours('simple'), beside('a web i-1 192.0.2.1'), beside('txt web i-2 out i-2')],
    [],
  ],
  [
    'another fleet’s do not',
    {},
    [theirs('simple', {mark: {fleet: 'shop', group: '', instance: 'i-1'}})],
    ['not this fleet’s'],
  ],
  ['nor their marks', {}, [beside('a shop i-1 192.0.2.1')], ['Set "routing: simple"']],
  [
    'nor their holds in sets of their own',
    simple,
    [beside('out i-9', 'multivalue')],
    ['routing: multivalue'],
  ],
  [
    'IPv6 sets count where there are such addresses',
    {ipv6: true},
    [theirs('simple', {type: 'AAAA'})],
    ['AAAA'],
  ],
  ['and only there', {}, [theirs('simple', {type: 'AAAA'})], []],
  ['a hundred weighted sets', {...weighted, members: 100}, [], []],
  ['and no more', {...weighted, members: 101}, [], ['weighted records']],
  ['more than a hundred may be one simple set', {members: 101}, [], ['set "routing: simple" in dns']],
  ['which holds what one batch carries', {...simple, members: 250}, [], []],
  ['and no more than that', {...simple, members: 251}, [], ['carries 250 addresses']],
  ['fewer with longer ids', {...simple, members: 214, idCharacters: 36}, [], ['carries 213 addresses']],
  ['fewer with IPv6 beside', {...simple, members: 126, ipv6: true}, [], ['carries 95 addresses']],
  [
    'fewer beside foreign ones',
    {...simple, members: 10},
    Array.from({length: 392}, (_, i) => theirs('simple', {value: `198.51.100.${i}`})),
    ['beside 392 foreign ones'],
  ],
])('%s', (_rule, fields, existing, reasons) => {
  expect(refusals({...wish, ...fields}, existing)).toEqual(
    reasons.map(reason => expect.stringContaining(reason.replace('’', "'"))),
  )
})
