import {parentPort} from 'node:worker_threads'
import {playSeed} from './seed.ts'

/** Plays one seed for each that it is sent. */
parentPort?.on('message', async (seed: number) => parentPort?.postMessage(await playSeed(seed)))
