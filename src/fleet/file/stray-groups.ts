import {nearest} from '../../nearest.ts'
import type {LayeredDocument} from './layers.ts'
import type {Mistake} from './mistake.ts'
import {asMapping} from './rules/rule.ts'

/**
 * Groups that an overlay or `--set` brought by a slip of the finger: they say nothing of a cloud, and another group has nearly
 * their name. That is told once, in place of everything that such a group lacks. So is the removal of one that is not there:
 * the group that was meant would go on in silence. With no name like it, it may be one that only some fleets have.
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
  for (const {name, offset} of document.idleRemovals) {
    const meant = nearest(name, whole)
    if (meant === undefined) continue
    const message = `there is no group "${name}" to remove`
    stray.set(name, {path: ['groups', name], offset, message, hint: `did you mean "${meant}"?`})
  }
  return stray
}
