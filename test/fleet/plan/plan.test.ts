import {describe, expect, test} from 'vitest'
import {isReady} from '../../../src/fleet/plan/action.ts'
import {plan} from '../../../src/fleet/plan/plan.ts'
import {
  desired,
  dnsName,
  EAST,
  fleet,
  foreign,
  group,
  hold,
  instance,
  left,
  NOW_MS,
  observed,
  record,
  recorded,
  VIRGINIA,
  ZONE,
} from '../../support/fleet-builder.ts'
import {INGRESS, kinds, launched, launchIntent, only} from '../../support/plan-builder.ts'

const a = instance('i-1')
const b = instance('i-2')
const c = instance('i-3')

const two = fleet([group('virginia', 2)])

describe('what is ready next', () => {
  test.each([
    // rule                                                    desired                                      recorded                              observed                                                             ready
    [
      'does nothing when everything is as declared',
      desired(two),
      recorded(),
      observed({instances: [a, b], members: [record(a), record(b)]}),
      [],
    ],
    ['launches what is missing', desired(two), recorded(), observed(), ['launch']],
    [
      'launches only the difference',
      desired(two),
      recorded(),
      observed({instances: [a], members: [record(a)]}),
      ['launch'],
    ],
    [
      'waits for one that boots',
      desired(two),
      recorded(),
      observed({instances: [a, {...b, state: 'pending'}], members: [record(a)]}),
      ['wait'],
    ],
    [
      'registers what is healthy and not in DNS',
      desired(two),
      recorded(),
      observed({instances: [a, b], members: [record(a)]}),
      ['register'],
    ],
    [
      'never registers what is not healthy',
      desired(two),
      recorded(),
      observed({instances: [a, b], members: [record(a)], unhealthy: ['i-2']}),
      ['wait'],
    ],
    [
      'takes a surplus one out of DNS first',
      desired(two),
      recorded(),
      observed({instances: [a, b, c], members: [record(a), record(b), record(c)]}),
      ['deregister'],
    ],
    [
      'waits until the removal is served',
      desired(two),
      recorded(...left(c)),
      observed({instances: [a, b, c], members: [record(a), record(b)]}),
      ['drain'],
    ],
    [
      'waits until resolvers have forgotten',
      desired(two),
      recorded(...left(c, {servedAtMs: NOW_MS - 64_000})),
      observed({instances: [a, b, c], members: [record(a), record(b)]}),
      ['drain'],
    ],
    [
      'terminates after the TTL and its margin',
      desired(two),
      recorded(...left(c, {servedAtMs: NOW_MS - 65_000})),
      observed({instances: [a, b, c], members: [record(a), record(b)]}),
      ['terminate'],
    ],
    [
      'takes it out again when its script was faster',
      desired(two),
      recorded(...left(c, {servedAtMs: NOW_MS - 65_000})),
      observed({instances: [a, b, c], members: [record(a), record(b), record(c)]}),
      ['deregister'],
    ],
    [
      'removes a record whose instance is gone',
      desired(two),
      recorded(),
      observed({instances: [a, b, {...c, state: 'gone'}], members: [record(a), record(b), record(c)]}),
      ['deregister'],
    ],
    [
      'removes a hold whose instance is gone',
      desired(two),
      recorded(),
      observed({instances: [a, b], members: [record(a), record(b)], holds: [hold('i-9')]}),
      ['deregister'],
    ],
    [
      'lifts a hold that no drain in the journal explains',
      desired(two),
      recorded(),
      observed({instances: [a, b], members: [record(a), record(b)], holds: [hold('i-2')]}),
      ['deregister'],
    ],
    [
      'repairs a record of ours with another address',
      desired(two),
      recorded(),
      observed({instances: [a, b], members: [record(a), record(b, {value: '192.0.2.99'})]}),
      ['register'],
    ],
    [
      'repairs a record of ours with another TTL',
      desired(two),
      recorded(),
      observed({instances: [a, b], members: [record(a), record(b, {ttlSeconds: 300})]}),
      ['register'],
    ],
    [
      'leaves foreign records and gives no second one beside an equal one',
      desired(two),
      recorded(),
      observed({instances: [a, b], members: [record(a), foreign('192.0.2.2'), foreign('203.0.113.9')]}),
      [],
    ],
    [
      'does not touch a place it cannot read',
      desired(two),
      recorded(),
      observed({unreadable: [VIRGINIA.key], members: [record(a), record(b)]}),
      [],
    ],
    [
      'does not touch a name it cannot read',
      desired(two),
      recorded(),
      observed({instances: [a, b], unreadable: ['cloudflare/www.example.com']}),
      [],
    ],
    [
      'leaves the fleet of that name under another DNS name',
      desired(fleet([group('virginia', 0)])),
      recorded(),
      observed({instances: [instance('i-7', {dns: 'other.example.com'})]}),
      [],
    ],
    [
      'knows an owner name of earlier days',
      desired(fleet([group('virginia', 0)])),
      recorded({type: 'owner-recorded', dns: 'old.example.com'}),
      observed({instances: [instance('i-7', {dns: 'old.example.com'})]}),
      ['deregister'],
    ],
    [
      'does not count one that is stopping',
      desired(two),
      recorded(),
      observed({instances: [a, {...b, state: 'stopping'}], members: [record(a)]}),
      ['launch'],
    ],
    [
      'keeps one whose state it does not know',
      desired(two),
      recorded(),
      observed({instances: [a, {...b, state: 'unknown'}], members: [record(a), record(b)]}),
      ['wait'],
    ],
    [
      'ends everything on down, DNS first',
      desired(two, {goal: {kind: 'down'}}),
      recorded(),
      observed({instances: [a, b], members: [record(a), record(b)]}),
      ['deregister'],
    ],
    [
      'ends only the named instance',
      desired(two, {goal: {kind: 'down', instances: ['i-2']}}),
      recorded(...left(b, {servedAtMs: NOW_MS - 99_000})),
      observed({instances: [a, b], members: [record(a)]}),
      ['terminate'],
    ],
    [
      'has nothing to do when all is down',
      desired(two, {goal: {kind: 'down'}}),
      recorded(),
      observed({instances: [{...a, state: 'gone'}]}),
      [],
    ],
  ] as const)('%s', (_rule, want, known, seen, ready) => {
    expect(kinds(plan(want, known, seen, 'run-1'))).toEqual(ready)
  })
})

