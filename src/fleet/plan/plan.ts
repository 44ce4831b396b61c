import type {Recorded, RecordedLaunch} from '../../journal/fold.ts'
import type {Instance} from '../../providers/compute.ts'
import type {Desired, DesiredGroup} from '../desired.ts'
import type {Observed} from '../observed.ts'
import type {Action, Note, Plan} from './action.ts'
import {type FleetView, fleetView, isHealthy, isLeaving, launchedInRun, staying} from './fleet-view.ts'
import {planLeaving} from './leave.ts'
import {planNetworkRemoval} from './network.ts'
import {strangerNotes, troubleNotes} from './notes.ts'
import {planRegistration} from './registration.ts'
import {spread} from './spread.ts'
import {chooseSurplus} from './surplus.ts'

/**
 * Desired × recorded × observed → what to do, in a stable order, each with its reason. Pure: no I/O, no clock. It is asked
 * anew on every pass, so that each plan follows from what is, whatever happened before; ready actions are done next, the
 * others show what will follow.
 */
export function plan(desired: Desired, recorded: Recorded, observed: Observed, run: string): Plan {
  const view = fleetView(desired, recorded, observed, run)
  const notes: Note[] = [...troubleNotes(view), ...strangerNotes(view)]
  return desired.goal.kind === 'down' ? planDown(view, notes) : planUp(view, notes)
}

function planUp(view: FleetView, notes: Note[]): Plan {
  const actions: Action[] = []
  const leavers: {instance: Instance; reason: string}[] = []
  const later: {instance: Instance; reason: string}[] = []
  const building: string[] = []

  for (const desired of view.desired.groups) {
    const group = planGroup(view, desired)
    actions.push(...group.actions)
    notes.push(...group.notes)
    leavers.push(...group.leavers)
    later.push(...group.outdated)
    building.push(...group.actions.map(({key}) => key))
  }
  // What replaces them serves first: a renamed group or a new image never leaves the name without its members.
  later.push(...undeclared(view))
  const registration = planRegistration(view, actions, idsOf([...leavers, ...later]))
  actions.push(...registration.actions)
  notes.push(...registration.notes)
  building.push(...registration.actions.filter(({kind}) => kind !== 'deregister').map(({key}) => key))

  const short = notes.some(note => note.blocks)
  const gate = building.length > 0 ? building : short ? ['the declared instances serve'] : []
  actions.push(...planLeaving(view, [...resumed(view), ...leavers]))
  actions.push(
    ...planLeaving(
      view,
      later.filter(({instance}) => !isLeaving(view, instance.id)),
      gate,
    ).map(action => renamed(action, gate)),
  )
  actions.push(...waitForGone(view), ...planNetworkRemoval(view))
  return {actions, notes}
}

function planDown(view: FleetView, notes: Note[]): Plan {
  const {goal} = view.desired
  const doomed = [...view.living.values()].filter(({id, mark, state}) => {
    if (state === 'stopping') return false
    if (goal.kind !== 'down' || (!goal.groups && !goal.instances)) return true
    return (goal.groups?.includes(mark.group) ?? false) || (goal.instances?.includes(id) ?? false)
  })
  const before = resumed(view)
  const leaving = new Set(before.map(({instance}) => instance.id))
  const leavers = [
    ...before,
    ...doomed.filter(({id}) => !leaving.has(id)).map(instance => ({instance, reason: 'mcd down'})),
  ]
  const registration = planRegistration(view, [], idsOf(leavers))
  return {
    actions: [
      ...planLeaving(view, leavers),
      ...registration.actions.filter(({kind}) => kind === 'deregister'),
      ...waitForGone(view),
      ...planNetworkRemoval(view),
    ],
    notes,
  }
}

const idsOf = (leavers: readonly {instance: Instance}[]): Set<string> =>
  new Set(leavers.map(({instance}) => instance.id))

