import {afterAll, beforeAll, expect, test} from 'vitest'
import type {End, Point} from '../support/mortal-run.ts'
import {openWorkers, type Workers} from './in-workers.ts'
import {pointsOf, SCENES, type SceneName, SETTINGS, type Step} from './kill-walk.ts'

const LONG = process.env.MCD_LONG === '1'

type Choice = (point: Point, at: number) => boolean
const all: Choice = () => true
/** Around a read, and while time passes, nothing becomes true that was not true at the point before. */
const isTelling: Choice = point =>
  !/ (ec2:(Describe|Get)|cloudapi:GET|route53:(list|get)|cloudflare:(records|zones)|journal:append lease)/.test(
    point,
  )
const some: Choice = (_point, at) => at % 61 === 0
/** The telling ones, and some of the others: there nothing differs from the telling one before but the time that has passed. */
const tellingOnes: Choice = (point, at) => isTelling(point, at) || at % 13 === 0

async function stepsOf(end: End, host: Step['host'], isChosen: Choice): Promise<Step[]> {
  const steps: Step[] = []
  for (const scene of Object.keys(SCENES) as SceneName[]) {
    for (const setting of SETTINGS.keys()) {
      const points = await pointsOf({scene, setting})
      for (const [at, point] of points.entries())
        if (isChosen(point, at)) steps.push({scene, setting, end, at, host})
    }
  }
  return steps
}

let workers: Workers<Step, string | undefined>
beforeAll(() => {
  workers = openWorkers(new URL('./kill-worker.ts', import.meta.url))
})
afterAll(() => workers.end())

async function walk(steps: readonly Step[]): Promise<string[]> {
  const failures: string[] = []
  await workers.each(steps, (failure, {scene, setting}) => {
    if (failure !== undefined) failures.push(`${scene}, ${SETTINGS[setting]?.dns.vendor}: ${failure}`)
  })
  return failures
}

test('killed at any point of up and down, one plain rerun makes the declared fleet', {
  timeout: LONG ? 1_800_000 : 600_000,
}, async () => {
  const steps = await stepsOf('kill', 'simulation', LONG ? all : tellingOnes)
  const failures = await walk(steps)
  process.stdout.write(`${steps.length} kill points, ${failures.length} failures\n`)
  expect(failures.join('\n')).toBe('')
  expect(steps.length).toBeGreaterThan(700)
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
    const steps = await stepsOf(end, host, LONG ? all : some)
    expect((await walk(steps)).join('\n')).toBe('')
    expect(steps.length).toBeGreaterThan(30)
  },
)
