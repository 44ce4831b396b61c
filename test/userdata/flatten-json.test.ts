import {spawnSync} from 'node:child_process'
import {join} from 'node:path'
import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {builtInTemplates} from '../../src/userdata/template.ts'
import {has} from '../support/programs.ts'

const SCRIPT = join(builtInTemplates(), 'registration/script/json.sh')
const AWKS = [
  ['awk', 'awk'],
  ['mawk', 'mawk'],
  ['gawk', 'gawk'],
  ['busybox', 'busybox awk'],
].filter(([program]) => has(`${program}`))

/** What the script's reader should print, by JavaScript's own. */
function flat(value: unknown, path = ''): string[] {
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([key, inner]) =>
      flat(inner, path === '' ? resolved(key) : `${path}.${resolved(key)}`),
    )
  const text = typeof value === 'string' ? resolved(value) : JSON.stringify(value)
  return [`${path}\t${text}`]
}

const resolved = (text: string): string =>
  JSON.stringify(text)
    .slice(1, -1)
    .replace(/\\(["\\/])/g, '$1')

describe.each(AWKS)('with %s, the script', (_program, command) => {
  const flatten = (document: string) =>
    spawnSync('sh', ['-c', `awk() { command ${command} "$@"; }; . "$1"; flatten_json`, 'sh', SCRIPT], {
      input: document,
      encoding: 'utf8',
      env: {PATH: process.env.PATH ?? '', LC_ALL: 'C'},
    })

  test('reads any JSON, however it is laid out', () => {
    const documents = fc.tuple(fc.jsonValue({maxDepth: 4}), fc.constantFrom(undefined, 2, '\t'))
    fc.assert(
      fc.property(documents, ([value, space]) => {
        const {stdout, status} = flatten(JSON.stringify(value, undefined, space))
        expect(stdout.split('\n').slice(0, -1)).toEqual(flat(value))
        expect(status).toBe(0)
      }),
      {numRuns: 100},
    )
  })

  test.each(['<html>gateway</html>', '{"a": ', '{"a" 1}', '["a" "b"]', '{"a": "b', ''])(
    'says that %j is none',
    text => {
      expect(flatten(text).status).not.toBe(0)
    },
  )
})
