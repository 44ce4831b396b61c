import {
  AuthError,
  CapacityError,
  McdError,
  NotShownError,
  QuotaError,
  TransientError,
  UnreachableError,
} from '../../errors.ts'
import type {StepResult} from '../../journal/events.ts'
import type {LaunchOrder, LaunchReceipt} from '../../providers/compute.ts'
import type {Action} from '../plan/action.ts'
import type {Ledger} from '../turn/ledger.ts'
import {failed, type Pass, placeOf} from './pass.ts'

/** An open launch that may not be sent again is looked for this long before it is given up (decision 8). */
const LOOKUP_MS = 5 * 60_000

export async function launch(pass: Pass, action: Action & {kind: 'launch'}): Promise<string> {
  const {outside, ledger, desired, observed} = pass
  const wanted = desired.groups.find(
    ({group}) => group.name === action.group && group.place.key === action.place,
  )
  if (!wanted?.launch) throw new McdError(`Group ${action.group} has nothing resolved to launch.`)
  const {group, launch: resolved} = wanted
  const provider = outside.compute(group.place)
  const userdata = outside.userdata.render(group, observed.zones, provider.capabilities)
  const order = {
    mark: {
      fleet: desired.fleet.name,
      dns: desired.fleet.dns,
      group: group.name,
      launch: outside.runtime.id(),
      spec: resolved.spec,
    },
    count: action.count,
    type: action.type,
    zone: action.zone,
    target: resolved.target,
    networkIds: ledger.recorded().networkIds.get(`${action.place} ${action.group}`) ?? [],
  }
  const frozen = {
    ...order,
    userdataDigest: userdata.digest(digestKey(ledger)),
    userdataSpec: outside.userdata.spec(group),
  }
  const receipt = await ledger.step(
    {kind: 'launch', place: action.place, group: action.group, order: frozen},
    () => provider.launch({...order, userdata: userdata.bytes, resumed: false}),
    launchResult,
  )
  return receiptText(receipt, action.count)
}

/** Before the first launch of a spec: what it is made of, once, so that a later run can return to it. */
export async function recordSpecs({outside, ledger, desired}: Pass, ready: readonly Action[]): Promise<void> {
  const launching = new Set(ready.flatMap(action => (action.kind === 'launch' ? [action.group] : [])))
  const specs = new Map(
    desired.groups.flatMap(({group, launch: resolved}) =>
      resolved && launching.has(group.name) && !ledger.recorded().specs.has(resolved.spec)
        ? [[resolved.spec, outside.userdata.freeze(group)] as const]
        : [],
    ),
  )
  if (specs.size === 0) return
  await ledger.append(...[...specs].map(([spec, source]) => ({type: 'spec-recorded', spec, source}) as const))
}

/** The launch of an earlier run whose outcome nobody wrote down: sent again under its own key, or looked up when that may not be. */
export async function resumeLaunch(
  pass: Pass,
  action: Action & {kind: 'launch'},
  key: string,
): Promise<string | undefined> {
  const {outside, ledger, desired, observed} = pass
  const recorded = ledger.recorded().launches.get(key)
  if (!recorded) throw new McdError(`The journal has no launch ${key}.`)
  const wanted = desired.groups.find(
    ({group}) => group.name === action.group && group.place.key === action.place,
  )
  const provider = outside.compute(placeOf(desired, ledger.recorded(), action.place))
  const userdata = wanted && outside.userdata.render(wanted.group, observed.zones, provider.capabilities)
  const {userdataDigest, userdataSpec: _spec, ...order} = recorded.order
  if (wanted && userdata && userdata.digest(digestKey(ledger)) === userdataDigest) {
    // The journal keeps no secrets: metadata that holds some comes from the file again.
    const target = {...order.target, wish: {...order.target.wish, metadata: wanted.group.wish.metadata}}
    const resent: LaunchOrder = {...order, target, userdata: userdata.bytes, resumed: true}
    try {
      const receipt = await ledger.repeat(
        recorded.step,
        () => provider.launch(resent),
        outcome => ('error' in outcome ? resumeResult(outcome.error) : launchResult(outcome)),
      )
      return receiptText(receipt, order.count)
    } catch (error) {
      // Asked again on a later pass: it is there, and will show.
      if (error instanceof NotShownError) return undefined
      throw error
    }
  }
  // The userdata is no longer the same bytes: the old key must not go out with them. What shows up under it is ours.
  return adopt(pass, {place: action.place, launch: key})
}

/** Takes what shows up under a launch's mark for all that it made, once it is complete or can no longer become so. */
export async function adopt(
  {outside, ledger, observed}: Pass,
  {place: key, launch: name}: {readonly place: string; readonly launch: string},
): Promise<string | undefined> {
  const recorded = ledger.recorded().launches.get(name)
  const place = observed.places.get(key)
  // One that was answered only has to show itself.
  if (!recorded?.open || !place?.readable) return undefined
  const {step, order, intendedAtMs} = recorded
  const found = place.instances.filter(({mark}) => mark.launch === name).map(({id}) => id)
  if (found.length < order.count && outside.runtime.now() - intendedAtMs < LOOKUP_MS) return undefined
  await ledger.append({type: 'outcome', step, result: {kind: 'done', instances: found}})
  return `${found.length} of ${order.count} found`
}

function launchResult(outcome: {value: LaunchReceipt} | {error: unknown}): StepResult {
  if ('value' in outcome) {
    const {instances, shortfall, doubles} = outcome.value
    return {
      kind: 'done',
      instances: instances.map(({id}) => id),
      ...(shortfall ? {shortfall} : {}),
      ...(doubles ? {doubles} : {}),
    }
  }
  const {error} = outcome
  if (error instanceof CapacityError)
    return {...failed(error), shortfall: {kind: 'capacity', message: error.message}}
  if (error instanceof QuotaError)
    return {...failed(error), shortfall: {kind: 'quota', message: error.message}}
  return failed(error)
}

/** That a second attempt did not get through says nothing about the first: the launch stays open. */
function resumeResult(error: unknown): StepResult {
  const isSilent =
    error instanceof UnreachableError || error instanceof TransientError || error instanceof AuthError
  return isSilent ? {...failed(error), effect: 'unknown'} : launchResult({error})
}

function receiptText({instances, shortfall, doubles}: LaunchReceipt, wanted: number): string {
  const ids = instances.map(({id}) => id)
  const shown = ids.length > 4 ? `${ids.slice(0, 3).join(', ')} and ${ids.length - 3} more` : ids.join(', ')
  const told = shortfall ? `${ids.length} of ${wanted}: ${shortfall.message}` : shown
  return doubles ? `${told}; ended ${doubles.join(', ')}, which the same request had made once more` : told
}

function digestKey(ledger: Ledger): string {
  const key = ledger.recorded().digestKey
  if (key === undefined)
    throw new McdError('The journal has no digest key: its first event is missing.', {
      suggestions: ['Run "mcd state rebuild": it begins the journal anew from the clouds.'],
    })
  return key
}
