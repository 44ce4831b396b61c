import {randomUUID} from 'node:crypto'
import PQueue from 'p-queue'
import {McdError} from '../errors.ts'
import type {ObjectStore} from '../providers/objects.ts'
import type {StoredEvent} from './events.ts'
import {type Journal, LostAppendError, type NewEvent, type Snapshot} from './journal.ts'
import {aheadOf} from './shared-clock.ts'

/** Raise it when what lies in the store has another form. An older mcd then refuses to read it. */
const FORMAT = 1
const FORMAT_KEY = 'format.json'
const PROBE_KEY = 'probe.json'
/** Formed as S3's, and nobody's. */
const NO_VERSION = '"00000000000000000000000000000000"'
const EVENTS = 'events/'
const CONCURRENT_READS = 16
/** Of one append. Where a reading begins in the middle of a batch, its key is looked for this far back. */
const MOST_EVENTS = 1_000
const SNAPSHOT_ROUNDS = 5
const RESTORE =
  'Restore it from a version of the bucket, or name another prefix in "state": what is yours is found again by its marks.'

type Batch = {readonly writer: string; readonly events: readonly StoredEvent[]}

/**
 * The journal in a store of objects: one object for each append, its key the sequence of its first event, written only
 * where nothing stands. Whoever appends knows where the last batch ended, so two who append at once want the same key, and
 * one of them is refused: no lock is needed for what is written to be right (the lease is for what is done in between).
 */
export async function objectJournal(
  store: ObjectStore,
  {readOnly = false}: {readOnly?: boolean} = {},
): Promise<Journal> {
  const isThere = await checkFormat(store)
  if (!isThere && !readOnly) await begin(store)
  // The sequence that follows the last batch as far as it was read; a key may only be written there.
  let next = 1

  async function read(after = 0): Promise<StoredEvent[]> {
    const listed = await store.list(EVENTS, keyOf(Math.max(0, after - MOST_EVENTS)))
    // What else lies there is somebody's: another fleet may be named "events", its prefix ending with this fleet's name.
    const keys = listed.filter(key => EVENT_KEY.test(key))
    const firsts = keys.map(sequenceOf)
    const begins = firsts.findLastIndex(first => first <= after + 1)
    const queue = new PQueue({concurrency: CONCURRENT_READS})
    const batches = await queue.addAll(
      keys.slice(Math.max(0, begins)).map(key => () => readBatch(store, key)),
    )
    const events = batches.flatMap(batch => batch.events)
    checkGaps(store, events, after)
    next = Math.max(next, (events.at(-1)?.sequence ?? 0) + 1)
    return events.filter(({sequence}) => sequence > after)
  }

  async function append(expectedSequence: number, events: readonly NewEvent[]): Promise<number> {
    if (readOnly) throw new McdError(`The journal ${store.name} was opened to read only.`)
    if (events.length > MOST_EVENTS)
      throw new McdError(`${events.length} events are too many for one append: ${MOST_EVENTS} fit.`)
    if (expectedSequence !== next) await read(next - 1)
    if (expectedSequence !== next) throw new LostAppendError(expectedSequence, next)
    if (events.length === 0) return next
    const writer = randomUUID()
    const numbered = events.map((event, index) => ({sequence: next + index, ...event}))
    const key = keyOf(next)
    const came = await store.create(key, JSON.stringify({writer, events: numbered} satisfies Batch))
    // Sent again after a reply was lost, our own batch stands in the way.
    if (came === 'exists' && (await readBatch(store, key)).writer !== writer) {
      await read(next - 1)
      throw new LostAppendError(expectedSequence, next)
    }
    next += events.length
    return next
  }

  const clock = store.readClock?.()
  return {
    ...(clock && {clockAheadMs: aheadOf(clock)}),
    read,
    append,
    loadSnapshot: async fold => (await readSnapshot(store, fold))?.snapshot,
    saveSnapshot: snapshot => saveSnapshot(store, snapshot),
    close: async () => {},
  }
}

/** Whether a journal lies there. Throws where a newer mcd wrote it. */
async function checkFormat(store: ObjectStore): Promise<boolean> {
  const found = await store.get(FORMAT_KEY)
  if (!found) return false
  const {format} = parse<{format: number}>(store, FORMAT_KEY, found.text)
  if (format > FORMAT)
    throw new McdError(`The journal in ${store.name} was written by a newer mcd (format ${format}).`, {
      suggestions: ['Use that version, or a later one, for this fleet.'],
    })
  return true
}

