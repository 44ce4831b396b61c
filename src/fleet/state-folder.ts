import {dirname, join} from 'node:path'
import type {Journal} from '../journal/journal.ts'
import {readRecorded} from '../journal/snapshot.ts'
import type {Fleet} from './model.ts'

export type JournalOpener = (path: string) => Promise<Journal>

/** Where a fleet's journal lies (decision 32): `.mcd/<fleet>/journal.sqlite` beside the fleet file, the sandbox's under `.mcd/sandbox/journals`. */
export function stateFolder(fleetFile: string, sandbox: boolean): string {
  return sandbox ? join(dirname(fleetFile), '.mcd', 'sandbox', 'journals') : join(dirname(fleetFile), '.mcd')
}

/**
 * Opens the fleet's journal. Two files in one folder may hold fleets of one name and different DNS names (decision 1): the
 * second has a journal of its own, named for its DNS name. One file whose DNS name changed keeps its journal (decision 4).
 */
export async function openFleetJournal(fleet: Fleet, folder: string, open: JournalOpener): Promise<Journal> {
  const journal = await open(join(folder, fleet.name, 'journal.sqlite'))
  const {file, owners} = await readRecorded(journal)
  const ownFile = fleet.file.slice(fleet.file.lastIndexOf('/') + 1)
  if (file === undefined || file === ownFile || owners.includes(fleet.dns)) return journal
  await journal.close()
  return open(join(folder, fleet.name, `journal-${fleet.dns}.sqlite`))
}
