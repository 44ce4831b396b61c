import {UsageError} from '../../errors.ts'
import type {Recorded} from '../../journal/recorded.ts'
import {nearest} from '../../nearest.ts'
import type {Targets} from '../desired.ts'
import type {Fleet} from '../model.ts'
import {type Observed, shownInstances} from '../observed.ts'
import {ownersOf} from '../ownership.ts'

/**
 * What a command names is there or was: in the fleet file, alive, or launched by an earlier run (so that the same command can
 * be run again when its first run was cut short, law 4). Returns the targets with every instance by its whole id: the
 * beginning of one is enough where it is the only one.
 */
export function resolveTargets(
  fleet: Fleet,
  targets: Targets,
  observed: Observed,
  recorded: Recorded,
): Targets {
  const owners = ownersOf(fleet, recorded)
  const living = shownInstances(observed).filter(({mark}) => owners.has(mark.dns))
  const launches = [...recorded.launches.values()]
  const groups = new Set([
    ...fleet.groups.map(({name}) => name),
    ...living.map(({mark}) => mark.group),
    ...launches.map(({group}) => group),
  ])
  const ids = living.map(({id}) => id)
  const known = [...launches.flatMap(({instances}) => instances), ...recorded.leaving.keys()]
  const unknown = (targets.groups ?? [])
    .filter(name => !groups.has(name))
    .map(name => explainUnknown('group', name, [...groups]))
  const instances = targets.instances?.map(wanted => {
    const isIt = (id: string) => id === wanted || (wanted.length >= SHORT_ID && id.startsWith(wanted))
    const shown = ids.filter(isIt)
    const matches = shown.length > 0 ? shown : [...new Set(known.filter(isIt))]
    if (matches.length === 1 && matches[0] !== undefined) return matches[0]
    unknown.push(
      matches.length > 1
        ? `"${wanted}" begins several ids: ${matches.join(', ')}.`
        : explainUnknown('instance', wanted, ids),
    )
    return wanted
  })
  const meantAsGroup = (targets.instances ?? []).find(wanted => groups.has(wanted))
  if (unknown.length > 0)
    throw new UsageError(unknown.join('\n'), {
      suggestions: [
        ...(meantAsGroup === undefined ? [] : [`Write "--group ${meantAsGroup}" for that group.`]),
        '"mcd status" lists groups and instances.',
      ],
    })
  return {...(targets.groups ? {groups: targets.groups} : {}), ...(instances ? {instances} : {})}
}

const SHORT_ID = 8

function explainUnknown(what: string, name: string, known: readonly string[]): string {
  const near = nearest(name, known)
  return `The fleet has no ${what} "${name}"${near === undefined ? '.' : `; did you mean "${near}"?`}`
}
