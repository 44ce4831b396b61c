import {describe, expect, test} from 'vitest'
import {type Call, completedFor} from '../../src/output/call.ts'

const FLEET = ['file', 'set', 'json']
const call = (given: Omit<Call, 'commands'>): Call => ({
  ...given,
  commands: new Map([
    ['up', [...FLEET, 'sandbox', 'yes']],
    ['replace', [...FLEET, 'sandbox']],
    ['ttl restore', [...FLEET, 'sandbox']],
    ['policy', FLEET],
    ['init', ['fleet']],
    ['sandbox start', ['file']],
  ]),
})
const HERE = call({file: ['mcd.yaml', 'production.yaml'], sandbox: true})
const FLAGS = '-f mcd.yaml -f production.yaml --sandbox'

describe('a command that people are told gets the flags that this call had', () => {
  test.each([
    ['in quotes', 'Run "mcd up".', `Run "mcd up ${FLAGS}".`],
    ['after an arrow', 'differs  → mcd up', `differs  → mcd up ${FLAGS}`],
    ['after a colon', 'Saved: mcd up --plan a.json', `Saved: mcd up ${FLAGS} --plan a.json`],
    ['before its arguments', '→ mcd replace i-1', `→ mcd replace ${FLAGS} i-1`],
    ['of two words', '"mcd ttl restore"', `"mcd ttl restore ${FLAGS}"`],
    ['broken between two lines', '"mcd ttl\n    restore"', `"mcd ttl\n    restore ${FLAGS}"`],
    [
      'as the other of two',
      '→ Mend that, or mcd replace --rollback',
      `→ Mend that, or mcd replace ${FLAGS} --rollback`,
    ],
    ['as the second', '→ mcd replace i-1, then mcd up', `→ mcd replace ${FLAGS} i-1, then mcd up ${FLAGS}`],
  ])('%s', (_where, text, complete) => {
    expect(completedFor(HERE, text)).toBe(complete)
  })

  test('as far as the command takes them', () => {
    expect(completedFor(HERE, '"mcd policy"')).toBe('"mcd policy -f mcd.yaml -f production.yaml"')
    expect(completedFor(HERE, '"mcd sandbox start"')).toBe(
      '"mcd sandbox start -f mcd.yaml -f production.yaml"',
    )
    expect(completedFor(HERE, '"mcd init"')).toBe('"mcd init"')
  })

  test('with what --set gave, quoted for the shell', () => {
    const settings = call({file: ["Ann's fleet.yaml"], set: ['groups.a.count=3', 'groups.a.type=[x, y]']})
    expect(completedFor(settings, '"mcd up"')).toBe(
      `"mcd up -f 'Ann'\\''s fleet.yaml' --set groups.a.count=3 --set 'groups.a.type=[x, y]'"`,
    )
  })

  test.each([
    'userdata.vars.key=hidden',
    'dns[0].instanceCredentials.token=hidden',
    'state=hidden',
    'userdata={vars: {a: hidden}}',
    'groups.a.metadata."x"=hidden',
  ])('but no value of --set %s, where a secret may stand', setting => {
    const text = completedFor(call({set: [setting]}), '"mcd up"')
    expect(text).not.toContain('hidden')
    expect(text).toContain('=<VALUE>')
  })
})

test.each([
  ['what another did', 'Another run works: "mcd up" by ann on laptop.'],
  ['what another did, with flags', '"mcd replace --rollback" by ann on laptop'],
  ['prose', 'What mcd up would do with it next:'],
  ['a heading', '### mcd policy: fleet web'],
  ['what is longer', '"mcd upgrade", "mcd replace-all"'],
  ['help', '"mcd up --help" shows its flags.'],
  ['what is complete', `"mcd up ${FLAGS}"`],
])('%s stays as it is', (_what, text) => {
  expect(completedFor(HERE, text)).toBe(text)
})

test('nothing is added to what a call without such flags is told', () => {
  expect(completedFor(call({}), 'Run "mcd up".')).toBe('Run "mcd up".')
})
