import type {Examination, FleetFinding} from '../doctor/finding.ts'
import {wrapped} from './wrapped.ts'

const WORDS = {ok: 'ok', failed: 'FAILED', warning: 'warning', unknown: 'unknown'} as const
const OUTCOME_WIDTH = Math.max(...Object.values(WORDS).map(word => word.length))
/** A name of an instance type's offering, a permission, a path of a template. */
const SUBJECT_WIDTH = 34
const GAP = 2
/** With more lines than a screen has, what failed is named once more at the end, where people look. */
const ONE_SCREEN = 20

/** One table in the order of the fleet file, what to do beneath each failure, and the count of all. */
export function examinationText({fleet, dns, findings, counts}: Examination, columns?: number): string {
  const sections = Map.groupBy(findings, sectionOf)
  const tables = [...sections].map(([section, of]) =>
    [section, ...of.flatMap(finding => rows(finding, columns || Number.POSITIVE_INFINITY))].join('\n'),
  )
  const failed = findings.length > ONE_SCREEN ? findings.filter(({outcome}) => outcome === 'failed') : []
  const last = [summary(counts), ...failed.map(finding => `  ${sectionOf(finding)}: ${finding.subject}`)]
  return [`Fleet ${fleet} (${dns})`, ...tables, last.join('\n')].join('\n\n')
}

function sectionOf({place, zone, credentials, check}: FleetFinding): string {
  if (place !== undefined) return place
  if (zone !== undefined) return credentials ? `${zone}, with the credentials of instances` : zone
  return check === 'state' ? 'state' : 'this machine and the fleet file'
}

/** A long subject has a line of its own. */
function rows({outcome, subject, detail, remedy}: FleetFinding, columns: number): string[] {
  const margin = GAP + OUTCOME_WIDTH + GAP
  const indent = margin + SUBJECT_WIDTH + GAP
  const head = `${' '.repeat(GAP)}${WORDS[outcome].padEnd(OUTCOME_WIDTH)}${' '.repeat(GAP)}${subject}`
  // A narrow terminal keeps the words together under their subject.
  const at = columns < 2 * indent ? margin + GAP : indent
  const block = (words: string, hang = 0) =>
    words.split('\n').flatMap(line => wrapped(`${' '.repeat(at)}${line.trim()}`, columns, at + hang))
  const text = block(detail)
  const first =
    head.length + GAP <= at ? [head.padEnd(at) + text[0]?.slice(at), ...text.slice(1)] : [head, ...text]
  const advice = remedy?.split('\n').flatMap(line => block(`→ ${line}`, GAP)) ?? []
  return [...first, ...advice]
}

function summary({failed, warning, unknown, ok}: Examination['counts']): string {
  const counted = [
    ...(warning > 0 ? [`${warning} ${warning === 1 ? 'warning' : 'warnings'}`] : []),
    ...(unknown > 0 ? [`${unknown} not known`] : []),
    `${ok} in order`,
  ].join(', ')
  if (failed === 0) return `Nothing stands against a run: ${counted}.`
  return `${failed} ${failed === 1 ? 'thing stands' : 'things stand'} against a run; ${counted}.`
}
