import {warningAnnotations} from '../output/annotations.ts'
import {completed} from '../output/call.ts'
import {shortIds} from '../output/short-id.ts'
import {reportMarkdown} from '../output/status-markdown.ts'
import {endedText, statusText} from '../output/status-text.ts'
import {wrappedLines} from '../output/wrapped.ts'
import type {RunFlags, RunReport} from './run-flags.ts'

/** What a run came to, on stdout; in GitHub Actions also what it has not done, as warnings on the page of the job. */
export function printReport(report: RunReport, flags: RunFlags): void {
  process.stdout.write(completed(flags.format === 'markdown' ? markdown(report, flags) : text(report, flags)))
  for (const line of warningAnnotations(report.shortcomings, `mcd ${flags.command}`, process.env))
    process.stderr.write(`${line}\n`)
}

function text(report: RunReport, flags: RunFlags): string {
  const {columns} = process.stdout
  const lines = [endsAll(flags) ? endedText(report, columns) : statusText(report, columns, goalText(flags))]
  // Said before, too, but it is the last word that stays: the file is another one than the fleet.
  if (flags.request?.kind === 'rollback')
    lines.push('', ...report.notes.map(note => wrappedLines(shortIds(note), columns)))
  // What differs is told with what mends it: once is enough.
  const told = new Set(endsAll(flags) ? [] : report.differences.map(({text: difference}) => difference))
  const others = report.shortcomings.filter(shortcoming => !told.has(shortcoming))
  if (others.length > 0)
    lines.push(
      '',
      'Not done:',
      ...others.map(shortcoming => wrappedLines(`  ${shortIds(shortcoming)}`, columns)),
    )
  if (report.shortcomings.length > 0) lines.push('', goOn(flags), wrappedLines(DOCTOR, columns))
  return `${lines.join('\n')}\n`
}

function markdown(report: RunReport, flags: RunFlags): string {
  const {fleet, converged, instances, shortcomings} = report
  // After a down, wanting is no measure.
  const ended = endsAll(flags) ? {...report, differences: []} : report
  const verdict =
    shortcomings.length > 0
      ? `Not all is done. ${goOn(flags)} ${DOCTOR}`
      : endsAll(flags) && instances.length === 0
        ? `Nothing is left of fleet ${fleet}.`
        : `Fleet ${fleet} ${converged ? `is ${goalText(flags) ?? 'as declared'}` : 'differs'}.`
  return reportMarkdown(ended, flags.command, verdict)
}

/** A missing permission or a used-up quota stands there the next time, too. */
const DOCTOR = 'If it stops at the same again, "mcd doctor" looks for what stands against it.'

const endsAll = ({goal}: RunFlags): boolean => goal.kind === 'down' && !goal.groups && !goal.instances

function goalText({goal, request}: RunFlags): string | undefined {
  if (request?.kind === 'rollback') return 'back at the launch spec before'
  return goal.kind === 'sync' ? 'in DNS as it should be' : undefined
}

/** With everything it was given: "mcd down" alone would end more than "mcd down --group east". */
const goOn = ({edit}: RunFlags): string =>
  `${edit ? 'Run "mcd up"' : 'Run the same command again'} to go on: it picks up where this run stopped.`
