import {diffArrays} from 'diff'

type Line = {readonly number: number; readonly text: string}

/**
 * The line of a template (from 1) that a line of what it rendered to came from; undefined where that cannot be told, as for
 * what a partial or a loop put there. Lines that stayed as they are tie the two together; between them a line belongs to the
 * next one whose text around the braces it has.
 */
export function alignLines(template: string, rendered: string): (renderedLine: number) => number | undefined {
  const found = new Map<number, number>()
  const sources = linesOf(template)
  const results = linesOf(rendered)
  let source = 0
  let gone: readonly Line[] = []
  let come: readonly Line[] = []
  const settle = () => {
    let next = 0
    for (const {number, text} of come) {
      const at = gone.findIndex((line, nth) => nth >= next && couldBecome(line.text, text))
      if (at < 0) continue
      found.set(number, gone[at]?.number ?? 0)
      next = at + 1
    }
    gone = []
    come = []
  }
  for (const {value, added, removed} of diffArrays(sources, results, {
    comparator: (a, b) => a.text === b.text,
  })) {
    if (removed) gone = value
    else if (added) come = value
    else {
      settle()
      // Of what is equal the difference gives the second side's.
      for (const [index, {number}] of value.entries()) found.set(number, sources[source + index]?.number ?? 0)
    }
    if (!added) source += value.length
  }
  settle()
  return renderedLine => found.get(renderedLine)
}

/** Without the blank ones, which tie nothing together. */
const linesOf = (text: string): Line[] =>
  text
    .split('\n')
    .map((line, index) => ({number: index + 1, text: line.trim()}))
    .filter(line => line.text !== '')

function couldBecome(source: string, result: string): boolean {
  if (!/\{\{|\{%/.test(source)) return false
  const parts = source.split(/\{\{.*?\}\}|\{%.*?%\}/).map(part => part.trim())
  if (parts.every(part => part === '')) return source.includes('{{')
  const pattern = parts.map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('[\\s\\S]*')
  return new RegExp(`^${pattern}$`).test(result)
}
