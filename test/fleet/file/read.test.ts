import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {readFleetFile} from '../../../src/fleet/file/read.ts'
import {FLEET_FILE, fleetFile} from '../../support/fleet-file.ts'

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

describe('of several files', () => {
  const write = async (name: string, text: string) => {
    await writeFile(join(folder, name), text)
    return join(folder, name)
  }

  test('the first one says where the fleet lies, and the others are laid over it', async () => {
    const file = await write('mcd.yaml', FLEET_FILE)
    const over = await write('over.yaml', 'groups: {virginia: {count: 5}}')
    const fleet = await readFleetFile({file: [file, over], set: ['groups.east.count=1']})
    expect(fleet).toMatchObject({file, groups: [{count: 5}, {count: 1}]})
  })

  test('one that is not there is named as what it is for', async () => {
    const file = await write('mcd.yaml', FLEET_FILE)
    await expect(readFleetFile({file: [file, join(folder, 'none.yaml')]})).rejects.toMatchObject({
      name: 'UsageError',
      message: `There is no file at ${join(folder, 'none.yaml')} to lay over the fleet file.`,
    })
  })

  test('one that is named twice is refused, however it is written', async () => {
    const file = await write('mcd.yaml', FLEET_FILE)
    const again = `${folder}/./mcd.yaml`
    await expect(readFleetFile({file: [file, again]})).rejects.toThrow(`${again} is given twice with -f.`)
  })
})
