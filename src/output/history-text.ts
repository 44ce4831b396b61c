import type {DrainHistory} from '../fleet/history/drains.ts'
import type {RunHistory, StepHistory} from '../fleet/history/history.ts'
import {gauge} from './gauge.ts'
import {shortIds} from './short-id.ts'
import {inputText, listText, noteText, resultText, retriesText} from './step-text.ts'
import {table} from './table.ts'
import {dateText, spanText, timeText} from './time-text.ts'
import {wrapped} from './wrapped.ts'

/** Whether a run of which no end was written still works, as far as can be told from here. */
export type OpenRun = 'works' | 'stopped' | 'unknown'

/** The runs, the newest last: beside the prompt. */
export function runsText(fleet: string, runs: readonly RunHistory[], open: OpenRun): string {
  if (runs.length === 0) return `Fleet ${fleet} has no run yet.`
  const short = shortRunIds(runs)
  const rows = runs.map(run => {
    const {command, user, host, startedAtMs, lastAtMs, end, tookOver} = run
    const lasted = `${end.kind === 'finished' ? '' : '≥ '}${spanText(lastAtMs - startedAtMs)}`
    const before = tookOver ? `; took the lease over from ${short(tookOver.run)}` : ''
    const lost = run.lost.length > 0 ? `; lost ${shortIds(listText(run.lost))}` : ''
    return [
      short(run.run),
      dateText(startedAtMs),
      end.kind === 'finished' ? timeText(lastAtMs) : '',
      lasted,
      command,
      `${user}@${host}`,
      `${endText(run, open)}${before}${lost}`,
    ]
  })
  return table(['RUN', 'BEGAN (UTC)', 'ENDED', 'LASTED', 'COMMAND', 'WHO', 'OUTCOME'], rows)
}

/** The first eight characters of an id, and more where two runs share them. */
function shortRunIds(runs: readonly RunHistory[]): (run: string) => string {
  const ids = runs.map(({run}) => run)
  let length = 8
  while (length < 36 && new Set(ids.map(id => id.slice(0, length))).size < ids.length) length++
  return run => run.slice(0, length)
}

function endText({end, lastAtMs}: RunHistory, open: OpenRun): string {
  if (end.kind === 'finished') {
    // A run that is not about the fleet's shape (a journal that moves) ends well without having converged.
    if (end.converged || end.exit === 0) return 'done'
    return end.exit === 3 ? 'partly done (exit 3)' : `${FAILED[end.exit] ?? 'failed'} (exit ${end.exit})`
  }
  const last = `last heard of at ${timeText(lastAtMs)}`
  if (end.kind === 'stopped')
    return end.brokenBy ? `lease broken by ${end.brokenBy}, ${last}` : `stopped without an end, ${last}`
  if (open === 'works') return 'works now'
  return open === 'stopped' ? `stopped without an end, ${last}` : `works, or was stopped: ${last}`
}

const FAILED: Readonly<Record<number, string>> = {130: 'interrupted', 143: 'terminated'}

/** One run whole: head, steps with a timeline beside them, drains, and what else it wrote down. `columns` is the terminal's width. */
export function runText(run: RunHistory, open: OpenRun, columns = Number.POSITIVE_INFINITY): string {
  const {command, user, host, pid, job, version, startedAtMs, lastAtMs, end, tookOver} = run
  const until =
    end.kind === 'finished' ? `ended ${timeText(lastAtMs)}` : `last heard of ${timeText(lastAtMs)}`
  const head = [
    `Run ${run.run}`,
    `mcd ${command}, by ${user}@${host} (${job ?? `process ${pid}`}), mcd ${version}`,
    `began ${dateText(startedAtMs)} UTC, ${until}, ${spanText(lastAtMs - startedAtMs)}: ${endText(run, open)}`,
    ...(tookOver ? [`took the lease over from run ${tookOver.run}: ${TAKEN_OVER[tookOver.because]}`] : []),
  ]
  const why = end.kind === 'finished' ? (end.why ?? []) : []
  const parts = [
    [...head, ...why.map(text => `  ${shortIds(text)}`)].flatMap(line => wrapped(line, columns)),
    run.steps.length > 0
      ? stepLines(run, columns, open === 'works' && end.kind === 'open')
      : ['It changed nothing.'],
    drainLines(run.drains, columns),
    noteLines(run, columns),
  ]
  return parts
    .filter(lines => lines.length > 0)
    .map(lines => lines.join('\n'))
    .join('\n\n')
}

