import {expect, test} from 'vitest'
import {firstSeen, lostInstances} from '../../../src/fleet/notices/lost.ts'
import type {JournalEvent} from '../../../src/journal/events.ts'
import {
  EAST,
  fleet,
  instance,
  left,
  NOW_MS,
  observed,
  recorded,
  type Seen,
  VIRGINIA,
} from '../../support/fleet-builder.ts'

const HOUR_MS = 3_600_000
const running = instance('i-1')
const ended = instance('i-1', {state: 'gone', stateReason: 'Server.SpotInstanceTermination'})
const seen: JournalEvent & {atMs?: number} = {
  type: 'instances-seen',
  place: VIRGINIA.key,
  instances: [{id: 'i-1', group: 'virginia', address: '192.0.2.1'}],
  atMs: NOW_MS - HOUR_MS,
}
const terminate = (result?: 'done'): JournalEvent[] => [
  {type: 'intent', step: 's-1', what: {kind: 'terminate', place: VIRGINIA.key, instances: ['i-1']}},
  ...(result ? [{type: 'outcome', step: 's-1', result: {kind: 'done'}} as const] : []),
]

test.each<
  [rule: string, events: readonly (JournalEvent & {atMs?: number})[], world: Seen, lost: readonly string[]]
>([
  ['who runs is not lost', [seen], {instances: [running]}, []],
  ['who ran and has ended is', [seen], {instances: [ended]}, ['i-1']],
  ['also when its place shows it no more', [seen], {}, ['i-1']],
  ['who was never seen running has not been lost', [], {instances: [ended]}, []],
  ['who is stopped may start again', [seen], {instances: [instance('i-1', {state: 'stopped'})]}, []],
  ['a place that could not be read says nothing', [seen], {unreadable: [VIRGINIA.key]}, []],
  ['whom a run ended is not lost', [seen, ...terminate('done')], {instances: [ended]}, []],
  ['nor whom a run was about to end when it was killed', [seen, ...terminate()], {}, []],
  ['nor who was on the way out of DNS for good', [seen, ...left(running)], {instances: [ended]}, []],
  [
    'once it is said, it is said',
    [seen, {type: 'instances-lost', place: VIRGINIA.key, instances: ['i-1']}],
    {},
    [],
  ],
  ['a listing may not show yet who has only just been seen', [{...seen, atMs: NOW_MS - 60_000}], {}, []],
  [
    'who is not known by its id either has ended for sure',
    [{...seen, atMs: NOW_MS - 60_000}],
    {ended: ['i-1']},
    ['i-1'],
  ],
  [
    'an end that is shown needs no patience',
    [{...seen, atMs: NOW_MS - 60_000}],
    {instances: [ended]},
    ['i-1'],
  ],
])('%s', (_rule, events, world, lost) => {
  expect(lostInstances(recorded(...events), observed(world)).map(({id}) => id)).toEqual(lost)
})

test('a place that was left, and is looked at no more, says nothing', () => {
  expect(lostInstances(recorded(seen), observed({}, [EAST]))).toEqual([])
})

test('who is met in another place than before lives', () => {
  const moved = instance('i-1', {place: EAST.key})
  expect(lostInstances(recorded(seen), observed({instances: [moved]}, [VIRGINIA, EAST]))).toEqual([])
})

test.each<
  [rule: string, events: readonly (JournalEvent & {atMs?: number})[], world: Seen, ids: readonly string[]]
>([
  ['who runs is written down', [], {instances: [running]}, ['i-1']],
  ['once', [seen], {instances: [running]}, []],
  ['not before it runs', [], {instances: [instance('i-1', {state: 'pending'})]}, []],
  ['nobody else’s', [], {instances: [instance('i-1', {dns: 'other.example.com'})]}, []],
  ['nor who is to go', left(running), {instances: [running]}, []],
  ['nor who was told to end and still shows', terminate('done'), {instances: [running]}, []],
])('seen running: %s', (_rule, events, world, ids) => {
  const found = firstSeen(fleet([]), recorded(...events), observed(world))
  expect(
    found.flatMap(event => (event.type === 'instances-seen' ? event.instances.map(({id}) => id) : [])),
  ).toEqual(ids)
})
