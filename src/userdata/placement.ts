import {isMap, isPair, isScalar, parseDocument, visit} from 'yaml'

/**
 * Quoting protects only where quotes begin: inside other quotes, a here-document or a block of text a quoted value shows its
 * quotes, or lets what it holds run. So before a document is sent it is rendered once more with a marker in the place of each
 * value, and every marker must stand where a value of its own can stand.
 */
const OPEN = '\ue000'
const CLOSE = '\ue001'
const MARKER = /\ue000\d+\ue001/
export const yamlMarker = (nth: number): string => `"${OPEN}${nth}${CLOSE}"`
export const shellMarker = (nth: number): string => `${OPEN}${nth}${CLOSE}`

/** A line of the rendered document (from 1), with `{{ … }}` for the values. */
export type Spot = {readonly line: number; readonly text: string}

/** The lines of a rendered cloud-config in which a value is not a whole YAML scalar. Also what makes it no YAML. */
export function misplacedInYaml(text: string): {misplaced: Spot[]; broken: Spot[]} {
  const document = parseDocument(text, {prettyErrors: false})
  if (document.errors.length > 0) {
    const told = document.errors.map(({pos: [offset], message}) => {
      const spot = spotAt(text, offset)
      const shown = spot.text === '' ? spotAt(text, lastWritten(text, offset)) : spot
      return {line: shown.line, text: `${shown.text}  (${message})`, isValue: spot.text.includes('{{ … }}')}
    })
    const spots = told.map(({line, text}) => ({line, text}))
    return told.some(({isValue}) => isValue) ? {misplaced: spots, broken: []} : {misplaced: [], broken: spots}
  }
  const misplaced: Spot[] = []
  visit(document, (_key, node) => {
    if (isPair(node) || isMap(node) || !isScalar(node) || typeof node.value !== 'string') return
    const isWhole = node.type === 'QUOTE_DOUBLE' && node.value.replace(MARKER, '') === ''
    if (!MARKER.test(node.value) || isWhole) return
    const from = node.range?.[0] ?? 0
    misplaced.push(spotAt(text, Math.max(from, text.indexOf(OPEN, from))))
  })
  return {misplaced, broken: []}
}

/** The lines of a rendered shell script in which a value stands inside quotes or a here-document. */
export function misplacedInShell(text: string): Spot[] {
  const misplaced: Spot[] = []
  const check = (from: number, to: number) => {
    for (let at = text.indexOf(OPEN, from); at >= 0 && at < to; at = text.indexOf(OPEN, at + 1))
      misplaced.push(spotAt(text, at))
  }
  // What encloses the place at hand, outermost first; nothing is plain code.
  const inside: ('double' | 'backtick' | 'parenthesis')[] = []
  const pending: {delimiter: string; tabs: boolean}[] = []
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    const around = inside.at(-1)
    if (character === '\\') at++
    else if (character === '`') {
      if (around === 'backtick') inside.pop()
      else inside.push('backtick')
    } else if (text.startsWith('$(', at)) {
      inside.push('parenthesis')
      at++
    } else if (around === 'double') {
      if (character === '"') inside.pop()
      if (character === OPEN) check(at, at + 1)
    } else if (character === '"') inside.push('double')
    else if (character === "'") {
      const end = endOf(text, text.indexOf("'", at + 1))
      check(at, end)
      at = end
    } else if (character === '(') inside.push('parenthesis')
    else if (character === ')') {
      if (around === 'parenthesis') inside.pop()
    } else if (character === '#' && /[\s;&|()]/.test(text[at - 1] ?? '\n'))
      at = endOf(text, text.indexOf('\n', at)) - 1
    else if (text.startsWith('<<', at)) {
      const [all, dash, delimiter = ''] = /^<<(-?)[ \t]*([^\s;&|<>()]*)/.exec(text.slice(at, at + 200)) ?? [
        '<<',
      ]
      if (delimiter !== '') pending.push({delimiter: delimiter.replace(/["'\\]/g, ''), tabs: dash === '-'})
      at += all.length - 1
    } else if (character === '\n') {
      for (const {delimiter, tabs} of pending.splice(0)) {
        const end = hereDocumentEnd(text, at + 1, delimiter, tabs)
        check(at, end)
        at = end - 1
      }
    }
  }
  return misplaced
}

function hereDocumentEnd(text: string, from: number, delimiter: string, tabs: boolean): number {
  let at = from
  while (at < text.length) {
    const end = endOf(text, text.indexOf('\n', at))
    const line = text.slice(at, end)
    if ((tabs ? line.replace(/^\t+/, '') : line) === delimiter) return end
    at = end + 1
  }
  return text.length
}

const endOf = (text: string, found: number): number => (found < 0 ? text.length : found)

/** What is never closed is an error at the end of the document, where there is nothing to show: the last character before it is. */
const lastWritten = (text: string, offset: number): number =>
  Math.max(0, text.slice(0, offset + 1).trimEnd().length - 1)

function spotAt(text: string, offset: number): Spot {
  const start = text.lastIndexOf('\n', Math.max(0, offset - 1)) + 1
  const line = text.slice(start, endOf(text, text.indexOf('\n', offset)))
  return {
    line: text.slice(0, start).split('\n').length,
    text: line.replace(/"?\ue000\d+\ue001"?/g, '{{ … }}').trim(),
  }
}
