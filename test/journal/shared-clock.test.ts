import {expect, test} from 'vitest'
import {aheadOf, byClock, clockWatch} from '../../src/journal/shared-clock.ts'
import {realRuntime} from '../../src/runtime.ts'

test.each<[rule: string, askedAtMs: number, answeredAtMs: number, theirsMs: number, aheadMs: number]>([
  ['ahead', 1_000, 1_200, 61_100, 60_000],
  ['behind', 100_000, 100_200, 40_100, -60_000],
  ['no further off than such a reading may be', 1_000, 1_200, 3_000, 0],
  ['further off than a slow reading may be', 1_000, 9_000, 65_000, 60_000],
  ['no further off than a slow reading may be', 1_000, 9_000, 8_500, 0],
])('a clock that is %s', (_, askedAtMs, answeredAtMs, theirsMs, aheadMs) => {
  expect(aheadOf({askedAtMs, answeredAtMs, theirsMs})).toBe(aheadMs)
})

test('a runtime by another clock is the same otherwise', () => {
  const runtime = {...realRuntime(), now: () => 1_000}
  const other = byClock(runtime, 60_000)
  expect(other.now()).toBe(61_000)
  expect({...other, now: runtime.now}).toEqual(runtime)
})

test('a clock that was set since is told from one that only went on', () => {
  const at = {clockMs: 1_000_000, ticksMs: 5_000}
  const wasSet = clockWatch({now: () => at.clockMs, ticks: () => at.ticksMs})
  Object.assign(at, {clockMs: 1_600_000, ticksMs: 605_100})
  expect(wasSet()).toBe(false)
  at.clockMs -= 60_000
  expect(wasSet()).toBe(true)
})
