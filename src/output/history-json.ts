import type {NoteHistory, RunHistory, StepHistory} from '../fleet/history/history.ts'
import type {Step} from '../journal/events.ts'
import type {OpenRun} from './history-text.ts'

/** One run in a list: `mcd history --json`. Times are ISO 8601 in UTC; `open` tells of a run without an end whether it still works. */
export function runSummary(run: RunHistory, open: OpenRun) {
  const {end, tookOver, startedAtMs, lastAtMs} = run
  return {
    run: run.run,
    command: run.command,
    version: run.version,
    user: run.user,
    host: run.host,
    pid: run.pid,
    ...(run.job === undefined ? {} : {job: run.job}),
    startedAt: iso(startedAtMs),
    lastEventAt: iso(lastAtMs),
    durationMs: lastAtMs - startedAtMs,
    end: end.kind === 'open' ? {...end, process: open} : end,
    ...(tookOver ? {tookOver} : {}),
    ...(run.lost.length > 0 ? {lost: run.lost} : {}),
    steps: run.steps.length,
  }
}

/** One run in full: `mcd history RUN --json`. */
export const runDetails = (run: RunHistory, open: OpenRun) => ({
  ...runSummary(run, open),
  steps: run.steps.map(stepDetails),
  drains: run.drains.map(({instances, zones, livesOn, endedAtMs}) => ({
    ...(livesOn && {livesOn}),
    instances,
    zones: zones.map(({zone, removedAtMs, servedAtMs}) => ({
      zone,
      removedAt: iso(removedAtMs),
      ...(servedAtMs === undefined ? {} : {servedAt: iso(servedAtMs)}),
    })),
    ...(endedAtMs === undefined ? {} : {endedAt: iso(endedAtMs)}),
  })),
  notes: run.notes.map(({atMs, event}: NoteHistory) => ({at: iso(atMs), ...event})),
})

function stepDetails({
  step,
  input,
  startedAtMs,
  endedAtMs,
  result,
  retries,
  resumes,
  settledBy,
}: StepHistory) {
  return {
    step,
    input: inputDetails(input),
    ...(startedAtMs === undefined ? {} : {startedAt: iso(startedAtMs)}),
    ...(endedAtMs === undefined ? {} : {endedAt: iso(endedAtMs)}),
    ...(result ? {result} : {}),
    retries: retries.map(({call, why, atMs}) => ({call, why, at: iso(atMs)})),
    ...(resumes === undefined ? {} : {resumes}),
    ...(settledBy === undefined ? {} : {settledBy}),
  }
}

/** A launch order holds the whole launch target and a digest: here is what a person asks about. */
function inputDetails(input: Step) {
  if (input.kind !== 'launch') return input
  const {kind, place, group, order} = input
  const {count, type, zone, target, mark, networkIds} = order
  const {imageId, imageName} = target
  const image = {id: imageId, name: imageName}
  return {
    kind,
    place,
    group,
    count,
    type,
    zone: zone.name,
    image,
    launch: mark.launch,
    spec: mark.spec,
    networkIds,
  }
}

const iso = (ms: number): string => new Date(ms).toISOString()
