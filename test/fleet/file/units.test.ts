import fc from 'fast-check'
import {expect, test} from 'vitest'
import {formatDuration, parseDuration} from '../../../src/duration.ts'
import {parseRate, parseSizeGib} from '../../../src/fleet/file/quantity.ts'

test.each([
  ['500ms', 500],
  ['5s', 5_000],
  ['2m', 120_000],
  ['1h30m', 5_400_000],
  ['1d12h', 129_600_000],
  ['1.5h', 5_400_000],
  ['0s', 0],
  ['5', undefined],
  ['', undefined],
  ['s', undefined],
  ['-5s', undefined],
  ['5 s', undefined],
  ['5S', undefined],
  ['5w', undefined],
  ['5s5s', undefined],
  ['5s1h', undefined],
  ['1e3s', undefined],
])('the duration %j is %s ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})

test('a formatted duration reads back as itself', () => {
  fc.assert(fc.property(fc.nat({max: 999_999_999}), ms => parseDuration(formatDuration(ms)) === ms))
})

test.each([
  ['20GiB', 20],
  ['20GB', 19],
  ['1 TiB', 1_024],
  ['1TB', 932],
  ['1.5GiB', 2],
  ['20', undefined],
  ['20G', undefined],
  ['20MB', undefined],
])('the size %j is %s GiB', (text, gib) => {
  expect(parseSizeGib(text)).toBe(gib)
})

test.each([
  ['5/s', 5],
  ['300/m', 5],
  ['1800/h', 0.5],
  ['2.5/s', 2.5],
  ['5', undefined],
  ['5/d', undefined],
  ['/s', undefined],
])('the rate %j is %s per second', (text, perSecond) => {
  expect(parseRate(text)).toBe(perSecond)
})
