import {describe, expect, test} from 'vitest'
import type {Desired} from '../../../src/fleet/desired.ts'
import type {Health} from '../../../src/fleet/observed.ts'
import type {Plan} from '../../../src/fleet/plan/action.ts'
import {plan} from '../../../src/fleet/plan/plan.ts'
import type {Recorded} from '../../../src/journal/recorded.ts'
import {holdInstance, holdValue, isDrainedHold} from '../../../src/mark.ts'
import type {Member} from '../../../src/providers/dns.ts'
import {
  desired,
  dnsName,
  fleet,
  foreign,
  group,
  hold,
  instance,
  NOW_MS,
  observed,
  record,
  recorded,
  type Seen,
} from '../../support/fleet-builder.ts'

const [a, b, c, d] = ['i-1', 'i-2', 'i-3', 'i-4'].map(id => instance(id)) as [
  ReturnType<typeof instance>,
  ReturnType<typeof instance>,
  ReturnType<typeof instance>,
  ReturnType<typeof instance>,
]
const all = [a, b, c, d]
const SICK: Health = {verdict: 'unhealthy', sinceMs: NOW_MS, why: 'HTTP 500', answered: true}
const DEAF: Health = {verdict: 'unhealthy', sinceMs: NOW_MS, why: 'no route to host'}
const UNSURE: Health = {verdict: 'unknown', sinceMs: NOW_MS}
const held = (id: string, word?: 'drained'): Member => ({...hold(id), value: holdValue(id, word)})

type Case = Seen & {
  health?: Record<string, Health>
  goal?: Desired['goal']
  registration?: 'self' | 'mcd'
  allowEmpty?: boolean
  journal?: Recorded
}

function planned({
  health = {},
  goal = {kind: 'sync'},
  registration = 'mcd',
  allowEmpty = false,
  journal = recorded(),
  ...seen
}: Case): Plan {
  const of = fleet([group('virginia', 4)], {names: [dnsName({registration})]})
  const world = observed({instances: all, members: all.map(each => record(each)), ...seen})
  return plan(
    {...desired(of, {goal}), allowEmpty},
    journal,
    {...world, health: new Map([...world.health, ...Object.entries(health)])},
    'run-1',
  )
}

/** `-A i-1` for what goes, `+A i-1` for what comes; a hold by its value. */
const changes = ({actions}: Plan) =>
  actions
    .flatMap(action => (action.kind === 'register' || action.kind === 'deregister' ? [action] : []))
    .flatMap(({create, remove}) => [
      ...create.map(member => `+${text(member)}`),
      ...remove.map(member => `-${text(member)}`),
    ])
const text = ({type, value, mark}: Member) => (type === 'TXT' ? value : `${type} ${mark?.instance}`)
const notes = (of: Plan) => of.notes.map(({kind, blocks}) => `${kind}${blocks ? '!' : ''}`)

