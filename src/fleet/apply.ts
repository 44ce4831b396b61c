import {
  CapacityError,
  ConflictError,
  McdError,
  QuotaError,
  TransientError,
  UnreachableError,
} from '../errors.ts'
import type {StepResult} from '../journal/events.ts'
import type {Recorded} from '../journal/fold.ts'
import type {LaunchOrder, LaunchReceipt} from '../providers/compute.ts'
import type {DnsChange, DnsVendor} from '../providers/dns.ts'
import type {Desired} from './desired.ts'
import type {Ledger} from './ledger.ts'
import type {Observer} from './observe.ts'
import type {Observed} from './observed.ts'
import type {Outside} from './outside.ts'
import type {Action} from './plan/action.ts'

/** What one pass has at hand. */
export type Pass = {
  readonly outside: Outside
  readonly ledger: Ledger
  readonly observer: Observer
  readonly desired: Desired
  readonly observed: Observed
}

/** An open launch whose secrets changed is looked for this long before a new token is used (decision 8). */
const LOOKUP_MS = 5 * 60_000

/**
 * Carries out one ready action: intent, call, outcome. Decides nothing. Returns a sentence on what came of it, or undefined
 * when there is nothing to tell yet. Errors are the provider's own; the journal has them already.
 */
export async function applyAction(pass: Pass, action: Action): Promise<string | undefined> {
  switch (action.kind) {
    case 'ensure-network':
      return ensureNetwork(pass, action)
    case 'launch':
      return action.resumes === undefined ? launch(pass, action) : resumeLaunch(pass, action, action.resumes)
    case 'register':
      return changeDns(pass, action.zone, {create: action.create, remove: action.remove}, [])
    case 'deregister':
      return changeDns(pass, action.zone, {create: action.create, remove: action.remove}, action.leaving)
    case 'drain':
      return action.until === 'served' ? awaitServed(pass, action) : undefined
    case 'terminate':
      return terminate(pass, action)
    case 'remove-network':
      return removeNetwork(pass, action)
    case 'wait':
      return undefined
    default:
      return action satisfies never
  }
}

async function ensureNetwork(
  {outside, ledger, observer, desired}: Pass,
  {place, group, open}: Action & {kind: 'ensure-network'},
): Promise<string> {
  const {fleet} = desired
  const subnets = fleet.groups.find(({name}) => name === group)?.wish.subnets ?? []
  const ids = await ledger.step(
    {kind: 'ensure-network', place, group, open},
    () =>
      outside
        .compute(placeOf(desired, ledger.recorded(), place))
        .ensureNetwork({fleet: fleet.name, dns: fleet.dns, group, open, subnets}),
    outcome => ('value' in outcome ? {kind: 'done', networkIds: outcome.value} : failed(outcome.error)),
  )
  observer.forget({place})
  return ids.length > 0 ? ids.join(', ') : 'open'
}

async function launch(pass: Pass, action: Action & {kind: 'launch'}): Promise<string> {
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
  const frozen = {...order, userdataDigest: userdata.digest(digestKey(ledger))}
  const receipt = await ledger.step(
    {kind: 'launch', place: action.place, group: action.group, order: frozen},
    () => provider.launch({...order, userdata: userdata.bytes, resumed: false}),
    launchResult,
  )
  return receiptText(receipt, action.count)
}

/** The launch of an earlier run whose outcome nobody wrote down: sent again under its own key, or looked up when that may not be. */
async function resumeLaunch(
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
  const {userdataDigest, ...order} = recorded.order
  if (wanted && userdata && userdata.digest(digestKey(ledger)) === userdataDigest) {
    // The journal keeps no secrets: metadata that holds some comes from the file again.
    const target = {...order.target, wish: {...order.target.wish, metadata: wanted.group.wish.metadata}}
    const resent: LaunchOrder = {...order, target, userdata: userdata.bytes, resumed: true}
    const receipt = await provider.launch(resent).then(
      value =>
        ledger
          .append({type: 'outcome', step: recorded.step, result: launchResult({value})})
          .then(() => value),
      error =>
        ledger
          .append({type: 'outcome', step: recorded.step, result: launchResult({error})})
          .then(() => Promise.reject(error)),
    )
    return receiptText(receipt, order.count)
  }
  // The userdata is no longer the same bytes: the old key must not go out with them. What shows up under it is ours.
  const place = observed.places.get(action.place)
  const found = place?.readable
    ? place.instances.filter(({mark}) => mark.launch === key).map(({id}) => id)
    : []
  const intendedAtMs = recorded.intendedAtMs
  if (found.length < order.count && outside.runtime.now() - intendedAtMs < LOOKUP_MS) return undefined
  await ledger.append({type: 'outcome', step: recorded.step, result: {kind: 'done', instances: found}})
  return `${found.length} of ${order.count} found`
}

