import {openWorkers} from './in-workers.ts'
import type {Failure} from './seed.ts'

/** Plays seeds on every core. Returns those that failed, in their order. */
export async function playSeeds(
  {from, count}: {readonly from: number; readonly count: number},
  onFailure: (failure: Failure) => void = () => {},
): Promise<Failure[]> {
  const failures: Failure[] = []
  const seeds = Array.from({length: count}, (_, index) => from + index)
  const workers = openWorkers<number, Failure | undefined>(new URL('./seed-worker.ts', import.meta.url))
  try {
    await workers.each(seeds, failure => {
      if (!failure) return
      failures.push(failure)
      onFailure(failure)
    })
  } finally {
    await workers.end()
  }
  return failures.sort((a, b) => a.seed - b.seed)
}
