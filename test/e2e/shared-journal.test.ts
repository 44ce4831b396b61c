import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {workplaces} from '../support/cli.ts'
import {aws, fleetText, joyent} from '../support/fleet-text.ts'
import {type PostgresServer, postgresPrograms, startPostgres} from '../support/postgres.ts'

const all = workplaces()
let postgres: PostgresServer | undefined
beforeAll(async () => {
  if (postgresPrograms()) postgres = await startPostgres()
})
afterAll(async () => {
  await all.endAll()
  await postgres?.close()
})

const isWithout = postgresPrograms() === undefined
const PLACES = [
  ['S3', () => 's3://states/team', false],
  ['PostgreSQL (needs postgresql)', () => `postgres://mcd@127.0.0.1:${postgres?.port}/postgres`, isWithout],
] as const

/** Without --sandbox, since each runner finds the clouds and the journal by the environment, as in a pipeline. */
describe.concurrent.each(PLACES)(
  'two mcd that start at one moment with their journal in %s',
  (_, state, isSkipped) => {
    test.skipIf(isSkipped)(
      'launch the fleet once: one is refused with exit 4, or waits and finds nothing to do',
      async () => {
        const place = all.open()
        await place.startSandbox('shared')
        const env = (await place.mcd(['sandbox', 'env', '--json'])).json<Record<string, string>>()
        const both = (...flags: string[]) =>
          Promise.all([1, 2].map(() => place.mcd(['up', '--json', ...flags], {env})))
        const machines = async () => (await place.sandbox()).instances.length
        const text = (count: number) =>
          `${fleetText({groups: {virginia: aws(count), east: joyent(1)}})}state: ${state()}\n`

        place.write(text(1))
        const raced = await both()
        expect(
          raced.map(({exitCode}) => exitCode).sort(),
          raced.map(({stderr}) => stderr).join('\n'),
        ).toEqual([0, 4])
        expect(raced.find(({exitCode}) => exitCode === 4)?.json()).toMatchObject({
          error: {message: expect.stringMatching(/^Another run (works on|has begun to work on) this fleet/)},
        })
        expect(await machines()).toBe(2)

        place.write(text(2))
        const patient = await both('--wait')
        expect(
          patient.map(({exitCode}) => exitCode),
          patient.map(({stderr}) => stderr).join('\n'),
        ).toEqual([0, 0])
        const done = patient.map(outcome => outcome.json<{actions: unknown[]}>().actions.length)
        expect(done.filter(count => count === 0)).toHaveLength(1)
        expect(await machines()).toBe(3)
        const {events} = (await place.mcd(['state', 'show', '--json'], {env})).json<{events: number}>()
        expect(events).toBeGreaterThan(10)
      },
    )
  },
)

test('a migrate that was stopped before the fleet file said so is finished by running it again', async () => {
  const place = all.open()
  await place.startSandbox('shared')
  const env = (await place.mcd(['sandbox', 'env', '--json'])).json<Record<string, string>>()
  const before = fleetText({groups: {virginia: aws(1), east: joyent(1)}})
  place.write(before)
  const up = () => place.mcd(['up', '--json'], {env})
  expect((await up()).exitCode).toBe(0)
  const migrate = () => place.mcd(['state', 'migrate', 's3://states/team', '--json'], {env})
  const first = await migrate()
  expect(first.exitCode, first.stderr).toBe(0)

  place.write(before)
  expect(JSON.stringify((await up()).json())).toContain('Write \\"state: s3://states/team\\"')
  const again = await migrate()
  expect(again.exitCode, again.stderr).toBe(0)
  expect(again.json()).toMatchObject({fileChanged: true})
  expect((await up()).json()).toMatchObject({converged: true, actions: []})
})

test('a migrate in the sandbox is a rehearsal: the fleet file, by which real runs find their journal, stays as it is', async () => {
  const place = all.open()
  await place.startSandbox('shared')
  const text = fleetText({groups: {virginia: aws(1), east: joyent(1)}})
  place.write(text)
  await place.up()
  const {exitCode, stdout} = await place.mcd(['state', 'migrate', 's3://states/team', '--sandbox'])
  expect(exitCode).toBe(0)
  expect(stdout).toContain(
    "stays as it is, since this was a rehearsal. It goes on with --set 'state=s3://states/team'.",
  )
  expect(readFileSync(join(place.folder, 'mcd.yaml'), 'utf8')).toBe(text)
  const on = await place.mcd(['up', '--sandbox', '--json', '--set', 'state=s3://states/team'])
  expect(on.json()).toMatchObject({converged: true, actions: []})
})
