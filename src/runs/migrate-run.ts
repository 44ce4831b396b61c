import {basename} from 'node:path'
import {isDeepStrictEqual} from 'node:util'
import {McdError, UsageError} from '../errors.ts'
import {type FleetSource, readFleetFile, readTexts} from '../fleet/file/read.ts'
import {saveFleetFile} from '../fleet/file/save.ts'
import {givesState, setState} from '../fleet/file/set-state.ts'
import {parseSettings} from '../fleet/file/setting.ts'
import {parseLocation} from '../journal/location.ts'
import {plainProgress} from '../output/progress.ts'
import {isRunning} from '../process-identity.ts'
import {realRuntime} from '../runtime.ts'
import {moveJournal} from '../state/migrate.ts'
import {asideOf, moveAside} from '../state/move-aside.ts'
import {type OpenedState, openPlace, openState} from '../state/open.ts'
import {thisRun} from '../state/this-run.ts'

export type MigrateFlags = FleetSource & {
  readonly to: string
  readonly sandbox: boolean
  readonly wait: boolean
  readonly signal: AbortSignal
}

export type MigrateReport = {
  readonly fleet: string
  readonly from: string
  readonly to: string
  readonly events: number
  /** Whether the fleet file says so by now; otherwise that is still to be written into it. */
  readonly fileChanged: boolean
  /** The one file of several that says where the journal is. */
  readonly file: string
}

/** `mcd state migrate`: moves the journal, then lets the fleet file say where it is. */
export async function migrateState(flags: MigrateFlags): Promise<MigrateReport> {
  const {to, sandbox} = flags
  const location = parseLocation(to)
  if ('problem' in location) throw new UsageError(`The new state ${location.problem}.`)
  if (location.kind === 'postgres' && location.password)
    throw new UsageError('A password on the command line would stand in its history and in the fleet file.', {
      suggestions: ['Leave it out and set PGPASSWORD.'],
    })
  checkSettings(flags.set)
  const fleet = await readFleetFile(flags, {sandbox: true, mayLackSecrets: true})
  if (isDeepStrictEqual(location, fleet.state))
    throw new UsageError(`The journal of fleet ${fleet.name} is kept in ${to} already.`)
  const from = await openState(fleet, {sandbox, movedTo: to, signal: flags.signal})
  try {
    const place = {...fleet, state: location}
    let target = await openPlace(place, {sandbox, signal: flags.signal})
    try {
      const isLeftOver = target.movedTo !== undefined
      if (isLeftOver && location.kind !== 'local') throw leftBefore(target, location.kind, to)
      const view = plainProgress()
      const outside = {
        runtime: realRuntime(flags.signal),
        journal: from.journal,
        isOurs: from.isOurs,
        progress: view.show.bind(view),
      }
      const move = {
        command: 'state migrate',
        address: to,
        identity: thisRun(),
        isRunning,
        wait: flags.wait,
        ...(isLeftOver && {
          async makeRoom() {
            await target.journal.close()
            moveAside(target.where, asideOf(target.where, 'moved'))
            target = await openPlace(place, {sandbox})
            return target.journal
          },
        }),
      }
      // Stopped behind the last word in the old place, an earlier migrate has left the fleet file to be written.
      const events =
        from.movedTo === undefined
          ? await moveJournal(outside, target.journal, move)
          : (await target.journal.read()).length
      const {fileChanged, file} = await writeState(flags)
      return {fleet: fleet.name, from: from.where, to: target.where, events, fileChanged, file}
    } finally {
      await target.journal.close()
    }
  } finally {
    await from.journal.close()
  }
}

/** In a shared place others may still read what was left there. */
const leftBefore = ({where, movedTo}: OpenedState, kind: 's3' | 'postgres', to: string): McdError =>
  new McdError(`${where} holds the beginning of this journal, which has moved to ${movedTo} since.`, {
    suggestions: [
      kind === 's3'
        ? `Name another place, such as ${to.replace(/\/*(\?|$)/, '-2$1')}`
        : 'Name another place, such as a schema of its own: add "?schema=NAME".',
    ],
  })

/** `--set` has the last word over every file: what is written would not be read. */
function checkSettings(settings: readonly string[] = []): void {
  if (!parseSettings(settings).some(({path}) => path[0] === 'state')) return
  throw new UsageError('--set state says where the journal lies, whatever is written into the fleet file.', {
    suggestions: ['Leave it out: "state" belongs into the fleet file, where every run finds it.'],
  })
}

/**
 * The last file that gives `state` has the last word; where none does, the first. A rehearsal leaves it alone: the real journal
 * lies where it lay.
 */
async function writeState({
  file: paths,
  to,
  sandbox,
}: MigrateFlags): Promise<Pick<MigrateReport, 'fileChanged' | 'file'>> {
  const files = await readTexts(paths)
  const [first] = files
  const {name: file, text: before} = files.findLast(({text}) => givesState(text)) ??
    first ?? {name: '', text: ''}
  const after = sandbox ? undefined : setState(before, to)
  if (after === undefined) return {fileChanged: false, file}
  await saveFleetFile(file, before, after)
  process.stderr.write(`${basename(file)} now says: state: ${to}\n`)
  return {fileChanged: true, file}
}
