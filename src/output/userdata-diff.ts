import {structuredPatch} from 'diff'
import type {UserdataChange} from '../fleet/inspect/userdata-change.ts'
import {completed} from './call.ts'

const CONTEXT_LINES = 2

/** What changes for the guests, as a unified diff; a group's first userdata is only named, since `mcd render` shows it whole. */
export function userdataDiff(changes: readonly UserdataChange[]): string {
  return changes.flatMap(changeLines).join('\n')
}

function changeLines({group, before, after}: UserdataChange): string[] {
  if (before === undefined)
    return [
      // The rest is shown letter by letter; this line alone is ours.
      completed(
        `+ userdata of group ${group}: ${after.trimEnd().split('\n').length} lines  (see "mcd render ${group}")`,
      ),
    ]
  if (before === after) return []
  const old = unfold(before)
  const now = unfold(after)
  const {hunks} = structuredPatch('', '', old.text, now.text, undefined, undefined, {context: CONTEXT_LINES})
  return [
    `~ userdata of group ${group}`,
    ...hunks.flatMap(({oldStart, newStart, lines}) => [
      `    @@ line ${old.lineOf(oldStart)} → ${now.lineOf(newStart)} @@`,
      ...lines.map(line => `    ${line}`),
    ]),
  ]
}

/** A whole page is one line of a cloud-config, with \n in its quotes: broken up there, one changed word is one changed line. */
function unfold(text: string): {text: string; lineOf: (unfolded: number) => number} {
  const isConfig = text.startsWith('#cloud-config')
  const lines = text.split('\n').flatMap((line, index) => {
    const [indent = ''] = /^[ -]*/.exec(line) ?? []
    const broken = isConfig && line.includes('"') ? line.split(/(?<=(?<!\\)(?:\\\\)*\\n)(?=[^"])/) : [line]
    return broken.map((part, nth) => ({
      number: index + 1,
      text: nth === 0 ? part : `${' '.repeat(indent.length + 2)}${part}`,
    }))
  })
  return {
    text: lines.map(line => line.text).join('\n'),
    lineOf: unfolded => lines[unfolded - 1]?.number ?? unfolded,
  }
}
