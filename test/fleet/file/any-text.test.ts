// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a fleet file writes its variables so
import fc from 'fast-check'
import {expect, test} from 'vitest'
import {FleetFileError} from '../../../src/errors.ts'
import {FLEET_FILE, parse} from '../../support/fleet-file.ts'

/** A Fleet, or an answer whose every place is in the text: nothing else may come of any text. */
function expectFleetOrPlaces(text: string): void {
  try {
    expect(parse(text, {SET: 'value'}).name).toBeTypeOf('string')
  } catch (error) {
    if (!(error instanceof FleetFileError)) throw error
    const lines = text.split('\n')
    expect(error.problems.length).toBeGreaterThan(0)
    for (const {line = 0, column = 0, message} of error.problems) {
      expect(message).not.toBe('')
      expect(line).toBeGreaterThanOrEqual(1)
      expect(line).toBeLessThanOrEqual(lines.length)
      expect(column).toBeGreaterThanOrEqual(1)
      expect(column).toBeLessThanOrEqual((lines[line - 1]?.length ?? 0) + 1)
    }
  }
}

/** What breaks YAML files: its own signs, variables, and whatever else a cat on the keyboard may find. */
const fragment = fc.oneof(
  fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ':',
    ': ',
    '- ',
    '\n',
    '\t',
    '"',
    "'",
    '#',
    '&a ',
    '*a',
    '!t ',
    '|',
    '>',
    '%',
    '@',
    '---\n',
    '...\n',
  ),
  fc.constantFrom(
    '${env:SET}',
    '${env:UNSET}',
    '${env:',
    '$${',
    '<<: ',
    '? ',
    '__proto__: 1',
    'constructor: 1',
    '\r\n',
    '\uFEFF',
    '\u0000',
    '😀',
  ),
  fc.constantFrom(
    'null',
    'true',
    '-1',
    '1e999',
    '.nan',
    '0x10',
    '60',
    '5s',
    '20GB',
    'aws',
    'joyent',
    'route53',
    'cloudflare',
    '@',
  ),
  fc.string({maxLength: 5}),
)
const cut = fc.record({at: fc.nat(FLEET_FILE.length), length: fc.nat(40), put: fragment})

test('a mangled file is a fleet or an answer with places in the text', () => {
  const mangled = fc
    .array(cut, {minLength: 1, maxLength: 6})
    .map(cuts =>
      cuts.reduce((text, {at, length, put}) => text.slice(0, at) + put + text.slice(at + length), FLEET_FILE),
    )
  fc.assert(fc.property(mangled, expectFleetOrPlaces), {numRuns: 600})
})

test('so is any file whose values were exchanged', () => {
  const lines = FLEET_FILE.split('\n')
  const value = fc.oneof(fc.json({maxDepth: 2}), fragment)
  const changes = fc.array(fc.tuple(fc.nat(lines.length - 1), value), {minLength: 1, maxLength: 5})
  const exchanged = changes.map(all => {
    const changed = [...lines]
    for (const [index, text] of all)
      changed[index] = (changed[index] ?? '').replace(
        /(: |- ).*|$/,
        (_, separator = ': ') => separator + text,
      )
    return changed.join('\n')
  })
  fc.assert(fc.property(exchanged, expectFleetOrPlaces), {numRuns: 600})
})

test.each([
  ['brackets nested out of reason', `fleet: ${'['.repeat(20_000)}`],
  ['mappings nested out of reason', `fleet: ${'{a: '.repeat(20_000)}`],
  [
    'aliases that multiply',
    `${[...'abcdefgh']
      .map(
        (name, i) =>
          `${name}: &${name} [${
            i === 0
              ? '1'
              : Array(10)
                  .fill(`*${'abcdefgh'[i - 1]}`)
                  .join(', ')
          }]`,
      )
      .join('\n')}\n`,
  ],
  ['an alias inside what it merges', 'fleet: &a\n  <<: *a\n'],
  ['a merge of text', 'fleet: &a text\ngroups:\n  <<: *a\n'],
  ['a merge of a list', 'groups:\n  <<: [{a: 1}, *none]\n'],
  ['mappings as keys', '{a: 1}: 2\n? [b]\n: 3\n'],
  [
    'keys of the object prototype',
    '__proto__: {fleet: web}\nconstructor: 1\ntoString: 2\ngroups: {__proto__: {provider: aws}}\n',
  ],
])('%s are answered', (_what, text) => {
  expectFleetOrPlaces(text)
  expect(() => parse(text)).toThrow(FleetFileError)
})
