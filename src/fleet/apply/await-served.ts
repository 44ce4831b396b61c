import type {DnsVendor, Member} from '../../providers/dns.ts'
import {isAnswered, isStillAnswered} from '../observe/authority.ts'
import {nameKey, type Observed, shownInstances} from '../observed.ts'
import type {Action} from '../plan/action.ts'
import {absenceOf} from '../plan/leaving/remember.ts'
import type {Pass} from './pass.ts'

/** Asks once whether the vendor serves the removals; what is served is written down, and its drain clock starts. */
export async function awaitServed(
  {outside, ledger, observed}: Pass,
  {instances, zones}: Pick<Action & {kind: 'drain'}, 'instances' | 'zones'>,
): Promise<string | undefined> {
  const served: string[] = []
  for (const key of zones) {
    const zone = observed.zones.get(key)
    if (!zone) continue
    const entryOf = (id: string) => absenceOf(ledger.recorded(), id)?.zones.get(key)
    const waiting = instances.filter(id => entryOf(id)?.servedAtMs === undefined)
    const left = waiting.map(entryOf).filter(entry => entry !== undefined)
    const removed = left.flatMap(entry => entry.removed)
    const ownAlone = removed.filter(member => !isAnothers(observed, vendorOf(key), member))
    const bare = new Set(waiting.filter(id => entryOf(id)?.removed.length === 0))
    const receipts = [
      ...new Map(left.map(({receipt, removedAtMs}) => [receipt?.id, {receipt, removedAtMs}])).values(),
    ]
    const answers = await Promise.all(
      receipts.map(({receipt, removedAtMs}) =>
        removed.length === 0
          ? true
          : outside.dns(vendorOf(key)).removalServed(zone, ownAlone, receipt, removedAtMs),
      ),
    )
    if (!answers.every(Boolean)) continue
    if (bare.size > 0 && (await isStillAnswered(outside, key, ledger.recorded().names, bare, observed)))
      continue
    const ends = (id: string) => ledger.recorded().leaving.has(id)
    const [leaving, heldOut] = [waiting.filter(ends), waiting.filter(id => !ends(id))]
    await ledger.append(
      ...(leaving.length > 0 ? [{type: 'removal-served', zone: key, instances: leaving} as const] : []),
      ...(heldOut.length > 0 ? [{type: 'absence-served', zone: key, instances: heldOut} as const] : []),
    )
    served.push(key)
  }
  return served.length > 0
    ? `${served.join(', ')} no longer ${served.length === 1 ? 'answers' : 'answer'} with them`
    : undefined
}

/** Without those that would leave an old name while the servers of the new one do not answer yet. */
export async function answeredFor(
  {outside, desired, observed}: Pass,
  ready: readonly Action[],
): Promise<readonly Action[]> {
  const isForLater = (action: Action) => action.kind === 'deregister' && action.onceAnswered
  if (!ready.some(isForLater) || (await isAnswered(outside, desired.fleet, observed))) return ready
  return ready.filter(action => !isForLater(action))
}

/** In DNS means answered, and out of it not answered any more: the vendor's servers follow its API by some seconds. */
export async function isSettled(pass: Pass): Promise<boolean> {
  const {
    outside,
    desired: {fleet, goal},
    observed,
  } = pass
  if (goal.kind === 'down') return true
  if (goal.kind === 'up') return isAnswered(outside, fleet, observed)
  const isOut = (await noteServed(pass)) || goal.until === 'removed'
  return isOut && (!goal.undrain || isAnswered(outside, fleet, observed))
}

/**
 * Writes down which removals the vendors serve by now, of all that live and are out of DNS: whoever ends them later need not
 * wait for that anew. Returns whether there are none left.
 */
async function noteServed(pass: Pass): Promise<boolean> {
  const {ledger, observed} = pass
  const living = shownInstances(observed).filter(({state}) => state !== 'gone')
  const unserved = () =>
    living.flatMap(({id}) =>
      [...(absenceOf(ledger.recorded(), id)?.zones ?? [])].flatMap(([zone, {servedAtMs}]) =>
        servedAtMs === undefined ? [{id, zone}] : [],
      ),
    )
  for (const [zone, absent] of Map.groupBy(unserved(), each => each.zone))
    await awaitServed(pass, {instances: absent.map(({id}) => id), zones: [zone]})
  return unserved().length === 0
}

/**
 * Whether the same stands there for somebody else, so that it is answered for ever: a cloud gives the address of a stopped
 * instance to the next one.
 */
function isAnothers({names}: Observed, vendor: DnsVendor, {name, type, value, mark}: Member): boolean {
  const seen = names.get(nameKey(vendor, name))
  return (
    seen?.readable === true &&
    seen.members.some(
      other => other.type === type && other.value === value && other.mark?.instance !== mark?.instance,
    )
  )
}

const vendorOf = (zone: string): DnsVendor => zone.slice(0, zone.indexOf('/')) as DnsVendor
