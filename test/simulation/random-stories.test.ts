import {expect, test} from 'vitest'
import {playSeeds} from './many-seeds.ts'

/** A change description quotes what `npm run sim -- --runs 20000` says. */
const SEEDS = process.env.MCD_LONG === '1' ? 20_000 : 1_000

test(`the laws hold in ${SEEDS} stories of commands, faults, kills and second runs`, {
  timeout: SEEDS * 600,
}, async () => {
  const failures = await playSeeds({from: 1, count: SEEDS})
  console.log(`${SEEDS} seeds, ${failures.length} failures`)
  expect(failures.map(({seed, found}) => `npm run sim -- --seed ${seed}: ${found}`)).toEqual([])
})
