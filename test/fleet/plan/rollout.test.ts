import {describe, expect, test} from 'vitest'
import type {Rollout} from '../../../src/fleet/model.ts'
import {isReady} from '../../../src/fleet/plan/action.ts'
import {plan} from '../../../src/fleet/plan/plan.ts'
import type {JournalEvent} from '../../../src/journal/events.ts'
import type {Instance} from '../../../src/providers/compute.ts'
import {
  desired,
  EAST,
  fleet,
  group,
  instance,
  left,
  NOW_MS,
  observed,
  record,
  recorded,
  SPEC,
  VIRGINIA,
} from '../../support/fleet-builder.ts'
import {launched, launchIntent} from '../../support/plan-builder.ts'

const OLD = 'bbbbbbbbbbbb'
const OLDER = 'cccccccccccc'
const EAST_GROUP = {group: 'east', place: EAST.key}

/** `count` instances of a spec, their ids from `first` on. */
const some = (first: number, count: number, over: Parameters<typeof instance>[1] = {}): Instance[] =>
  Array.from({length: count}, (_, index) => instance(`i-${first + index}`, over))
const old = (count: number, over = {}) => some(10, count, {spec: OLD, ...over})
const fresh = (count: number, over = {}) => some(20, count, over)
const oldEast = (count: number) => some(50, count, {spec: OLD, ...EAST_GROUP})
const freshEast = (count: number) => some(60, count, EAST_GROUP)

type Case = {
  /** Counts of the two groups. */
  virginia?: number
  east?: number
  batch?: number | `${number}%`
  pauseMs?: number
  events?: (JournalEvent & {run?: string; atMs?: number})[]
  instances: Instance[]
  /** Ids that are not in DNS, or neither healthy nor in DNS. */
  outside?: string[]
  unhealthy?: string[]
  unreadable?: string[]
  atMs?: number
  renew?: string[]
  only?: {groups?: string[]; instances?: string[]}
}

/** What is done now, shortest: `launch virginia 2`, `deregister i-10,i-11`. And what a rollout still has to do. */
function outcome(of: Case): {now: string[]; rest: string[]} {
  const {virginia = 4, east = 0, batch = 1, pauseMs = 0, events = [], instances, unhealthy = []} = of
  const size: Rollout['batch'] =
    typeof batch === 'number' ? {count: batch} : {percent: Number.parseInt(batch, 10)}
  const both = fleet([group('virginia', virginia), group('east', east, {place: EAST})], {
    rollout: {batch: size, pauseMs},
  })
  const without = new Set([...(of.outside ?? []), ...unhealthy])
  const members = instances
    .filter(({id, state}) => !without.has(id) && state === 'running')
    .map(each => record(each))
  const {renew, only} = of
  const {actions} = plan(
    desired(both, {goal: {kind: 'up', ...(renew ? {renew} : {}), ...(only ? {only} : {})}}),
    recorded(...events),
    observed({instances, members, unhealthy, unreadable: of.unreadable ?? [], atMs: of.atMs ?? NOW_MS}, [
      VIRGINIA,
      EAST,
    ]),
    'run-1',
  )
  return {
    now: actions.filter(isReady).map(action => {
      switch (action.kind) {
        case 'launch':
          return `launch ${action.group} ${action.count}`
        case 'deregister':
          return `deregister ${action.leaving.join()}`
        case 'wait':
        case 'pause':
        case 'terminate':
          return `${action.kind} ${action.instances.join()}`
        default:
          return action.kind
      }
    }),
    rest: actions.flatMap(action =>
      action.kind === 'replace' ? [`${action.group} ${action.instances.length}`] : [],
    ),
  }
}

const begun = (instances: string[], atMs: number) =>
  ({type: 'pause-begun', group: 'virginia', instances, atMs}) as const

