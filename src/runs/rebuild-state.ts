import {confirm} from '../command-line/confirm.ts'
import type {FleetSource} from '../fleet/file/read.ts'
import {type Rebuilt, rebuildJournal} from '../fleet/rebuild.ts'
import {NotAJournalError} from '../journal/sqlite-schema.ts'
import {plainProgress} from '../output/progress.ts'
import {rebuiltText} from '../output/rebuilt-text.ts'
import {isRunning} from '../process-identity.ts'
import type {Instance} from '../providers/compute.ts'
import {asideOf, moveAside} from '../state/move-aside.ts'
import {thisRun} from '../state/this-run.ts'
import {type Context, openContext} from '../surroundings/context.ts'

export type RebuildFlags = FleetSource & {
  readonly sandbox: boolean
  readonly yes: boolean
  readonly wait: boolean
  readonly json: boolean
  readonly signal: AbortSignal
}

/** `movedTo` is where a file lies that could not be read as a journal. */
export type RebuildReport = Omit<Rebuilt, 'places' | 'strangers'> & {
  readonly fleet: string
  readonly movedTo?: string
  readonly places: readonly {readonly place: string; readonly account: string; readonly instances: Found[]}[]
  readonly strangers: readonly Found[]
}
type Found = {readonly id: string; readonly group: string; readonly dns: string; readonly launch: string}

/** Looks at everything, shows what was found, asks, and begins the journal anew. */
export async function rebuildState(flags: RebuildFlags): Promise<RebuildReport> {
  const {context, movedTo} = await openOrMoveAside(flags)
  const {name} = context.fleet
  try {
    const rebuilt = await rebuildJournal(context.outside, context.fleet, {
      command: 'state rebuild',
      identity: thisRun(),
      isRunning,
      wait: flags.wait,
      async approve(found) {
        process.stderr.write(`${rebuiltText(name, found)}\n`)
        if (found.earlierEvents === 0) return
        await confirm(
          {
            what: `The journal begins anew with this: the ${found.earlierEvents} events before stay as history, and a rollback to what they tell is no longer possible.`,
            question: 'Go on?',
            suggestions: ['Add --yes to allow it.'],
          },
          flags,
        )
      },
    })
    return {
      ...rebuilt,
      fleet: name,
      ...(movedTo === undefined ? {} : {movedTo}),
      places: rebuilt.places.map(place => ({...place, instances: place.instances.map(shown)})),
      strangers: rebuilt.strangers.map(shown),
    }
  } finally {
    await context.close()
  }
}

const shown = ({id, mark: {group, dns, launch}}: Instance): Found => ({id, group, dns, launch})

/** A file that is no journal is moved aside, never deleted, and only when that is allowed. */
async function openOrMoveAside(flags: RebuildFlags): Promise<{context: Context; movedTo?: string}> {
  const view = plainProgress()
  const {file, set, sandbox, signal} = flags
  const open = () =>
    openContext({file, set, sandbox, journal: 'write', signal, progress: event => view.show(event)})
  try {
    return {context: await open()}
  } catch (error) {
    if (!(error instanceof NotAJournalError)) throw error
    const {path, message} = error
    const movedTo = asideOf(path, 'aside')
    const what = `${message} It would be moved to ${movedTo}, and a new journal made.`
    await confirm({what, question: 'Go on?', suggestions: ['Add --yes to allow it.']}, flags)
    moveAside(path, movedTo)
    process.stderr.write(`Moved aside: ${movedTo}\n`)
    return {context: await open(), movedTo}
  }
}
