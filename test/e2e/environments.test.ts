import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, describe, expect, test} from 'vitest'
import type {RunReport} from '../../src/runs/run-flags.ts'
import {workplaces} from '../support/cli.ts'
import {aws, fleetText, joyent, MNX} from '../support/fleet-text.ts'

const all = workplaces()
afterAll(() => all.endAll())

/** The second name needs quotes in a shell, and whoever pastes a command finds that out. */
const BASE = 'mcd.yaml'
const OVERLAY = 'on stage.yaml'
const FILES = ['-f', BASE, '-f', OVERLAY]

function stage() {
  const place = all.open()
  place.write(fleetText({groups: {virginia: aws(1), east: joyent(1, MNX)}}), BASE)
  place.write('groups:\n  virginia:\n    count: 2 # as on stage\n  east: ~\n', OVERLAY)
  const overlay = () => readFileSync(join(place.folder, OVERLAY), 'utf8')
  return {place, overlay}
}

describe('several files and --set make one fleet', () => {
  test('up follows --set for one run, and the command that status names is complete as it stands', async () => {
    const {place, overlay} = stage()
    const up = await place.mcd(['up', '--sandbox', '--json', ...FILES, '--set', 'groups.virginia.count=1'])
    expect(up.json<RunReport>()).toMatchObject({
      converged: true,
      groups: [{name: 'virginia', desired: 1, live: 1}],
    })
    expect(overlay()).toContain('count: 2 # as on stage')

    const status = await place.mcd(['status', '--sandbox', ...FILES])
    const [, command = ''] = /→ (mcd up.*)$/m.exec(status.stdout) ?? []
    expect(command).toBe(`mcd up -f ${BASE} -f '${OVERLAY}' --sandbox`)
    expect(await place.bash(command)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('Fleet web is as declared.'),
    })

    const scaled = await place.mcd(['scale', ...FILES, 'virginia=1', '--sandbox', '--yes', '--json'])
    expect(scaled.stderr).toContain(`${OVERLAY} now says: virginia 2 → 1`)
    expect(overlay()).toContain('count: 1 # as on stage')
    expect(scaled.json<RunReport>()).toMatchObject({converged: true, groups: [{desired: 1}]})

    const down = await place.mcd(['down', '--sandbox', ...FILES])
    expect(down).toMatchObject({exitCode: 2, stderr: expect.stringContaining('1 instance would be ended')})
    expect(await place.mcd(['down', '--sandbox', '--yes', ...FILES])).toMatchObject({exitCode: 0})
  })

  test('config tells where each value is from, and what a secret is never', async () => {
    const {place} = stage()
    const token = '--set=userdata.vars.key=${env:STAGE_KEY}'
    const told = await place.mcd(['config', ...FILES, token], {env: {STAGE_KEY: 'hidden'}})
    expect(told).toMatchObject({exitCode: 0, stderr: ''})
    expect(told.stdout).toMatch(/^ {4}count: 2 +# on stage\.yaml:3:12$/m)
    expect(told.stdout).toMatch(/^ {4}key: "\$\{env:STAGE_KEY\}" +# --set$/m)
    expect(told.stdout).not.toMatch(/^ {2}east:/m)
    expect(told.stdout).not.toContain('hidden')

    place.write(told.stdout, 'whole.yaml')
    const again = await place.mcd(['config', '-f', 'whole.yaml', '--json'], {env: {STAGE_KEY: 'hidden'}})
    expect(again.json<{values: unknown[]}>().values).toContainEqual({
      path: 'userdata.vars.key',
      value: '${env:STAGE_KEY}',
      origin: expect.objectContaining({kind: 'env', variables: ['STAGE_KEY'], file: 'whole.yaml'}),
    })

    const unset = await place.mcd(['config', ...FILES, token])
    expect(unset).toMatchObject({
      exitCode: 2,
      stdout: expect.stringMatching(/key: "\$\{env:STAGE_KEY\}" +# --set, has a mistake/),
    })
    expect(unset.stderr).toMatch(/^--set userdata\.vars\.key: the environment variable STAGE_KEY is not set/)
  })
})
