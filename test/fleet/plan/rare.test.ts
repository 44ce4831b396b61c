import {describe, expect, test} from 'vitest'
import {nameKey, type Observed} from '../../../src/fleet/observed.ts'
import {plan} from '../../../src/fleet/plan/plan.ts'
import type {Member} from '../../../src/providers/dns.ts'
import {
  desired,
  dnsName,
  EAST,
  fleet,
  group,
  hold,
  instance,
  left,
  NOW_MS,
  observed,
  record,
  recorded,
  VIRGINIA,
  wish,
} from '../../support/fleet-builder.ts'
import {INGRESS, kinds, launched, launchIntent, only, ready} from '../../support/plan-builder.ts'

const a = instance('i-1')
const b = instance('i-2')
const two = fleet([group('virginia', 2)])

/** What stands under a second name, beside what `observed` shows of www. */
const also = (
  seen: Observed,
  vendor: 'cloudflare' | 'route53',
  name: string,
  members: Member[] | 'unreadable',
) => ({
  ...seen,
  names: new Map([
    ...seen.names,
    [
      nameKey(vendor, name),
      members === 'unreadable'
        ? {readable: false as const, why: 'timed out.'}
        : {readable: true as const, members, holds: []},
    ],
  ]),
})

describe('a launch that nobody has seen the end of', () => {
  const open = recorded(launchIntent('l-9', 2, {atMs: NOW_MS - 10_000}))

  test('keeps a record whose instance no listing shows yet: it may be of that launch', () => {
    const seen = observed({instances: [a], members: [record(a), record(instance('i-7'))]})
    expect(only(plan(desired(two), open, seen, 'run-1'), 'deregister')).toEqual([])
  })

  test('is looked for by down, and never sent again', () => {
    const of = plan(desired(two, {goal: {kind: 'down'}}), open, observed(), 'run-1')
    expect(ready(of).map(({kind, ...rest}) => [kind, 'launch' in rest && rest.launch])).toEqual([
      ['adopt', 'l-9'],
    ])
  })

  test('is looked for where its group is no longer declared', () => {
    const of = plan(desired(fleet([group('ohio', 0)])), open, observed(), 'run-1')
    expect(kinds(of)).toEqual(['adopt'])
  })

  test('keeps its ingress until it is settled', () => {
    const of = plan(desired(two, {goal: {kind: 'down'}}), open, observed({network: [INGRESS]}), 'run-1')
    expect(kinds(of)).toEqual(['adopt'])
  })
})

describe('an instance that was launched and is not shown yet', () => {
  const known = recorded(
    launchIntent('l-9', 1, {atMs: NOW_MS - 3_600_000}),
    launched('l-9', ['i-9'], NOW_MS - 20_000),
  )

  test('counts as there since the cloud answered, however old the intent is', () => {
    expect(kinds(plan(desired(fleet([group('virginia', 1)])), known, observed(), 'run-1'))).toEqual(['wait'])
  })

  test('is waited for by down, so that it does not outlive it', () => {
    expect(kinds(plan(desired(two, {goal: {kind: 'down'}}), known, observed(), 'run-1'))).toEqual(['adopt'])
  })
})

test('a stranger under a shared name is not gone: its record stays', () => {
  const theirs = instance('i-7', {dns: 'other.example.com'})
  const seen = observed({instances: [a, b, theirs], members: [record(a), record(b), record(theirs)]})
  expect(kinds(plan(desired(two), recorded(), seen, 'run-1'))).toEqual([])
})

