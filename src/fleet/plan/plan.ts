import type {Recorded} from '../../journal/recorded.ts'
import type {Desired} from '../desired.ts'
import type {Observed} from '../observed.ts'
import {type Action, isReady, type Note, type Plan} from './action.ts'
import {answerNotes} from './dns/answer-notes.ts'
import {planKeptOut} from './dns/kept-out.ts'
import {loweredNotes, planSettling} from './dns/lowered.ts'
import {planRegistration} from './dns/registration.ts'
import {emptiedBy, servingIds} from './dns/serving.ts'
import {type FleetView, fleetView, isEnding, isLeaving} from './fleet-view.ts'
import {planAdoption} from './groups/adopt.ts'
import {planGroup} from './groups/group.ts'
import {planNetworkRemoval} from './groups/network.ts'
import {planRollouts} from './groups/rollout.ts'
import {standingOf} from './groups/standing.ts'
import {costNotes} from './leaving/cost.ts'
import {planForgetting, undrainNotes} from './leaving/drained.ts'
import {type Leaver, planLeaving} from './leaving/leave.ts'
import {failoverNotes, strangerNotes, troubleNotes, unknownNotes, unmarkedNotes} from './notes.ts'

/**
 * Desired × recorded × observed → what to do, in a stable order, each with its reason. Pure: no I/O, no clock. It is asked
 * anew on every pass, so that each plan follows from what is, whatever happened before; ready actions are done next, the
 * others show what will follow.
 */
export function plan(desired: Desired, recorded: Recorded, observed: Observed, run: string): Plan {
  const view = fleetView(desired, recorded, observed, run)
  const notes: Note[] = [
    ...troubleNotes(view),
    ...failoverNotes(view),
    ...strangerNotes(view),
    ...unmarkedNotes(view),
  ]
  const next = PLANS[desired.goal.kind](view, notes)
  // Last, since it is no reason to keep anybody waiting.
  return {
    ...next,
    notes: [
      ...next.notes,
      ...costNotes(view, next.actions),
      ...loweredNotes(view),
      ...(desired.goal.kind === 'up' ? answerNotes(view) : []),
      ...unknownNotes(view),
    ],
  }
}

const PLANS: Readonly<Record<Desired['goal']['kind'], (view: FleetView, notes: Note[]) => Plan>> = {
  up: planUp,
  down: planDown,
  sync: planSync,
}

function planUp(view: FleetView, notes: Note[]): Plan {
  const actions: Action[] = []
  const leavers: Leaver[] = []
  const later: Leaver[] = []
  const building: string[] = []
  const heirs = new Set(view.desired.fleet.groups.flatMap(({failover}) => failover?.to ?? []))

  const serving = servingIds(view)
  const standings = view.desired.groups.flatMap(desired => standingOf(view, desired, serving) ?? [])
  const rollouts = planRollouts(view, standings, serving)
  for (const [standing, rolling] of rollouts) {
    const group = planGroup(view, standing, rolling)
    actions.push(...group.actions)
    notes.push(...group.notes)
    // What stood in for another group serves until that one is whole again.
    const surplus = heirs.has(standing.desired.group.name) ? later : leavers
    surplus.push(...group.surplus)
    leavers.push(...group.followed)
    building.push(...group.actions.map(({key}) => key))
  }
  actions.push(...planAdoption(view, ({group, place}) => !isDeclared(view, place, group)))
  // What replaces them serves first: a renamed group never leaves the name without its members.
  later.push(...undeclared(view))
  const departing = idsOf([...leavers, ...later])
  const kept = planKeptOut(view, departing)
  const registration = planRegistration(view, actions, {
    departing,
    outdated: new Set(standings.flatMap(({outdated}) => outdated.map(({id}) => id))),
    out: kept.ids,
  })
  actions.push(...kept.actions, ...registration.actions)
  notes.push(...kept.notes, ...registration.notes)
  building.push(...registration.actions.filter(({kind}) => kind !== 'deregister').map(({key}) => key))

  const short = notes.some(note => note.blocks)
  const gate = building.length > 0 ? building : short ? ['the declared instances serve'] : []
  const areLast = (those: readonly Leaver[]) =>
    gate.length > 0 && emptiedBy(view.desired.fleet, view.observed, idsOf(those), actions).length > 0
  // Nor does a count that moves from one group to another: the last ones that serve stay until others do.
  if (areLast(leavers)) later.push(...leavers.splice(0))
  // Nor those that began to leave while nobody could see, in a zone that was silent, that they are the last.
  const before = resumed(view)
  const [first, last] = areLast([...before, ...leavers]) ? [[], before] : [before, []]
  actions.push(...planLeaving(view, [...first, ...leavers]))
  actions.push(
    ...planLeaving(view, [...last, ...later.filter(({instance}) => !isLeaving(view, instance.id))], gate).map(
      action => renamed(action, gate),
    ),
  )
  actions.push(...waitForGone(view), ...planNetworkRemoval(view))
  return {actions, notes}
}

