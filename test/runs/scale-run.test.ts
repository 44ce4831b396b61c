import {expect, test} from 'vitest'
import {parseCounts} from '../../src/runs/scale-run.ts'

test('GROUP=N is read, each group once and each count as it is to be in the end', () => {
  expect([...parseCounts(['virginia=3', 'east=0'])]).toEqual([
    ['virginia', 3],
    ['east', 0],
  ])
})

test.each([
  [['virginia'], '"virginia" is not of the form GROUP=N.'],
  [['virginia=+2'], '"virginia=+2" needs a whole number'],
  [['virginia=-1'], '"virginia=-1" needs a whole number'],
  [['virginia='], '"virginia=" needs a whole number'],
  [['virginia=1', 'virginia=2'], 'Group virginia stands there twice.'],
  [[], 'Which group, and how many?'],
  [['a', 'b=x'], '"a" is not of the form GROUP=N.\n"b=x" needs a whole number'],
])('%j is refused, with everything that is wrong with it', (words, message) => {
  expect(() => parseCounts(words)).toThrow(message)
})
