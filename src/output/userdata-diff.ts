import {structuredPatch} from 'diff'
import type {UserdataChange} from '../fleet/userdata-change.ts'

const CONTEXT_LINES = 2

/** What changes for the guests, as a unified diff; a group's first userdata is only named, since `mcd render` shows it whole. */
export function userdataDiff(changes: readonly UserdataChange[]): string {
  return changes.flatMap(changeLines).join('\n')
}

function changeLines({group, before, after}: UserdataChange): string[] {
  if (before === undefined)
    return [
      `+ userdata of group ${group}: ${after.trimEnd().split('\n').length} lines  (see "mcd render ${group}")`,
    ]
  if (before === after) return []
  const {hunks} = structuredPatch('', '', before, after, undefined, undefined, {context: CONTEXT_LINES})
  return [
    `~ userdata of group ${group}`,
    ...hunks.flatMap(({oldStart, newStart, lines}) => [
      `    @@ line ${oldStart} → ${newStart} @@`,
      ...lines.map(line => `    ${line}`),
    ]),
  ]
}