/**
 * The first use of a store is where it shows whether it keeps its promises: some that look like S3 take a conditional write,
 * ignore the condition, and would let two runs write over each other. The format is written last, so that a store that failed
 * is put to the test again.
 */
async function begin(store: ObjectStore): Promise<void> {
  const text = JSON.stringify({purpose: 'Written again by mcd, to see that this store refuses it.'})
  await store.create(PROBE_KEY, text)
  if ((await store.create(PROBE_KEY, text)) === 'created') throw ignores(store, 'If-None-Match')
  if ((await store.replace(PROBE_KEY, text, NO_VERSION)) === 'replaced') throw ignores(store, 'If-Match')
  await store.create(FORMAT_KEY, JSON.stringify({format: FORMAT}))
}

const ignores = (store: ObjectStore, header: string): McdError =>
  new McdError(
    `The store behind ${store.name} ignores conditional writes: it wrote over an object that ${header} should have kept. Two runs could not be kept apart there.`,
    {
      suggestions: [
        'Keep the state in S3, or in a store that honours If-None-Match and If-Match (MinIO, Ceph and R2 do in newer versions).',
      ],
    },
  )

/** What this mcd, or an older one, wrote under this key. */
function parse<T>(store: ObjectStore, key: string, text: string): T {
  try {
    return JSON.parse(text) as T
  } catch (cause) {
    throw new McdError(`${store.name}/${key} is not what mcd wrote: it is no JSON.`, {
      cause,
      suggestions: [RESTORE],
    })
  }
}

async function readBatch(store: ObjectStore, key: string): Promise<Batch> {
  const found = await store.get(key)
  if (found) return parse<Batch>(store, key, found.text)
  throw new McdError(
    `${store.name}/${key} was listed and is not there: somebody deletes from this journal.`,
    {
      suggestions: [RESTORE],
    },
  )
}

/** What is missing at the beginning or in the middle was never left out by mcd: read over, it would pass for an empty journal. */
function checkGaps(store: ObjectStore, events: readonly StoredEvent[], after: number): void {
  const [first] = events
  // The first batch may begin before what was asked for, and never behind it.
  let last = Math.min(after, (first?.sequence ?? 1) - 1)
  for (const {sequence} of events) {
    if (sequence !== last + 1)
      throw new McdError(
        `The journal in ${store.name} has a gap: event ${last} is followed by event ${sequence}.`,
        {
          suggestions: [RESTORE],
        },
      )
    last = sequence
  }
  if (last < after)
    throw new McdError(
      `The journal in ${store.name} ends with event ${last}, and event ${after} was read from it before.`,
      {suggestions: [RESTORE]},
    )
}

async function readSnapshot(
  store: ObjectStore,
  fold: number,
): Promise<{snapshot: Snapshot; version: string} | undefined> {
  const key = snapshotKey(fold)
  const found = await store.get(key)
  return found && {snapshot: parse<Snapshot>(store, key, found.text), version: found.version}
}

async function saveSnapshot(store: ObjectStore, snapshot: Snapshot): Promise<void> {
  const key = snapshotKey(snapshot.fold)
  const text = JSON.stringify(snapshot)
  for (let round = 0; round < SNAPSHOT_ROUNDS; round++) {
    const kept = await readSnapshot(store, snapshot.fold)
    if (kept && kept.snapshot.sequence >= snapshot.sequence) return
    const came = kept ? await store.replace(key, text, kept.version) : await store.create(key, text)
    if (came === 'created' || came === 'replaced') return
  }
  // Others keep newer ones: losing this one loses nothing but time.
}

const snapshotKey = (fold: number): string => `snapshots/fold-${fold}.json`
/** Twelve digits, so that the order of the keys is that of the events. */
const keyOf = (sequence: number): string => `${EVENTS}${String(sequence).padStart(12, '0')}.json`
const EVENT_KEY = /^events\/(\d{12})\.json$/
const sequenceOf = (key: string): number => Number(EVENT_KEY.exec(key)?.[1])
