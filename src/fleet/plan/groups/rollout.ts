import type {Instance} from '../../../providers/compute.ts'
import type {Rollout} from '../../model.ts'
import type {Action} from '../action.ts'
import type {FleetView} from '../fleet-view.ts'
import {isLeaving} from '../fleet-view.ts'
import {sharesOf} from './shares.ts'
import type {GroupStanding} from './standing.ts'
import {chooseSurplus, useBy} from './surplus.ts'

/**
 * What a rollout does next in one group:
 *
 *     outdated ── launch a batch ── all of it healthy and in DNS ── pause ── as many old ones drain and end ──┐
 *         └────────────────────────────── while there are more ──────────────────────────────────────────────┘
 *
 * Each step follows from what is there: how many stand beyond the count, and whether they serve. So a run that was killed
 * anywhere goes on with the batch that it left, and a new instance that does not serve stops everything with the old ones
 * in their places, in this run and in every later one.
 */
export type Rolling = {
  /** New ones to launch beside the old. */
  readonly launch: number
  /** The old ones in whose places new ones serve: they leave now. */
  readonly followed: readonly Instance[]
  /** Old ones that nobody needs any more, whatever comes of the new: the count was lowered. */
  readonly spare: readonly Instance[]
  readonly actions: readonly Action[]
}

/** The rollouts of all groups. One group at a time: what harms a new instance must not reach a second cloud. */
export function planRollouts(
  view: FleetView,
  standings: readonly GroupStanding[],
  serving: ReadonlySet<string>,
): ReadonlyMap<GroupStanding, Rolling> {
  const rolling = standings.filter(({outdated}) => outdated.length > 0)
  const turn =
    rolling.find(standing => isUnderWay(standing, serving)) ??
    rolling.find(standing => canLaunch(view, standing)) ??
    rolling[0]
  // Whoever is on the way out still is one more: the next batch comes when they are gone.
  const anybodyLeaves = [...view.living.keys()].some(id => isLeaving(view, id))
  return new Map(
    standings.map(standing => [
      standing,
      planRollout(view, standing, serving, {
        after:
          turn && turn !== standing
            ? [`replace ${turn.desired.group.name}`]
            : anybodyLeaves
              ? ['those that leave have ended']
              : [],
        hasTurn: turn === standing,
      }),
    ]),
  )
}

function planRollout(
  view: FleetView,
  standing: GroupStanding,
  serving: ReadonlySet<string>,
  {hasTurn, after}: {hasTurn: boolean; after: readonly string[]},
): Rolling {
  const {desired, kept, outdated, coming, onTheirWay} = standing
  const {group, launch} = desired
  const {rollout} = view.desired.fleet
  const batch = batchSize(rollout, group.count)
  const isFilled = isComplete(standing, serving)
  const over = kept.length + outdated.length - group.count
  const pause = hasTurn && isFilled && over > 0 ? pauseOf(view, standing) : undefined

  const isFollowed = hasTurn && isFilled && !pause
  const excess = isFollowed ? over : outdated.length - group.count
  const leaving = chooseSurplus(outdated, excess, useBy(view, serving))
  const ends = isFollowed ? {followed: leaving, spare: []} : {followed: [], spare: leaving}
  const launching =
    hasTurn && isFilled && over <= 0 && after.length === 0 ? Math.min(batch, outdated.length) : 0

  const gone = new Set(leaving)
  const left = outdated.filter(instance => !gone.has(instance))
  if (left.length === 0) return {...ends, launch: launching, actions: pause ? [pause] : []}
  const filling = kept.length + coming + onTheirWay + Math.max(0, standing.missing) + launching
  const reasons = new Set(left.map(({mark}) => mark.spec).filter(spec => spec !== launch?.spec))
  const replace: Action = {
    kind: 'replace',
    key: `replace ${group.name}`,
    place: group.place.key,
    group: group.name,
    instances: left.map(({id}) => id),
    batch,
    pauseMs: rollout.pauseMs,
    launches: Math.max(0, group.count - filling),
    cause: reasons.size > 0 ? 'launch-spec' : 'asked',
    reason:
      reasons.size > 0
        ? `launch spec changed (${[...reasons].join(', ')} → ${launch?.spec ?? ''})`
        : 'its replacement was asked for',
    after: after.length > 0 ? after : [pause ? pause.key : 'the new ones serve'],
  }
  return {...ends, launch: launching, actions: [...(pause ? [pause] : []), replace]}
}

/** At least one, and of a percentage the next whole number. */
export function batchSize({batch}: Rollout, count: number): number {
  return 'count' in batch ? batch.count : Math.max(1, Math.ceil((count * batch.percent) / 100))
}

/** Every place is filled, and every new one serves. */
function isComplete(
  {kept, spared, coming, onTheirWay, lost, missing}: GroupStanding,
  serving: ReadonlySet<string>,
): boolean {
  const stand = kept.every(({id}) => serving.has(id) || spared.has(id))
  return stand && coming + onTheirWay + lost.length === 0 && missing <= 0
}

/** Something new is there already, or may be: it is seen through before anybody else begins. */
function isUnderWay(standing: GroupStanding, serving: ReadonlySet<string>): boolean {
  const {desired, kept, outdated, coming, onTheirWay, lost, spared} = standing
  const isBeside = kept.length + outdated.length > Math.max(desired.group.count, outdated.length)
  const isWaiting = kept.some(({id}) => !serving.has(id) && !spared.has(id))
  return isBeside || isWaiting || coming + onTheirWay + lost.length > 0
}

/** A cloud without room keeps nobody else from rolling. */
const canLaunch = (view: FleetView, {desired, kept}: GroupStanding): boolean =>
  sharesOf(view, desired, kept, 1).length > 0

/** The new ones serve beside the old for so long (`rollout.pause`), counted from when the journal saw them all in DNS. */
function pauseOf(view: FleetView, {desired, kept}: GroupStanding): (Action & {kind: 'pause'}) | undefined {
  const {pauseMs} = view.desired.fleet.rollout
  const {pausedAtMs} = view.recorded
  if (pauseMs === 0) return undefined
  const unseen = kept.filter(({id}) => !pausedAtMs.has(id))
  const sinceMs = kept.reduce((latest, {id}) => Math.max(latest, pausedAtMs.get(id) ?? 0), 0)
  if (unseen.length === 0 && view.observed.atMs >= sinceMs + pauseMs) return undefined
  return {
    kind: 'pause',
    key: `pause ${desired.group.name}`,
    group: desired.group.name,
    instances: (unseen.length > 0 ? unseen : kept.filter(({id}) => pausedAtMs.get(id) === sinceMs)).map(
      ({id}) => id,
    ),
    ...(unseen.length > 0 ? {} : {untilMs: sinceMs + pauseMs}),
    reason: 'the new ones serve beside the old',
    after: [],
  }
}
