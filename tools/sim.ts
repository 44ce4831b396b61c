/**
 * The simulation: stories drawn from seeds, each a fleet with a history of commands, faults and sudden ends, after which the
 * laws must hold.
 *
 *     npm run sim                                  1,000 seeds
 *     npm run sim -- --runs 20000 --from 1001      more of them
 *     npm run sim -- --seed 155                    one, with everything that happened; a failure is made smaller, too
 *     npm run sim -- --writers srv --seed 7        fifty writers that share one name (cloudflare, multivalue, simple, srv)
 */
import {parseArgs} from 'node:util'
import {playSeeds} from '../test/simulation/many-seeds.ts'
import {shrink, storyOf, tell} from '../test/simulation/seed.ts'
import {trace} from '../test/simulation/trace.ts'
import {describeFigures} from '../test/simulation/writers/figures.ts'
import {KINDS} from '../test/simulation/writers/machines.ts'
import {playWriters} from '../test/simulation/writers/play.ts'

const number = (flag: string, text: string): number => {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0)
    throw new Error(`--${flag} takes a whole number, and "${text}" is none.`)
  return value
}

const {values: flags} = parseArgs({
  options: {
    seed: {type: 'string'},
    runs: {type: 'string', default: '1000'},
    from: {type: 'string', default: '1'},
    writers: {type: 'string'},
    each: {type: 'string', default: '20'},
  },
})
process.exitCode = (await play()) ? 0 : 1

function play(): Promise<boolean> {
  if (flags.writers !== undefined) return writers(flags.writers, number('seed', flags.seed ?? '1'))
  return flags.seed === undefined ? many() : one(number('seed', flags.seed))
}

/** Whether all went well. */
async function many(): Promise<boolean> {
  const count = number('runs', flags.runs)
  const startMs = performance.now()
  const failures = await playSeeds({from: number('from', flags.from), count}, ({seed, found}) =>
    console.log(`npm run sim -- --seed ${seed}\n  ${found.replaceAll('\n', '\n  ')}`),
  )
  console.log(`${((performance.now() - startMs) / 1_000).toFixed(1)} s`)
  console.log(`${count} seeds, ${failures.length} ${failures.length === 1 ? 'failure' : 'failures'}`)
  return failures.length === 0
}

async function one(seed: number): Promise<boolean> {
  const story = storyOf(seed)
  console.log(JSON.stringify(story, undefined, 2))
  const {stage, failure} = await tell(story)
  console.log(await trace(stage))
  if (!failure) {
    console.log(`seed ${seed}: every law held`)
    return true
  }
  console.log(`seed ${seed}: ${failure.found}`)
  const smaller = await shrink({seed, law: failure.law})
  if (smaller) {
    const again = await tell(smaller)
    console.log(`\nThe same law breaks in this smaller story:\n${JSON.stringify(smaller, undefined, 2)}`)
    console.log(await trace(again.stage))
    console.log(again.failure?.found)
  }
  return false
}

/** Every write in its order, and what it changed. */
async function writers(name: string, seed: number): Promise<boolean> {
  const kind = KINDS.find(known => known === name)
  if (!kind) throw new Error(`--writers takes one of ${KINDS.join(', ')}, and "${name}" is none.`)
  const {figures, trace, failure} = await playWriters(kind, seed, number('each', flags.each))
  for (const line of trace) console.log(line)
  console.log(describeFigures(figures))
  console.log(`seed ${seed}: ${failure ? failure.found : 'every law held'}`)
  return failure === undefined
}
