import {isNode, LineCounter, parseDocument} from 'yaml'
import {alignLines} from '../userdata/align.ts'
import type {Finding} from '../userdata/lint.ts'
import type {Template} from '../userdata/template.ts'
import {type Complaint, cloudInitSchema, parseWithShell, shellcheck} from './programs.ts'
import {type Script, scriptsOf} from './scripts.ts'

/** What other programs say about a document, and which of them are not here to say it. */
export type DocumentCheck = {readonly findings: Finding[]; readonly absent: ReadonlySet<string>}

/** Asks the shells, shellcheck and cloud-init about a filled template. Their lines are told as lines of the template where they came from one. */
export function checkDocument(template: Template, filled: string): DocumentCheck {
  const findings: Finding[] = []
  const absent = new Set<string>()
  const lineOf = alignLines(template.text, filled)
  const lines = filled.split('\n')
  const find = (rule: Finding['rule'], renderedLine: number | undefined, message: string) => {
    const line = renderedLine === undefined ? undefined : lineOf(renderedLine)
    const shown = renderedLine === undefined || line !== undefined ? '' : lines[renderedLine - 1]?.trim()
    findings.push({
      rule,
      place: {template: template.name, line},
      message: shown ? `${message}, in the line that comes out as: ${shown}` : message,
    })
  }
  const askAbout = (script: Script, program: string, answer: Complaint[] | undefined) => {
    if (!answer) return void absent.add(program)
    for (const {line = 1, message} of answer) {
      if (script.within === '') find('shell', line, `${program}: ${message}`)
      else find('shell', script.line, `${program}: line ${line} of ${script.within}: ${message}`)
    }
    return answer.length
  }

  for (const script of scriptsOf(template.kind, filled)) {
    const broken = askAbout(script, `${script.shell} -n`, parseWithShell(script))
    // It would only say the same at more length.
    if (!broken) askAbout(script, 'shellcheck', shellcheck(script))
  }
  if (template.kind === 'cloud-config') {
    const answer = cloudInitSchema(filled)
    if (!answer) absent.add('cloud-init schema')
    for (const {line, path, message} of answer ?? [])
      find('cloud-config', line ?? lineOfPath(filled, path ?? []), `cloud-init: ${message}`)
  }
  return {findings, absent}
}

/** The line of what stands at a path of the document, or of the nearest that is there above it. */
function lineOfPath(document: string, path: readonly (string | number)[]): number | undefined {
  const lines = new LineCounter()
  const parsed = parseDocument(document, {lineCounter: lines})
  for (let length = path.length; length > 0; length--) {
    const node = parsed.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line
  }
  return undefined
}
