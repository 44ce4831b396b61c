import {formatDuration} from '../../duration.ts'
import {CapacityError, ConflictError, UnreachableError} from '../../errors.ts'
import type {ZoneKey} from '../../journal/events.ts'
import type {DnsChange, DnsVendor} from '../../providers/dns.ts'
import type {Action} from '../plan/action.ts'
import {adopt, launch, resumeLaunch} from './apply-launch.ts'
import {awaitServed} from './await-served.ts'
import {othersStay} from './others-stay.ts'
import {failed, type Pass, placeOf} from './pass.ts'
import {settleTtl} from './settle-ttl.ts'

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
    case 'adopt':
      return adopt(pass, action)
    case 'register':
      return changeDns(pass, action, {leaving: []})
    case 'deregister':
      return changeDns(pass, action, action)
    case 'drain':
      return action.until === 'served' ? awaitServed(pass, action) : undefined
    case 'terminate':
      return terminate(pass, action)
    case 'remove-network':
      return removeNetwork(pass, action)
    case 'pause':
      return beginPause(pass, action)
    case 'settle':
      return settleTtl(pass, action)
    case 'wait':
    case 'replace':
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

async function changeDns(
  {outside, ledger, observer, observed}: Pass,
  {zone: key, create, remove}: DnsChange & {readonly zone: ZoneKey},
  {leaving, heldOut}: {readonly leaving: readonly string[]; readonly heldOut?: readonly string[]},
): Promise<string> {
  const change: DnsChange = {
    create,
    remove,
    ...(othersStay(observed, vendorOf(key), {create, remove}) && {othersStay: true}),
  }
  const zone = observed.zones.get(key)
  if (!zone) throw new UnreachableError(`${key} could not be read in this run.`)
  const provider = outside.dns(vendorOf(key))
  try {
    const empty = change.create.length === 0 && change.remove.length === 0
    await ledger.step(
      {kind: 'change-dns', zone: key, change, leaving, ...(heldOut && {heldOut})},
      // Nothing stands there, and still the step is written: from here on the instance is leaving, or held out.
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

async function terminate(
  {outside, ledger, desired}: Pass,
  {place, instances, inUse}: Action & {kind: 'terminate'},
): Promise<string> {
  if (inUse) await ledger.append({type: 'quiet-missed', instances: inUse})
  await ledger.step(
    {kind: 'terminate', place, instances},
    () => outside.compute(placeOf(desired, ledger.recorded(), place)).terminate(instances),
    outcome => ('value' in outcome ? {kind: 'done'} : failed(outcome.error)),
  )
  return instances.join(', ')
}

/** The planner reads no clock: from when the batch has served, the journal tells. */
async function beginPause(
  {ledger, desired}: Pass,
  {group, instances, untilMs}: Action & {kind: 'pause'},
): Promise<string | undefined> {
  if (untilMs !== undefined) return undefined
  await ledger.append({type: 'pause-begun', group, instances})
  return formatDuration(desired.fleet.rollout.pauseMs)
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

/** Worth another try in the same run: the plan is made anew from what stands there now. */
export const isRetriedNextPass = (error: unknown): boolean =>
  error instanceof ConflictError || error instanceof CapacityError

const vendorOf = (zone: string): DnsVendor => zone.slice(0, zone.indexOf('/')) as DnsVendor
