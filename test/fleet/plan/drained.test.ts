import {describe, expect, test} from 'vitest'
import {withLoweredTtls} from '../../../src/fleet/desire/lowered-ttl.ts'
import type {Desired} from '../../../src/fleet/desired.ts'
import {type Action, isReady} from '../../../src/fleet/plan/action.ts'
import {plan} from '../../../src/fleet/plan/plan.ts'
import type {JournalEvent} from '../../../src/journal/events.ts'
import {
  desired,
  dnsName,
  fleet,
  group,
  hold,
  instance,
  left,
  NOW_MS,
  observed,
  record,
  recorded,
  type Seen,
  ZONE,
} from '../../support/fleet-builder.ts'
import {kinds, only} from '../../support/plan-builder.ts'

type Timed = JournalEvent & {atMs?: number}

const a = instance('i-1')
const b = instance('i-2')
const c = instance('i-3')
const two = fleet([group('virginia', 2)])
const drainedHold = (id: string) => ({...hold(id), value: `out ${id} drained`})

const draining = (until: 'removed' | 'forgotten' = 'forgotten'): Desired =>
  desired(two, {goal: {kind: 'sync', drain: ['i-1'], until}})

/** i-1 left DNS alive, and since when that is served. */
const heldOut = ({servedAtMs}: {servedAtMs?: number} = {}): Timed[] => [
  {type: 'drain-asked', instances: ['i-1']},
  ...left(a).map((event): Timed => {
    if (event.type !== 'intent' || event.what.kind !== 'change-dns') return event
    return {...event, what: {...event.what, leaving: [], heldOut: ['i-1']}}
  }),
  ...(servedAtMs === undefined
    ? []
    : [{type: 'absence-served' as const, zone: ZONE, instances: ['i-1'], atMs: servedAtMs}]),
]

const OUT: Seen = {instances: [a, b], members: [record(b)], holds: [drainedHold('i-1')]}

describe('a drain', () => {
  test.each([
    [
      'takes the instance out first',
      draining(),
      recorded(),
      {instances: [a, b], members: [record(a), record(b)]},
      ['deregister'],
    ],
    [
      'notes that nothing stands there where the journal does not know it',
      draining(),
      recorded(),
      OUT,
      ['deregister'],
    ],
    ['waits until the removal is served', draining(), recorded(...heldOut()), OUT, ['drain']],
    [
      'waits until resolvers have forgotten',
      draining(),
      recorded(...heldOut({servedAtMs: NOW_MS - 64_000})),
      OUT,
      ['drain'],
    ],
    [
      'is over after the TTL and its margin',
      draining(),
      recorded(...heldOut({servedAtMs: NOW_MS - 65_000})),
      OUT,
      [],
    ],
    ['with --no-wait is over with the removal', draining('removed'), recorded(...heldOut()), OUT, []],
    [
      'takes it out again when its script was faster',
      draining(),
      recorded(...heldOut({servedAtMs: NOW_MS - 65_000})),
      {...OUT, members: [record(a), record(b)]},
      ['deregister'],
    ],
    [
      'is nothing that another sync waits for',
      desired(two, {goal: {kind: 'sync'}}),
      recorded(...heldOut()),
      OUT,
      [],
    ],
    ['is nothing that up waits for', desired(two), recorded(...heldOut()), OUT, []],
  ])('%s', (_rule, wanted, known, seen, ready) => {
    expect(kinds(plan(wanted, known, observed(seen), 'run-1'))).toEqual(ready)
  })

  test('an end that follows goes on with the time already waited', () => {
    const down = desired(two, {goal: {kind: 'down', instances: ['i-1']}})
    const events = (servedAtMs: number) => [
      ...heldOut({servedAtMs}),
      {
        type: 'intent',
        step: 's-down',
        what: {kind: 'change-dns', zone: ZONE, change: {create: [], remove: []}, leaving: ['i-1']},
      } as const,
      {type: 'outcome', step: 's-down', result: {kind: 'done'}} as const,
    ]
    const ready = (servedAtMs: number) =>
      kinds(plan(down, recorded(...events(servedAtMs)), observed(OUT), 'run-1'))
    expect(ready(NOW_MS - 64_000)).toEqual(['drain'])
    expect(ready(NOW_MS - 65_000)).toEqual(['terminate'])
  })

  test('who was let in again since has waited for nothing', () => {
    const lifted: Timed[] = [
      ...heldOut({servedAtMs: NOW_MS - 65_000}),
      {type: 'drain-lifted', instances: ['i-1']},
      {
        type: 'intent',
        step: 's-in',
        what: {
          kind: 'change-dns',
          zone: ZONE,
          change: {create: [record(a)], remove: [drainedHold('i-1')]},
          leaving: [],
        },
      },
      {type: 'outcome', step: 's-in', result: {kind: 'done'}},
    ]
    expect(recorded(...lifted).heldOut.size).toBe(0)
  })

  test('of two that are too many the drained one goes before one that boots', () => {
    const booting = {...c, state: 'pending' as const}
    const known = recorded(...heldOut({servedAtMs: NOW_MS - 65_000}))
    const next = plan(desired(two), known, observed({...OUT, instances: [a, b, booting]}), 'run-1')
    expect(only(next, 'deregister').flatMap(({leaving}) => leaving)).toEqual(['i-1'])
  })
})

