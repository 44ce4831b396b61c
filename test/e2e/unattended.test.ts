import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {type Outcome, type Workplace, workplaces} from '../support/cli.ts'
import {runKilled} from '../support/killed-run.ts'
import {has} from '../support/programs.ts'
import {mutatingCalls} from '../support/request-log.ts'
import {twoCloudFleet} from '../support/two-cloud-fleet.ts'

const all = workplaces()
afterAll(() => all.endAll())

const fleet = (virginia: number) => twoCloudFleet({vendor: 'route53', registration: 'mcd', virginia, east: 1})

/** Every command but `state unlock` that would ask a person something, and what it says to who cannot be asked. */
const QUESTIONS: readonly (readonly [command: string, said: string, flag: string])[] = [
  ['state rebuild --sandbox', 'begins anew', 'Add --yes to allow it.'],
  ['up --sandbox -f smaller.yaml', '1 instance would be ended', 'Add --yes to allow it.'],
  ['scale east=0 --sandbox', '1 instance would be ended', 'Add --yes to allow it.'],
  ['down --sandbox', '2 instances would be ended', 'Add --yes to allow it.'],
  ['replace --sandbox', '2 instances would be ended', 'Add --yes to allow it.'],
  ['replace --lower-ttl --sandbox', 'A replacement ends instances', 'Add --yes to allow it.'],
  ['init elsewhere', '--zone is needed', 'or --yes to begin with presets'],
]

const TERMINAL = 'export -f mcd; SHELL=$(command -v bash) script -qefc'

describe('a fleet that serves', () => {
  let place: Workplace
  let before: Record<string, number>
  let unlock: Outcome
  beforeAll(async () => {
    place = all.open()
    place.write(fleet(1))
    place.write(fleet(0), 'smaller.yaml')
    await place.startSandbox('shared')
    expect(await runKilled(place, ['up'], {target: 'aws:RunInstances', kind: 'timeout'})).toBe(true)
    unlock = await place.mcd(['state', 'unlock', '--sandbox'])
    expect(await place.up()).toMatchObject({converged: true})
    before = mutatingCalls(await place.sandbox())
  })

  test('without a terminal no command asks: what it would ask is refused with the flag that allows it', async () => {
    const outcomes = await Promise.all(QUESTIONS.map(([command]) => place.mcd(command.split(' '))))
    for (const [index, [command, said, flag]] of QUESTIONS.entries()) {
      const {exitCode, stderr} = outcomes[index] ?? {}
      expect({command, exitCode, stderr}).toEqual({
        command,
        exitCode: 2,
        stderr: expect.stringContaining(said),
      })
      expect(stderr).toContain(flag)
      expect(stderr, command).not.toMatch(/\[y\/N\]|\]: $/)
    }
    expect(mutatingCalls(await place.sandbox())).toEqual(before)
    expect(unlock.exitCode).toBe(2)
    expect(unlock.stderr).toMatch(/, holds the fleet;.*Add --yes to unlock all the same\./s)
  })

  test.skipIf(!has('script'))(
    'a CI job asks nothing even where it has a terminal, which a person would be asked on (needs script)',
    async () => {
      const job = await place.bash(`${TERMINAL} "mcd down --sandbox" /dev/null`, {env: {CI: 'true'}})
      const person = await place.bash(
        `mkfifo keys; exec 3<> keys; ${TERMINAL} "mcd down --sandbox" screen < keys & run=$!
         until grep -q "Go on" screen || ! kill -0 "$run"; do sleep 0.1; done
         echo n >&3; wait "$run"`,
      )
      expect(person.stdout).toContain('Go on? [y/N]')
      expect(person.stdout).toContain('Nothing was changed.')
      expect(job.stdout).not.toContain('[y/N]')
      expect(job.stdout).toContain('Add --yes to allow it.')
      expect([job.exitCode, person.exitCode]).toEqual([2, 2])
    },
  )
})
