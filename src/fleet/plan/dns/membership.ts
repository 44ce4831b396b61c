import {zoneKey} from '../../../journal/events.ts'
import {holdInstance} from '../../../mark.ts'
import type {Instance} from '../../../providers/compute.ts'
import type {Member} from '../../../providers/dns.ts'
import type {DnsName} from '../../model.ts'
import {nameKey} from '../../observed.ts'
import type {Note} from '../action.ts'
import {type FleetView, isHealthy, isLeaving, launchedInRun} from '../fleet-view.ts'
import {addressesOf, addressRecord, isAsDeclared, movedRecord, moveTogether} from './address-records.ts'

/**
 * A missing record of an instance that registers itself is its own business for this long after launch; later, mcd
 * repairs it. Boot, package installation and the script's patience with a throttled vendor fit in.
 */
const SELF_REGISTRATION_GRACE_MS = 5 * 60_000

/** What one name needs. `awaiting` are instances whose own registration has yet to come. */
export type NamePlan = {
  /** Instances that stand there as they should, or for which somebody else's record answers. */
  readonly inPlace: ReadonlySet<string>
  readonly create: readonly Member[]
  readonly remove: readonly Member[]
  readonly awaiting: readonly string[]
  readonly notes: readonly Note[]
}

/** By id: those that go by this plan, those that are to be replaced and serve until then, and those that are kept out. */
export type Parting = {
  readonly departing: ReadonlySet<string>
  readonly outdated: ReadonlySet<string>
  readonly out: ReadonlySet<string>
}

/**
 * Addresses of instances that stay, for one declared name. Those `departing` get no new record, `outdated` ones no better
 * one than they have; who leaves or is kept out is seen to elsewhere. Foreign members are never in the result.
 */
export function planName(view: FleetView, name: DnsName, {departing, outdated, out}: Parting): NamePlan {
  const observed = view.observed.names.get(nameKey(name.vendor, name.name))
  if (!observed?.readable) return {inPlace: new Set(), create: [], remove: [], awaiting: [], notes: []}
  const ours = observed.members.filter(
    ({mark, type}) => mark?.fleet === view.desired.fleet.name && (type === 'A' || type === 'AAAA'),
  )
  const create: Member[] = []
  const remove: Member[] = []
  const awaiting: string[] = []
  const notes: Note[] = []
  const isMoved = moveTogether(view, name, ours, observed)
  const passedOn = passedOnAddresses(view)
  /** Addresses that stand, by instance. */
  const standing = new Map<string, Set<string>>()

  for (const member of ours) {
    const id = member.mark?.instance ?? ''
    if (out.has(id)) continue
    const values = standing.get(id) ?? new Set()
    const verdict = judge(view, name, id, member, {members: observed.members, values, passedOn})
    // Whoever goes gets no better record, so the one it has serves until it goes.
    const isKept = verdict === 'stale' && !isMoved && (departing.has(id) || outdated.has(id))
    if (verdict === 'right' || isKept) standing.set(id, values.add(member.value))
    const isToGo = verdict === 'wrong' || verdict === 'dead' || (verdict === 'stale' && !isKept)
    const isCarried = isMoved && verdict !== 'wrong' && verdict !== 'dead'
    if (isToGo || isCarried) remove.push(member)
    if (isCarried) {
      create.push(movedRecord(view, name, member))
      standing.set(id, values.add(member.value))
    }
  }
  const inPlace = new Set<string>()
  for (const [id, values] of standing) {
    const instance = view.living.get(id)
    const wanted = instance ? addressesOf(instance, name) : []
    const isLeft = departing.has(id) || outdated.has(id)
    if (!isMoved && (isLeft || wanted.every(value => values.has(value)))) inPlace.add(id)
  }

  // A run that lets somebody in may find the hold lifted by one that was cut short.
  const {goal} = view.desired
  const wereHeld = new Set(goal.kind === 'sync' ? goal.undrain : [])
  for (const hold of observed.holds) {
    const id = holdInstance(hold.value) ?? ''
    const instance = view.living.get(id)
    const stays = instance && !isLeaving(view, id) && !departing.has(id) && !out.has(id)
    // Recovered, undrained, or left over from a journal that was lost: who stays and is well may serve again.
    if (hold.mark?.fleet === view.desired.fleet.name && stays && isHealthy(view, instance)) {
      remove.push(hold)
      wereHeld.add(id)
    } else if (hold.mark?.fleet === view.desired.fleet.name && isGone(view, id)) remove.push(hold)
    else if (hold.mark?.fleet === view.desired.fleet.name && isMoved) {
      remove.push(hold)
      create.push(movedRecord(view, name, hold))
    }
  }

  const drifted = new Set(remove.filter(({type}) => type !== 'TXT').map(({mark}) => mark?.instance))
  const freed = new Set(remove.filter(({type}) => type !== 'TXT').map(({value}) => value))
  const foreign = new Set(
    observed.members.filter(({mark}) => mark?.fleet !== view.desired.fleet.name).map(({value}) => value),
  )
  for (const instance of view.living.values()) {
    const goes = isLeaving(view, instance.id) || departing.has(instance.id) || out.has(instance.id)
    if (inPlace.has(instance.id) || goes || instance.state !== 'running') continue
    const wanted = addressesOf(instance, name)
    if (wanted.length === 0) {
      // Its replacement will tell whether that is still so.
      if (outdated.has(instance.id)) continue
      notes.push({
        kind: 'no-address',
        text: `${instance.id} has no ${name.address} address for ${name.name}.`,
        blocks: true,
        instance: instance.id,
      })
      continue
    }
    const missing = wanted.filter(value => !standing.get(instance.id)?.has(value))
    notes.push(...missing.filter(value => foreign.has(value)).map(value => takenNote(name, instance, value)))
    const free = missing.filter(value => !foreign.has(value))
    if (free.length === 0) {
      // Somebody else's record answers for it: what follows from its place here is due to it all the same.
      inPlace.add(instance.id)
      continue
    }
    const isDrifted = drifted.has(instance.id)
    if (!isHealthy(view, instance) && !isDrifted) continue
    const isLostByUs = isDrifted || wereHeld.has(instance.id) || free.some(value => freed.has(value))
    if (name.registration === 'self' && !isLostByUs && mayStillRegister(view, name, instance))
      awaiting.push(instance.id)
    else create.push(...free.map(value => addressRecord(view, name, instance, value)))
  }
  return {inPlace, create, remove, awaiting, notes}
}

