import {afterEach, expect, test} from 'vitest'
import {rememberCall} from '../../src/output/call.ts'
import {userdataDiff} from '../../src/output/userdata-diff.ts'

afterEach(() => rememberCall({commands: new Map()}))

test('a changed userdata is shown line by line', () => {
  expect(
    userdataDiff([
      {group: 'east', before: '#cloud-config\na: 1\nb: 2\n', after: '#cloud-config\na: 1\nb: 3\n'},
    ]),
  ).toBe(
    [
      '~ userdata of group east',
      '    @@ line 1 → 1 @@',
      '     #cloud-config',
      '     a: 1',
      '    -b: 2',
      '    +b: 3',
    ].join('\n'),
  )
})

test('a changed line of a file within a cloud-config is one changed line', () => {
  const config = (word: string) =>
    `#cloud-config\na: 1\nfiles:\n  - content: "<p>\\n  one\\n  ${word} C:\\\\now\\n</p>\\n"\nb: 2\n`
  expect(userdataDiff([{group: 'east', before: config('two'), after: config('three')}])).toBe(
    [
      '~ userdata of group east',
      '    @@ line 4 → 4 @@',
      '       - content: "<p>\\n',
      '             one\\n',
      '    -        two C:\\\\now\\n',
      '    +        three C:\\\\now\\n',
      '           </p>\\n"',
      '     b: 2',
    ].join('\n'),
  )
})

test('an unchanged one is not mentioned, a first one is named', () => {
  const text = '#!/bin/sh\ntrue\n'
  expect(userdataDiff([{group: 'east', before: text, after: text}])).toBe('')
  expect(userdataDiff([{group: 'east', after: text}])).toBe(
    '+ userdata of group east: 2 lines  (see "mcd render east")',
  )
})

test('the command that shows a first one finds the same fleet, and no word of userdata is taken for a command', () => {
  rememberCall({
    file: ['a.yaml', 'b.yaml'],
    sandbox: true,
    commands: new Map([['render', ['file', 'sandbox']]]),
  })
  const text = '#!/bin/sh\n# see "mcd render"\n'
  expect(userdataDiff([{group: 'east', after: text}])).toBe(
    '+ userdata of group east: 2 lines  (see "mcd render -f a.yaml -f b.yaml --sandbox east")',
  )
  expect(userdataDiff([{group: 'east', before: '#!/bin/sh\n', after: text}])).toContain('# see "mcd render"')
})
