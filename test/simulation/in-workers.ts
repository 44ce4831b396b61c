import {once} from 'node:events'
import {availableParallelism} from 'node:os'
import {Worker} from 'node:worker_threads'

export type Workers<Job, Answer> = {
  /** Sends each job to a worker that is free, and hands over what comes back. */
  each(jobs: Iterable<Job>, hear: (answer: Answer, job: Job) => void): Promise<void>
  end(): Promise<void>
}

/** Workers on every core, loaded and warm once for all jobs. Their module answers each message with one. */
export function openWorkers<Job, Answer>(module: URL): Workers<Job, Answer> {
  const workers = Array.from({length: availableParallelism()}, () => new Worker(module))
  return {
    async each(jobs, hear) {
      const waiting = jobs[Symbol.iterator]()
      const work = async (worker: Worker) => {
        for (let next = waiting.next(); !next.done; next = waiting.next()) {
          worker.postMessage(next.value)
          const [answer] = (await once(worker, 'message')) as [Answer]
          hear(answer, next.value)
        }
      }
      await Promise.all(workers.map(work))
    },
    end: async () => void (await Promise.all(workers.map(worker => worker.terminate()))),
  }
}