function planDown(view: FleetView, notes: Note[]): Plan {
  const {goal} = view.desired
  const isMeant = (group: string, ids: readonly string[]): boolean => {
    if (goal.kind !== 'down' || (!goal.groups && !goal.instances)) return true
    return (goal.groups?.includes(group) ?? false) || ids.some(id => goal.instances?.includes(id))
  }
  // What somebody else stops is seen to its end all the same: stopped is not ended.
  const doomed = [...view.living.values()].filter(
    instance =>
      !(isEnding(view, instance) && isLeaving(view, instance.id)) &&
      isMeant(instance.mark.group, [instance.id]),
  )
  const before = resumed(view)
  const leaving = new Set(before.map(({instance}) => instance.id))
  const leavers = [
    ...before,
    ...doomed.filter(({id}) => !leaving.has(id)).map(instance => ({instance, reason: 'mcd down'})),
  ]
  const departing = idsOf(leavers)
  const registration = planRegistration(view, [], {
    departing,
    outdated: NOBODY,
    out: planKeptOut(view, departing).ids,
  })
  return {
    actions: [
      ...planAdoption(view, ({group, instances}) => isMeant(group, instances)),
      ...planLeaving(view, leavers),
      ...registration.actions.filter(({kind}) => kind === 'deregister'),
      ...waitForGone(view),
      ...planNetworkRemoval(view),
    ],
    notes,
  }
}

/**
 * DNS alone: the names follow those that live and serve. How many are wanted is `up`'s business, and whoever is on the way out
 * is only seen to be out of DNS.
 */
function planSync(view: FleetView, notes: Note[]): Plan {
  const kept = planKeptOut(view, NOBODY)
  const registration = planRegistration(view, [], {departing: NOBODY, outdated: NOBODY, out: kept.ids})
  const actions = [...kept.actions, ...planLeaving(view, resumed(view)), ...registration.actions]
  // What waits for others is nothing for a run that waits for nobody but those that it drains.
  const now = actions.filter(
    action => isReady(action) && (action.kind === 'register' || action.kind === 'deregister'),
  )
  return {
    actions: [...now, ...planForgetting(view, kept.actions), ...planSettling(view, now)],
    notes: [...notes, ...kept.notes, ...registration.notes, ...undrainNotes(view)],
  }
}

const NOBODY: ReadonlySet<string> = new Set()

const idsOf = (leavers: readonly Leaver[]): Set<string> => new Set(leavers.map(({instance}) => instance.id))

/** Instances that started leaving in this or an earlier run go all the way. */
function resumed(view: FleetView): Leaver[] {
  return [...view.living.values()]
    .filter(instance => isLeaving(view, instance.id) && !isEnding(view, instance))
    .map(instance => ({instance, reason: 'it is out of DNS already'}))
}

/** Ours, alive, and in no declared group at its declared place: the group was removed, renamed or moved (decision 4). */
function undeclared(view: FleetView): Leaver[] {
  return [...view.living.values()]
    .filter(instance => !isEnding(view, instance))
    .filter(({place, mark}) => !isDeclared(view, place, mark.group))
    .map(instance => ({
      instance,
      reason: `group ${instance.mark.group} is not declared in ${instance.place}`,
    }))
}

const isDeclared = ({desired}: FleetView, place: string, group: string): boolean =>
  desired.groups.some(
    ({
      group: {
        name,
        place: {key},
      },
    }) => name === group && key === place,
  )

function waitForGone(view: FleetView): Action[] {
  const ending = [...view.living.values()].filter(
    instance => isEnding(view, instance) && isLeaving(view, instance.id),
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

/** Two chains of one shape in one plan: what waits for the replacements carries its own keys. */
function renamed(action: Action, gate: readonly string[]): Action {
  if (gate.length === 0) return action
  const later = (key: string) => (gate.includes(key) ? key : `${key} after replacement`)
  return {...action, key: later(action.key), after: action.after.map(later)}
}
