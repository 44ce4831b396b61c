import {McdError, RefusedError} from '../../errors.ts'
import type {Recorded} from '../../journal/recorded.ts'
import {readRecorded} from '../../journal/snapshot.ts'
import {desireFleet} from '../desire/desire.ts'
import {withFailover} from '../desire/failover.ts'
import {withLoweredTtls} from '../desire/lowered-ttl.ts'
import type {Desired} from '../desired.ts'
import type {Fleet} from '../model.ts'
import {allOrAllErrors} from '../observe/all-errors.ts'
import {createObserver} from '../observe/observe.ts'
import type {Observed} from '../observed.ts'
import type {Outside} from '../outside.ts'
import type {Plan} from '../plan/action.ts'
import {plan} from '../plan/plan.ts'

export type Inspection = {
  readonly desired: Desired
  readonly recorded: Recorded
  readonly observed: Observed
  readonly plan: Plan
}

const showsAnything = ({places, names}: Observed): boolean =>
  [...places.values(), ...names.values()].some(({readable}) => readable)

/** One look and the plan that follows, without a trace: nothing is written to clouds, zones or journal (law 9). */
export async function inspectFleet(
  outside: Outside,
  fleet: Fleet,
  {
    tolerateRefusals = false,
    refreshImages = false,
    seen = () => {},
  }: {
    readonly tolerateRefusals?: boolean
    readonly refreshImages?: boolean
    /** Hears of the look before the plan is made of it: for what can be asked meanwhile. */
    readonly seen?: (observed: Observed) => void
  } = {},
): Promise<Inspection> {
  const recorded = await readRecorded(outside.journal)
  const observer = createObserver(outside, fleet, () => recorded, {looks: tolerateRefusals})
  const observed = await observer.look({settleHealth: true})
  // Where nobody shows anything, the reasons are the news.
  if (!showsAnything(observed)) await allOrAllErrors(observer.refusals.map(error => Promise.reject(error)))
  seen(observed)
  let refused: string[] = []
  const resolved = await desireFleet(outside, fleet, observed, recorded, {refreshImages}).catch(
    (error: unknown): Desired => {
      if (!tolerateRefusals || !(error instanceof McdError)) throw error
      refused = error instanceof RefusedError ? error.reasons : [error.message]
      return {fleet, goal: {kind: 'up'}, groups: fleet.groups.map(group => ({group}))}
    },
  )
  const standing = {...resolved, fleet: withLoweredTtls(fleet, recorded.lowered)}
  const desired = withFailover(standing, recorded, observed)
  const next = plan(desired, recorded, observed, 'none')
  const notes = refused.map(text => ({kind: 'warning' as const, text, blocks: true}))
  // With a refusal nothing was resolved: that groups cannot be filled is not news of its own.
  const others = refused.length > 0 ? next.notes.filter(({kind}) => kind !== 'shortfall') : next.notes
  return {desired, recorded, observed, plan: {actions: next.actions, notes: [...others, ...notes]}}
}
