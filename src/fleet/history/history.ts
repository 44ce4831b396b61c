import type {JournalEvent, Step, StepResult, StoredEvent} from '../../journal/events.ts'
import type {Retry} from '../../providers/retries.ts'
import {type DrainHistory, drainsOf, leave, type WayOut} from './drains.ts'
import {lossesAlong} from './losses.ts'

/**
 * The journal as a story: its runs, and what each of them did. Pure: events in, runs out, oldest first.
 */
export type RunHistory = {
  readonly run: string
  readonly command: string
  readonly version: string
  readonly host: string
  readonly user: string
  readonly pid: number
  /** The page of the CI job it ran in. */
  readonly job?: string
  readonly startedAtMs: number
  /** When its end was written; for a run that was stopped, its last event: it lived that long at least. */
  readonly lastAtMs: number
  readonly end: RunEnd
  /** The run it took the lease from, and why that was right. */
  readonly tookOver?: NonNullable<Started['takenOver']>
  readonly steps: readonly StepHistory[]
  readonly drains: readonly DrainHistory[]
  /** Ended, or without their mark, as this run found, though nobody had asked for that. */
  readonly lost: readonly string[]
  /** Everything else it wrote down, in order. */
  readonly notes: readonly NoteHistory[]
}

/** `open`: nothing says that it ended, and nobody came after it: it works, or it was stopped. */
export type RunEnd =
  | {
      readonly kind: 'finished'
      readonly exit: number
      readonly converged: boolean
      /** What it fell short of. */
      readonly why?: readonly string[]
    }
  | {readonly kind: 'open'}
  | {readonly kind: 'stopped'; readonly brokenBy?: string}

/**
 * A call that changes a cloud or a zone, as one run knows it: the run that intended it, or a later one that sent it again
 * or looked up what came of it (`resumes`).
 */
export type StepHistory = {
  readonly step: string
  readonly input: Step
  /** Absent for a step of an earlier run: only its end was written down. */
  readonly startedAtMs?: number
  readonly resumes?: string
  /** Absent where the run was stopped before the answer came. */
  readonly endedAtMs?: number
  readonly result?: StepResult
  readonly retries: readonly Retry[]
  /** The run that found out what came of it, where that was another one. */
  readonly settledBy?: string
}

type NoteKind = Exclude<
  JournalEvent['type'],
  | 'opened'
  | 'run-started'
  | 'run-finished'
  | 'lease-renewed'
  | 'intent'
  | 'outcome'
  | 'removal-served'
  | 'absence-served'
>
export type NoteHistory = {
  readonly atMs: number
  readonly event: Extract<JournalEvent, {type: NoteKind}>
}

type Started = Extract<JournalEvent, {type: 'run-started'}>
type Mutable<T> = {-readonly [K in keyof T]: T[K]}
type OpenRun = Mutable<Omit<RunHistory, 'steps' | 'drains' | 'lost' | 'notes'>> & {
  readonly steps: Map<string, Mutable<StepHistory>>
  readonly notes: NoteHistory[]
  readonly lost: string[]
  /** Instances whose way out went on in this run. */
  readonly moved: Set<string>
}
export function historyOf(events: readonly StoredEvent[]): RunHistory[] {
  const runs = new Map<string, OpenRun>()
  const intents = new Map<string, {readonly input: Step; readonly run: string}>()
  const waysOut = new Map<string, WayOut>()
  const lostIn = lossesAlong()
  let latest: OpenRun | undefined
  for (const {atMs, run: id, event} of events) {
    if (event.type === 'run-started') {
      // One run has the lease at a time: whoever had it before had ended, with or without a word.
      if (latest?.end.kind === 'open') latest.end = {kind: 'stopped'}
      latest = startRun(id, atMs, event)
      runs.set(id, latest)
      continue
    }
    if (event.type === 'lease-broken') {
      const broken = runs.get(event.run)
      if (broken?.end.kind === 'open') broken.end = {kind: 'stopped', brokenBy: `${event.user}@${event.host}`}
    }
    const run = runs.get(id)
    if (!run) continue
    run.lastAtMs = atMs
    run.lost.push(...lostIn(id, event))
    switch (event.type) {
      case 'run-finished':
        {
          const {exit, converged, why} = event
          run.end = {kind: 'finished', exit, converged, ...(why ? {why} : {})}
        }
        break
      case 'intent': {
        const {step, what: input} = event
        intents.set(step, {input, run: id})
        run.steps.set(step, {step, input, startedAtMs: atMs, retries: []})
        break
      }
      case 'outcome': {
        const intent = intents.get(event.step)
        if (!intent) break
        const {step, result, retries = []} = event
        const resumed = {step, input: intent.input, resumes: intent.run, retries: []}
        const before = run.steps.get(step) ?? resumed
        run.steps.set(step, {...before, endedAtMs: atMs, result, retries: [...before.retries, ...retries]})
        const asked = intent.run === id ? undefined : runs.get(intent.run)?.steps.get(step)
        if (asked) asked.settledBy = id
        for (const instance of leave(waysOut, intent.input, result, atMs)) run.moved.add(instance)
        break
      }
      case 'removal-served':
      case 'absence-served':
        for (const instance of event.instances) {
          const left = waysOut.get(instance)?.zones.get(event.zone)
          if (left) left.servedAtMs ??= atMs
          run.moved.add(instance)
        }
        break
      case 'opened':
      case 'lease-renewed':
        break
      default:
        run.notes.push({atMs, event})
    }
  }
  return [...runs.values()].map(({moved, steps, ...run}) => ({
    ...run,
    steps: [...steps.values()],
    drains: drainsOf(moved, waysOut, run.lastAtMs),
  }))
}

function startRun(
  run: string,
  atMs: number,
  {command, version, host, user, pid, job, takenOver}: Started,
): OpenRun {
  return {
    run,
    command,
    version,
    host,
    user,
    pid,
    ...(job === undefined ? {} : {job}),
    startedAtMs: atMs,
    lastAtMs: atMs,
    end: {kind: 'open'},
    ...(takenOver ? {tookOver: takenOver} : {}),
    steps: new Map(),
    lost: [],
    notes: [],
    moved: new Set(),
  }
}