describe('a name is never emptied on the way to somewhere else', () => {
  const both = fleet([group('virginia', 0), group('east', 1, {place: EAST})])
  const east = instance('i-5', {group: 'east', place: EAST.key})

  test('what a group gives up stays until what another one gains serves, where nothing else would', () => {
    const during = plan(
      desired(both),
      recorded(),
      observed({instances: [a], members: [record(a)]}, [VIRGINIA, EAST]),
      'run-1',
    )
    expect(kinds(during)).toEqual(['launch'])
    const after = plan(
      desired(both),
      recorded(),
      observed({instances: [a, east], members: [record(a), record(east)]}, [VIRGINIA, EAST]),
      'run-1',
    )
    expect(kinds(after)).toEqual(['deregister'])
  })

  test('a surplus leaves at once where others go on serving', () => {
    const of = fleet([group('virginia', 1), group('east', 2, {place: EAST})])
    const seen = observed({instances: [a, b], members: [record(a), record(b)]}, [VIRGINIA, EAST])
    expect(kinds(plan(desired(of), recorded(), seen, 'run-1')).sort()).toEqual(['deregister', 'launch'])
  })

  test('a double that its own launch has ended already is no surplus, though the cloud still shows it', () => {
    const answer = {
      ...launched('l-1', ['i-1']),
      result: {kind: 'done', instances: ['i-1'], doubles: ['i-2']} as const,
    }
    const seen = observed({instances: [a, b], members: [record(a)], network: [INGRESS]})
    const next = plan(
      desired(fleet([group('virginia', 1)])),
      recorded(launchIntent('l-1', 1), answer),
      seen,
      'run-1',
    )
    expect(only(next, 'terminate')).toEqual([])
  })

  test('a double that its own launch has ended leaves no record behind', () => {
    const answer = {
      ...launched('l-1', ['i-1']),
      result: {kind: 'done', instances: ['i-1'], doubles: ['i-2']} as const,
    }
    const one = desired(fleet([group('virginia', 1)]))
    const seen = observed({instances: [a], members: [record(a), record(b)], network: [INGRESS]})
    const next = plan(one, recorded(launchIntent('l-1', 1), answer), seen, 'run-1')
    expect(only(next, 'deregister')).toMatchObject([{remove: [record(b)]}])
    expect(next.notes).toEqual([])
  })

  test('an outdated instance keeps its record, TTL and all, until its replacement serves', () => {
    const old = instance('i-5', {spec: 'bbbbbbbbbbbb'})
    const seen = observed({instances: [old], members: [record(old, {ttlSeconds: 300})]})
    expect(kinds(plan(desired(fleet([group('virginia', 1)])), recorded(), seen, 'run-1'))).toEqual(['launch'])
  })
})

describe('a name of earlier days', () => {
  const api = fleet([group('virginia', 2)], {
    dns: 'api.example.com',
    names: [dnsName({vendor: 'route53', name: 'api.example.com'})],
  })
  const known = recorded(
    {type: 'owner-recorded', dns: 'www.example.com'},
    {
      type: 'name-published',
      vendor: 'cloudflare',
      zone: 'example.com',
      name: 'www.example.com',
      ttlSeconds: 60,
    },
  )
  const seen = (members: Member[] | 'unreadable', unhealthy: string[] = []) =>
    also(
      observed({instances: [a, b], members: [record(a), record(b)], unhealthy}),
      'route53',
      'api.example.com',
      members,
    )
  const joined = [a, b].map(each => record(each, {name: 'api.example.com'}))

  test.each([
    ['stays while the instances have no health verdict yet', seen([], ['i-1', 'i-2']), ['wait']],
    ['stays while the new name cannot be read', seen('unreadable'), []],
    ['stays while one of them is not in the new name', seen(joined.slice(0, 1)), ['register']],
    ['is left when all stand in the new one', seen(joined), ['deregister']],
  ] as const)('%s', (_rule, look, expected) => {
    expect(kinds(plan(desired(api), known, look, 'run-1'))).toEqual(expected)
  })
})

describe('how long resolvers may remember', () => {
  const down = desired(fleet([group('virginia', 1)]), {goal: {kind: 'down'}})

  test('counts the TTL that the removed record had, whoever set it', () => {
    const step = 'leave'
    const known = recorded(
      {
        type: 'intent',
        step,
        what: {
          kind: 'change-dns',
          zone: 'cloudflare/example.com',
          change: {create: [], remove: [record(a, {ttlSeconds: 3600})]},
          leaving: ['i-1'],
        },
      },
      {type: 'outcome', step, result: {kind: 'done', receipt: {id: 'c-1'}}},
      {type: 'removal-served', zone: 'cloudflare/example.com', instances: ['i-1'], atMs: NOW_MS - 100_000},
    )
    expect(kinds(plan(down, known, observed({instances: [a]}), 'run-1'))).toEqual(['drain'])
  })

  test('a removal whose outcome was lost is still asked about', () => {
    const removal = {
      kind: 'change-dns' as const,
      zone: 'cloudflare/example.com',
      change: {create: [], remove: [record(a)]},
      leaving: ['i-1'],
    }
    const known = recorded(
      {type: 'intent', step: 'lost', what: removal},
      {type: 'intent', step: 'again', what: {...removal, change: {create: [], remove: []}}},
      {type: 'outcome', step: 'again', result: {kind: 'done'}},
    )
    expect(known.leaving.get('i-1')?.zones.get('cloudflare/example.com')?.removed).toEqual([record(a)])
  })

  test('a started instance that was in DNS is drained although it is pending', () => {
    const known = recorded(...left(a))
    expect(kinds(plan(down, known, observed({instances: [{...a, state: 'pending'}]}), 'run-1'))).toEqual([
      'drain',
    ])
  })
})

