import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {inOrder} from '../../../src/dns/sd/select.ts'
import {mulberry32} from '../../support/virtual-runtime.ts'

const at = (priority: number, weight: number) => ({priority, weight})

describe('targets are tried', () => {
  test('each once, in the order of their priorities', () => {
    const target = fc.record({priority: fc.nat(3), weight: fc.nat(3)})
    fc.assert(
      fc.property(fc.array(target, {maxLength: 12}), fc.integer(), (targets, seed) => {
        const order = inOrder(targets, mulberry32(seed))
        expect(new Set(order)).toEqual(new Set(targets))
        expect(order).toHaveLength(targets.length)
        expect(order.map(({priority}) => priority)).toEqual(
          targets.map(t => t.priority).sort((a, b) => a - b),
        )
      }),
    )
  })

  /** Critical values for p = 0.001 at 1 to 3 degrees of freedom. */
  const CRITICAL = [0, 10.83, 13.82, 16.27]

  test.each([
    ['by the shares of their weights', [10, 20, 70], [0.1, 0.2, 0.7]],
    ['by exact shares also where weights are small', [1, 3], [0.25, 0.75]],
    ['equally often where none has weight', [0, 0, 0, 0], [0.25, 0.25, 0.25, 0.25]],
    ['very seldom without weight beside one with', [0, 99], [0.01, 0.99]],
  ])('%s (%j)', (_rule, weights, shares) => {
    const random = mulberry32(2782)
    const targets = weights.map(weight => at(0, weight))
    const draws = 20_000
    const counts = targets.map(() => 0)
    for (let draw = 0; draw < draws; draw++) {
      const [first] = inOrder(targets, random)
      const index = first ? targets.indexOf(first) : -1
      counts[index] = (counts[index] ?? 0) + 1
    }
    const chiSquare = counts.reduce((sum, count, index) => {
      const expected = draws * (shares[index] ?? 0)
      return sum + (count - expected) ** 2 / expected
    }, 0)
    expect(chiSquare).toBeLessThan(CRITICAL[weights.length - 1] ?? 0)
  })

  test('the second by what is left after the first', () => {
    const random = mulberry32(1)
    const seconds = Array.from({length: 5_000}, () => inOrder([at(0, 98), at(0, 1), at(0, 1)], random)[1])
    const heavy = seconds.filter(second => second?.weight === 98).length
    // It comes second only where a light one came first: 2 of 100 times, and then mostly.
    expect(heavy / seconds.length).toBeGreaterThan(0.01)
    expect(heavy / seconds.length).toBeLessThan(0.03)
  })
})
