import {type FleetSource, readFleetFile} from '../fleet/file/read.ts'
import type {Fleet} from '../fleet/model.ts'
import type {Standing} from '../fleet/turn/lease.ts'
import type {StoredEvent} from '../journal/events.ts'
import {fold} from '../journal/fold.ts'
import type {Recorded} from '../journal/recorded.ts'
import {FOLD_VERSION} from '../journal/snapshot.ts'
import {openState} from './open.ts'
import {standingHere} from './this-run.ts'

/** A fleet as its journal tells it, and who holds its lease as far as this host can see. */
export type RecordedFleet = {
  readonly fleet: Fleet
  /** The journal's file, or its name in a shared store. */
  readonly where: string
  /** The event up to which the folded state is kept, where it is. */
  readonly snapshot: number | undefined
  readonly events: readonly StoredEvent[]
  readonly recorded: Recorded
  readonly holder: Standing
}

/**
 * Reads a fleet's journal and nothing else: no cloud, no zone and no sandbox is asked, no template is needed, and nothing
 * that the file takes from the environment for its instances.
 */
export async function readRecordedFleet({
  sandbox,
  ...source
}: FleetSource & {sandbox: boolean}): Promise<RecordedFleet> {
  const fleet = await readFleetFile(source, {sandbox: true, opensState: !sandbox, mayLackSecrets: true})
  const {journal, where} = await openState(fleet, {sandbox, readOnly: true})
  try {
    const events = await journal.read()
    const snapshot = (await journal.loadSnapshot(FOLD_VERSION))?.sequence
    const recorded = fold(events)
    const holder = standingHere(recorded.lease)
    return {fleet, where, snapshot, events, recorded, holder}
  } finally {
    await journal.close()
  }
}