test.each<[rule: string, seen: Case, changes: string[], notes: string[]]>([
  ['healthy ones stay', {}, [], []],
  ['an unhealthy one leaves', {health: {'i-1': SICK}}, ['-A i-1'], ['unhealthy']],
  [
    'with a hold where it registers itself',
    {health: {'i-1': SICK}, registration: 'self'},
    ['+out i-1', '-A i-1'],
    ['unhealthy'],
  ],
  ['one of whom nothing is known yet stays', {health: {'i-1': UNSURE}}, [], []],
  [
    'the hold stays as long as it is unhealthy',
    {
      health: {'i-1': SICK},
      registration: 'self',
      members: [b, c, d].map(each => record(each)),
      holds: [held('i-1')],
    },
    [],
    ['unhealthy'],
  ],
  [
    'and as long as nothing is known',
    {health: {'i-1': UNSURE}, members: [b, c, d].map(each => record(each)), holds: [held('i-1')]},
    [],
    [],
  ],
  [
    'recovered, it is back without its hold, also where it registers itself',
    {registration: 'self', members: [b, c, d].map(each => record(each)), holds: [held('i-1')]},
    ['-out i-1', '+A i-1'],
    [],
  ],
  [
    'nor does mcd wait for the script of one that it had held out itself',
    {
      registration: 'self',
      instances: [{...a, launchedAtMs: NOW_MS - 60_000}, b, c, d],
      members: [b, c, d].map(each => record(each)),
      holds: [held('i-1')],
    },
    ['-out i-1', '+A i-1'],
    [],
  ],
  [
    'back by its own hand with the hold standing, it is taken out once more',
    {health: {'i-1': SICK}, registration: 'self', holds: [held('i-1')]},
    ['-A i-1'],
    ['unhealthy'],
  ],
  [
    'its edited record is not put right first',
    {health: {'i-1': SICK}, members: [record(a, {ttlSeconds: 300}), ...[b, c, d].map(each => record(each))]},
    ['-A i-1'],
    ['unhealthy'],
  ],
  [
    'the last ones stay',
    {health: {'i-1': SICK, 'i-2': SICK, 'i-3': SICK, 'i-4': SICK}},
    [],
    ['last-addresses!'],
  ],
  [
    'unless that is allowed',
    {health: {'i-1': SICK, 'i-2': SICK, 'i-3': SICK, 'i-4': SICK}, allowEmpty: true},
    ['-A i-1', '-A i-2', '-A i-3', '-A i-4'],
    ['unhealthy', 'unhealthy', 'unhealthy', 'unhealthy'],
  ],
  [
    'the last ones are those that neither are drained nor leave',
    {
      health: {'i-3': SICK, 'i-4': SICK},
      journal: recorded({type: 'drain-asked', instances: ['i-1']}),
      instances: [a, {...b, state: 'gone'}, c, d],
    },
    ['+out i-1 drained', '-A i-1', '-A i-2'],
    ['drained', 'last-addresses!'],
  ],
  [
    "a stranger's address is somebody left",
    {health: {'i-1': SICK}, members: [record(a), foreign('203.0.113.7')], instances: [a]},
    ['-A i-1'],
    ['unhealthy'],
  ],
  [
    'nobody answers at all: that is the prober',
    {health: {'i-1': DEAF, 'i-2': DEAF, 'i-3': DEAF, 'i-4': DEAF}, allowEmpty: true},
    [],
    ['health-unknown!'],
  ],
  [
    'one error among the silent is an answer',
    {health: {'i-1': DEAF, 'i-2': SICK, 'i-3': DEAF, 'i-4': UNSURE}},
    ['-A i-1', '-A i-2', '-A i-3'],
    ['unhealthy', 'unhealthy', 'unhealthy'],
  ],
  [
    'what a drained one answers is an answer, too: it is not the prober',
    {
      health: {'i-2': DEAF, 'i-3': DEAF, 'i-4': UNSURE},
      journal: recorded({type: 'drain-asked', instances: ['i-1']}),
      members: [b, c, d].map(each => record(each)),
      holds: [held('i-1', 'drained')],
    },
    ['-A i-2', '-A i-3'],
    ['drained', 'unhealthy', 'unhealthy'],
  ],
  [
    'and where a drained one is silent as well, nobody has answered',
    {
      health: {'i-1': DEAF, 'i-2': DEAF, 'i-3': DEAF, 'i-4': DEAF},
      journal: recorded({type: 'drain-asked', instances: ['i-1']}),
      members: [b, c, d].map(each => record(each)),
      holds: [held('i-1', 'drained')],
    },
    [],
    ['drained', 'health-unknown!'],
  ],
  [
    'a drained one is out with a hold, however it registers and however well it is',
    {journal: recorded({type: 'drain-asked', instances: ['i-1']})},
    ['+out i-1 drained', '-A i-1'],
    ['drained'],
  ],
  [
    'where it was held for its health before, it is held as drained from now on',
    {
      health: {'i-1': SICK},
      registration: 'self',
      journal: recorded({type: 'drain-asked', instances: ['i-1']}),
      members: [b, c, d].map(each => record(each)),
      holds: [held('i-1')],
    },
    ['+out i-1 drained', '-out i-1'],
    ['drained'],
  ],
  [
    'a hold that says drained is respected where no journal knows of it',
    {members: [b, c, d].map(each => record(each)), holds: [held('i-1', 'drained')]},
    [],
    ['drained'],
  ],
  [
    'one that was lifted and is well is back',
    {
      members: [b, c, d].map(each => record(each)),
      holds: [held('i-1', 'drained')],
      journal: recorded(
        {type: 'drain-asked', instances: ['i-1']},
        {type: 'drain-lifted', instances: ['i-1']},
      ),
    },
    ['-out i-1 drained', '+A i-1'],
    [],
  ],
  [
    'one that was lifted and is not well is held for its health alone',
    {
      health: {'i-1': SICK},
      registration: 'self',
      members: [b, c, d].map(each => record(each)),
      holds: [held('i-1', 'drained')],
      journal: recorded(
        {type: 'drain-asked', instances: ['i-1']},
        {type: 'drain-lifted', instances: ['i-1']},
      ),
    },
    ['+out i-1', '-out i-1 drained'],
    ['unhealthy'],
  ],
  ['who is stopped has its address swept', {instances: [{...a, state: 'stopped'}, b, c, d]}, ['-A i-1'], []],
])('sync: %s', (_rule, seen, wanted, said) => {
  const next = planned(seen)
  expect(changes(next)).toEqual(wanted)
  expect(notes(next)).toEqual(said)
  const kinds = new Set(next.actions.map(({kind}) => kind))
  expect([...kinds].filter(kind => kind !== 'register' && kind !== 'deregister')).toEqual([])
})

