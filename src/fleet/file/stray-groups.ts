import {nearest} from '../../nearest.ts'
import type {LayeredDocument} from './layers.ts'
import type {Mistake} from './mistake.ts'
import {asMapping} from './rules/rule.ts'

/**
 * Groups that an overlay or `--set` brought by a slip of the finger: they say nothing of a cloud, and another group has nearly
 * their name. That is told once, in place of everything that such a group lacks.
 */
export function strayGroups(document: LayeredDocument): Map<string, Mistake> {
  const groups = Object.entries(asMapping(asMapping(document.data).groups))
  const whole = groups.flatMap(([name, group]) => ('provider' in asMapping(group) ? [name] : []))
  const stray = new Map<string, Mistake>()
  for (const [name] of groups) {
    const path = ['groups', name]
    const meant = whole.includes(name) || !document.isAdded(path) ? undefined : nearest(name, whole)
    if (meant === undefined) continue
    const offset = document.keyOffsetOf(path)
    const message = `there is no group "${name}" to change`
    stray.set(name, {path, offset, message, hint: `did you mean "${meant}"?`})
  }
  return stray
}
