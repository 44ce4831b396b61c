import {type Document, LineCounter, type ParsedNode, parseAllDocuments, visit} from 'yaml'
import type {Mistake} from './mistake.ts'
import {writeVariable} from './variables.ts'

/** A text read as YAML. `document` is absent when it is so broken that its content would mislead. */
export type Yaml = {
  readonly document?: Document.Parsed<ParsedNode>
  readonly mistakes: readonly Mistake[]
  /** Line and column, both from 1, inside the text. */
  position(offset: number): {line: number; column: number}
}

/** After these the rest of the file still means what it says, so its own mistakes can be shown in the same run. */
const HARMLESS = new Set(['DUPLICATE_KEY', 'TAG_RESOLVE_FAILED'])

export function readYaml(text: string, {mayBeEmpty = false}: {mayBeEmpty?: boolean} = {}): Yaml {
  // Not filled by the parser: it misses lines inside what it cannot read, which is where places are wanted.
  const lines = new LineCounter()
  lines.addNewLine(0)
  for (const {index} of text.matchAll(/\n/g)) lines.addNewLine(index + 1)
  const position = (offset: number) => {
    const {line, col} = lines.linePos(Math.min(offset, text.length))
    return {line, column: col}
  }
  let documents: Document.Parsed<ParsedNode>[]
  try {
    const parsed = parseAllDocuments(text, {prettyErrors: false})
    documents = Array.isArray(parsed) ? parsed : []
  } catch (error) {
    // The parser recurses: brackets nested ten thousand deep exhaust the stack.
    if (!(error instanceof RangeError)) throw error
    return {mistakes: [{offset: 0, message: 'this file is nested too deeply to read'}], position}
  }
  const [document, second] = documents
  if (!document)
    return {
      mistakes: mayBeEmpty ? [] : [{offset: 0, message: 'the fleet file is empty', hint: EMPTY_HINT}],
      position,
    }

  const mistakes: Mistake[] = []
  const seenLines = new Set<number>()
  let broken = false
  for (const {code, message, pos} of [...document.errors, ...document.warnings]) {
    // Where the parser has lost its way, everything after is unexpected to it: only where it got lost helps.
    if (broken && /YAML stream|at node end/.test(message)) continue
    if (!HARMLESS.has(code)) broken = true
    // One slip often sets off several complaints about the same line: the first one is the one to mend.
    const mistake = unclosed(message, document, text) ?? {
      offset: pos[0],
      ...inOurWords(code, message, text, pos[0]),
    }
    const {line} = position(mistake.offset)
    if (!seenLines.has(line) || HARMLESS.has(code)) mistakes.push(mistake)
    seenLines.add(line)
  }
  if (second) {
    const marker = text.lastIndexOf('---', second.contents?.range[0] ?? second.range[0])
    const hint = 'one file holds one fleet: remove the "---", or keep the other fleet in its own file'
    mistakes.push({
      offset: marker < 0 ? second.range[0] : marker,
      message: 'a second YAML document begins here',
      hint,
    })
  }
  if (!broken && !mayBeEmpty && document.contents === null)
    mistakes.push({offset: 0, message: 'the fleet file is empty', hint: EMPTY_HINT})
  return {...(broken ? {} : {document}), mistakes, position}
}

const EMPTY_HINT = '"mcd init" writes one to begin with'

const CLOSERS: Readonly<Record<string, string>> = {'{': '}', '[': ']', '"': '"', "'": "'"}

/** The parser notices much later that a quote or bracket is still open; a person wants to know which one. */
function unclosed(message: string, document: Document.Parsed, text: string): Mistake | undefined {
  if (!/^Missing closing|end with a [}\]]$/.test(message)) return undefined
  let found: Mistake | undefined
  visit(document, {
    Node(_, {range}) {
      if (!range) return undefined
      const [start, end] = range
      const opener = text[start] ?? ''
      if (!Object.hasOwn(CLOSERS, opener) || (end > start + 1 && text[end - 1] === CLOSERS[opener]))
        return undefined
      found = {offset: start, message: `the ${opener} that stands here is not closed`}
      return visit.BREAK
    },
  })
  return found
}

/** What the parser found, as one would say it to somebody who writes YAML now and then. */
function inOurWords(
  code: string,
  message: string,
  text: string,
  offset: number,
): {message: string; hint?: string} {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1
  const line = text.slice(lineStart).split('\n', 1)[0] ?? ''
  // Inside { } a YAML value ends at the first brace, which takes ${env:…} apart.
  const bare = /[{,]\s*(?:[^"'\s{},]+:\s+)?\$\{env:/.exec(line)
  if (bare && code !== 'DUPLICATE_KEY')
    return {
      message: `${writeVariable('…')} must be in quotes between { and }`,
      hint: `write {token: "${writeVariable('NAME')}"}`,
    }
  switch (code) {
    case 'TAB_AS_INDENT':
      return {message: 'a tab cannot indent YAML', hint: 'use spaces'}
    case 'DUPLICATE_KEY':
      return {message: `${keyAt(text, offset)} stands here a second time`, hint: 'keep one of the two'}
    case 'TAG_RESOLVE_FAILED':
      return {
        message: `${message.replace(/^Unresolved tag: /, 'unknown tag ')}`,
        hint: 'remove it: a fleet file needs no tags',
      }
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'MULTILINE_IMPLICIT_KEY':
      return {
        message: 'this line cannot be read as YAML: a key stands where a value was expected',
        hint: 'check the indentation of this line and the next, and quote text that contains ": "',
      }
    case 'BAD_SCALAR_START':
      return {message: lowerFirst(message), hint: 'put the text in quotes'}
    default:
      // The parser quotes what it met, which may be a misplaced secret.
      return {message: `this is not valid YAML: ${lowerFirst(message.replace(/: ".*"$/s, ''))}`}
  }
}

function keyAt(text: string, offset: number): string {
  const [key = 'this key'] = /^(?:"[^"\n]*"|'[^'\n]*'|[^:\s]+)/.exec(text.slice(offset)) ?? []
  return /^["']/.test(key) ? key : `"${key}"`
}

const lowerFirst = (sentence: string) => sentence.charAt(0).toLowerCase() + sentence.slice(1)
