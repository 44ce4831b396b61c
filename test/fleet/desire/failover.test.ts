import {describe, expect, test} from 'vitest'
import {silentInstances, withFailover} from '../../../src/fleet/desire/failover.ts'
import type {Health, Observed} from '../../../src/fleet/observed.ts'
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
  type Seen,
  VIRGINIA,
} from '../../support/fleet-builder.ts'

const MINUTE_MS = 60_000
const virginia = group('virginia', 2, {failover: {to: 'east', floor: 4, afterMs: 10 * MINUTE_MS}})
const east = (count: number) => group('east', count, {place: EAST})
const inEast = (id: string): Instance => instance(id, {group: 'east', place: EAST.key})
const [v1, v2, e1, e2] = [instance('i-1'), instance('i-2'), inEast('e-3'), inEast('e-4')]
const both = [record(v1), record(v2), record(e1), record(e2)]

const REACHED = [VIRGINIA, EAST].map(place => ({type: 'place-recorded', place, account: 'ours'}) as const)
const silent = (minutes: number) =>
  [
    ...REACHED,
    {type: 'place-silent', place: VIRGINIA.key, atMs: NOW_MS - minutes * MINUTE_MS} as const,
  ] as const

/** Virginia silent, east with its two, all four in DNS; `dead` no longer answer, of `unsure` nothing can be said yet. */
function seen({
  dead = [],
  unsure = [],
  ...over
}: Seen & {dead?: readonly string[]; unsure?: readonly string[]} = {}): Observed {
  const look = observed({instances: [e1, e2], members: both, unreadable: [VIRGINIA.key], ...over}, [
    VIRGINIA,
    EAST,
  ])
  const verdict = (id: string): Health => ({
    verdict: unsure.includes(id) ? 'unknown' : dead.includes(id) ? 'unhealthy' : 'healthy',
    sinceMs: NOW_MS,
  })
  return {...look, health: new Map(['i-1', 'i-2', 'e-3', 'e-4'].map(id => [id, verdict(id)]))}
}

const wanted = (look: Observed, events: Parameters<typeof recorded>, declared = 2) => {
  const of = fleet([virginia, east(declared)])
  const {groups, takeovers = []} = withFailover(desired(of), recorded(...events), look)
  return [groups[1]?.group.count, ...takeovers.map(({text}) => text)]
}

describe('how many a group has that takes over', () => {
  test.each([
    // rule                                                       look                                      journal      count and reason
    ['as declared while both clouds answer', seen({unreadable: []}), [...silent(11)], [2]],
    [
      'as declared while the silent instances serve',
      seen(),
      [...silent(11)],
      [2, 'east need not grow for virginia: 2 of its 2 in DNS answer.'],
    ],
    [
      'what is missing to the floor when they are dead',
      seen({dead: ['i-1', 'i-2']}),
      [...silent(11)],
      [
        4,
        'east is to have 4 in place of virginia, which has been silent since 2025-12-31 23:49:00 UTC (0 of its 2 in DNS answer).',
      ],
    ],
    [
      'only what is missing',
      seen({dead: ['i-1']}),
      [...silent(11)],
      [3, expect.stringContaining('1 of its 2 in DNS answers')],
    ],
    [
      'as declared before the time, which is told',
      seen({dead: ['i-1', 'i-2']}),
      [...silent(9)],
      [
        2,
        'east grows to 4 if "mcd up" finds virginia still silent at 2026-01-01 00:01:00 UTC or later (0 of its 2 in DNS answer).',
      ],
    ],
    [
      'as declared when it was not silent before now',
      seen({dead: ['i-1', 'i-2']}),
      [...REACHED],
      [2, expect.stringContaining('silent now, and still at 2026-01-01 00:10:00 UTC or later')],
    ],
    [
      'as declared when it answered in between',
      seen({dead: ['i-1', 'i-2']}),
      [...silent(60), {type: 'place-answered', place: VIRGINIA.key}],
      [2, expect.stringContaining('silent now, and still')],
    ],
    [
      'as declared when its own cloud is silent',
      seen({dead: ['i-1', 'i-2'], unreadable: [VIRGINIA.key, EAST.key]}),
      [...silent(60)],
      [2, 'east cannot take over for virginia: its cloud is silent, too.'],
    ],
    [
      'as declared when DNS cannot be read',
      seen({unreadable: [VIRGINIA.key, 'cloudflare/www.example.com']}),
      [...silent(60)],
      [2, 'east does not take over for virginia: without DNS nobody can tell what serves.'],
    ],
    [
      'as declared when no instance at all answers from here',
      seen({dead: ['i-1', 'i-2', 'e-3', 'e-4']}),
      [...silent(60)],
      [2, 'east does not take over for virginia: no instance of any cloud answers from here.'],
    ],
    [
      'as declared, and nothing about an outage, before anybody was heard or missed',
      seen({dead: ['i-1', 'i-2'], unsure: ['e-3', 'e-4']}),
      [...silent(60)],
      [
        2,
        'Whether east takes over for virginia is not known before more health checks: 0 of its 2 in DNS answer.',
      ],
    ],
    [
      'as declared for a place that was never reached',
      seen({dead: ['i-1', 'i-2']}),
      [{type: 'place-silent', place: VIRGINIA.key, atMs: 0}],
      [2],
    ],
  ] as const)('%s', (_rule, look, events, expected) => {
    expect(wanted(look, [...events])).toEqual(expected)
  })

  test('the floor also where it had none and nobody can be asked', () => {
    const alone = seen({dead: ['i-1', 'i-2'], instances: [], members: [record(v1), record(v2)]})
    expect(wanted(alone, [...silent(11)], 0)[0]).toBe(4)
  })

  test('what it has already, up to the floor, when a silent one answers again', () => {
    const more = ['e-5', 'e-6', 'e-7'].map(inEast)
    expect(wanted(seen({instances: [e1, e2, ...more]}), [...silent(60)])[0]).toBe(4)
    expect(
      wanted(seen({instances: [e1, e2, ...more]}), [
        ...silent(60),
        ...left(inEast('e-7')),
        ...left(inEast('e-6')),
      ])[0],
    ).toBe(3)
  })

  test('its declared count where that is more than the floor', () => {
    expect(wanted(seen({dead: ['i-1', 'i-2']}), [...silent(60)], 6)[0]).toBe(6)
  })
})

test('a silent instance is asked over IPv4 where it has both, whichever is listed first', () => {
  const over = (of: Instance, value: string) => record(of, {type: 'AAAA', value})
  const six = (id: number) => `2001:db8::${id}`
  const members = [record(v1), over(v1, six(1)), over(v2, six(2)), record(v2), over(e1, six(3))]
  const asked = silentInstances(fleet([virginia, east(2)]), recorded(...silent(11)), seen({members}))
  expect(asked).toEqual([v1, v2].map(({id, publicIp}) => ({id, address: publicIp})))
})
