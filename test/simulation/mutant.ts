import {registerHooks} from 'node:module'
import {pathToFileURL} from 'node:url'
import {MUTATIONS} from './mutations.ts'
import type {Failure} from './seed.ts'
import type {Kind} from './writers/machines.ts'

/**
 * A process of its own for one mutant: reads one file of the engine with something else in it, plays seeds until a law is
 * broken, and tells its parent which. It tells each seed before it plays it, too, so that one without an end can be named.
 *
 *     node test/simulation/mutant.ts <number> <seeds>
 */
export type Word = {readonly plays: number} | {readonly caught: Failure | undefined}

const [number, seeds] = process.argv.slice(2).map(Number)
const mutation = MUTATIONS[number ?? 0]
if (!mutation) throw new Error(`There is no mutation ${number}.`)
const target = pathToFileURL(mutation.file).href
let isRead = false

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context)
    if (url !== target) return loaded
    isRead = true
    return {...loaded, source: String(loaded.source).replace(mutation.find, () => mutation.replace)}
  },
})
const playSeed = mutation.writers ? await writersOf(mutation.writers) : (await import('./seed.ts')).playSeed
if (!isRead) throw new Error(`The simulation does not read ${mutation.file}.`)

let caught: Failure | undefined
for (let seed = 1; seed <= (seeds ?? 0) && !caught; seed++) {
  process.send?.({plays: seed} satisfies Word)
  caught = await playSeed(seed)
}
process.send?.({caught} satisfies Word)
process.disconnect()

async function writersOf(kind: Kind) {
  const {OPERATIONS_EACH, playWriters} = await import('./writers/play.ts')
  return async (seed: number): Promise<Failure | undefined> => {
    const {failure} = await playWriters(kind, seed, OPERATIONS_EACH[kind])
    return failure && {seed, ...failure}
  }
}