test('no instance in a zone that cannot be read is ended', () => {
  const {actions} = plan(
    desired(two, {goal: {kind: 'down'}}),
    recorded(),
    observed({instances: [a, b], unreadable: ['cloudflare/www.example.com']}),
    'run-1',
  )
  expect(kinds({actions})).toEqual([])
  expect(actions.map(({kind}) => kind)).toContain('terminate')
})

test('sends an open launch again under its own key instead of launching anew', () => {
  const known = recorded(launchIntent('l-9', 2))
  const {actions} = plan(desired(two), known, observed(), 'run-1')
  expect(
    actions.flatMap(action => (action.kind === 'launch' ? [[action.resumes, action.count]] : [])),
  ).toEqual([['l-9', 2]])
})

test('what was launched and is not shown yet is waited for, and launched anew only when it never appears', () => {
  const known = recorded(launchIntent('l-9', 2), launched('l-9', ['i-8', 'i-9']))
  expect(kinds(plan(desired(two), known, observed({atMs: NOW_MS + 60_000}), 'run-1'))).toEqual(['wait'])
  expect(kinds(plan(desired(two), known, observed({atMs: NOW_MS + 600_000}), 'run-1'))).toEqual(['launch'])
})

test('a renamed group leaves only after the new one serves', () => {
  const old = instance('i-5', {group: 'before'})
  const seen = (instances: (typeof a)[], members: ReturnType<typeof record>[]) =>
    observed({instances, members})
  const during = plan(desired(two), recorded(), seen([old], [record(old)]), 'run-1')
  expect(kinds(during)).toEqual(['launch'])
  expect(only(during, 'deregister').every(action => !isReady(action))).toBe(true)
  const after = plan(
    desired(two),
    recorded(),
    seen([old, a, b], [record(old), record(a), record(b)]),
    'run-1',
  )
  expect(kinds(after)).toEqual(['deregister'])
})

describe('an instance that registers itself', () => {
  const self = fleet([group('virginia', 1)], {names: [dnsName({registration: 'self'})]})
  test.each([
    ['is waited for while it is young', NOW_MS - 60_000, ['wait']],
    ['is put in by mcd when it has had its time', NOW_MS - 600_000, ['register']],
  ] as const)('%s', (_rule, launchedAtMs, ready) => {
    expect(
      kinds(plan(desired(self), recorded(), observed({instances: [{...a, launchedAtMs}]}), 'run-1')),
    ).toEqual(ready)
  })

  test('is held out of DNS in the same change that removes it', () => {
    const {actions} = plan(
      desired(self, {goal: {kind: 'down'}}),
      recorded(),
      observed({instances: [a], members: [record(a)]}),
      'run-1',
    )
    const out = actions.find(action => action.kind === 'deregister')
    expect(out?.create.map(({name, value}) => [name, value])).toEqual([['_mcd.www.example.com', 'out i-1']])
    expect(out?.remove.map(({value}) => value)).toEqual(['192.0.2.1'])
  })
})