describe('a rollout', () => {
  test.each<[rule: string, given: Case, now: string[], rest: string[]]>([
    // rule                                            given                                   now          rest
    ['launches its first batch beside the old', {instances: old(4)}, ['launch virginia 1'], ['virginia 4']],
    ['of more at a time', {batch: 3, instances: old(4)}, ['launch virginia 3'], ['virginia 4']],
    ['of a percentage, rounded up', {batch: '30%', instances: old(4)}, ['launch virginia 2'], ['virginia 4']],
    ['of no more than are left', {batch: 9, instances: old(4)}, ['launch virginia 4'], ['virginia 4']],
    [
      'waits for the batch to be healthy',
      {instances: [...old(4), ...fresh(1)], unhealthy: ['i-20']},
      ['wait i-20'],
      ['virginia 4'],
    ],
    [
      'puts a healthy batch into DNS before anybody leaves',
      {instances: [...old(4), ...fresh(1)], outside: ['i-20']},
      ['register'],
      ['virginia 4'],
    ],
    [
      'lets one old instance leave for each new one that is in DNS',
      {instances: [...old(4), ...fresh(1)]},
      ['deregister i-10'],
      ['virginia 3'],
    ],
    [
      'lets no old one leave for half of a batch',
      {batch: 2, instances: [...old(4), ...fresh(2)], unhealthy: ['i-21']},
      ['wait i-21'],
      ['virginia 4'],
    ],
    [
      'goes on from half of a batch that a killed run launched',
      {batch: 2, instances: [...old(4), ...fresh(1)]},
      ['deregister i-10'],
      ['virginia 3'],
    ],
    [
      'lets the old ones that do not serve leave first',
      {instances: [...old(4), ...fresh(1)], unhealthy: ['i-12']},
      ['deregister i-12'],
      ['virginia 3'],
    ],
    [
      'launches the next batch when the last one that leaves has ended',
      {instances: [...old(3), ...fresh(1)]},
      ['launch virginia 1'],
      ['virginia 3'],
    ],
    [
      'launches nothing while anybody is on the way out',
      {
        instances: [...old(3), ...fresh(1), instance('i-9', {spec: OLD})],
        outside: ['i-9'],
        events: left(instance('i-9'), {servedAtMs: NOW_MS - 1_000}),
      },
      ['drain'],
      ['virginia 3'],
    ],
    [
      'begins its pause when the batch is in DNS',
      {pauseMs: 30_000, instances: [...old(4), ...fresh(1)]},
      ['pause i-20'],
      ['virginia 4'],
    ],
    [
      'waits for the end of the pause',
      {
        pauseMs: 30_000,
        instances: [...old(4), ...fresh(1)],
        events: [begun(['i-20'], NOW_MS - 29_999)],
      },
      ['pause i-20'],
      ['virginia 4'],
    ],
    [
      'goes on after the pause',
      {
        pauseMs: 30_000,
        instances: [...old(4), ...fresh(1)],
        events: [begun(['i-20'], NOW_MS - 30_000)],
      },
      ['deregister i-10'],
      ['virginia 3'],
    ],
    [
      'stops where a new one falls ill during the pause',
      {
        pauseMs: 30_000,
        instances: [...old(4), ...fresh(1)],
        unhealthy: ['i-20'],
        events: [begun(['i-20'], NOW_MS - 60_000)],
      },
      ['wait i-20'],
      ['virginia 4'],
    ],
    [
      'launches nothing beside a batch that does not serve, whichever run launched it',
      {batch: 2, instances: [...old(4), ...fresh(2)], unhealthy: ['i-20', 'i-21']},
      ['wait i-20,i-21'],
      ['virginia 4'],
    ],
    [
      'launches no other for one that ended by itself in this run',
      {
        instances: [...old(4), instance('i-20', {launch: 'l-9', state: 'gone'})],
        events: [
          {...launchIntent('l-9', 1), run: 'run-1'},
          {...launched('l-9', ['i-20']), run: 'run-1'},
        ],
      },
      [],
      ['virginia 4'],
    ],
    [
      'takes an open launch of its batch for the batch',
      {instances: old(4), events: [launchIntent('l-9', 1)]},
      ['launch virginia 1'],
      ['virginia 4'],
    ],
    ['is over with the last old one', {instances: [...fresh(4), ...old(1)]}, ['deregister i-10'], []],
  ])('%s', (_rule, given, now, rest) => {
    expect(outcome(given)).toEqual({now, rest})
  })
})

describe('counts that change with the spec', () => {
  test.each<[rule: string, given: Case, now: string[], rest: string[]]>([
    [
      'raised: what is missing comes first, all at once',
      {virginia: 6, instances: old(3)},
      ['launch virginia 3'],
      ['virginia 3'],
    ],
    [
      'lowered: what is too much leaves first, without a new one in its place',
      {virginia: 2, instances: old(4)},
      ['deregister i-12,i-13'],
      ['virginia 2'],
    ],
    [
      'lowered in the middle of a batch that does not serve: the old ones stay, as far as they are wanted',
      {virginia: 3, instances: [...old(4), ...fresh(1)], unhealthy: ['i-20']},
      ['wait i-20', 'deregister i-13'],
      ['virginia 3'],
    ],
    [
      'to none: all leave',
      {virginia: 0, east: 1, instances: [...old(2), ...freshEast(1)]},
      ['deregister i-10,i-11'],
      [],
    ],
  ])('%s', (_rule, given, now, rest) => {
    const {now: found, rest: left} = outcome(given)
    expect({now: found.map(sorted).sort(), rest: left}).toEqual({now: now.map(sorted).sort(), rest})
  })
})

/** Which of equals goes is the business of another table. */
const sorted = (text: string): string => {
  const [kind = '', ids = ''] = text.split(' ')
  return kind === 'deregister' ? `deregister ${ids.split(',').length}` : text
}

describe('a spec that changes again in the middle', () => {
  const sick = some(30, 1, {spec: OLDER})
  test('the batch of the spec before leaves where it does not serve, before anything is launched', () => {
    const given = {instances: [...old(4), ...sick], unhealthy: ['i-30']}
    expect(outcome(given)).toEqual({now: ['deregister i-30'], rest: ['virginia 4']})
  })

  test('both specs before are replaced', () => {
    const given = {instances: [...old(2), ...some(30, 2, {spec: OLDER})]}
    expect(outcome(given)).toEqual({now: ['launch virginia 1'], rest: ['virginia 4']})
  })
})