async function changeDns(
  {outside, ledger, observer, observed}: Pass,
  key: string,
  change: DnsChange,
  leaving: readonly string[],
): Promise<string> {
  const zone = observed.zones.get(key)
  if (!zone) throw new UnreachableError(`${key} could not be read in this run.`)
  const provider = outside.dns(vendorOf(key))
  try {
    const empty = change.create.length === 0 && change.remove.length === 0
    await ledger.step(
      {kind: 'change-dns', zone: key, change, leaving},
      // Nothing stands there, and still the step is written: from here on the instance is leaving.
      async () => (empty ? undefined : provider.change(zone, change)),
      outcome =>
        'value' in outcome
          ? {kind: 'done', ...(outcome.value ? {receipt: outcome.value} : {})}
          : failed(outcome.error),
    )
  } finally {
    observer.forget({zone: key})
  }
  return (
    [
      change.create.length > 0 ? `${change.create.length} added` : '',
      change.remove.length > 0 ? `${change.remove.length} removed` : '',
    ]
      .filter(Boolean)
      .join(', ') || 'was not there'
  )
}

/** Asks once whether the vendor serves the removals; what is served is written down, and its drain clock starts. */
async function awaitServed(
  {outside, ledger, observed}: Pass,
  {instances, zones}: Action & {kind: 'drain'},
): Promise<string | undefined> {
  const served: string[] = []
  for (const key of zones) {
    const zone = observed.zones.get(key)
    if (!zone) continue
    const waiting = instances.filter(
      id => ledger.recorded().leaving.get(id)?.zones.get(key)?.servedAtMs === undefined,
    )
    const left = waiting
      .map(id => ledger.recorded().leaving.get(id)?.zones.get(key))
      .filter(entry => entry !== undefined)
    const removed = left.flatMap(entry => entry.removed)
    const receipts = [
      ...new Map(left.map(({receipt, removedAtMs}) => [receipt?.id, {receipt, removedAtMs}])).values(),
    ]
    const answers = await Promise.all(
      receipts.map(({receipt, removedAtMs}) =>
        removed.length === 0
          ? true
          : outside.dns(vendorOf(key)).removalServed(zone, removed, receipt, removedAtMs),
      ),
    )
    if (!answers.every(Boolean)) continue
    await ledger.append({type: 'removal-served', zone: key, instances: waiting})
    served.push(key)
  }
  return served.length > 0 ? `${served.join(', ')} no longer answer with them` : undefined
}

async function terminate(
  {outside, ledger, desired}: Pass,
  {place, instances}: Action & {kind: 'terminate'},
): Promise<string> {
  await ledger.step(
    {kind: 'terminate', place, instances},
    () => outside.compute(placeOf(desired, ledger.recorded(), place)).terminate(instances),
    outcome => ('value' in outcome ? {kind: 'done'} : failed(outcome.error)),
  )
  return instances.join(', ')
}

async function removeNetwork(
  {outside, ledger, observer, desired}: Pass,
  {place, piece}: Action & {kind: 'remove-network'},
): Promise<string | undefined> {
  const answer = await ledger.step(
    {kind: 'remove-network', place, group: piece.group, piece: piece.id},
    () => outside.compute(placeOf(desired, ledger.recorded(), place)).removeNetwork(piece),
    outcome => {
      if ('error' in outcome) return failed(outcome.error)
      return outcome.value === 'removed'
        ? {kind: 'done'}
        : {kind: 'failed', message: 'still in use', effect: 'none'}
    },
  )
  if (answer === 'removed') observer.forget({place})
  return answer === 'removed' ? piece.id : undefined
}

function launchResult(outcome: {value: LaunchReceipt} | {error: unknown}): StepResult {
  if ('value' in outcome) {
    const {instances, shortfall} = outcome.value
    return {
      kind: 'done',
      instances: instances.map(({id}) => id),
      ...(shortfall ? {shortfall} : {}),
    }
  }
  const {error} = outcome
  if (error instanceof CapacityError)
    return {...failed(error), shortfall: {kind: 'capacity', message: error.message}}
  if (error instanceof QuotaError)
    return {...failed(error), shortfall: {kind: 'quota', message: error.message}}
  return failed(error)
}

function failed(error: unknown): StepResult & {kind: 'failed'} {
  const effect =
    error instanceof UnreachableError || error instanceof TransientError
      ? error.effect
      : error instanceof McdError
        ? 'none'
        : 'unknown'
  return {kind: 'failed', message: error instanceof Error ? error.message : String(error), effect}
}

/** Worth another try in the same run: the plan is made anew from what stands there now. */
export const isRetriedNextPass = (error: unknown): boolean =>
  error instanceof ConflictError || error instanceof CapacityError

function receiptText({instances, shortfall}: LaunchReceipt, wanted: number): string {
  const ids = instances.map(({id}) => id)
  const shown = ids.length > 4 ? `${ids.slice(0, 3).join(', ')} and ${ids.length - 3} more` : ids.join(', ')
  return shortfall ? `${ids.length} of ${wanted}: ${shortfall.message}` : shown
}

function placeOf({fleet}: Desired, recorded: Recorded, key: string) {
  const place = fleet.groups.find(group => group.place.key === key)?.place ?? recorded.places.get(key)?.place
  if (!place) throw new McdError(`${key} is in neither the fleet file nor the journal.`)
  return place
}

function digestKey(ledger: Ledger): string {
  const key = ledger.recorded().digestKey
  if (key === undefined)
    throw new McdError('The journal has no digest key: its first event is missing.', {
      suggestions: ['Move the journal away and run again: mcd rebuilds it from the clouds.'],
    })
  return key
}

const vendorOf = (zone: string): DnsVendor => zone.slice(0, zone.indexOf('/')) as DnsVendor
