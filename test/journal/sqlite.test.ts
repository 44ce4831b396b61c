import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {createInterface} from 'node:readline'
import {DatabaseSync} from 'node:sqlite'
import {fileURLToPath} from 'node:url'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {LockedError, McdError} from '../../src/errors.ts'
import type {NewEvent} from '../../src/journal/journal.ts'
import {sqliteJournal} from '../../src/journal/sqlite.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcd-journal-'))
  path = join(folder, '.mcd', 'web', 'journal.sqlite')
})
afterEach(() => rmSync(folder, {recursive: true}))

const event: NewEvent = {atMs: 1, run: 'run-1', event: {type: 'run-finished', exit: 0, converged: true}}

/** As mcd 0.1 made its file, with one event in it. */
const VERSION_1 = `
  CREATE TABLE events (
    sequence INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    run TEXT NOT NULL,
    event TEXT NOT NULL
  ) STRICT;
  PRAGMA application_id = ${0x6d63646a};
  PRAGMA user_version = 1;
  INSERT INTO events VALUES (1, ${event.atMs}, '${event.run}', '${JSON.stringify(event.event)}')`

async function written(events = 1): Promise<void> {
  const journal = await sqliteJournal(path)
  await journal.append(1, Array<NewEvent>(events).fill(event))
  await journal.close()
}

describe('the file', () => {
  test('is for its owner alone, in a folder that Git ignores', async () => {
    await written()
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700)
    expect(readFileSync(join(folder, '.mcd', '.gitignore'), 'utf8')).toBe('*\n')
  })

  test('keeps every append it answered, whenever its process is killed', async () => {
    for (const appends of [1, 2, 7, 40]) {
      const victim = join(folder, `${appends}.sqlite`)
      const loop = fileURLToPath(new URL('append-loop.ts', import.meta.url))
      const child = spawn(process.execPath, [loop, victim], {stdio: ['ignore', 'pipe', 'inherit']})
      let answered = 0
      let lines = 0
      for await (const line of createInterface({input: child.stdout})) {
        answered = Number(line)
        if (++lines === appends) child.kill('SIGKILL')
      }
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      expect(child.signalCode).toBe('SIGKILL')
      const journal = await sqliteJournal(victim)
      const events = await journal.read()
      // One append more may have landed than was answered; half of one may not.
      expect(events.length % 2).toBe(0)
      expect(events.length).toBeGreaterThanOrEqual(answered - 1)
      expect(events.map(({sequence}) => sequence)).toEqual(events.map((_, index) => index + 1))
      await journal.append(events.length + 1, [event])
      await journal.close()
    }
  })
})

describe('a journal of mcd 0.1, which kept no snapshots,', () => {
  beforeEach(() => {
    path = join(folder, 'journal.sqlite')
    const database = new DatabaseSync(path)
    database.exec(VERSION_1)
    database.close()
  })

  test('is brought up by who writes, with every event in it', async () => {
    const journal = await sqliteJournal(path)
    expect(await journal.append(2, [event])).toBe(3)
    await journal.saveSnapshot({fold: 1, sequence: 2, state: '{}'})
    await journal.close()
    const reader = await sqliteJournal(path, {readOnly: true})
    expect(await reader.read()).toEqual([
      {sequence: 1, ...event},
      {sequence: 2, ...event},
    ])
    expect(await reader.loadSnapshot(1)).toMatchObject({sequence: 2})
  })

  test('is read as it is by who only reads', async () => {
    const before = readFileSync(path)
    const reader = await sqliteJournal(path, {readOnly: true})
    expect(await reader.loadSnapshot(1)).toBeUndefined()
    expect(await reader.read()).toEqual([{sequence: 1, ...event}])
    expect(readFileSync(path).equals(before)).toBe(true)
  })
})

describe('opened to read only', () => {
  test('an absent journal is an empty one, and stays absent', async () => {
    const journal = await sqliteJournal(path, {readOnly: true})
    expect(await journal.read()).toEqual([])
    await journal.close()
    expect(readdirSync(folder)).toEqual([])
  })

  test('leaves no trace beside the file', async () => {
    await written(3)
    const before = readdirSync(dirname(path))
    const journal = await sqliteJournal(path, {readOnly: true})
    expect(await journal.read()).toHaveLength(3)
    await journal.close()
    expect(readdirSync(dirname(path))).toEqual(before)
  })

  test('sees what a writer at work has appended, and cannot append', async () => {
    const writer = await sqliteJournal(path)
    const reader = await sqliteJournal(path, {readOnly: true})
    expect(await reader.read()).toEqual([])
    await writer.append(1, [event, event])
    expect(await reader.read()).toHaveLength(2)
    await expect(reader.append(3, [event])).rejects.toThrow(/read only/)
    await writer.close()
    expect(await reader.read()).toHaveLength(2)
  })
})

describe('what cannot be a journal is refused with what to do', () => {
  const refusal = async (options?: {readOnly: boolean}): Promise<McdError> => {
    const error = await sqliteJournal(path, options)
      .then(journal => journal.read())
      .then(
        () => expect.unreachable('it was opened'),
        thrown => thrown,
      )
    expect(error).toBeInstanceOf(McdError)
    expect(error.message).toContain(path)
    expect(error.suggestions).not.toEqual([])
    return error
  }

  test.each([{readOnly: false}, {readOnly: true}])('a newer journal (%o)', async options => {
    await written()
    const database = new DatabaseSync(path)
    database.exec('PRAGMA user_version = 99')
    database.close()
    expect((await refusal(options)).message).toMatch(/newer mcd \(format 99/)
  })

  test.each([{readOnly: false}, {readOnly: true}])('a file of another kind (%o)', async options => {
    path = join(folder, 'notes.txt')
    writeFileSync(path, 'not a database '.repeat(100))
    expect((await refusal(options)).message).toMatch(/not a journal/)
    expect(readFileSync(path, 'utf8')).toContain('not a database')
  })

  test.each([{readOnly: false}, {readOnly: true}])('another program’s database (%o)', async options => {
    path = join(folder, 'other.sqlite')
    const database = new DatabaseSync(path)
    database.exec('CREATE TABLE events (id)')
    database.close()
    expect((await refusal(options)).message).toMatch(/not a journal/)
  })

  test('a folder that cannot be made', async () => {
    writeFileSync(join(folder, '.mcd'), 'a file where the folder should be')
    expect((await refusal()).message).toMatch(/cannot be opened to write/)
  })

  test('a journal that another process holds', async () => {
    await written()
    const holder = new DatabaseSync(path)
    holder.exec('BEGIN IMMEDIATE')
    expect(await refusal()).toBeInstanceOf(LockedError)
    holder.close()
  })
})

test('an empty file, left by a run that died while making it, becomes a journal', async () => {
  path = join(folder, 'journal.sqlite')
  writeFileSync(path, '')
  expect(await (await sqliteJournal(path, {readOnly: true})).read()).toEqual([])
  await written()
  const journal = await sqliteJournal(path)
  expect(await journal.read()).toHaveLength(1)
  await journal.close()
})
