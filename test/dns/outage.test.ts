import {expect, test} from 'vitest'
import {expectedOutage, type Removal} from '../../src/dns/outage.ts'

const removal: Removal = {ttlSeconds: 60, proxied: false, detectionMs: 0, propagationMs: 60_000}

test.each([
  [
    'detection, propagation, the TTL and what clients add make the most',
    removal,
    {leastMs: 3_000, mostMs: 310_000},
  ],
  [
    'what goes unnoticed counts at both ends',
    {...removal, detectionMs: 15_000},
    {leastMs: 18_000, mostMs: 325_000},
  ],
  ['a lowered TTL saves its difference', {...removal, ttlSeconds: 5}, {leastMs: 3_000, mostMs: 255_000}],
  ['the edge of a proxied name knows no TTL', {...removal, proxied: true}, {leastMs: 0, mostMs: 60_000}],
])('%s', (_rule, of, outage) => {
  expect(expectedOutage(of)).toEqual(outage)
})
