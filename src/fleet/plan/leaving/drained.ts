import {nameKey} from '../../observed.ts'
import type {Action, Note} from '../action.ts'
import {zoneOf} from '../dns/membership.ts'
import type {FleetView} from '../fleet-view.ts'
import {planDrains} from './drain.ts'
import {ourNames} from './leave.ts'

/** Those that this run drains: waited for until resolvers have forgotten them. `out` is how they get out of DNS first. */
export function planForgetting(view: FleetView, out: readonly Action[]): Action[] {
  const {goal} = view.desired
  if (goal.kind !== 'sync' || goal.until !== 'forgotten') return []
  const names = ourNames(view)
  const unread = names
    .filter(({vendor, name}) => !view.observed.names.get(nameKey(vendor, name))?.readable)
    .map(name => `read ${zoneOf(name)}`)
  const instances = (goal.drain ?? []).flatMap(id => view.living.get(id) ?? [])
  const outOf = new Map(
    instances.map(({id}) => [
      id,
      [...unread, ...out.filter(action => isFor(action, id)).map(({key}) => key)],
    ]),
  )
  return planDrains(view, instances, [...new Set(names.map(zoneOf))], outOf).actions
}

const isFor = (action: Action, id: string): boolean =>
  action.kind === 'deregister' && (action.heldOut?.includes(id) ?? false)

/** Let in again, and not yet fit to serve: they enter DNS once they are. */
export function undrainNotes({desired: {goal}, living, observed}: FleetView): Note[] {
  if (goal.kind !== 'sync') return []
  return (goal.undrain ?? []).flatMap((id): Note[] => {
    const instance = living.get(id)
    const health = observed.health.get(id)
    if (!instance || health?.verdict === 'healthy') return []
    const why =
      instance.state === 'running'
        ? `does not answer its health check${health?.why === undefined ? '' : ` (${health.why})`}`
        : `is ${instance.state}`
    return [
      {
        kind: 'unhealthy',
        text: `${id} is no longer drained, but ${why}: it stays out of DNS until it serves, and "mcd sync" or "mcd up" then lets it in.`,
        blocks: true,
        instance: id,
      },
    ]
  })
}
