import {parentPort} from 'node:worker_threads'
import {playStep, type Step} from './kill-walk.ts'

/** Plays one step of a walk for each that it is sent. */
parentPort?.on('message', async (step: Step) => parentPort?.postMessage(await playStep(step)))
