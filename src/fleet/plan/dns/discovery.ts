import {canonical} from '../../../dns/presentation.ts'
import {WHOLE_FLEET} from '../../../mark.ts'
import type {Member} from '../../../providers/dns.ts'
import {definitionOf, discoveryMembers} from '../../discovery.ts'
import type {DnsName} from '../../model.ts'
import {nameKey} from '../../observed.ts'
import {type FleetView, isHealthy, isLeaving} from '../fleet-view.ts'
import {addressesOf} from './address-records.ts'
import type {NamePlan, Parting} from './membership.ts'

/** `passedOn`: what is removed as ours, and made again at once with the mark of others who rely on it. */
type DiscoveryPlan = Pick<NamePlan, 'create' | 'remove'> & {readonly passedOn: readonly Member[]}

/**
 * DNS-SD records of one declared name: whoever serves there is discovered, and nobody else. An instance that registers
 * itself joins by its own script, and here once its address stands without. Those leaving are the drain's business, the
 * dead are swept with their addresses; strangers are never in the result.
 */
export function planDiscovery(
  view: FleetView,
  name: DnsName,
  {departing, outdated, out}: Parting,
  inPlace: ReadonlySet<string>,
): DiscoveryPlan {
  const observed = view.observed.names.get(nameKey(name.vendor, name.name))
  const create: Member[] = []
  const remove: Member[] = []
  const passedOn: Member[] = []
  if (!observed?.readable || !observed.discovery) return {create, remove, passedOn}
  const records = observed.discovery
  const {fleet} = view.desired
  const standing = new Map<string, Member[]>()
  for (const member of records.filter(({mark}) => mark?.fleet === fleet.name)) {
    const id = member.mark?.instance ?? ''
    standing.set(id, [...(standing.get(id) ?? []), member])
  }

  for (const instance of view.living.values()) {
    const {id, state} = instance
    if (isLeaving(view, id) || departing.has(id) || out.has(id)) continue
    const here = standing.get(id) ?? []
    // Its address is given back, and may be a stranger's tomorrow.
    if (state === 'stopped' || state === 'stopping') remove.push(...here)
    if (state !== 'running') continue
    const [address, ...more] = addressesOf(instance, name)
    const group = fleet.groups.find(each => each.name === instance.mark.group) ?? {name: instance.mark.group}
    const own = address === undefined ? [] : discoveryMembers(fleet, name, group, id, address)
    const wanted = [
      ...own,
      ...more.flatMap(value => discoveryMembers(fleet, name, group, id, value).slice(0, 1)),
    ]
    const stale = here.filter(member => !wanted.some(each => isSettled(each, member, records)))
    const missing = wanted.filter(each => !records.some(member => isSettled(each, member, records)))
    // Whoever goes once another serves keeps what it has until then.
    if (outdated.has(id) && here.length > 0) continue
    remove.push(...stale)
    const isDue = isHealthy(view, instance) && (name.registration === 'mcd' || inPlace.has(id))
    if (isDue || stale.length > 0) create.push(...missing)
  }

  const definition = isEnded(view, records) ? [] : definitionOf(fleet, name)
  for (const member of standing.get(WHOLE_FLEET) ?? []) {
    const same = definition.find(each => isSame(each, member))
    const given = same ? undefined : handOver(member, records)
    if (given) passedOn.push(...given)
    if (same ? !isSettled(same, member, records) : given) remove.push(member)
  }
  create.push(
    ...definition.filter(
      each => !records.some(member => isSettled(each, member, records) || isTaken(each, member)),
    ),
  )
  return {create, remove, passedOn}
}

/** The fleet is ended, and nobody of it is left to be discovered. */
const isEnded = ({desired: {goal, fleet}}: FleetView, records: readonly Member[]): boolean =>
  goal.kind === 'down' &&
  !goal.groups &&
  !goal.instances &&
  !records.some(({type, mark}) => type === 'SRV' && mark?.fleet === fleet.name)

/**
 * What becomes of a part of our definition that we need no more: the same with the mark of one of those who still rely on
 * it, so that the last of them takes it away; nothing where nobody does. Undefined where only strangers do: then it stays.
 */
function handOver(member: Member, records: readonly Member[]): Member[] | undefined {
  const others = reliantOn(member, records)
  if (others.length === 0) return []
  const heir = others.find(({mark}) => mark)?.mark
  const {name, type, value, ttlSeconds} = member
  return (
    heir && [
      {name, type, value, ttlSeconds, mark: {fleet: heir.fleet, group: WHOLE_FLEET, instance: WHOLE_FLEET}},
    ]
  )
}

/** Targets that others, fleets or people, are found by with this, and other instances of the service that it lists. */
function reliantOn({type, value, name, mark}: Member, records: readonly Member[]): Member[] {
  const set = type === 'TXT' ? name : canonical(value)
  return records.filter(member => {
    if (member.mark?.fleet === mark?.fleet) return false
    if (member.type === 'SRV') return member.name === set || member.name.endsWith(`.${set}`)
    return member.type === 'PTR' && member.name === set
  })
}

/** An instance has one TXT record: somebody else's stays, and is as good. */
const isTaken = (wanted: Member, {name, type, mark}: Member): boolean =>
  wanted.type === 'TXT' && type === 'TXT' && name === wanted.name && mark?.fleet !== wanted.mark?.fleet

const isSame = (a: Member, b: Member): boolean =>
  a.name === b.name && a.type === b.type && a.value === b.value

/**
 * As it should be. A set that strangers share has the TTL that they gave it. A target that is an instance's own host name is
 * nobody else's: without its mark it would be left behind when the instance leaves.
 */
function isSettled(wanted: Member, member: Member, records: readonly Member[]): boolean {
  if (!isSame(wanted, member) || (wanted.type === 'SRV' && !member.mark)) return false
  const isShared = records.some(
    ({name, type, mark}) =>
      name === wanted.name && type === wanted.type && mark?.fleet !== wanted.mark?.fleet,
  )
  return isShared || member.ttlSeconds === wanted.ttlSeconds
}
