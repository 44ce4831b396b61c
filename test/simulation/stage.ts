import type {Journal} from '../../src/journal/journal.ts'
import {memoryJournal} from '../../src/journal/memory.ts'
import {objectJournal} from '../../src/journal/objects.ts'
import {type DnsWatch, watchDns} from '../support/dns-watch.ts'
import {fleet as anyFleet} from '../support/fleet-builder.ts'
import {plantForeign} from '../support/laws.ts'
import {simulatedBucket} from '../support/simulated-bucket.ts'
import {SimulatedFleet} from '../support/simulated-fleet.ts'
import {stayWithThem} from './in-use.ts'
import {ALL_NAMES, type FileDraw, type Story} from './story.ts'

const REPAIR_EVERY_MS = 60_000

/** A story under way: the world, and what the last chapter left there. */
export type Stage = {
  readonly story: Story
  readonly sim: SimulatedFleet
  readonly watch: DnsWatch
  /** Who was ended under its clients' hands. */
  readonly cutOff: readonly string[]
  readonly foreign: () => Promise<unknown>
  /** What happened, for people. */
  readonly notes: {readonly atMs: number; readonly text: string}[]
  /** Opens the journal as a run of its own does. */
  openJournal: () => Promise<Journal>
  /** Ids of who hangs, and of whom their owner has stopped: they are about to serve again. */
  readonly resting: Set<string>
  /** What the file said last; absent before the first command. */
  file: FileDraw | undefined
  /** How many live in each group. */
  counts: Readonly<Record<string, number>>
  /** Ids of who is drained on purpose. */
  drained: readonly string[]
  /** Whether they are what the file declares: a rollback, for one, is not. */
  isDeclared: boolean
  /** Whether somebody else's addresses answer under a name, too. */
  sharesNames: boolean
}

export async function setStage(story: Story): Promise<Stage> {
  const sim = new SimulatedFleet({seed: story.chance, delays: story.delays})
  if (story.repairs) sim.guests.repairEveryMs = REPAIR_EVERY_MS
  const foreign = await plantForeign(sim, anyFleet([], {names: story.sharesNames ? ALL_NAMES : []}))
  const watch = watchDns(sim, {names: ALL_NAMES})
  const openJournal = newJournal(story)
  sim.journal = await openJournal()
  return {
    story,
    sim,
    watch,
    cutOff: story.clientsStayMs === undefined ? [] : stayWithThem(sim, story.clientsStayMs),
    foreign,
    notes: [],
    openJournal,
    resting: new Set(),
    file: undefined,
    counts: {},
    drained: [],
    isDeclared: true,
    sharesNames: story.sharesNames,
  }
}

/** In memory a second handle is the same one; in a bucket each reads and writes for itself. */
export function newJournal({journal}: Story): () => Promise<Journal> {
  if (journal === 'memory') {
    const memory = memoryJournal()
    return async () => memory
  }
  const bucket = simulatedBucket('s3://states/web')
  return () => objectJournal(bucket)
}

export function note({notes, sim}: Stage, text: string): void {
  notes.push({atMs: sim.time.now(), text})
}
