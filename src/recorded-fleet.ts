import {hostname} from 'node:os'
import {readFleetFile} from './fleet/file/read.ts'
import {type Standing, standingOf} from './fleet/lease.ts'
import type {Fleet} from './fleet/model.ts'
import {openFleetJournal, stateFolder} from './fleet/state-folder.ts'
import type {StoredEvent} from './journal/events.ts'
import {fold, type Recorded} from './journal/fold.ts'
import {sqliteJournal} from './journal/sqlite.ts'
import {identifyProcess, isRunning} from './process-identity.ts'

/** A fleet as its journal tells it, and who holds its lease as far as this host can see. */
export type RecordedFleet = {
  readonly fleet: Fleet
  readonly events: readonly StoredEvent[]
  readonly recorded: Recorded
  readonly holder: Standing
}

/**
 * Reads a fleet's journal and nothing else: no cloud, no zone and no sandbox is asked, no template is needed, and no
 * credential that the file takes from the environment for its instances.
 */
export async function readRecordedFleet(file: string, {sandbox}: {sandbox: boolean}): Promise<RecordedFleet> {
  const fleet = await readFleetFile(file, {sandbox: true})
  const journal = await openFleetJournal(fleet, stateFolder(fleet.file, sandbox), path =>
    sqliteJournal(path, {readOnly: true}),
  )
  const events = await journal.read()
  await journal.close()
  const recorded = fold(events)
  const self = identifyProcess()
  const holder = standingOf(recorded.lease, {host: hostname(), ...(self ? {process: self} : {})}, isRunning)
  return {fleet, events, recorded, holder}
}