const TAKEN_OVER = {
  'holder-gone': 'its process was gone',
  expired: 'it gave no sign of life',
  unlocked: 'its lease was broken with "mcd state unlock"',
} as const

const GAUGE = {narrow: 12, wide: 24}
const ROOM_FOR_WIDE = 100

function stepLines(run: RunHistory, columns: number, works: boolean): string[] {
  const width = columns >= ROOM_FOR_WIDE ? GAUGE.wide : GAUGE.narrow
  const indent = 9 + 7 + width + 3
  const head = `${'TIME'.padEnd(9)}${'TOOK'.padStart(6)} ${'RUN'.padEnd(width + 3)}STEP`
  return [
    head,
    ...run.steps.flatMap(step => {
      const {startedAtMs, endedAtMs} = step
      const fromMs = startedAtMs ?? endedAtMs ?? run.startedAtMs
      const took =
        startedAtMs === undefined || endedAtMs === undefined ? '' : spanText(endedAtMs - startedAtMs)
      const bar = gauge(run, fromMs, endedAtMs ?? run.lastAtMs, width)
      const prefix = `${timeText(fromMs).padEnd(9)}${took.padStart(6)} ${bar} `
      return hanging(prefix, indent, stepTexts(step, works), columns)
    }),
  ]
}

function stepTexts(step: StepHistory, works: boolean): string[] {
  const again = step.resumes === undefined ? '' : ` (of run ${step.resumes})`
  const retries = retriesText(step.retries).map(text => `! ${text}`)
  const result = `→ ${resultText(step, works)}`
  const texts =
    result === '→ done' && retries.length === 0
      ? [`${inputText(step.input)}${again} ${result}`]
      : [`${inputText(step.input)}${again}`, ...retries, result]
  return texts.map(shortIds)
}

function drainLines(drains: readonly DrainHistory[], columns: number): string[] {
  if (drains.length === 0) return []
  return ['DRAINS', ...drains.flatMap(drain => wrapped(`  ${shortIds(drainText(drain))}`, columns, 4))]
}

function drainText({instances, zones, livesOn, endedAtMs}: DrainHistory): string {
  const left = zones.map(({zone, removedAtMs, servedAtMs}) =>
    [
      `out of ${zone} at ${timeText(removedAtMs)}`,
      servedAtMs === undefined ? '' : `no longer served at ${timeText(servedAtMs)}`,
    ]
      .filter(Boolean)
      .join(', '),
  )
  const fromMs = Math.max(...zones.map(({removedAtMs, servedAtMs}) => servedAtMs ?? removedAtMs))
  const end =
    endedAtMs === undefined
      ? livesOn
        ? 'lives on'
        : 'not ended in this run'
      : `ended at ${timeText(endedAtMs)}${zones.length > 0 ? `, ${spanText(endedAtMs - fromMs)} later` : ''}`
  return `${listText(instances)}: ${[...left, end].join('; ')}`
}

function noteLines({notes}: RunHistory, columns: number): string[] {
  if (notes.length === 0) return []
  return [
    'ALSO RECORDED',
    ...notes.flatMap(note => hanging(`  ${timeText(note.atMs)}  `, 12, [shortIds(noteText(note))], columns)),
  ]
}

/** Texts one under the other, all at one indent, the prefix before the first. */
function hanging(prefix: string, indent: number, texts: readonly string[], columns: number): string[] {
  const lines = texts.flatMap(text => wrapped(text, columns - indent, 2))
  return lines.map((line, index) => `${index === 0 ? prefix.padEnd(indent) : ' '.repeat(indent)}${line}`)
}