describe('a lowered TTL', () => {
  const name = dnsName({ttlSeconds: 300})
  const key = 'cloudflare/www.example.com'
  const lowered = (...events: Timed[]) =>
    recorded(
      {type: 'name-published', vendor: 'cloudflare', zone: 'example.com', name: name.name, ttlSeconds: 300},
      {type: 'ttl-lowered', vendor: 'cloudflare', zone: 'example.com', name: name.name, ttlSeconds: 60},
      ...events,
    )
  const served = (atMs: number): Timed => ({type: 'ttl-served', vendor: 'cloudflare', name: name.name, atMs})
  const settled: Timed = {type: 'ttl-settled', vendor: 'cloudflare', name: name.name}
  const of = withLoweredTtls(fleet([group('virginia', 2)], {names: [name]}), lowered().lowered)
  const settling = desired(of, {goal: {kind: 'sync', settle: [key]}})
  const low = [record(a), record(b)]
  const high = low.map(member => ({...member, ttlSeconds: 300}))

  const stepOf = (action: Action | undefined) => (action?.kind === 'settle' ? action.until : action?.kind)

  test.each([
    ['is put on every record first', lowered(), high, 'register'],
    ['has to be answered by every server', lowered(), low, 'served'],
    ['is waited for until the longer one has passed', lowered(served(NOW_MS - 304_000)), low, 'passed'],
    [
      'counts once the longer one and its margin have passed',
      lowered(served(NOW_MS - 305_000)),
      low,
      'settled',
    ],
    ['is nothing to wait for once it counts', lowered(served(NOW_MS - 305_000), settled), low, undefined],
  ])('%s', (_rule, known, members, step) => {
    const next = plan(settling, known, observed({instances: [a, b], members}), 'run-1')
    expect(stepOf(next.actions.find(isReady))).toBe(step)
  })

  test('is no drift, and what mcd registers gets it', () => {
    const next = plan(desired(of), lowered(), observed({instances: [a, b], members: [record(a)]}), 'run-1')
    expect(only(next, 'register').flatMap(({create, remove}) => [...create, ...remove])).toMatchObject([
      {mark: {instance: 'i-2'}, ttlSeconds: 60},
    ])
  })

  test.each([
    ['while it does not count, an end waits for the longer one', lowered(served(NOW_MS)), 305_000],
    ['once it counts, an end waits for it alone', lowered(served(NOW_MS), settled), 65_000],
  ])('%s', (_rule, known, waitMs) => {
    const leavingNow = left(a, {servedAtMs: NOW_MS})
    const state = {...known, leaving: recorded(...leavingNow).leaving}
    const down = desired(of, {goal: {kind: 'down', instances: ['i-1']}})
    const [drain] = only(
      plan(down, state, observed({instances: [a, b], members: [record(b)]}), 'run-1'),
      'drain',
    )
    expect(drain).toMatchObject({until: 'forgotten', untilMs: NOW_MS + waitMs})
  })

  test('is waited for anew after a longer one came in between', () => {
    const change: Timed[] = [
      {
        type: 'intent',
        step: 's-1',
        what: {
          kind: 'change-dns',
          zone: ZONE,
          change: {create: [record(a)], remove: [{...record(a), ttlSeconds: 900}]},
          leaving: [],
        },
      },
      {type: 'outcome', step: 's-1', result: {kind: 'done'}},
    ]
    const entry = lowered(served(NOW_MS - 200_000), ...change).lowered.get(key)
    expect(entry).toMatchObject({beforeSeconds: 900})
    expect(entry?.servedAtMs).toBeUndefined()
  })

  test("a longer one than the fleet file's is none", () => {
    const short = fleet([group('virginia', 2)], {names: [dnsName({ttlSeconds: 30})]})
    expect(withLoweredTtls(short, lowered().lowered)).toEqual(short)
  })
})
