import {once} from 'node:events'
import {availableParallelism} from 'node:os'
import {Worker} from 'node:worker_threads'

/**
 * Sends each job to a worker that is free, on every core, and hands over what comes back. The worker's module answers each
 * message with one.
 */
export async function inWorkers<Job, Answer>(
  module: URL,
  jobs: Iterable<Job>,
  hear: (answer: Answer, job: Job) => void,
): Promise<void> {
  const waiting = jobs[Symbol.iterator]()
  const work = async () => {
    let next = waiting.next()
    if (next.done) return
    const worker = new Worker(module)
    try {
      for (; !next.done; next = waiting.next()) {
        const job = next.value
        worker.postMessage(job)
        const [answer] = (await once(worker, 'message')) as [Answer]
        hear(answer, job)
      }
    } finally {
      await worker.terminate()
    }
  }
  await Promise.all(Array.from({length: availableParallelism()}, work))
}
