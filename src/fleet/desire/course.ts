import type {JournalEvent} from '../../journal/events.ts'
import type {Recorded, RecordedLaunch} from '../../journal/recorded.ts'
import type {Desired, Targets} from '../desired.ts'
import type {Fleet} from '../model.ts'
import {type Observed, shownInstances} from '../observed.ts'
import type {Outside} from '../outside.ts'
import {desireFleet} from './desire.ts'
import {dnsRefusals, refuse} from './dns-refusals.ts'
import {type DrainRequest, drainRun} from './drain-request.ts'
import {withFailover} from './failover.ts'
import {type LoweredTtls, withLoweredTtls} from './lowered-ttl.ts'
import {renewal} from './renewal.ts'
import {checkReturned, rollBack} from './rollback.ts'
import {resolveTargets} from './targets.ts'
import {type TtlRequest, ttlRun} from './ttl-request.ts'

/** What `mcd replace`, `drain`, `undrain` and `ttl` ask for beyond the fleet file. */
export type Request = ({readonly kind: 'renew' | 'rollback'} & Targets) | DrainRequest | TtlRequest

/** What a command makes of the fleet file: asked for once, at the first look, and held to until the run ends. */
export type Course = {
  /** The outside with the userdata that is to be launched with: an earlier one during a rollback. */
  readonly outside: Outside
  /** What the journal must know before anything changes, so that a later run can go on with it. */
  readonly asks: readonly JournalEvent[]
  desire(observed: Observed): Promise<Desired>
}

export type CourseOptions = {
  readonly goal: Desired['goal']
  readonly request?: Request
  /** Image aliases move to what they stand for now, instead of what lives. */
  readonly refreshImages?: boolean
  /** Nobody is waited for until resolvers have forgotten them. */
  readonly now?: boolean
}

export function createCourse(
  outside: Outside,
  fleet: Fleet,
  {goal, request, refreshImages = false, now = false}: CourseOptions,
  recorded: () => Recorded,
): Course {
  let desired: Desired | undefined
  let here = {outside, fleet}
  let asks: readonly JournalEvent[] = []
  let goals: readonly RecordedLaunch[] = []
  /** As this run makes them; the journal's where it asks for none. */
  let lowered: LoweredTtls | undefined

  async function desireUp(observed: Observed): Promise<Desired> {
    const groups = request && 'groups' in request ? request.groups : undefined
    if (!desired && request?.kind === 'rollback') {
      const back = rollBack(outside, fleet, request, recorded(), observed)
      here = back
      asks = back.asks
      goals = back.goals
    }
    const resolved = await desireFleet(here.outside, here.fleet, observed, recorded(), {
      ...(desired ? {before: desired} : {}),
      refreshImages,
      goal: desired?.goal ?? {kind: 'up', ...(groups ? {only: {groups}} : {})},
    })
    checkReturned(resolved, goals)
    if (desired || request?.kind !== 'renew') return resolved
    const renewed = renewal(resolved, request, recorded(), observed)
    if (renewed.renew && renewed.renew.length > 0)
      asks = [{type: 'replacement-asked', instances: renewed.renew}]
    return {...resolved, goal: renewed}
  }

  function desireSync(observed: Observed): Desired {
    const groups = fleet.groups.map(group => ({group}))
    switch (request?.kind) {
      case 'drain':
      case 'undrain': {
        const run = drainRun(fleet, request, observed, recorded())
        asks = run.asks
        return {fleet, goal: run.goal, groups}
      }
      case 'lower-ttl':
      case 'restore-ttl': {
        const run = ttlRun(outside, fleet, request, recorded())
        asks = run.asks
        lowered = run.lowered
        return {fleet, goal: run.goal, groups}
      }
      default:
        return {fleet, goal, groups}
    }
  }

  /** Where a vendor would take nothing, nothing is begun. Whoever is drained only goes. */
  function checked(sync: Desired, observed: Observed): Desired {
    if (request?.kind !== 'drain') refuse(dnsRefusals(outside, sync, recorded(), observed))
    return sync
  }

  return {
    get outside() {
      return here.outside
    },
    get asks() {
      return asks
    },
    async desire(observed) {
      if (goal.kind === 'down')
        desired ??= {
          fleet,
          goal: {kind: 'down', ...resolveTargets(fleet, goal, observed, recorded())},
          groups: fleet.groups.map(group => ({group})),
        }
      else if (goal.kind === 'sync') desired ??= checked(desireSync(observed), observed)
      else desired = withFailover(await desireUp(observed), recorded(), observed)
      const standing = withLoweredTtls(desired.fleet, lowered ?? recorded().lowered)
      return {...desired, fleet: standing, ...(now && {now})}
    },
  }
}

/** Whether what was asked for beyond the file has come true, now that this run has ended well: the journal then forgets it. */
export function areRequestsMet(
  {goal}: Desired,
  {asked, rollback, launches}: Recorded,
  observed: Observed,
): boolean {
  if (goal.kind !== 'up' || asked.size + rollback.length === 0) return false
  const remains = shownInstances(observed).some(({id, state}) => state !== 'gone' && asked.has(id))
  const {only} = goal
  const isBack = rollback.every(id => !only || only.groups?.includes(launches.get(id)?.group ?? ''))
  return !remains && isBack
}
