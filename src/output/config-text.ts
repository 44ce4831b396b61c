import {stringify} from 'yaml'
import type {EffectiveValue, Origin} from '../fleet/file/effective.ts'
import type {Path} from '../fleet/file/mistake.ts'

/** Comments stand below each other, unless a line is longer than this. */
const COMMENT_COLUMN = 44

/** The values as one fleet file, each with where it comes from in a comment. */
export function configText(values: readonly EffectiveValue[]): string {
  const lines: {text: string; comment?: string}[] = []
  let before: Path = []
  for (const {path, value, origin, masked} of values) {
    const last = path.length - 1
    let lead: string | undefined
    for (let depth = commonSteps(before, path); depth <= last; depth++) {
      const step = path[depth]
      lead ??= '  '.repeat(depth)
      if (typeof step === 'number') lead += '- '
      else {
        const key = `${lead}${inline(step)}:`
        if (depth < last) lines.push({text: key})
        lead = depth < last ? undefined : `${key} `
      }
    }
    before = path
    const comment = `${originText(origin)}${masked ? MASKED[masked] : ''}`
    lines.push({text: `${lead ?? ''}${inline(value)}`, comment})
  }
  const width = Math.max(
    ...lines.map(({text, comment}) =>
      comment !== undefined && text.length <= COMMENT_COLUMN ? text.length : 0,
    ),
  )
  return lines
    .map(({text, comment}) => (comment === undefined ? text : `${text.padEnd(width)}  # ${comment}`))
    .join('\n')
}

const MASKED = {mistake: ', has a mistake', private: ', masked'}

export function originText(origin: Origin): string {
  if (origin.kind === 'default') return 'default'
  if (origin.kind === 'set') return '--set'
  const {file, line, column} = origin
  return file === undefined ? '--set' : `${file}:${line}:${column}`
}

function commonSteps(before: Path, path: Path): number {
  const other = path.findIndex((step, index) => step !== before[index])
  return other < 0 ? path.length : other
}

/** YAML in one line. */
const inline = (value: unknown): string =>
  typeof value === 'string' && value.includes('\n')
    ? JSON.stringify(value)
    : stringify(value, {collectionStyle: 'flow', flowCollectionPadding: false, lineWidth: 0}).trimEnd()