describe('registration by mcd costs few writes', () => {
  const many = fleet([group('virginia', 3)])
  const fresh = [a, b, c].map(each => ({...each, mark: {...each.mark, launch: 'l-9'}, launchedAtMs: NOW_MS}))
  const known = recorded(launchIntent('l-9', 3, {run: 'run-1'}), {
    ...launched('l-9', ['i-1', 'i-2', 'i-3']),
    run: 'run-1',
  })
  const registers = (atMs: number, unhealthy: string[]) => {
    const seen = {
      ...observed({instances: fresh, unhealthy, atMs}),
      health: new Map(
        fresh.map(({id}) => [
          id,
          {verdict: unhealthy.includes(id) ? ('unknown' as const) : ('healthy' as const), sinceMs: NOW_MS},
        ]),
      ),
    }
    return plan(desired(many), known, seen, 'run-1').actions.filter(
      action => action.kind === 'register' && isReady(action),
    ).length
  }
  test.each([
    ['not while some still boot', NOW_MS + 29_000, ['i-3'], 0],
    ['30 s after the first is healthy', NOW_MS + 30_000, ['i-3'], 1],
    ['at once when all are healthy', NOW_MS, [], 1],
  ] as const)('%s', (_rule, atMs, unhealthy, count) => {
    expect(registers(atMs, [...unhealthy])).toBe(count)
  })
})

test('one unreachable cloud does not keep the other from its work', () => {
  const both = fleet([group('virginia', 1), group('east', 1, {place: EAST})])
  const {actions, notes} = plan(
    desired(both),
    recorded(),
    observed({unreadable: [EAST.key]}, [VIRGINIA, EAST]),
    'run-1',
  )
  expect(actions.filter(isReady).map(action => [action.kind, 'place' in action && action.place])).toEqual([
    ['launch', VIRGINIA.key],
  ])
  expect(notes.map(({kind, blocks}) => [kind, blocks])).toEqual([['unreachable', true]])
})

test('ingress is removed once nothing is behind it, and not before', () => {
  const down = desired(two, {goal: {kind: 'down'}})
  const ready = (instances: (typeof a)[]) =>
    kinds(
      plan(
        down,
        recorded(...left(a, {servedAtMs: NOW_MS - 99_000})),
        observed({instances, network: [INGRESS]}),
        'run-1',
      ),
    )
  expect(ready([a])).toEqual(['terminate'])
  expect(ready([{...a, state: 'stopping'}])).toEqual(['wait'])
  expect(ready([{...a, state: 'gone'}])).toEqual(['remove-network'])
})

test('a surplus takes first what does not serve, then from the fullest zone', () => {
  const d = instance('i-4', {zone: 'b'})
  const chosen = (unhealthy: string[]) =>
    plan(
      desired(fleet([group('virginia', 2)])),
      recorded(),
      observed({instances: [a, b, d], members: [record(a), record(b), record(d)], unhealthy}),
      'run-1',
    ).actions.flatMap(action => (action.kind === 'deregister' ? action.leaving : []))
  expect(chosen([])).toEqual(['i-1'])
  expect(chosen(['i-4'])).toEqual(['i-4'])
})

test('one that no longer answers, long past its boot, is told of at once and not waited for', () => {
  const seen = observed({instances: [a, b], members: [record(a), record(b)]})
  const health = new Map(seen.health).set(b.id, {
    verdict: 'unhealthy',
    sinceMs: NOW_MS,
    why: 'connection refused',
  } as const)
  const {actions, notes} = plan(desired(two), recorded(), {...seen, health}, 'run-1')
  expect(actions.map(({key}) => key)).toEqual([`keep out ${ZONE} unhealthy`])
  expect(notes.map(({kind, blocks, instance}) => [kind, blocks, instance])).toEqual([
    ['unhealthy', true, 'i-2'],
  ])
  const young = {...b, launchedAtMs: NOW_MS - 60_000}
  const booting = {...observed({instances: [a, young], members: [record(a), record(b)]}), health}
  expect(kinds(plan(desired(two), recorded(), booting, 'run-1'))).toEqual(['wait'])
})

test('an instance that is older than the name is not waited for: its script cannot know it', () => {
  const self = fleet([group('virginia', 1)], {names: [dnsName({registration: 'self'})]})
  const young = {...a, launchedAtMs: NOW_MS - 60_000}
  const published = (atMs: number) =>
    recorded({
      type: 'name-published',
      vendor: 'cloudflare',
      zone: 'example.com',
      name: 'www.example.com',
      ttlSeconds: 60,
      atMs,
    })
  const ready = (atMs: number) =>
    kinds(plan(desired(self), published(atMs), observed({instances: [young]}), 'run-1'))
  expect(ready(NOW_MS - 120_000)).toEqual(['wait'])
  expect(ready(NOW_MS - 1_000)).toEqual(['register'])
})
