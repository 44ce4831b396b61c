import type {Instance} from '../../providers/compute.ts'
import type {DesiredGroup} from '../desired.ts'
import type {Action, Note} from './action.ts'
import {adoption} from './adopt.ts'
import {type FleetView, isHealthy, isLeaving, launchedInRun, staying} from './fleet-view.ts'
import {isExhausted, shortfallsOf, shortfallText} from './shortfall.ts'
import {spread} from './spread.ts'
import {chooseSurplus} from './surplus.ts'

/** An instance that is to go, and why. */
export type Leaver = {readonly instance: Instance; readonly reason: string}

/** Launches that are missing, waits for what is not healthy yet, and what the group has too much. */
export function planGroup(
  view: FleetView,
  desired: DesiredGroup,
): {
  actions: Action[]
  notes: Note[]
  leavers: Leaver[]
  outdated: Leaver[]
} {
  const {group, launch} = desired
  const place = view.observed.places.get(group.place.key)
  const none = {actions: [], notes: [], leavers: [], outdated: []}
  if (!place?.readable) return none

  const members = staying(view, desired)
  const isCurrent = ({mark}: Instance) => !launch || mark.spec === launch.spec
  const current = members.filter(isCurrent)
  const outdated = members.filter(member => !isCurrent(member))
  const surplus = chooseSurplus(current, current.length - group.count, instance => isHealthy(view, instance))
  const excess = new Set(surplus)
  const kept = current.filter(member => !excess.has(member))
  const notes: Note[] = []
  const actions: Action[] = []

  const open = [...view.openLaunches.values()].filter(
    ({group: name, place: key}) => name === group.name && key === group.place.key,
  )
  const coming = open.reduce(
    (sum, {order}) =>
      sum + Math.max(0, order.count - members.filter(({mark}) => mark.launch === order.mark.launch).length),
    0,
  )
  const lost = [...view.gone.values()].filter(
    ({id, mark, place: key, unplaced}) =>
      mark.group === group.name &&
      key === group.place.key &&
      !unplaced &&
      launchedInRun(view, id) &&
      !isLeaving(view, id),
  )
  for (const {id, stateReason} of lost) {
    notes.push({
      kind: 'lost',
      text: `${id} in group ${group.name} ended by itself${stateReason ? `: ${stateReason}` : ''}. mcd starts no other in this run.`,
      blocks: true,
      instance: id,
    })
  }

  const onTheirWay = [...view.expected.values()].filter(
    each => each.group === group.name && each.place === group.place.key,
  ).length
  const missing = Math.max(0, group.count - kept.length - coming - onTheirWay - lost.length)
  const network = networkAction(view, desired, missing + coming > 0)
  if (network) actions.push(network)
  const after = network ? [network.key] : []
  for (const {order} of open) {
    const {count, type, zone, mark} = order
    if (kept.length >= group.count) {
      // Nothing is missing: what it made is found, and what it did not make is not made now.
      actions.push(
        adoption({group: group.name, place: group.place.key, launch: mark.launch, count, open: true}),
      )
      continue
    }
    actions.push({
      kind: 'launch',
      key: `launch ${group.name} resume ${mark.launch}`,
      place: group.place.key,
      group: group.name,
      count,
      type,
      zone,
      resumes: mark.launch,
      reason: 'an earlier launch may have happened',
      after,
    })
  }
  if (missing > 0 && !launch) {
    const why = desired.unresolved ?? `${group.place.key} answered too late in this run.`
    notes.push({
      kind: 'shortfall',
      text: `Group ${group.name} is ${missing} short: ${why}`,
      blocks: true,
      place: group.place.key,
    })
  }
  if (missing > 0 && launch) {
    const living = new Map<string, number>()
    for (const {zone = ''} of kept) living.set(zone, (living.get(zone) ?? 0) + 1)
    const short = shortfallsOf(view, group)
    const shares = spread(launch.target, living, missing, (zone, type) => isExhausted(short, zone, type))
    for (const {zone, type, count} of shares) {
      const nth = actions.filter(({key}) =>
        key.startsWith(`launch ${group.name} ${zone.name} ${type}`),
      ).length
      const reason = `${group.count} wanted, ${kept.length} there${outdated.length > 0 ? `, ${outdated.length} of an older launch spec` : ''}`
      actions.push({
        kind: 'launch',
        key: `launch ${group.name} ${zone.name} ${type}${nth > 0 ? ` ${nth + 1}` : ''}`,
        place: group.place.key,
        group: group.name,
        count,
        type,
        zone,
        reason,
        after,
      })
    }
    if (shares.length === 0)
      notes.push({
        kind: 'shortfall',
        text: shortfallText(short, group, missing),
        blocks: true,
        place: group.place.key,
      })
  }
  actions.push(...waitForHealth(view, desired, kept, onTheirWay, actions))
  for (const instance of kept.filter(member => isFailing(view, member))) {
    const why = view.observed.health.get(instance.id)?.why
    notes.push({
      kind: 'unhealthy',
      text: `${instance.id} in group ${group.name} no longer answers its health check${why ? ` (${why})` : ''}: look at it, or end it with "mcd down --instance ${instance.id}" and run "mcd up".`,
      blocks: true,
      instance: instance.id,
    })
  }
  for (const {id, state} of kept) {
    if (state === 'stopped')
      notes.push({
        kind: 'stopped',
        text: `${id} in group ${group.name} is stopped: start it, or end it with "mcd down --instance ${id}" and run "mcd up".`,
        blocks: true,
        instance: id,
      })
  }
  return {
    actions,
    notes,
    leavers: surplus.map(instance => ({
      instance,
      reason: `${group.name} wants ${group.count}, has ${current.length}`,
    })),
    outdated: outdated.map(instance => ({
      instance,
      reason: `launch spec changed (${instance.mark.spec} → ${launch?.spec ?? ''})`,
    })),
  }
}