describe('two clouds', () => {
  const two = {virginia: 2, east: 2}
  test.each<[rule: string, given: Case, now: string[], rest: string[]]>([
    [
      'the first in the file goes first, the other one waits',
      {...two, instances: [...old(2), ...oldEast(2)]},
      ['launch virginia 1'],
      ['virginia 2', 'east 2'],
    ],
    [
      'the second begins when the first is through',
      {...two, instances: [...fresh(2), ...oldEast(2)]},
      ['launch east 1'],
      ['east 2'],
    ],
    [
      'one that is half through is seen to its end first, wherever it stands in the file',
      {...two, instances: [...old(2), ...oldEast(2), ...freshEast(1)]},
      ['deregister i-50'],
      ['virginia 2', 'east 1'],
    ],
    [
      'a batch that does not serve stops the other one, too',
      {...two, instances: [...old(2), ...oldEast(2), ...freshEast(1)], unhealthy: ['i-60']},
      ['wait i-60'],
      ['virginia 2', 'east 2'],
    ],
    [
      'of two that are half through the first in the file goes on, the other one waits',
      {...two, instances: [...old(2), ...fresh(1), ...oldEast(2), ...freshEast(1)]},
      ['deregister i-10'],
      ['virginia 1', 'east 2'],
    ],
    [
      'one that cannot be read keeps nobody else from rolling',
      {...two, instances: [...old(2), ...oldEast(2)], unreadable: [VIRGINIA.key]},
      ['launch east 1'],
      ['east 2'],
    ],
    [
      'and nobody else from going on',
      {...two, instances: [...oldEast(2), ...freshEast(1)], unreadable: [VIRGINIA.key]},
      ['deregister i-50'],
      ['east 1'],
    ],
  ])('%s', (_rule, given, now, rest) => {
    expect(outcome(given)).toEqual({now, rest})
  })

  test('one without room keeps nobody else from rolling', () => {
    const events = [
      {...launchIntent('l-9', 1), run: 'run-1'},
      {
        type: 'outcome' as const,
        step: 's-l-9',
        run: 'run-1',
        result: {
          kind: 'failed' as const,
          message: 'no',
          effect: 'none' as const,
          shortfall: {kind: 'quota' as const, message: 'no room'},
        },
      },
    ]
    const given = {...two, instances: [...old(2), ...oldEast(2)], events}
    expect(outcome(given).now).toEqual(['launch east 1'])
  })
})

describe('a replacement that somebody asked for', () => {
  const asked = (...instances: string[]) => ({type: 'replacement-asked' as const, instances})
  test.each<[rule: string, given: Case, now: string[], rest: string[]]>([
    [
      'is a rollout of these',
      {instances: fresh(4), events: [asked('i-21', 'i-22')]},
      ['launch virginia 1'],
      ['virginia 2'],
    ],
    [
      'is the same in the run in which it is asked, before the journal has it',
      {instances: fresh(4), renew: ['i-21', 'i-22']},
      ['launch virginia 1'],
      ['virginia 2'],
    ],
    [
      'ends those that were asked for',
      {instances: [...fresh(4), ...some(40, 1)], events: [asked('i-21')]},
      ['deregister i-21'],
      [],
    ],
    ['is met when they are gone', {instances: fresh(4), events: [asked('i-9')]}, [], []],
    [
      'by name spares whatever else is outdated',
      {instances: old(4), renew: ['i-11'], only: {instances: ['i-11']}},
      ['launch virginia 1'],
      ['virginia 1'],
    ],
    [
      'by group spares the other groups',
      {virginia: 1, east: 1, instances: [...old(1), ...oldEast(1)], only: {groups: ['east']}},
      ['launch east 1'],
      ['east 1'],
    ],
  ])('%s', (_rule, given, now, rest) => {
    expect(outcome(given)).toEqual({now, rest})
  })
})

test('an old instance that serves keeps its place in DNS for as long as the rollout lasts', () => {
  const given = {instances: [...old(4), ...fresh(1)], outside: ['i-11'], unhealthy: ['i-20']}
  expect(outcome(given).now.sort()).toEqual(['register', 'wait i-20'])
})

test('what was told something else at boot is reported, and rolls nothing by itself', () => {
  const base = desired(fleet([group('virginia', 1)]))
  const want = {
    ...base,
    groups: base.groups.map(({group: of, launch}) => ({
      group: of,
      ...(launch ? {launch: {...launch, userdataDigest: 'today'}} : {}),
    })),
  }
  const one = instance('i-1', {launch: 'l-1', spec: SPEC})
  const noted = (digest: string) =>
    plan(
      want,
      recorded(launchIntent('l-1', 1, {digest}), launched('l-1', ['i-1'])),
      observed({instances: [one], members: [record(one)]}),
      'run-1',
    )
  expect(noted('today')).toEqual({actions: [], notes: []})
  const {actions, notes} = noted('yesterday')
  expect(actions).toEqual([])
  expect(notes.map(({kind, blocks, text}) => [kind, blocks, text.includes('mcd replace i-1')])).toEqual([
    ['outdated-userdata', false, true],
  ])
})
