import type {ZoneKey} from '../../../journal/events.ts'
import {holdName, WHOLE_FLEET} from '../../../mark.ts'
import type {Member} from '../../../providers/dns.ts'
import {nameKey} from '../../observed.ts'
import type {Action, Note} from '../action.ts'
import {type FleetView, isEnding, isHealthy, isLeaving, launchedInRun} from '../fleet-view.ts'
import {holdsFor, ourNames, planSweep} from '../leaving/leave.ts'
import {routingOf} from './address-records.ts'
import {planDiscovery} from './discovery.ts'
import {type Parting, planName, zoneOf} from './membership.ts'

/** New addresses are collected this long after the first healthy one, so that a fleet costs few DNS writes and still serves early. */
const FIRST_BATCH_MS = 30_000
/** Stragglers after the first batch go in together, or after this long. */
const NEXT_BATCH_MS = 120_000

/** One register a zone for all its names; one deregister a zone for what is dead. */
export function planRegistration(
  view: FleetView,
  building: readonly Action[],
  parting: Parting,
): {actions: Action[]; notes: Note[]} {
  const actions: Action[] = []
  const notes: Note[] = []
  const perZone = new Map<ZoneKey, {create: Member[]; remove: Member[]; passedOn: Member[]}>()
  const awaiting = new Set<string>()
  /** Who stands as it should in every declared name. */
  let joined: readonly string[] = [...view.living.keys()]
  for (const name of view.desired.fleet.names) {
    const needs = planName(view, name, parting)
    const zone = perZone.get(zoneOf(name)) ?? {create: [], remove: [], passedOn: []}
    const found = planDiscovery(view, name, parting, needs.inPlace)
    zone.create.push(...needs.create, ...found.create)
    zone.remove.push(...needs.remove, ...found.remove)
    zone.passedOn.push(...found.passedOn)
    perZone.set(zoneOf(name), zone)
    for (const id of needs.awaiting) awaiting.add(id)
    joined = joined.filter(id => needs.inPlace.has(id))
    notes.push(...needs.notes)
  }
  const swept = planSweep(view)
  const launches = building.filter(action => action.kind === 'launch')
  const byMcd = view.desired.fleet.names.filter(({registration}) => registration === 'mcd').map(zoneOf)

  for (const zone of new Set([...perZone.keys(), ...swept.keys()])) {
    const {create, remove, passedOn} = perZone.get(zone) ?? {create: [], remove: [], passedOn: []}
    const known = new Set(remove)
    const dead = (swept.get(zone) ?? []).filter(member => !known.has(member))
    const whose = ({mark, name}: Member) => `${mark?.instance} ${name}`
    const renewed = new Set(create.map(whose))
    // What stands in the way of what comes goes in the same change.
    const values = new Set(create.map(valueKey))
    const isReplaced = (member: Member) =>
      renewed.has(whose(member)) ||
      values.has(valueKey(member)) ||
      create.some(each => cannotStandBeside(each, member))
    const gone = [...remove, ...dead].filter(member => !isReplaced(member))
    const replaced = [...remove, ...dead].filter(isReplaced)
    if (gone.length > 0) {
      actions.push({
        kind: 'deregister',
        key: `sweep ${zone}`,
        zone,
        create: passedOnWith(gone, passedOn),
        remove: gone,
        leaving: [],
        reason:
          passedOnWith(gone, passedOn).length > 0
            ? 'others rely on this definition: it is theirs now'
            : sweepReason(view, gone),
        // Holds of those that are gone harm nobody: they go in one write when the last of the leavers has ended.
        after: gone.every(({type}) => type === 'TXT') && anyEnding(view) ? ['the others have ended'] : [],
      })
    }
    const expected = byMcd.includes(zone) ? launches.reduce((sum, action) => sum + action.count, 0) : 0
    if (create.length + expected === 0) continue
    const due = create.length > 0 && (replaced.length > 0 || isDue(view, zone, create, launches.length > 0))
    actions.push({
      kind: 'register',
      key: `register ${zone}`,
      zone,
      create: [...create, ...passedOnWith(replaced, passedOn)],
      remove: replaced,
      count: create.length + expected,
      reason:
        replaced.length > 0
          ? 'records of ours differ from what they should be'
          : 'healthy and not in DNS yet',
      after: due
        ? []
        : building
            .filter(({kind}) => kind === 'wait' || kind === 'launch')
            .map(({key}) => key)
            .concat(launches.length === 0 ? ['more of them are healthy'] : []),
    })
  }
  actions.push(...planOldNames(view, new Set(joined), parting.out))
  const bySelf = view.desired.fleet.names.some(({registration}) => registration === 'self')
  const unborn = bySelf ? launches.reduce((sum, action) => sum + action.count, 0) : 0
  if (awaiting.size + unborn > 0) {
    actions.push({
      kind: 'wait',
      key: 'wait registered',
      group: '',
      until: 'registered',
      instances: [...awaiting],
      count: awaiting.size + unborn,
      reason: 'each instance registers itself',
      after: awaiting.size > 0 ? [] : building.filter(({kind}) => kind === 'wait').map(({key}) => key),
    })
  }
  return {actions, notes}
}

