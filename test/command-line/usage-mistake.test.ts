import {Args, Config, Flags, Parser} from '@oclif/core'
import {beforeAll, expect, test} from 'vitest'
import {usageMistake} from '../../src/command-line/usage-mistake.ts'

const KNOWN = ['kind', 'times', 'json']

/** What oclif's own parser throws for this command line. */
const parsed = (...argv: string[]): Promise<unknown> =>
  Parser.parse(argv, {
    flags: {
      kind: Flags.option({options: ['outage', 'throttle'] as const, required: true})(),
      times: Flags.integer({exclusive: ['json']}),
      json: Flags.boolean(),
    },
    args: {target: Args.string({required: true, description: 'A vendor.'})},
  }).catch((error: unknown) => error)

beforeAll(async () => {
  await Config.load({root: `${import.meta.dirname}/..`, devPlugins: false, userPlugins: false})
})

test.each([
  [
    'flags that there are not, with what was meant where something is near',
    ['aws', '--kidn', 'outage', '--colour'],
    'Nonexistent flag: --kidn; did you mean "--kind"?\nNonexistent flag: --colour.',
  ],
  ['an argument too many', ['aws', 'twice', '--kind', 'outage'], '"mcd fault" takes no argument "twice".'],
  ['an argument too few', ['--kind', 'outage'], 'TARGET is missing: A vendor.'],
  ['a flag too few', ['aws'], '--kind is needed.'],
  [
    'a flag without its value',
    ['aws', '--kind'],
    /^Flag --kind expects one of these values: outage, thr.*\.$/,
  ],
  [
    'a word that is none of the choices',
    ['aws', '--kind', 'outtage'],
    '--kind cannot be "outtage"; did you mean "outage"?',
  ],
  [
    'flags that exclude each other',
    ['aws', '--kind', 'outage', '--times', '2', '--json'],
    '--json and --times exclude each other.',
  ],
  [
    'what is no number',
    ['aws', '--kind', 'outage', '--times', 'two'],
    /^--times: Expected an integer but received: two\.$/,
  ],
] as const)('%s: told in sentences, with a way on', async (_what, argv, message) => {
  const told = usageMistake(await parsed(...argv), 'fault', KNOWN)
  expect(told?.message).toEqual(message instanceof RegExp ? expect.stringMatching(message) : message)
  expect(told).toMatchObject({exit: 2, suggestions: [expect.stringMatching(/--help|^Use one of/)]})
})

test('no other error is touched', () => {
  expect(usageMistake(new Error('The cloud is gone'), 'up', KNOWN)).toBeUndefined()
})
