import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, expect, test} from 'vitest'
import {readTrouble, writeTrouble} from '../src/file-trouble.ts'
import {writeOutput} from '../src/output/write-output.ts'

const folder = mkdtempSync(join(tmpdir(), 'mcd-trouble-'))
writeFileSync(join(folder, 'file'), '')
afterAll(() => rmSync(folder, {recursive: true}))

test.each([
  ['missing/plan.json', `there is no folder ${join(folder, 'missing')}`, /^Make that folder/],
  ['file/plan.json', `${join(folder, 'file')} is no folder`, /^Name a file in a folder/],
  ['', 'it is a folder', /^Name a file in it/],
])('a file that a flag names as "%s" is refused in words, with what to do', async (name, why, suggestion) => {
  const path = join(folder, name)
  await expect(writeOutput(path, 'x')).rejects.toMatchObject({
    exit: 2,
    message: `${path} cannot be written: ${why}.`,
    suggestions: [expect.stringMatching(suggestion)],
  })
})

test('no folder, no right and no room are told apart, and so is a file from a folder', () => {
  const whys = ['ENOENT', 'EACCES', 'EROFS', 'ENOSPC', 'EISDIR', 'ENOTDIR'].map(
    code => writeTrouble('a/b', Object.assign(new Error(code), {code})).why,
  )
  expect(new Set(whys).size).toBe(6)
  for (const why of whys) expect(why).not.toMatch(/\bE[A-Z]{4,}/)
})

test('what nobody has words for is told as the system tells it', () => {
  const error = Object.assign(new Error('too many open files'), {code: 'EMFILE'})
  expect([writeTrouble('a/b', error).why, readTrouble(error)]).toEqual(['EMFILE', 'EMFILE'])
  expect(readTrouble(new Error('odd'))).toBe('odd')
})