/** Of an instance that is gone, and of the one that has its address now: the name must not be without it in between. */
const valueKey = ({name, type, value}: Member): string => `${name} ${type} ${value}`

/** Addresses and holds of one name that route in different ways: their sets exclude each other. */
function cannotStandBeside(coming: Member, {name, type, routing}: Member): boolean {
  if (routing === undefined || routing === 'single' || IN_ONE_SET.has(coming.type) || IN_ONE_SET.has(type))
    return false
  if (coming.name === name) return routingOf(coming) !== routing
  // The holds of a simple name stand among the marks of its addresses.
  const isOneName = coming.name === holdName(name) || holdName(coming.name) === name
  return isOneName && (routingOf(coming) === 'simple') !== (routing === 'simple')
}

/** Under whatever name, these share one set. */
const IN_ONE_SET: ReadonlySet<Member['type']> = new Set(['SRV', 'PTR'])

/** A first batch when all are healthy or 30 s after the first; later ones likewise with a longer patience. */
function isDue(view: FleetView, zone: ZoneKey, create: readonly Member[], launching: boolean): boolean {
  const pending = [...view.living.values()].some(
    instance =>
      !isLeaving(view, instance.id) &&
      launchedInRun(view, instance.id) &&
      !isHealthy(view, instance) &&
      instance.state !== 'stopped' &&
      instance.state !== 'stopping',
  )
  if (!pending && !launching) return true
  const {atMs, health} = view.observed
  const sentMs = view.recorded.registeredAtMs.get(`${view.run} ${zone}`)
  if (sentMs !== undefined) return atMs >= sentMs + NEXT_BATCH_MS
  const firstMs = Math.min(...create.map(({mark}) => health.get(mark?.instance ?? '')?.sinceMs ?? atMs))
  return atMs >= firstMs + FIRST_BATCH_MS
}

/** With what is removed goes what is made of it for others. */
const passedOnWith = (removed: readonly Member[], passedOn: readonly Member[]): Member[] =>
  passedOn.filter(each =>
    removed.some(({name, type, value}) => name === each.name && type === each.type && value === each.value),
  )

const anyEnding = (view: FleetView): boolean =>
  [...view.living.values()].some(instance => isLeaving(view, instance.id) && isEnding(view, instance))

function sweepReason(view: FleetView, gone: readonly Member[]): string {
  if (gone.every(({mark}) => mark?.instance === WHOLE_FLEET)) return 'nobody is left to be discovered'
  const living = gone.some(({mark}) => mark !== undefined && view.living.has(mark.instance))
  if (!living) return 'the instance is gone'
  return gone.every(({type}) => type === 'TXT')
    ? 'well again, or nothing that a person wants out any more'
    : 'the hold or record is not wanted any more'
}

/** Names of earlier days are left once the declared ones are joined (decision 4); a hold keeps the instances' own scripts out. */
function planOldNames(view: FleetView, joined: ReadonlySet<string>, out: ReadonlySet<string>): Action[] {
  return ourNames(view).flatMap(name => {
    const observed = view.observed.names.get(nameKey(name.vendor, name.name))
    if (name.declared || !observed?.readable) return []
    const stale = [...observed.members, ...(observed.discovery ?? [])].filter(
      ({mark, type}) =>
        type !== 'TXT' &&
        mark?.fleet === view.desired.fleet.name &&
        view.living.has(mark.instance) &&
        !isLeaving(view, mark.instance) &&
        !out.has(mark.instance),
    )
    if (stale.length === 0) return []
    const instances = stale.flatMap(({mark}) => view.living.get(mark?.instance ?? '') ?? [])
    // Who is stopped, or on its way to be, joins nothing any more.
    const areJoined = instances.every(
      ({id, state}) => joined.has(id) || state === 'stopped' || state === 'stopping',
    )
    const create = holdsFor(
      view,
      name,
      observed.holds,
      instances.map(instance => ({instance})),
    )
    const action: Action = {
      kind: 'deregister',
      key: `leave ${name.vendor} ${name.name}`,
      zone: zoneOf(name),
      create,
      remove: stale,
      leaving: [],
      onceAnswered: true,
      reason: `${name.name} is no longer in the fleet file`,
      after: areJoined ? [] : ['the declared names are joined'],
    }
    return [action]
  })
}