describe('up', () => {
  const young = {...a, launchedAtMs: NOW_MS - 60_000}

  test('leaves those that boot the time to do so, which sync does not need', () => {
    const seen: Case = {instances: [young, b, c, d], health: {'i-1': SICK}}
    expect(changes(planned({...seen, goal: {kind: 'up'}}))).toEqual([])
    expect(changes(planned(seen))).toEqual(['-A i-1'])
    expect(changes(planned({health: {'i-1': SICK}, goal: {kind: 'up'}}))).toEqual(['-A i-1'])
  })

  test('leaves no time to those that have served before', () => {
    const health = {'i-1': {...SICK, hasServed: true}}
    const next = planned({instances: [young, b, c, d], health, goal: {kind: 'up'}})
    expect(changes(next)).toEqual(['-A i-1'])
    expect(notes(next)).toEqual(['unhealthy!'])
    expect(next.actions.some(({kind}) => kind === 'wait')).toBe(false)
  })

  test('a drained one fills its place, is not waited for, and is not in the way of a rollout', () => {
    const journal = recorded({type: 'drain-asked', instances: ['i-1']})
    const seen: Case = {goal: {kind: 'up'}, journal, health: {'i-1': SICK}, holds: [held('i-1', 'drained')]}
    const members = [b, c, d].map(each => record(each))
    expect(planned({...seen, members}).actions).toEqual([])
    const older = [a, ...[b, c, d].map(each => ({...each, mark: {...each.mark, spec: 'bbbbbbbbbbbb'}}))]
    const rolling = planned({...seen, members, instances: older})
    expect(rolling.actions.map(({kind}) => kind)).toContain('launch')
  })
})

test('down of others keeps the hold of a drained one', () => {
  const next = planned({
    goal: {kind: 'down', instances: ['i-4']},
    members: [b, c, d].map(each => record(each)),
    holds: [held('i-1', 'drained')],
  })
  expect(changes(next)).toEqual(['-A i-4'])
})

test.each([
  ['out i-0abc', 'i-0abc', false],
  ['out i-0abc drained', 'i-0abc', true],
  ['out i-0abc some newer word', 'i-0abc', false],
  ['out i-0abcdrained', 'i-0abcdrained', false],
  ['about i-0abc', undefined, false],
])('the hold "%s" is of %s; drained: %s', (value, id, isDrained) => {
  expect([holdInstance(value), isDrainedHold(value)]).toEqual([id, isDrained])
})
