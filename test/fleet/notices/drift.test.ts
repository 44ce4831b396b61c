import {expect, test} from 'vitest'
import {driftId, driftOf, wishOf} from '../../../src/fleet/notices/drift.ts'
import type {Difference} from '../../../src/fleet/status/report.ts'
import type {JournalEvent} from '../../../src/journal/events.ts'
import {Secret} from '../../../src/secret.ts'
import {dnsName, fleet, group, recorded, VIRGINIA, wish} from '../../support/fleet-builder.ts'

const settled: JournalEvent = {type: 'fleet-settled', wish: 'as-before'}
const launchIntent: JournalEvent = {
  type: 'intent',
  step: 's-1',
  what: {kind: 'remove-network', place: VIRGINIA.key, group: 'virginia', piece: 'sg-1'},
}
const difference = (kind: string, over: Partial<Difference> = {}): Difference => ({
  kind,
  text: `${kind} it is`,
  fix: 'mcd up',
  ...over,
})
const GONE = difference('missing-in-dns', {instance: 'i-1'})

test.each<
  [
    rule: string,
    events: readonly JournalEvent[],
    wish: string | undefined,
    differences: readonly Difference[],
    drift: number,
  ]
>([
  ['what was true and is not any more', [settled], 'as-before', [GONE], 1],
  ['what was never true is none: a first up', [], 'as-before', [GONE], 0],
  ['what the file asks for by now is none', [settled], 'another', [GONE], 0],
  ['where nobody can tell what the file asks for, nobody tells', [settled], undefined, [GONE], 0],
  ['what a run has begun to change may be its own doing', [settled, launchIntent], 'as-before', [GONE], 0],
  [
    'once a run has found all well after that, it counts anew',
    [settled, launchIntent, settled],
    'as-before',
    [GONE],
    1,
  ],
  ['a silent cloud is unknown, and no drift', [settled], 'as-before', [difference('unreachable')], 0],
  ['nor is a prober that is cut off', [settled], 'as-before', [difference('health-unknown')], 0],
  [
    'nor what only takes its time',
    [settled],
    'as-before',
    [difference('ending'), difference('unsettled-launch')],
    0,
  ],
  ['nor an image that moved on', [settled], 'as-before', [difference('outdated-instance')], 0],
  [
    'nor a server that answers late',
    [settled],
    'as-before',
    [difference('wrong-value', {server: 'ns1.example.com'})],
    0,
  ],
  [
    'an instance that stopped to serve is',
    [settled],
    'as-before',
    [difference('unhealthy', {instance: 'i-1'})],
    1,
  ],
])('%s', (_rule, events, wished, differences, drift) => {
  expect(driftOf(recorded(...events), wished, differences, {})).toHaveLength(drift)
})

test('a group that grows for a silent one is short of what it never had', () => {
  const takeovers = [{to: 'virginia', wanted: 3, text: 'grows'}]
  const found = driftOf(recorded(settled), 'as-before', [difference('missing-instance'), GONE], {takeovers})
  expect(found).toEqual([GONE])
})

const as = (count: number, over = {}) => fleet([group('virginia', count, {wish: wish(over)})])
const userdata = (template: unknown) => ({spec: () => template}) as never

test('the same wish has the same hash, and every wish another one', () => {
  const plain = userdata({template: 'nginx'})
  const wishes = [
    wishOf(as(2), plain),
    wishOf(as(3), plain),
    wishOf(as(2, {types: ['t3.small']}), plain),
    wishOf({...as(2), names: [dnsName({ttlSeconds: 30})]}, plain),
    wishOf(as(2), userdata({template: 'nginx', text: 'edited'})),
  ]
  expect(new Set(wishes).size).toBe(wishes.length)
  expect(wishOf(as(2), plain)).toBe(wishes[0])
})

test('a rotated secret is no other wish', () => {
  const withToken = (token: string) =>
    wishOf(
      {
        ...as(2),
        names: [dnsName({instanceCredentials: {kind: 'token', token: new Secret(token, 'env:TOKEN')}})],
      },
      userdata({vars: {key: new Secret(token, 'env:KEY')}}),
    )
  expect(withToken('one')).toBe(withToken('two'))
})

test('the same drift since the same run has one id, whoever finds it; other drift, or drift after a repair, another', () => {
  const of = fleet([])
  const before = recorded(settled)
  const after = recorded({...settled, run: 'run-1'})
  const id = driftId(of, before, [GONE])
  expect(driftId(of, before, [{...GONE, fix: 'mcd sync'}])).toBe(id)
  const sick = (why: string) => difference('unhealthy', {instance: 'i-1', text: why})
  expect(driftId(of, before, [sick('HTTP 500')])).toBe(driftId(of, before, [sick('no answer')]))
  const others = [
    driftId(of, after, [GONE]),
    driftId(of, before, [GONE, difference('dead-record')]),
    driftId({...of, name: 'api'}, before, [GONE]),
  ]
  expect(new Set([id, ...others]).size).toBe(4)
})
