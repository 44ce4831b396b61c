import {expect, test} from 'vitest'
import type {Desired} from '../../../src/fleet/desired.ts'
import type {Observed} from '../../../src/fleet/observed.ts'
import {plan} from '../../../src/fleet/plan/plan.ts'
import type {Recorded} from '../../../src/journal/recorded.ts'
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
} from '../../support/fleet-builder.ts'

const thousands = (count: number) =>
  Array.from({length: count}, (_, index) =>
    instance(`i-${index}`, {
      publicIp: `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`,
      zone: ['a', 'b', 'c'][index % 3] ?? '',
    }),
  )
const three = {zones: ['a', 'b', 'c']}

type Situation = (count: number) => {want: Desired; known: Recorded; seen: Observed}
const of = (count: number, over = {}) => fleet([group('virginia', count)], over)

const SITUATIONS: [string, Situation][] = [
  ['as declared', count => steady(count, desired(of(count), three))],
  ['half of them surplus', count => steady(count, desired(of(count / 2), three))],
  ['all outdated', count => steady(count, desired(of(count), {spec: 'bbbbbbbbbbbb', ...three}))],
  [
    'in the middle of a rollout',
    count => {
      const {known, seen} = steady(count, desired(of(count), three))
      const place = seen.places.get('aws:us-east-1')
      const half = (place?.readable ? place.instances : []).map((each, index) =>
        index % 2 === 0 ? each : {...each, mark: {...each.mark, spec: 'bbbbbbbbbbbb'}},
      )
      const places = new Map([['aws:us-east-1', {readable: true, instances: half, network: []} as const]])
      return {want: desired(of(count), three), known, seen: {...seen, places}}
    },
  ],
  ['another TTL', count => steady(count, desired(of(count, {names: [dnsName({ttlSeconds: 300})]}), three))],
  ['down', count => steady(count, desired(of(count), {goal: {kind: 'down'}}))],
  [
    'nothing in DNS',
    count => ({
      want: desired(of(count), three),
      known: recorded(),
      seen: observed({instances: thousands(count)}),
    }),
  ],
  [
    'draining',
    count => ({
      want: desired(of(count), {goal: {kind: 'down'}}),
      known: recorded(...thousands(count).flatMap(each => left(each, {servedAtMs: NOW_MS - 1_000}))),
      seen: observed({instances: thousands(count), holds: thousands(count).map(({id}) => hold(id))}),
    }),
  ],
  [
    'all dead',
    count => ({
      want: desired(of(0)),
      known: recorded(),
      seen: observed({members: thousands(count).map(each => record(each))}),
    }),
  ],
]

function steady(count: number, want: Desired) {
  const instances = thousands(count)
  return {want, known: recorded(), seen: observed({instances, members: instances.map(each => record(each))})}
}

/** Elements of arrays that a plan looks at one after the other, counted by standing in for them. */
function steps(work: () => unknown): number {
  let count = 0
  const methods = ['find', 'some', 'every', 'includes', 'filter', 'findIndex', 'indexOf', 'sort'] as const
  const originals = methods.map(name => [name, Array.prototype[name]] as const)
  for (const [name, original] of originals) {
    Object.defineProperty(Array.prototype, name, {
      configurable: true,
      writable: true,
      value(this: unknown[], ...args: unknown[]) {
        count += this.length
        return (original as (...args: unknown[]) => unknown).apply(this, args)
      },
    })
  }
  try {
    work()
  } finally {
    for (const [name, value] of originals)
      Object.defineProperty(Array.prototype, name, {configurable: true, writable: true, value})
  }
  return count
}

test.each(SITUATIONS)('a plan costs in proportion to the fleet: %s', (_rule, situation) => {
  const cost = (count: number) => {
    const {want, known, seen} = situation(count)
    return steps(() => plan(want, known, seen, 'run-1'))
  }
  // Four times the fleet, four times the steps; a scan inside a loop would make sixteen of it.
  expect(cost(2_000)).toBeLessThan(cost(500) * 6 + 1_000)
})
