import {dirname, join} from 'node:path'
import {InterruptedError, McdError} from '../errors.ts'
import type {Fleet} from '../fleet/model.ts'
import type {Journal} from '../journal/journal.ts'
import {
  journalPrefix,
  locationText,
  type PostgresPlace,
  type S3Place,
  type StateLocation,
} from '../journal/location.ts'
import type {Recorded} from '../journal/recorded.ts'
import {readRecorded} from '../journal/snapshot.ts'
import {sqliteJournal} from '../journal/sqlite.ts'
import {type Runtime, realRuntime} from '../runtime.ts'

export type StateOptions = {
  readonly sandbox: boolean
  /** Nothing is written, not even an empty journal (law 9). */
  readonly readOnly?: boolean
  /** Ends the opening of a journal that does not answer. What is open listens to nobody: last words must still be written. */
  readonly signal?: AbortSignal | undefined
}

/** `where` is the file, or the name in a shared store: for people. */
export type OpenedState = {
  readonly journal: Journal
  readonly where: string
  /** As the journal's last word says. */
  readonly movedTo?: string | undefined
}

export type OwnState = OpenedState & {
  /** Whether it still is: it may have been empty when it was opened, and begun by another fleet of the same name since. */
  readonly isOurs: (recorded: Recorded) => boolean
}

/** What of a fleet decides where its journal lies. */
export type StateOwner = Pick<Fleet, 'name' | 'dns' | 'file' | 'state'>

/** The fleet's journal, wherever its file says that it lies; one that has moved from there only for who knows where to. */
export async function openState(
  fleet: StateOwner,
  {movedTo, ...options}: StateOptions & {readonly movedTo?: string},
): Promise<OwnState> {
  const opened = await openPlace(fleet, options)
  if (opened.movedTo === undefined || opened.movedTo === movedTo) return opened
  await opened.journal.close()
  throw new McdError(
    `The journal of fleet ${fleet.name} has moved from ${opened.where} to ${opened.movedTo}.`,
    {
      suggestions: [
        `Write "state: ${opened.movedTo}" into ${fleet.file.slice(fleet.file.lastIndexOf('/') + 1)}.`,
      ],
    },
  )
}

/** The same for whoever moves journals: also where one was, that has moved on. */
export const openPlace = (fleet: StateOwner, options: StateOptions): Promise<OwnState> =>
  fleet.state.kind === 'local' ? openLocal(fleet, options) : openShared(fleet, fleet.state, options)

/**
 * Beside the fleet file (decision 32): `.mcd/<fleet>/journal.sqlite`, the sandbox's under `.mcd/sandbox/journals`. Two files in
 * one folder may hold fleets of one name and different DNS names (decision 1): the second has a journal of its own, named for
 * its DNS name. One file whose DNS name changed keeps its journal (decision 4).
 */
async function openLocal(
  {name, dns, file}: Pick<Fleet, 'name' | 'dns' | 'file'>,
  {sandbox, readOnly = false}: StateOptions,
): Promise<OwnState> {
  const folder = join(dirname(file), '.mcd', ...(sandbox ? ['sandbox', 'journals'] : []), name)
  const first = await openFile(join(folder, 'journal.sqlite'), readOnly)
  const ownFile = file.slice(file.lastIndexOf('/') + 1)
  const isOurs = (recorded: Recorded) =>
    recorded.file === undefined || recorded.file === ownFile || recorded.owners.includes(dns)
  if (isOurs(first.recorded)) return {...first, isOurs}
  await first.journal.close()
  return {...(await openFile(join(folder, `journal-${dns}.sqlite`), readOnly)), isOurs: () => true}
}

async function openFile(path: string, readOnly: boolean): Promise<OpenedState & {recorded: Recorded}> {
  const journal = await sqliteJournal(path, {readOnly})
  const recorded = await recordedIn(journal)
  return {journal, where: path, recorded, movedTo: recorded.movedTo}
}

/** One that cannot be read is closed: nobody gets it, and a connection that stays open keeps mcd from ending. */
async function recordedIn(journal: Journal): Promise<Recorded> {
  try {
    return await readRecorded(journal)
  } catch (error) {
    await journal.close()
    throw error
  }
}