/** Launches that are missing, waits for what is not healthy yet, and what the group has too much. */
function planGroup(
  view: FleetView,
  desired: DesiredGroup,
): {
  actions: Action[]
  notes: Note[]
  leavers: {instance: Instance; reason: string}[]
  outdated: {instance: Instance; reason: string}[]
} {
  const {group, launch} = desired
  const place = view.observed.places.get(group.place.key)
  const none = {actions: [], notes: [], leavers: [], outdated: []}
  if (!place?.readable) return none

  const members = staying(view, desired)
  const current = members.filter(({mark}) => !launch || mark.spec === launch.spec)
  const outdated = members.filter(member => !current.includes(member))
  const surplus = chooseSurplus(current, current.length - group.count, instance => isHealthy(view, instance))
  const kept = current.filter(member => !surplus.includes(member))
  const notes: Note[] = []
  const actions: Action[] = []

  const open = [...view.recorded.launches.values()].filter(
    ({open, group: name, place: key}) => open && name === group.name && key === group.place.key,
  )
  const coming = open.reduce(
    (sum, {order}) =>
      sum + Math.max(0, order.count - members.filter(({mark}) => mark.launch === order.mark.launch).length),
    0,
  )
  const lost = [...view.gone.values()].filter(
    ({id, mark, place: key}) =>
      mark.group === group.name && key === group.place.key && launchedInRun(view, id) && !isLeaving(view, id),
  )
  for (const {id, stateReason} of lost) {
    notes.push({
      kind: 'lost',
      text: `${id} in group ${group.name} ended by itself${stateReason ? `: ${stateReason}` : ''}. mcd starts no other in this run.`,
      blocks: true,
      instance: id,
    })
  }

  const missing = Math.max(0, group.count - kept.length - coming - lost.length)
  const network = networkAction(view, desired, missing + coming > 0)
  if (network) actions.push(network)
  const after = network ? [network.key] : []
  for (const {order} of open) {
    const {count, type, zone, mark} = order
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
  if (missing > 0 && launch) {
    const living = new Map<string, number>()
    for (const {zone = ''} of kept) living.set(zone, (living.get(zone) ?? 0) + 1)
    const shares = spread(launch.target.zones, living, missing, (zone, type) =>
      isExhausted(view, group.name, zone, type),
    )
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
        text: shortfallText(view, group.name, missing),
        blocks: true,
        place: group.place.key,
      })
  }
  actions.push(...waitForHealth(view, desired, kept, actions))
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
  if (open.length === 0 || securityGroups.length > 0) return undefined
  const place = view.observed.places.get(group.place.key)
  const piece = place?.readable
    ? place.network.find(
        candidate => candidate.group === group.name && candidate.dns === view.desired.fleet.dns,
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

function waitForHealth(
  view: FleetView,
  {group}: DesiredGroup,
  kept: readonly Instance[],
  actions: readonly Action[],
): Action[] {
  const launches = actions.filter(action => action.kind === 'launch')
  const waiting = kept.filter(instance => instance.state !== 'stopped' && !isHealthy(view, instance))
  const count = waiting.length + launches.reduce((sum, action) => sum + action.count, 0)
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
      after: launches.map(({key}) => key),
    },
  ]
}

/** Instances that started leaving in this or an earlier run go all the way. */
function resumed(view: FleetView): {instance: Instance; reason: string}[] {
  return [...view.living.values()]
    .filter(({id, state}) => isLeaving(view, id) && state !== 'stopping')
    .map(instance => ({instance, reason: 'it is out of DNS already'}))
}

/** Ours, alive, and in no declared group at its declared place: the group was removed, renamed or moved (decision 4). */
function undeclared(view: FleetView): {instance: Instance; reason: string}[] {
  const declared = new Set(view.desired.groups.map(({group}) => `${group.place.key} ${group.name}`))
  return [...view.living.values()]
    .filter(({place, mark, state}) => state !== 'stopping' && !declared.has(`${place} ${mark.group}`))
    .map(instance => ({
      instance,
      reason: `group ${instance.mark.group} is not declared in ${instance.place}`,
    }))
}

function waitForGone(view: FleetView): Action[] {
  const ending = [...view.living.values()].filter(
    ({state, id}) => state === 'stopping' && isLeaving(view, id),
  )
  if (ending.length === 0) return []
  return [
    {
      kind: 'wait',
      key: 'wait gone',
      group: '',
      until: 'gone',
      instances: ending.map(({id}) => id),
      count: ending.length,
      reason: 'the cloud confirms the end',
      after: [],
    },
  ]
}

/** Out of capacity there, or out of quota anywhere: a quota is the account's, so no other zone or type helps. */
function isExhausted(view: FleetView, group: string, zone: string, type: string): boolean {
  return shortfalls(view, group).some(
    ({shortfall, order}) => shortfall?.kind === 'quota' || (order.zone.name === zone && order.type === type),
  )
}

function shortfalls(view: FleetView, group: string): RecordedLaunch[] {
  return [...view.recorded.launches.values()].filter(
    launch => launch.run === view.run && launch.group === group && launch.shortfall,
  )
}

function shortfallText(view: FleetView, group: string, missing: number): string {
  const why = shortfalls(view, group).map(({shortfall}) => shortfall?.message ?? '')
  return `Group ${group} is ${missing} short: ${[...new Set(why)].join('; ') || 'no zone offers its types'}.`
}

/** Two chains of one shape in one plan: what waits for the replacements carries its own keys. */
function renamed(action: Action, gate: readonly string[]): Action {
  if (gate.length === 0) return action
  const later = (key: string) => (gate.includes(key) ? key : `${key} after replacement`)
  return {...action, key: later(action.key), after: action.after.map(later)}
}
