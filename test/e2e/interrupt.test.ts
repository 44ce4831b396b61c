import {afterAll, expect, test} from 'vitest'
import {findSandbox, sandboxStatus} from '../../src/sandbox/client.ts'
import {type Workplace, workplaces} from '../support/cli.ts'
import {eventually} from '../support/eventually.ts'
import {has} from '../support/programs.ts'
import {effectsOf} from '../support/request-log.ts'
import {twoCloudFleet} from '../support/two-cloud-fleet.ts'

const registration = has('curl') ? 'self' : 'mcd'

const all = workplaces()
afterAll(() => all.endAll())

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)(
  '%s during the launch ends up with %i and a word on how to go on, and frees the fleet; a rerun makes exactly what is declared',
  async (signal, status) => {
    const place = all.open()
    place.write(twoCloudFleet({vendor: 'route53', registration}))
    await place.startSandbox()
    const run = place.begin(['up', '--sandbox'])
    await eventually(async () => (await launched(place)).length > 0)
    run.kill(signal)
    const {exitCode, stderr} = await run.ended
    expect(exitCode, stderr).toBe(status)
    expect(stderr).toContain('Run the same command again to go on.')

    const unlock = await place.mcd(['state', 'unlock', '--sandbox'])
    expect(unlock.stdout).toContain('Nothing to unlock')
    const rerun = await place.up()
    expect(rerun).toMatchObject({converged: true, exit: 0, groups: [{live: 2}, {live: 2}]})
    const ids = rerun.instances.map(({id}) => id).sort()
    // Not one more was ever launched: what the first run had begun is part of the fleet.
    expect((await launched(place)).sort()).toEqual(ids)
  },
)

/** Ids of every instance that any cloud has launched so far. */
async function launched({folder}: Workplace): Promise<string[]> {
  const sandbox = await findSandbox(folder)
  if (!sandbox) return []
  const log = await sandboxStatus(sandbox)
  const made = [...effectsOf(log, 'launch '), ...effectsOf(log, 'create instance ')]
  return made.flatMap(({effect}) => /^(?:launch|create instance) (\S+)/.exec(effect)?.[1] ?? [])
}
