import {UsageError} from '../errors.ts'
import type {Member} from '../providers/dns.ts'
import type {Desired} from './desired.ts'
import {nameKey, type Observed} from './observed.ts'
import {endedBy, isReady, type Plan} from './plan/action.ts'
import {emptiedBy} from './plan/dns/serving.ts'

export type Approval = {
  readonly allowEmpty: boolean
  /** More than half of a name's addresses may leave in one `sync`. */
  readonly allowShrink?: boolean
}

export type Guard = (desired: Desired, observed: Observed, plan: Plan) => void

/** Refuses what nobody means to do, unless it was asked for in so many words. One for a run, of whose every plan it is asked. */
export function planGuard(approval: Approval): Guard {
  const checkShrinking = shrinkGuard(approval)
  return (desired, observed, plan) => {
    checkEmptiness(desired, observed, plan, approval)
    checkShrinking(desired, observed, plan)
  }
}

/** Asks about each instance once, when a plan is the first in a run to end it. */
export function askOnce(approve: (plan: Plan) => Promise<void>): (plan: Plan) => Promise<void> {
  const approved = new Set<string>()
  return async plan => {
    const doomed = endedBy(plan)
    if (doomed.every(id => approved.has(id))) return
    await approve(plan)
    for (const id of doomed) approved.add(id)
  }
}

/**
 * Refuses a plan that would take the last serving address from a name now, unless that is what was asked for: `down` of the
 * whole fleet says so by itself, everything else needs --allow-empty (law 5, decision 20). What waits for others to serve
 * first is no such plan.
 */
export function checkEmptiness(
  {fleet, goal}: Desired,
  observed: Observed,
  {actions}: Plan,
  {allowEmpty}: Approval,
): void {
  const wholeFleet = goal.kind === 'down' && !goal.groups && !goal.instances
  if (allowEmpty || wholeFleet) return
  const leaving = new Set(
    actions.filter(isReady).flatMap(action => (action.kind === 'deregister' ? action.leaving : [])),
  )
  const [name] = emptiedBy(fleet, observed, leaving, actions)
  if (name === undefined) return
  throw new UsageError(
    `This would take the last serving address out of ${name}: nobody could reach the service.`,
    {
      suggestions: ['Add --allow-empty if that is what you want.', 'To end the whole fleet, run "mcd down".'],
    },
  )
}

/**
 * Refuses a run of DNS alone that would take more than half of a name's addresses of ours, counted from its beginning,
 * whatever for: so many are more likely to be missed by whoever looks than to be gone. Those that leave for good, or are
 * drained, were decided on before.
 */
function shrinkGuard({allowShrink = false}: Approval): Guard {
  /** By name key: the addresses at the first look, and which of them this run has taken away since. */
  const atFirst = new Map<string, ReadonlyMap<string, string>>()
  const taken = new Map<string, ReadonlySet<string>>()
  return ({fleet, goal}, observed, {actions}) => {
    if (goal.kind !== 'sync' || allowShrink) return
    const removed = new Set(
      actions.flatMap(action =>
        action.kind === 'deregister' && action.leaving.length === 0 && !action.onceAnswered
          ? action.remove
          : [],
      ),
    )
    for (const {vendor, name} of fleet.names) {
      const key = nameKey(vendor, name)
      const seen = observed.names.get(key)
      if (!seen?.readable) continue
      const ours = seen.members.filter(
        ({type, mark}) =>
          type !== 'TXT' && mark?.fleet === fleet.name && !goal.drain?.includes(mark.instance),
      )
      const before = atFirst.get(key) ?? new Map(ours.map(member => [addressKey(member), member.value]))
      atFirst.set(key, before)
      const stays = new Set(ours.filter(member => !removed.has(member)).map(addressKey))
      const goes = ours.filter(member => removed.has(member)).map(addressKey)
      const gone = [...before.keys()].filter(
        each => !stays.has(each) && (goes.includes(each) || taken.get(key)?.has(each)),
      )
      taken.set(key, new Set(gone))
      if (gone.length * 2 <= before.size || goes.length === 0) continue
      throw new UsageError(
        `This would take ${gone.length} of the fleet's ${before.size} addresses out of ${name} in one run: ${gone.map(each => before.get(each)).join(', ')}.`,
        {
          suggestions: [
            '"mcd status" says what is wrong with each of them.',
            'Run "mcd sync --allow-shrink" if that is what you want.',
          ],
        },
      )
    }
  }
}

const addressKey = ({value, mark}: Member): string => `${value} ${mark?.instance}`
