import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {readFleetFile} from '../../../src/fleet/file/read.ts'
import {fleetFile} from '../../support/fleet-file.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mcd-read-'))
})
afterAll(() => rm(folder, {recursive: true}))

test('a missing file is answered with how to make one', async () => {
  await expect(readFleetFile(join(folder, 'none.yaml'))).rejects.toMatchObject({
    name: 'UsageError',
    exit: 2,
    message: `There is no fleet file at ${join(folder, 'none.yaml')}.`,
    suggestions: ['Make one with "mcd init".', 'Name another one with --file.'],
  })
})

test('a folder is no fleet file', async () => {
  await expect(readFleetFile(folder)).rejects.toThrow(`${folder} is a folder, not a fleet file.`)
})

test('bytes that are no text are no fleet file', async () => {
  const path = join(folder, 'binary.yaml')
  await writeFile(path, Buffer.from([0x66, 0xff, 0xfe]))
  await expect(readFleetFile(path)).rejects.toThrow('is not a text file in UTF-8')
})

test('a file written on Windows is read alike', async () => {
  const path = join(folder, 'windows.yaml')
  await writeFile(path, `\uFEFF${fleetFile(['count: 2', 'count: two']).replaceAll('\n', '\r\n')}`)
  await expect(readFleetFile(path)).rejects.toMatchObject({
    problems: [
      {file: path, line: 12, column: 12, message: 'count must be a whole number from 0 to 10000, not "two"'},
    ],
  })
})
