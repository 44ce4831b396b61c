import type {RecordedLaunch} from '../../../journal/recorded.ts'
import type {Instance} from '../../../providers/compute.ts'
import type {DesiredGroup} from '../../desired.ts'
import {ownersOf} from '../../ownership.ts'
import type {Action, Note} from '../action.ts'
import {isFailing} from '../dns/kept-out.ts'
import {type FleetView, isHealthy} from '../fleet-view.ts'
import type {Leaver} from '../leaving/leave.ts'
import {adoption} from './adopt.ts'
import {renewableNotes} from './renewable.ts'
import {batchSize, type Rolling} from './rollout.ts'
import {sharesOf} from './shares.ts'
import {shortfallsOf, shortfallText} from './shortfall.ts'
import type {GroupStanding} from './standing.ts'

/** Launches that are missing or next in the rollout, waits for what is not healthy yet, and what the group has too much. */
export function planGroup(
  view: FleetView,
  standing: GroupStanding,
  rolling: Rolling,
): {
  actions: Action[]
  notes: Note[]
  /** More than are wanted. */
  surplus: Leaver[]
  /** Their places are filled by new ones. */
  followed: Leaver[]
} {
  const {desired, kept, surplus, outdated, spared, open, coming, onTheirWay, lost} = standing
  const {group, launch} = desired
  const missing = Math.max(0, standing.missing)
  const notes: Note[] = []
  const actions: Action[] = []

  for (const {id, stateReason} of lost) {
    notes.push({
      kind: 'lost',
      text: `${id} in group ${group.name} ended by itself${stateReason ? `: ${stateReason}` : ''}. mcd starts no other in this run.`,
      blocks: true,
      instance: id,
    })
  }
  const network = networkAction(view, desired, missing + rolling.launch + coming > 0)
  if (network) actions.push(network)
  const after = network ? [network.key] : []
  actions.push(...open.map(each => resume(view, standing, each, after)))
  if (missing > 0 && !launch) {
    const why = desired.unresolved ?? `${group.place.key} answered too late in this run.`
    notes.push({
      kind: 'shortfall',
      text: `Group ${group.name} is ${missing} short: ${why}`,
      blocks: true,
      place: group.place.key,
    })
  }
  if (launch && missing + rolling.launch > 0) {
    const launches = planLaunches(view, standing, missing > 0 ? missing : rolling.launch, after)
    actions.push(...launches)
    if (launches.length === 0)
      notes.push({
        kind: 'shortfall',
        text: shortfallText(shortfallsOf(view, group), group, missing),
        blocks: true,
        place: group.place.key,
      })
  }
  const ours = kept.filter(({id}) => !spared.has(id))
  actions.push(...waitForHealth(view, desired, ours, onTheirWay, actions), ...rolling.actions)
  notes.push(
    ...ours.flatMap(instance => troubleOf(view, desired, instance)),
    ...renewableNotes(view, standing),
  )
  return {
    actions,
    notes,
    surplus: [
      ...surplus.map(instance => ({
        instance,
        reason: `${group.name} wants ${group.count}, has ${kept.length + surplus.length}`,
      })),
      ...rolling.spare.map(instance => ({
        instance,
        reason: `${group.name} wants ${group.count}, has ${outdated.length} outdated`,
      })),
    ],
    followed: rolling.followed.map(instance => ({instance, reason: 'a new one serves in its place'})),
  }
}

/** The same order again, or only a look for what it made where its instances are not missing. */
function resume(
  view: FleetView,
  {desired: {group}, kept, outdated}: GroupStanding,
  {order, group: name, place}: RecordedLaunch,
  after: readonly string[],
): Action {
  const {count, type, zone, mark} = order
  const room = outdated.length > 0 ? batchSize(view.desired.fleet.rollout, group.count) : 0
  if (kept.length >= group.count || kept.length + outdated.length >= group.count + room)
    return adoption({group: name, place, launch: mark.launch, count, open: true})
  return {
    kind: 'launch',
    key: `launch ${name} resume ${mark.launch}`,
    place,
    group: name,
    count,
    type,
    zone,
    resumes: mark.launch,
    reason: 'an earlier launch may have happened',
    after,
  }
}

function planLaunches(
  view: FleetView,
  {desired, kept, outdated}: GroupStanding,
  count: number,
  after: readonly string[],
): Action[] {
  const {group} = desired
  const reason = `${group.count} wanted, ${kept.length} there${outdated.length > 0 ? `, ${outdated.length} outdated` : ''}`
  const named = new Map<string, number>()
  return sharesOf(view, desired, kept, count).map(({zone, type, count: share}) => {
    const key = `launch ${group.name} ${zone.name} ${type}`
    const nth = (named.get(key) ?? 0) + 1
    named.set(key, nth)
    return {
      kind: 'launch',
      key: nth > 1 ? `${key} ${nth}` : key,
      place: group.place.key,
      group: group.name,
      count: share,
      type,
      zone,
      reason,
      after,
    }
  })
}

/** What only a person can mend. */
function troubleOf(view: FleetView, {group}: DesiredGroup, instance: Instance): Note[] {
  const {id, state} = instance
  if (isFailing(view, instance)) {
    const why = view.observed.health.get(id)?.why
    const text = `${id} in group ${group.name} no longer answers its health check${why ? ` (${why})` : ''}: look at it, or put another in its place with "mcd replace ${id}".`
    return [{kind: 'unhealthy', text, blocks: true, instance: id}]
  }
  if (state === 'stopped') {
    const text = `${id} in group ${group.name} is stopped: start it, or end it with "mcd down --instance ${id}" and run "mcd up".`
    return [{kind: 'stopped', text, blocks: true, instance: id}]
  }
  return []
}

function networkAction(view: FleetView, {group}: DesiredGroup, launching: boolean): Action | undefined {
  const {open, securityGroups} = group.wish
  const owners = ownersOf(view.desired.fleet, view.recorded)
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