function networkAction(view: FleetView, {group}: DesiredGroup, launching: boolean): Action | undefined {
  const {open, securityGroups} = group.wish
  const owners = new Set([view.desired.fleet.dns, ...view.recorded.owners])
  if (open.length === 0 || securityGroups.length > 0) return undefined
  const place = view.observed.places.get(group.place.key)
  const piece = place?.readable
    ? place.network.find(
        candidate => candidate.group === group.name && owners.has(candidate.dns) && !candidate.twin,
      )
    : undefined
  const right = piece && [...piece.open].sort().join() === [...open].sort().join()
  const known = view.recorded.networkIds.has(`${group.place.key} ${group.name}`)
  if (right && (known || !launching)) return undefined
  if (!piece && !launching && group.count === 0) return undefined
  const reason = piece
    ? right
      ? 'its id is not in the journal'
      : `open ports change to ${open.join(', ')}`
    : `nothing lets port ${open.join(', ')} in yet`
  return {
    kind: 'ensure-network',
    key: `network ${group.name}`,
    place: group.place.key,
    group: group.name,
    open,
    reason,
    after: [],
  }
}

/** Whatever boots is through with it by then. */
const BOOT_GRACE_MS = 5 * 60_000

/** Long past its boot and found unhealthy: waiting for it would only hide that somebody has to look. */
function isFailing({observed}: FleetView, {id, launchedAtMs}: Instance): boolean {
  return observed.health.get(id)?.verdict === 'unhealthy' && observed.atMs - launchedAtMs >= BOOT_GRACE_MS
}

function waitForHealth(
  view: FleetView,
  {group}: DesiredGroup,
  kept: readonly Instance[],
  onTheirWay: number,
  actions: readonly Action[],
): Action[] {
  const launches = actions.filter(action => action.kind === 'launch')
  const waiting = kept.filter(
    instance => instance.state !== 'stopped' && !isHealthy(view, instance) && !isFailing(view, instance),
  )
  const count = waiting.length + onTheirWay + launches.reduce((sum, action) => sum + action.count, 0)
  if (count === 0) return []
  return [
    {
      kind: 'wait',
      key: `wait ${group.name}`,
      group: group.name,
      until: 'healthy',
      instances: waiting.map(({id}) => id),
      count,
      reason: 'running and answering its health check',
      // What is there is waited for although more is to come: a launch that fails must not leave the others unattended.
      after: waiting.length + onTheirWay > 0 ? [] : launches.map(({key}) => key),
    },
  ]
}
