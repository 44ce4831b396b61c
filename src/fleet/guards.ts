import {UsageError} from '../errors.ts'
import {holdInstance} from '../mark.ts'
import {nearest} from '../nearest.ts'
import type {Desired} from './desired.ts'
import type {Fleet} from './model.ts'
import {nameKey, type Observed} from './observed.ts'
import type {Plan} from './plan/action.ts'

export type Approval = {readonly allowEmpty: boolean}

/**
 * Refuses a plan that would take the last serving address from a name, unless that is what was asked for: `down` of the
 * whole fleet says so by itself, everything else needs --allow-empty (law 5, decision 20).
 */
export function checkEmptiness(
  {fleet, goal}: Desired,
  observed: Observed,
  {actions}: Plan,
  {allowEmpty}: Approval,
): void {
  const wholeFleet = goal.kind === 'down' && !goal.groups && !goal.instances
  if (allowEmpty || wholeFleet) return
  const building = actions.some(({kind}) => kind === 'launch')
  const leaving = new Set(
    actions.flatMap(action =>
      action.kind === 'deregister' ? action.leaving : action.kind === 'terminate' ? action.instances : [],
    ),
  )
  if (leaving.size === 0 || building) return
  for (const {vendor, name} of fleet.names) {
    const seen = observed.names.get(nameKey(vendor, name))
    if (!seen?.readable) continue
    const held = new Set(seen.holds.map(({value}) => holdInstance(value)))
    const serving = seen.members.filter(({type, mark}) => type !== 'TXT' && !held.has(mark?.instance))
    const after = serving.filter(
      ({mark}) => mark === undefined || mark.fleet !== fleet.name || !leaving.has(mark.instance),
    )
    const toCome = actions.some(
      action => action.kind === 'register' && action.create.some(member => member.name === name),
    )
    if (serving.length > 0 && after.length === 0 && !toCome) {
      throw new UsageError(
        `This would take the last serving address out of ${name}: nobody could reach the service.`,
        {
          suggestions: [
            'Add --allow-empty if that is what you want.',
            'To end the whole fleet, run "mcd down".',
          ],
        },
      )
    }
  }
}

/**
 * `down --group` and `--instance` name something that is there, in the fleet file or alive. Returns the goal with every
 * instance by its whole id: the beginning of one is enough where it is the only one.
 */
export function resolveTargets(fleet: Fleet, goal: Desired['goal'], observed: Observed): Desired['goal'] {
  if (goal.kind !== 'down') return goal
  const living = [...observed.places.values()].flatMap(place => (place.readable ? place.instances : []))
  const groups = new Set([...fleet.groups.map(({name}) => name), ...living.map(({mark}) => mark.group)])
  const ids = living.map(({id}) => id)
  const unknown = (goal.groups ?? [])
    .filter(name => !groups.has(name))
    .map(name => explainUnknown('group', name, [...groups]))
  const instances = goal.instances?.map(wanted => {
    const matches = ids.filter(id => id === wanted || (wanted.length >= SHORT_ID && id.startsWith(wanted)))
    if (matches.length === 1 && matches[0] !== undefined) return matches[0]
    unknown.push(
      matches.length > 1
        ? `"${wanted}" begins several ids: ${matches.join(', ')}`
        : explainUnknown('instance', wanted, ids),
    )
    return wanted
  })
  if (unknown.length > 0)
    throw new UsageError(unknown.join('\n'), {suggestions: ['"mcd status" lists groups and instances.']})
  return {...goal, ...(instances ? {instances} : {})}
}

const SHORT_ID = 8

function explainUnknown(what: string, name: string, known: readonly string[]): string {
  const near = nearest(name, known)
  return `The fleet has no ${what} "${name}"${near === undefined ? '' : `; did you mean "${near}"?`}`
}
