import {mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {FleetFileError, UsageError} from '../../src/errors.ts'
import {errorAnnotations, warningAnnotations} from '../../src/output/annotations.ts'

let checkout: string
beforeAll(() => {
  checkout = mkdtempSync(join(tmpdir(), 'mcd-annotations-'))
  writeFileSync(join(checkout, 'mcd.yaml'), '')
  symlinkSync(checkout, `${checkout}-link`)
})
afterAll(() => {
  rmSync(`${checkout}-link`)
  rmSync(checkout, {recursive: true})
})

const job = (workspace = checkout) => ({GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: workspace})
const mistake = (file: string) =>
  new FleetFileError([
    {file, line: 12, column: 5, message: 'unknown key "cuont"', hint: 'did you mean "count"?'},
    {file, message: '"dns" is missing'},
  ])

test('each mistake in the fleet file stands at its line, by its path in the repository', () => {
  const expected = [
    '::error title=mcd plan,file=mcd.yaml,line=12,col=5::unknown key "cuont" (did you mean "count"?)',
    '::error title=mcd plan,file=mcd.yaml::"dns" is missing',
  ]
  const found = (workspace: string) =>
    errorAnnotations(mistake(join(checkout, 'mcd.yaml')), 'mcd plan', job(workspace))
  expect(found(checkout)).toEqual(expected)
  expect(found(`${checkout}-link`), 'a workspace behind a link').toEqual(expected)
})

test('a file that is not in the repository is named in the text, since GitHub cannot show it', () => {
  expect(errorAnnotations(mistake('/elsewhere/mcd.yaml'), 'mcd plan', job())[0]).toBe(
    '::error title=mcd plan::/elsewhere/mcd.yaml:12:5: unknown key "cuont" (did you mean "count"?)',
  )
})

test('no value can end the command or begin another one', () => {
  const nasty = 'a%b\r\n::error::c, d: e'
  expect(errorAnnotations(new UsageError(nasty, {suggestions: ['Do f.']}), nasty, job())).toEqual([
    '::error title=a%25b%0D%0A%3A%3Aerror%3A%3Ac%2C d%3A e::a%25b%0D%0A::error::c, d: e%0A  → Do f.',
  ])
  expect(warningAnnotations([nasty], 'mcd up', job())).toEqual([
    '::warning title=mcd up::a%25b%0D%0A::error::c, d: e',
  ])
})

test('outside of GitHub Actions nothing is annotated', () => {
  expect(errorAnnotations(mistake('mcd.yaml'), 'mcd plan', {GITHUB_WORKSPACE: checkout})).toEqual([])
  expect(warningAnnotations(['short'], 'mcd up', {})).toEqual([])
})
