import {describe, expect, test} from 'vitest'
import {setCounts} from '../../../src/fleet/file/scale.ts'
import {scaleFiles} from '../../../src/fleet/file/scale-files.ts'

const scale = (text: string, counts: Record<string, number>) =>
  setCounts(text, 'mcd.yaml', new Map(Object.entries(counts)), {N: '2'})

describe('only the number changes', () => {
  test.each([
    [
      'in block style, with a comment',
      'groups:\n  a:\n    count: 2   # two\n    type: x\n',
      3,
      'groups:\n  a:\n    count: 3   # two\n    type: x\n',
    ],
    [
      'in flow style',
      'groups: {a: { count: 2 , type: x }, "b": {}}\n',
      10,
      'groups: {a: { count: 10 , type: x }, "b": {}}\n',
    ],
    ['behind a tag', 'groups:\n  a: {count: !!int 2}', 3, 'groups:\n  a: {count: !!int 3}'],
    ['in quotes', `groups:\n  a:\n    count: '2'\n`, 3, 'groups:\n  a:\n    count: 3\n'],
    ['with an anchor nobody uses', 'groups:\n  a:\n    count: &n 2\n', 3, 'groups:\n  a:\n    count: &n 3\n'],
    [
      'where nothing stands after the key',
      'groups:\n  a:\n    count: # none\n    type: x\n',
      3,
      'groups:\n  a:\n    count: 3 # none\n    type: x\n',
    ],
    [
      'among blank lines and lines ending in CRLF',
      'groups:\r\n\r\n  a:\r\n    count: 2\r\n\r\n',
      3,
      'groups:\r\n\r\n  a:\r\n    count: 3\r\n\r\n',
    ],
    [
      'added where there was none',
      'groups:\n  a:\n    # the first\n    type: x\n',
      3,
      'groups:\n  a:\n    # the first\n    count: 3\n    type: x\n',
    ],
    ['added in flow style', 'groups: {a: {type: x}}', 3, 'groups: {a: {count: 3, type: x}}'],
    [
      'added beside one that is merged in',
      'x: &d {count: 1}\ngroups:\n  a:\n    <<: *d\n',
      3,
      'x: &d {count: 1}\ngroups:\n  a:\n    count: 3\n    <<: *d\n',
    ],
    ['nothing where it is so already', 'groups:\n  a: {count: 3}\n', 3, 'groups:\n  a: {count: 3}\n'],
  ])('%s', (_where, before, to, after) => {
    expect(scale(before, {a: to}).text).toBe(after)
  })

  test('of several groups in one go, told as from and to', () => {
    const {text, changes} = scale('groups:\n  a: {count: 1}\n  b: {count: 20}\n  c: {}\n', {
      c: 5,
      a: 10,
      b: 20,
    })
    expect(text).toBe('groups:\n  a: {count: 10}\n  b: {count: 20}\n  c: {count: 5}\n')
    expect(changes).toEqual([
      {group: 'c', to: 5},
      {group: 'a', from: 1, to: 10},
    ])
  })
})

describe('a count that does not stand by itself is refused, with its place', () => {
  test.each([
    [
      'from the environment',
      `groups:\n  a:\n    count: \${env:N}\n`,
      'mcd.yaml:3:12: the count of group a comes from the environment',
    ],
    [
      'an alias',
      'groups:\n  b: {count: &n 2}\n  a: {count: *n}\n',
      'mcd.yaml:3:14: the count of group a is the alias "*n"',
    ],
    [
      'an anchor that another group uses',
      'groups:\n  a: {count: &n 2}\n  b: {count: *n}\n',
      'mcd.yaml:2:17: the count of group a is also that of b',
    ],
    [
      'merged into another group',
      'groups:\n  a: &a {count: 2}\n  b: {<<: *a}\n',
      'mcd.yaml:2:17: the count of group a is also that of b',
    ],
    [
      'a group that is an alias',
      'x: &d {count: 1}\ngroups:\n  a: *d\n',
      'mcd.yaml:3:6: group a is written by an alias',
    ],
  ])('%s', (_what, text, message) => {
    expect(() => scale(text, {a: 3})).toThrow(message)
  })

  test('a group that there is not, with the nearest one', () => {
    expect(() => scale('groups:\n  virginia: {count: 1}\n', {virgina: 3})).toThrow(
      'The fleet file has no group "virgina"; did you mean "virginia"?',
    )
  })
})

describe('of several files laid over each other', () => {
  const BASE = 'groups:\n  a: {count: 1} # base\n  b: {count: 1}\n  c: {type: x}\n'
  const files = (...overlays: string[]) =>
    [BASE, ...overlays].map((text, index) => ({name: `${index}.yaml`, text}))
  const counts = (wanted: Record<string, number>) => new Map(Object.entries(wanted))

  test('each count is written where it has the last word', () => {
    const scaled = scaleFiles(
      files('groups: {a: {count: 2}}', 'groups: {a: {type: y}}'),
      counts({a: 5, b: 6, c: 7}),
      {},
    )
    expect(scaled.map(({text}) => text)).toEqual([
      'groups:\n  a: {count: 1} # base\n  b: {count: 6}\n  c: {count: 7, type: x}\n',
      'groups: {a: {count: 5}}',
      'groups: {a: {type: y}}',
    ])
    expect(scaled.map(({changes}) => changes.map(({group}) => group))).toEqual([['b', 'c'], ['a'], []])
  })

  test('a group that only an overlay has is written there, and one that none has is refused', () => {
    const west = 'groups: {west: {type: x}}'
    expect(scaleFiles(files(west), counts({west: 3}), {})[1]?.text).toBe(
      'groups: {west: {count: 3, type: x}}',
    )
    expect(() => scaleFiles(files(west), counts({wst: 3}), {})).toThrow('did you mean "west"?')
  })

  test.each<[by: string, overlays: readonly string[], settings: readonly string[]]>([
    ['a later file', ['groups: {a: ~}'], []],
    ['--set', [], ['groups.a=null']],
  ])('a group that %s has removed is not there, so that no scale ends it', (_, overlays, settings) => {
    expect(() => scaleFiles(files(...overlays), counts({a: 3}), {}, settings)).toThrow(
      'The fleet file has no group "a"',
    )
    expect(scaleFiles(files(...overlays), counts({b: 3}), {}, settings)[0]?.text).toContain('b: {count: 3}')
  })

  test('a file that cannot be read is left to its reader', () => {
    expect(scaleFiles(files('groups: {'), counts({d: 3}), {})[1]?.text).toBe('groups: {')
  })

  test.each(['groups.a.count=3', 'groups.a={count: 3}', 'groups={a: {count: 3}}'])(
    'a count of --set %s would outdo what is written, and is refused',
    setting => {
      expect(() => scaleFiles(files(), counts({a: 5}), {}, [setting])).toThrow(
        /^--set groups.* gives group a its count/,
      )
      expect(scaleFiles(files(), counts({b: 5}), {}, [setting])[0]?.text).toContain('b: {count: 5}')
    },
  )
})