const takenNote = ({name}: DnsName, {id}: Instance, value: string): Note => ({
  kind: 'foreign-record',
  text: `${name} already answers ${value} by a record that is not mcd's: it is left as it is, and ${id} gets none of its own.`,
  blocks: false,
  instance: id,
})

/** 'stale' has the right address and other settings than the file's. */
type Verdict = 'right' | 'wrong' | 'stale' | 'dead' | 'leave'

/** `members` are all that stand under the name, `values` those of this instance that were found to be right. */
function judge(
  view: FleetView,
  name: DnsName,
  id: string,
  member: Member,
  {
    members,
    values,
    passedOn,
  }: {members: readonly Member[]; values: ReadonlySet<string>; passedOn: ReadonlySet<string>},
): Verdict {
  if (isLeaving(view, id)) return 'leave'
  // Not ours to change, and it may serve as before: only an address that it has given back goes.
  const unmarked = view.unmarked.get(id)
  if (unmarked) return unmarked.state === 'stopped' || unmarked.state === 'stopping' ? 'dead' : 'leave'
  const instance = view.living.get(id)
  if (!instance) return isDead(view, id) || isPassedOn(view, member, passedOn) ? 'dead' : 'leave'
  // Stopped by somebody's hand, or about to be: its address is given back and may be a stranger's tomorrow.
  if (instance.state === 'stopped' || instance.state === 'stopping') return 'dead'
  if (instance.state !== 'running') return 'leave'
  if (values.has(member.value)) return 'wrong'
  if (!addressesOf(instance, name).includes(member.value)) return 'wrong'
  return isAsDeclared(view, name, member, members) ? 'right' : 'stale'
}

/**
 * Ended for sure, so that its address points at nobody: the cloud shows it as ended, or no place shows it any more of which
 * the journal knows that it was there. An id that the journal cannot name may live where nobody looks (the journal was lost,
 * and its place has left the file): it is unknown, and unknown is not dead (law 6).
 */
export const isDead = (view: FleetView, id: string): boolean =>
  view.gone.has(id) || (view.known.has(id) && isGone(view, id))

/** Ended, or shown by no place although all could be read and no launch is open whose instance it could be. */
export function isGone(view: FleetView, id: string): boolean {
  if (view.gone.has(id)) return true
  const {living, expected, strangers, unmarked} = view
  const isSomewhere = [living, expected, strangers, unmarked].some(those => those.has(id))
  return view.allReadable && !isSomewhere && view.openLaunches.size === 0
}

/** The public addresses of all that live: nobody else in the world has these. */
export const passedOnAddresses = ({living}: FleetView): ReadonlySet<string> =>
  new Set(
    [...living.values()].flatMap(({publicIp, publicIpv6}) =>
      [publicIp, publicIpv6].filter(address => address !== undefined),
    ),
  )

/** Of an instance that nobody can name, and another one of ours has its address by now: wherever it may live, it is not here. */
export const isPassedOn = (view: FleetView, {mark, value}: Member, passedOn: ReadonlySet<string>): boolean =>
  passedOn.has(value) && isGone(view, mark?.instance ?? '')

function mayStillRegister(view: FleetView, name: DnsName, instance: Instance): boolean {
  const published = view.recorded.names.find(
    known => known.vendor === name.vendor && known.name === name.name,
  )
  // Its script was written before this name was: it cannot know it (decision 4).
  if (published && launchMs(view, instance) < published.sinceMs) return false
  return (
    launchedInRun(view, instance.id) ||
    view.observed.atMs - instance.launchedAtMs < SELF_REGISTRATION_GRACE_MS
  )
}

/** By the journal's clock where it knows the launch: the cloud's own may differ. */
function launchMs({recorded}: FleetView, {mark, launchedAtMs}: Instance): number {
  return recorded.launches.get(mark.launch)?.intendedAtMs ?? launchedAtMs
}

export const zoneOf = ({vendor, zone}: Pick<DnsName, 'vendor' | 'zone'>): string => zoneKey(vendor, zone)
