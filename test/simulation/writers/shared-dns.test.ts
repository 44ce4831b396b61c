import {expect, test} from 'vitest'
import {add, describeFigures, noFigures} from './figures.ts'
import {KINDS, type Kind} from './machines.ts'
import {playWriters, WRITERS} from './play.ts'

/** A change description quotes what `MCD_LONG=1` says: 10,000 operations of each kind in one go, and many seeds of some. */
const LONG = process.env.MCD_LONG === '1'
const PLAYS: Record<Kind, {seeds: number; operationsEach: number}> = LONG
  ? {
      cloudflare: {seeds: 200, operationsEach: 20},
      multivalue: {seeds: 200, operationsEach: 20},
      simple: {seeds: 200, operationsEach: 20},
      srv: {seeds: 60, operationsEach: 10},
    }
  : {
      cloudflare: {seeds: 6, operationsEach: 8},
      multivalue: {seeds: 6, operationsEach: 8},
      simple: {seeds: 3, operationsEach: 6},
      srv: {seeds: 2, operationsEach: 4},
    }

/** What stands there belongs to whoever made it, whatever the others do meanwhile. */
test.each(KINDS)(`${WRITERS} writers share a name: %s`, {timeout: 3_600_000}, async kind => {
  const {seeds, operationsEach} = PLAYS[kind]
  const plays = [
    ...Array.from({length: seeds}, (_, index) => ({seed: index + 1, operationsEach})),
    ...(LONG ? [{seed: 5, operationsEach: 200}] : []),
  ]
  const total = noFigures()
  const failures: string[] = []
  for (const {seed, operationsEach} of plays) {
    const {figures, failure} = await playWriters(kind, seed, operationsEach)
    add(total, figures)
    if (failure)
      failures.push(
        `npm run sim -- --writers ${kind} --seed ${seed} --each ${operationsEach}: ${failure.found}`,
      )
  }
  console.log(`${kind}: ${plays.length} seeds, ${describeFigures(total)}`)
  expect(failures).toEqual([])
})