describe('an instance on its way down by somebody else', () => {
  const stopping = {...b, state: 'stopping' as const}

  test('leaves DNS at once', () => {
    const seen = observed({instances: [a, stopping], members: [record(a), record(b)]})
    const of = plan(desired(fleet([group('virginia', 1)])), recorded(), seen, 'run-1')
    expect(
      ready(of).map(action => [action.kind, 'remove' in action && action.remove.map(({value}) => value)]),
    ).toEqual([['deregister', ['192.0.2.2']]])
  })

  test('is seen to its end by down', () => {
    const seen = observed({instances: [stopping]})
    expect(kinds(plan(desired(two, {goal: {kind: 'down'}}), recorded(), seen, 'run-1'))).toEqual([
      'deregister',
    ])
    const known = recorded(...left(b))
    expect(kinds(plan(desired(two, {goal: {kind: 'down'}}), known, seen, 'run-1'))).toEqual(['wait'])
  })
})

test('ingress that a group has exchanged for named groups goes once its last old instance has', () => {
  const named = fleet([group('virginia', 1, {wish: wish({open: [80], securityGroups: ['sg-x']})})])
  const old = instance('i-5', {spec: 'bbbbbbbbbbbb'})
  expect(
    kinds(
      plan(
        desired(named),
        recorded(),
        observed({instances: [a], members: [record(a)], network: [INGRESS]}),
        'run-1',
      ),
    ),
  ).toEqual(['remove-network'])
  expect(
    kinds(
      plan(
        desired(named),
        recorded(...left(old, {servedAtMs: NOW_MS - 1_000})),
        observed({instances: [a, old], members: [record(a)], network: [INGRESS]}),
        'run-1',
      ),
    ),
  ).toEqual(['drain'])
})

test('what boots is waited for although another launch of its group is still to come', () => {
  const seen = observed({instances: [{...a, state: 'pending'}]})
  expect(kinds(plan(desired(two, {zones: ['a', 'b']}), recorded(), seen, 'run-1')).sort()).toEqual([
    'launch',
    'wait',
  ])
})

test('a group whose launch could not be resolved says that it is short, and why', () => {
  const base = desired(two)
  const want = {
    ...base,
    groups: base.groups.map(({group: of}) => ({group: of, unresolved: 'EC2 is silent.'})),
  }
  const {actions, notes} = plan(want, recorded(), observed({instances: [a], members: [record(a)]}), 'run-1')
  expect(actions).toEqual([])
  expect(notes.map(({kind, blocks, text}) => [kind, blocks, text.includes('EC2 is silent.')])).toEqual([
    ['shortfall', true, true],
  ])
})

test('whoever comes back after its removal is held out, however it registers', () => {
  const of = plan(
    desired(fleet([group('virginia', 0)])),
    recorded(...left(a, {servedAtMs: NOW_MS - 10_000})),
    observed({instances: [a], members: [record(a)]}),
    'run-1',
  )
  expect(only(of, 'deregister').flatMap(({create}) => create.map(({value}) => value))).toEqual([
    hold('i-1').value,
  ])
})

test('whoever is held out and leaves keeps its hold, also where the journal of its leaving was lost', () => {
  const of = plan(
    desired(fleet([group('virginia', 1)], {names: [dnsName({registration: 'self'})]})),
    recorded(),
    observed({instances: [a, b], members: [record(a)], holds: [hold('i-2')], unhealthy: ['i-2']}),
    'run-1',
  )
  expect(only(of, 'deregister').map(({leaving, remove}) => [leaving, remove])).toEqual([[['i-2'], []]])
})
