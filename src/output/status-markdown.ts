import type {FleetStatus} from '../fleet/status/report.ts'
import {escaped, folded, page, remark} from './markdown.ts'
import {shortIds} from './short-id.ts'
import {fleetTables, holderLine} from './status-text.ts'

/** `mcd status` for a job's summary: whether all is as declared, each difference with what mends it, and the tables. */
export function statusMarkdown(status: FleetStatus): string {
  const {fleet, converged, differences} = status
  const count = `${differences.length} ${differences.length === 1 ? 'difference' : 'differences'}`
  const verdict = converged ? `Fleet ${fleet} is as declared.` : `Fleet ${fleet} differs: ${count}.`
  return page([...opening('status', fleet, verdict), ...looks(status)])
}

/** What a run came to, as its report has it. */
type Ended = FleetStatus & {readonly shortcomings: readonly string[]; readonly notes: readonly string[]}

/** The same for the end of a run: what it has not done comes first. `verdict` is what the run came to, in a sentence. */
export function reportMarkdown(report: Ended, command: string, verdict: string): string {
  const {fleet, shortcomings, notes} = report
  return page([
    ...opening(command, fleet, verdict),
    ...shortcomings.flatMap(text => remark('WARNING', shortIds(text))),
    ...notes.flatMap(text => remark('NOTE', shortIds(text))),
    ...looks(report),
  ])
}

const opening = (command: string, fleet: string, verdict: string): string[] => [
  `### mcd ${command}: fleet \`${fleet}\``,
  '',
  `**${escaped(verdict)}**`,
]

function looks(status: FleetStatus): string[] {
  const {differences, remarks} = status
  const holder = holderLine(status)
  const tables = fleetTables(status)
  return [
    ...(differences.length > 0 ? [''] : []),
    ...differences.map(({text, fix}) => `- ${escaped(shortIds(`${text} → ${fix}`))}`),
    ...[holder, ...remarks].filter(Boolean).flatMap(text => remark('NOTE', shortIds(text))),
    ...(tables === '' ? [] : folded('Fleet', '', shortIds(tables))),
    '',
  ]
}