/**
 * In a store that others reach, too. Files of one name say nothing there, since every team has its `mcd.yaml`: a journal
 * belongs to the fleet whose DNS names it tells of.
 */
async function openShared(
  fleet: StateOwner,
  location: Exclude<StateLocation, {kind: 'local'}>,
  options: StateOptions,
): Promise<OwnState> {
  const {name, dns} = fleet
  const opening = openingRuntime(options.signal)
  const {journal, where, recorded} = await openStore(fleet, location, {
    ...options,
    runtime: opening.runtime,
  }).finally(opening.end)
  const isOurs = (now: Recorded) => isOf(dns, now)
  if (isOurs(recorded)) return {journal, where, movedTo: recorded.movedTo, isOurs}
  await journal.close()
  const [owner] = recorded.owners
  throw new McdError(
    `${where} holds the journal of another fleet "${name}", that of ${owner}: this file is of ${dns}.`,
    {
      suggestions: [
        `Give this fleet a place of its own: ${location.kind === 's3' ? `state: ${locationText(location)}/${dns}` : 'add "?schema=NAME" to "state"'}`,
        `If ${owner} is to become ${dns}: name both in "dns", ${owner} first, run "mcd up", then take ${owner} out.`,
      ],
    },
  )
}

type StoreOptions = StateOptions & {readonly runtime: Runtime}

async function openStore(
  fleet: StateOwner,
  location: Exclude<StateLocation, {kind: 'local'}>,
  options: StoreOptions,
) {
  const {journal, where} =
    location.kind === 's3'
      ? await openS3(fleet, location, options)
      : await openPostgres(fleet, location, options)
  return {journal, where, recorded: await recordedIn(journal)}
}

/**
 * A journal's runtime, interrupted by `signal` until `end` is called. Before that there is nothing to finish, so that no call
 * is waited for; after it the lease is to be given back, whoever has interrupted the run.
 */
function openingRuntime(signal?: AbortSignal): {runtime: Runtime; end(): void} {
  const left = new AbortController()
  const leave = () =>
    left.abort(signal?.reason instanceof InterruptedError ? signal.reason.atOnce() : signal?.reason)
  if (signal?.aborted) leave()
  signal?.addEventListener('abort', leave, {once: true})
  return {runtime: realRuntime(left.signal), end: () => signal?.removeEventListener('abort', leave)}
}

/** `<prefix>/<fleet>` */
async function openS3(
  {name, file}: StateOwner,
  {kind: _, ...place}: S3Place,
  {sandbox, runtime, readOnly = false}: StoreOptions,
): Promise<OpenedState> {
  const [{s3Objects}, {objectJournal}] = await Promise.all([
    import('../providers/s3/store.ts'),
    import('../journal/objects.ts'),
  ])
  const store = s3Objects({
    ...place,
    ...(sandbox ? await sandboxStore(dirname(file)) : {}),
    prefix: journalPrefix(place, name),
    runtime,
  })
  return {journal: await objectJournal(store, {readOnly}), where: store.name}
}

/** The sandbox has no PostgreSQL: there the journal lies beside the fleet file, and goes with the sandbox. */
async function openPostgres(
  fleet: StateOwner,
  place: PostgresPlace,
  {sandbox, runtime, readOnly = false}: StoreOptions,
): Promise<OpenedState> {
  if (sandbox) return openLocal(fleet, {sandbox, readOnly})
  const {postgresJournal} = await import('../journal/postgres.ts')
  return {
    journal: await postgresJournal(place, fleet.name, {readOnly, runtime}),
    where: `${locationText(place)} (${fleet.name})`,
  }
}

const isOf = (dns: string, {owners, names}: Recorded): boolean =>
  owners.length === 0 || owners.includes(dns) || names.some(({name}) => name === dns)

async function sandboxStore(folder: string) {
  const {ensureSandbox} = await import('../sandbox/client.ts')
  const {endpoints, credentials} = await ensureSandbox(folder)
  return {endpoint: endpoints.aws, region: credentials.aws.region, credentials: credentials.aws}
}
