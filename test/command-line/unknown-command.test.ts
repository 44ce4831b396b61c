import {expect, test} from 'vitest'
import {unknownCommand} from '../../src/command-line/unknown-command.ts'

const KNOWN = ['up', 'down', 'status', 'sandbox:start', 'sandbox:status']

test.each([
  ['a slip of the finger', 'upp', 'There is no command "mcd upp"; did you mean "mcd up"?'],
  [
    'one of a topic',
    'sandbox:sart',
    'There is no command "mcd sandbox sart"; did you mean "mcd sandbox start"?',
  ],
  ['a topic alone', 'sandbx', 'There is no command "mcd sandbx"; did you mean "mcd sandbox"?'],
  ['nothing like any', 'frobnicate', 'There is no command "mcd frobnicate".'],
  ['an argument too many', 'up:extra:more', '"mcd up" takes no argument "extra more".'],
  ['an argument too many, in a topic', 'sandbox:start:now', '"mcd sandbox start" takes no argument "now".'],
])('%s is told with what was meant', (_what, id, message) => {
  expect(unknownCommand(new Error(`command ${id} not found`), KNOWN)).toMatchObject({message, exit: 2})
})

test('what is asked for help is told of alike', () => {
  expect(unknownCommand(new Error('Command sandbox:sart not found.'), KNOWN)).toMatchObject({
    message: 'There is no command "mcd sandbox sart"; did you mean "mcd sandbox start"?',
    exit: 2,
  })
})

test('no other error is touched', () => {
  expect(unknownCommand(new Error('command failed'), KNOWN)).toBeUndefined()
})
