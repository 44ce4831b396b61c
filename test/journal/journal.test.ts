import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {memoryJournal, memoryStore} from '../../src/journal/memory.ts'
import {sqliteJournal} from '../../src/journal/sqlite.ts'
import {describeJournal} from '../contract/journal.ts'

describeJournal('memory', async () => {
  const store = memoryStore()
  return {open: async () => memoryJournal(store), close: async () => {}}
})

describeJournal('sqlite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mcd-journal-'))
  return {
    open: () => sqliteJournal(join(folder, '.mcd', 'web', 'journal.sqlite')),
    close: async () => rmSync(folder, {recursive: true}),
  }
})
