import {expect, test} from 'vitest'
import {unknownFlag} from '../src/unknown-flag.ts'

const KNOWN = ['sandbox', 'yes', 'json']
const nonexistent = (...flags: string[]) =>
  Object.assign(new Error(`Nonexistent flags: ${flags.join(', ')}\nSee more help with --help`), {flags})

test('every flag that is none is told, with what was meant where something is near', () => {
  expect(unknownFlag(nonexistent('--snadbox', '--colour', '-x'), 'sandbox start', KNOWN)).toMatchObject({
    message:
      'Nonexistent flag: --snadbox; did you mean "--sandbox"?\nNonexistent flag: --colour.\nNonexistent flag: -x.',
    suggestions: ['"mcd sandbox start --help" shows its flags.'],
    exit: 2,
  })
})

test('no other error is touched', () => {
  expect(unknownFlag(new Error('Missing 1 required arg'), 'up', KNOWN)).toBeUndefined()
})
