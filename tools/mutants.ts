/**
 * Whether the simulation would notice: one thing after the other is put wrong in the engine (test/simulation/mutations.ts), and
 * seeds are played until a law is broken. Nothing is written: each mutant is a process that reads one file differently.
 *
 *     npm run mutants
 *     npm run mutants -- --only lease     those whose names contain it
 */
import {fork} from 'node:child_process'
import {readFileSync} from 'node:fs'
import {availableParallelism} from 'node:os'
import {parseArgs} from 'node:util'
import type {Word} from '../test/simulation/mutant.ts'
import {MUTATIONS} from '../test/simulation/mutations.ts'

const SEEDS = 400
/** A mutant that hangs is noticed as well. One seed takes a fraction of a second; all of them take minutes, on a busy machine many. */
const LONGEST_SEED_MS = 60_000

const {values: flags} = parseArgs({options: {only: {type: 'string', default: ''}}})
process.chdir(new URL('..', import.meta.url).pathname)

for (const {name, file, find} of MUTATIONS) {
  const times = readFileSync(file, 'utf8').split(find).length - 1
  if (times !== 1)
    throw new Error(`"${name}": its text stands ${times} times in ${file}, and must stand there once.`)
}

const waiting = [...MUTATIONS.keys()].filter(number => MUTATIONS[number]?.name.includes(flags.only))
const total = waiting.length
const survivors: string[] = []
const work = async () => {
  for (let number = waiting.shift(); number !== undefined; number = waiting.shift()) {
    const name = MUTATIONS[number]?.name ?? ''
    const {text, isCaught} = await play(number)
    if (!isCaught) survivors.push(name)
    console.log(`${name.padEnd(60)} ${text}`)
  }
}
await Promise.all(Array.from({length: availableParallelism()}, work))
console.log(`${total} mutants, ${survivors.length} not caught`)
if (survivors.length > 0) process.exitCode = 1

/** One mutant's life, until it is caught or all seeds are played. */
function play(number: number): Promise<{text: string; isCaught: boolean}> {
  return new Promise((resolve, reject) => {
    const child = fork('test/simulation/mutant.ts', [String(number), String(SEEDS)])
    let seed = 0
    const endless = () => {
      child.kill('SIGKILL')
      const text = `caught by seed ${seed} (it does not come to an end within ${LONGEST_SEED_MS / 1_000} s)`
      resolve({text, isCaught: true})
    }
    let timer = setTimeout(endless, LONGEST_SEED_MS)
    child.on('message', (word: Word) => {
      if ('plays' in word) {
        seed = word.plays
        clearTimeout(timer)
        timer = setTimeout(endless, LONGEST_SEED_MS)
        return
      }
      const {caught} = word
      const text = caught ? `caught by seed ${caught.seed} (${caught.law})` : `NOT CAUGHT by ${SEEDS} seeds`
      resolve({text, isCaught: caught !== undefined})
    })
    child.on('exit', code => {
      clearTimeout(timer)
      if (code !== 0) reject(new Error(`The process of mutant ${number} ended with ${code ?? 'a signal'}.`))
    })
  })
}
