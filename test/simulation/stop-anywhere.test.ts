import {expect, test} from 'vitest'
import type {End} from '../support/mortal-run.ts'
import {inWorkers} from './in-workers.ts'
import {pointsOf, SCENES, type SceneName, SETTINGS, type Step} from './kill-walk.ts'

const LONG = process.env.MCD_LONG === '1'
const SOME = 23

/** All points of all scenes, or every `every`th of them. */
async function stepsOf(end: End, host: Step['host'], every = 1): Promise<Step[]> {
  const steps: Step[] = []
  for (const scene of Object.keys(SCENES) as SceneName[]) {
    for (const setting of SETTINGS.keys()) {
      const points = await pointsOf({scene, setting})
      for (let at = 0; at < points.length; at += every) steps.push({scene, setting, end, at, host})
    }
  }
  return steps
}

async function walk(steps: readonly Step[]): Promise<string[]> {
  const failures: string[] = []
  await inWorkers<Step, string | undefined>(
    new URL('./kill-worker.ts', import.meta.url),
    steps,
    (failure, {scene, setting}) => {
      if (failure !== undefined) failures.push(`${scene}, ${SETTINGS[setting]?.dns.vendor}: ${failure}`)
    },
  )
  return failures
}

test('killed at any point of up and down, one plain rerun makes the declared fleet', {
  timeout: 600_000,
}, async () => {
  const steps = await stepsOf('kill', 'simulation')
  const failures = await walk(steps)
  process.stdout.write(`${steps.length} kill points, ${failures.length} failures\n`)
  expect(failures.join('\n')).toBe('')
  expect(steps.length).toBeGreaterThan(1_000)
})

const OTHER_ENDS: readonly [string, End, Step['host']][] = [
  ['killed on another host, whose lease is waited out', 'kill', 'elsewhere'],
  ['ended by an error', 'throw', 'simulation'],
  ['interrupted', 'interrupt', 'simulation'],
  ['with one request or its reply lost', 'lose', 'simulation'],
  ['stopped for two minutes', 'suspend', 'simulation'],
]

test.each(OTHER_ENDS)(
  '%s anywhere, one plain rerun makes the declared fleet',
  {timeout: LONG ? 600_000 : 120_000},
  async (_ended, end, host) => {
    const steps = await stepsOf(end, host, LONG ? 1 : SOME)
    expect((await walk(steps)).join('\n')).toBe('')
    expect(steps.length).toBeGreaterThan(50)
  },
)
