import {once} from 'node:events'
import {availableParallelism} from 'node:os'
import {Worker} from 'node:worker_threads'
import type {Failure} from './seed.ts'

export type ManySeeds = {
  readonly from: number
  readonly count: number
  readonly workers?: number
  onFailure?(failure: Failure): void
}

/** Plays seeds on every core. Returns those that failed, in their order. */
export async function playSeeds({
  from,
  count,
  workers = availableParallelism(),
  onFailure = () => {},
}: ManySeeds): Promise<Failure[]> {
  const failures: Failure[] = []
  let next = from
  const work = async () => {
    const worker = new Worker(new URL('./seed-worker.ts', import.meta.url))
    try {
      while (next < from + count) {
        worker.postMessage(next++)
        const [failure] = (await once(worker, 'message')) as [Failure | undefined]
        if (!failure) continue
        failures.push(failure)
        onFailure(failure)
      }
    } finally {
      await worker.terminate()
    }
  }
  await Promise.all(Array.from({length: Math.min(workers, count)}, work))
  return failures.sort((a, b) => a.seed - b.seed)
}
