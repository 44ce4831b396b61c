import {existsSync} from 'node:fs'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {type Workplace, workplaces} from '../support/cli.ts'
import {eventually} from '../support/eventually.ts'
import {aws, fleetText, joyent, MNX} from '../support/fleet-text.ts'
import {mutatingCalls} from '../support/request-log.ts'

const all = workplaces()
let place: Workplace
beforeAll(() => {
  place = all.open()
})
afterAll(() => all.endAll())

describe('the command line', () => {
  test('mcd alone says what it is and lists its commands', async () => {
    const {exitCode, stdout, stderr} = await place.mcd([])
    expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: ''})
    expect(stdout).toMatch(/^Multi-cloud deployment from one fleet file/)
    for (const command of ['init', 'plan', 'up', 'down', 'status', 'render', 'sandbox'])
      expect(stdout).toMatch(new RegExp(`^  ${command}  +[A-Z]`, 'm'))
  })

  const COMMANDS = ['init', 'plan', 'up', 'down', 'status', 'render', 'scale', 'history']
  const OF_SANDBOX = ['start', 'stop', 'status', 'env', 'reset'].map(command => `sandbox ${command}`)
  const OF_STATE = ['show', 'rebuild', 'unlock'].map(command => `state ${command}`)

  test('every command explains itself: what it does, each flag in a sentence, an example', async () => {
    const helps = await Promise.all(
      [...COMMANDS, ...OF_SANDBOX, ...OF_STATE].map(async command => ({
        command,
        ...(await place.mcd([...command.split(' '), '--help'])),
      })),
    )
    for (const {command, exitCode, stdout, stderr} of helps) {
      expect({command, exitCode, stderr}).toEqual({command, exitCode: 0, stderr: ''})
      expect(stdout).toMatch(/^[A-Z][^\n]+\.\n/)
      expect(stdout).toContain(`USAGE\n  $ mcd ${command} `)
      expect(stdout).toMatch(/EXAMPLES\n +(?:\$|eval ")/)
      // A flag without a description would stand alone on its line.
      expect(stdout.match(/^ +(?:-\w, )?--[\w-]+(?:=\S+)?$/gm) ?? []).toEqual([])
    }
  }, 60_000)

  test('what stands on stdin is no argument: in a loop over a list it is the rest of the list', async () => {
    const {write, bash} = all.open()
    write(fleetText({groups: {virginia: aws(1)}}))
    expect(
      await bash('echo nonesuch > list && OCLIF_STDIN_TIMEOUT_MS=5000 mcd history --sandbox < list'),
    ).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('has no run yet'),
    })
  })

  test.skipIf(!existsSync('/dev/full'))(
    'a disk with no room for the answer is told in one line',
    async () => {
      expect(await all.open().bash('mcd --help > /dev/full')).toMatchObject({
        exitCode: 1,
        stderr: 'Error: What mcd has to say cannot be written to stdout: there is no room for it.',
      })
    },
  )

  test.each([
    ['a command that there is not', ['upp'], 'There is no command "mcd upp"; did you mean "mcd up"?'],
    [
      'help on one that there is not',
      ['help', 'upp'],
      'There is no command "mcd upp"; did you mean "mcd up"?',
    ],
    ['an argument that is not taken', ['up', 'web'], '"mcd up" takes no argument "web".'],
    ['a flag that there is not', ['up', '--yess'], 'Nonexistent flag: --yess'],
    ['a duration without a unit', ['up', '--timeout', '5'], '--timeout must be a duration with a unit'],
    ['no fleet file', ['up'], 'There is no fleet file at ./mcd.yaml.'],
    ['init without a terminal and without flags', ['init'], '--fleet'],
  ])('%s is bad usage: exit 2 and what was meant', async (_what, args, said) => {
    const {exitCode, stdout, stderr} = await all.open().mcd(args)
    expect({exitCode, stdout, stderr}).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringContaining(said),
    })
  })
})

describe('a fleet that serves, and a user without a terminal', () => {
  const write = (virginia: number, east: number) =>
    place.write(fleetText({groups: {virginia: aws(virginia), east: joyent(east, MNX)}}))
  const status = async (...args: readonly string[]) => (await place.mcd([...args, '--sandbox'])).exitCode
  let calls: Record<string, number>
  const CHANGE = 'route53:ChangeResourceRecordSets'

  const refused = async (args: readonly string[], ...said: readonly string[]) => {
    const {exitCode, stdout, stderr} = await place.mcd([...args, '--sandbox'])
    expect({args, exitCode, stdout}).toEqual({args, exitCode: 2, stdout: ''})
    for (const part of said) expect(stderr).toContain(part)
    expect(mutatingCalls(await place.sandbox())).toEqual(calls)
  }

  beforeAll(async () => {
    write(1, 1)
    expect([await status('plan', '--detailed-exitcode'), await status('status', '--check')]).toEqual([10, 10])
    expect(await place.up()).toMatchObject({converged: true})
    calls = mutatingCalls(await place.sandbox())
  })

  test('plan --detailed-exitcode and status --check tell 0 from 10', async () => {
    expect([await status('plan', '--detailed-exitcode'), await status('status', '--check')]).toEqual([0, 0])
    write(2, 1)
    expect([await status('plan', '--detailed-exitcode'), await status('status', '--check')]).toEqual([10, 10])
    expect([await status('plan'), await status('status')]).toEqual([0, 0])
    write(1, 1)
  })

  test('what would end an instance is refused with the flag that allows it', async () => {
    await refused(['down'], '2 instances would be ended', 'Add --yes to allow it.')
    write(0, 1)
    await refused(['up'], '1 instance would be ended', 'Add --yes to allow it.')
    write(1, 1)
  })

  test('a group or an instance that there is not is told with the nearest that there is', async () => {
    await refused(['down', '--yes', '--group', 'virgina'], 'no group "virgina"; did you mean "virginia"?')
    await refused(['down', '--yes', '--instance', 'i-0'], 'no instance "i-0"', '"mcd status --sandbox" lists')
  })

  test('the last address of a name leaves only with --allow-empty', async () => {
    const nobody = 'This would take the last serving address out of www.example.com'
    await refused(['down', '--yes', '--group', 'east', '--group', 'virginia'], nobody, 'Add --allow-empty')
    write(0, 0)
    await refused(['up', '--yes'], nobody, 'Add --allow-empty')
    write(1, 1)
  })

  test('with the flags it is done; another run meanwhile changes nothing and exits 4', async () => {
    const down = place.begin([
      'down',
      '--sandbox',
      '--yes',
      '--json',
      '--group',
      'virginia',
      '--group',
      'east',
      '--allow-empty',
    ])
    // It has said in the journal that it works before its first change.
    await eventually(async () => mutatingCalls(await place.sandbox())[CHANGE] !== calls[CHANGE])
    const {exitCode, stdout, stderr} = await place.mcd(['up', '--sandbox'])
    expect({exitCode, stdout}).toEqual({exitCode: 4, stdout: ''})
    expect(stderr).toMatch(/^Another run works on this fleet: "mcd down" by .* \(process \d+\), since /)
    expect(stderr).toContain('Add --wait to go on as soon as it has ended.')

    const ended = await down.ended
    expect([ended.exitCode, ended.json()]).toEqual([
      0,
      expect.objectContaining({converged: true, instances: []}),
    ])
    expect(mutatingCalls(await place.sandbox())['ec2:RunInstances']).toBe(calls['ec2:RunInstances'])
  })
})
