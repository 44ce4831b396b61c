import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, expect, test} from 'vitest'
import {workplaces} from '../support/cli.ts'
import {eventually} from '../support/eventually.ts'
import {effectsOf} from '../support/request-log.ts'
import {twoCloudFleet} from '../support/two-cloud-fleet.ts'

const all = workplaces()
afterAll(() => all.endAll())

test('while a run works, another one is refused and told by whom, or waits for its turn and finds all done', async () => {
  const place = all.open()
  place.write(twoCloudFleet({vendor: 'route53', registration: 'mcd', virginia: 1, east: 1}))
  await place.startSandbox('shared')
  await place.mcd(['sandbox', 'fault', 'add', 'aws:RunInstances', '--kind', 'hold-after'])
  const first = place.begin(['up', '--sandbox'])
  await eventually(async () => effectsOf(await place.sandbox(), 'launch ').length > 0)

  const refused = await place.mcd(['up', '--sandbox'])
  expect(refused.exitCode, refused.stderr).toBe(4)
  expect(refused.stderr).toMatch(
    /^Another run works on this fleet: "mcd up" by \S+ on \S+ \(process \d+\), since .*\n.*--wait.*\n.*mcd state unlock/m,
  )
  const careful = await place.mcd(['state', 'unlock', '--sandbox'])
  expect(careful.exitCode, careful.stderr).toBe(2)
  expect(careful.stderr).toMatch(/Its process works on this host.*\n.*--yes/)

  const waiting = place.bash('mcd up --sandbox --wait 2> waiting.txt')
  const told = () => readFileSync(join(place.folder, 'waiting.txt'), 'utf8')
  await eventually(() => /waits for its turn: "mcd up" by/.test(told()))
  await place.mcd(['sandbox', 'fault', 'clear'])
  expect((await first.ended).exitCode).toBe(0)
  expect((await waiting).exitCode, told()).toBe(0)
  expect(told()).toContain('Nothing to do')
})
