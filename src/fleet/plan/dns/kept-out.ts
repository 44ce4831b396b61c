import {holdInstance, isDrainedHold} from '../../../mark.ts'
import {momentText} from '../../../moment-text.ts'
import type {Instance} from '../../../providers/compute.ts'
import type {Member} from '../../../providers/dns.ts'
import {nameKey} from '../../observed.ts'
import type {Action, Note} from '../action.ts'
import {type FleetView, isLeaving} from '../fleet-view.ts'
import {holdFor, holdsFor, type OurName, ourNames, recordsOf} from '../leaving/leave.ts'
import {isDead, zoneOf} from './membership.ts'

/** Those that live and stay, and must not stand in DNS: a person drained them, or they fail their health check. */
export type KeptOut = {
  readonly ids: ReadonlySet<string>
  readonly actions: readonly Action[]
  readonly notes: readonly Note[]
}

/**
 * Who is kept out of DNS, how they get out, and why. Those `departing` leave by a way of their own. A hold keeps the script
 * of whoever registers itself from putting back what mcd took out (decision 18); it falls once the health check is passed,
 * that of a drained one when a person lifts it. Nobody is ended for being kept out.
 */
export function planKeptOut(view: FleetView, departing: ReadonlySet<string>): KeptOut {
  const staying = [...view.living.values()].filter(({id}) => !isLeaving(view, id) && !departing.has(id))
  const drained = staying.filter(({id}) => view.drained.has(id))
  const serving = staying.filter(({id, state}) => state === 'running' && !view.drained.has(id))
  const {failing, notes} = planFailing(view, serving, departing)
  return {
    ids: new Set([...drained, ...failing].map(({id}) => id)),
    actions: [
      ...planOut(view, 'drained', drained, () => 'drained on purpose'),
      ...planOut(view, 'unhealthy', failing, out => failureText(view, out)),
    ],
    notes: [...drained.map(instance => drainedNote(view, instance)), ...notes],
  }
}

/** Whatever boots is through with it by then. */
const BOOT_GRACE_MS = 5 * 60_000

/** Found unhealthy, long past its boot or after it had served: waiting for it would only hide that somebody has to look. */
export function isFailing({observed}: FleetView, {id, launchedAtMs}: Instance): boolean {
  const {verdict, hasServed = false} = observed.health.get(id) ?? {}
  return verdict === 'unhealthy' && (hasServed || observed.atMs - launchedAtMs >= BOOT_GRACE_MS)
}

/** Those that leave DNS for their health, and those that would and stay: where nobody answers, or nobody else is left. */
function planFailing(
  view: FleetView,
  serving: readonly Instance[],
  departing: ReadonlySet<string>,
): {failing: readonly Instance[]; notes: Note[]} {
  const {desired, observed} = view
  // `sync` probed them after it had read the zones; `up` meets those that boot, and enter DNS between two of its probes.
  const isUnwell = (instance: Instance) =>
    desired.goal.kind === 'sync'
      ? observed.health.get(instance.id)?.verdict === 'unhealthy'
      : isFailing(view, instance)
  const present = presentIds(view)
  const unwell = serving.filter(isUnwell)
  const failing = unwell.filter(({id}) => present.has(id))
  // `up` waits for them, or says for each what it fell short of.
  const notes = desired.goal.kind === 'sync' ? unwell.map(instance => unwellNote(view, instance)) : []
  if (failing.length === 0) return {failing, notes}
  if (isProberCutOff(view)) return {failing: [], notes: [cutOffNote(view, failing)]}
  if (desired.allowEmpty) return {failing, notes}
  const spared = lastAddresses(view, new Set(failing.map(({id}) => id)), departing)
  const isSpared = ({id}: Pick<Instance, 'id'>) => [...spared.values()].some(ids => ids.has(id))
  return {
    failing: failing.filter(instance => !isSpared(instance)),
    notes: [
      ...notes.filter(({instance: id = ''}) => !isSpared({id})),
      ...[...spared].map(([name, ids]) => sparedNote(view, name, [...ids])),
    ],
  }
}

/** Ids of ours that stand under a name of ours, or are held out of it. */
function presentIds({observed, desired: {fleet}}: FleetView): ReadonlySet<string> {
  const records = [...observed.names.values()].flatMap(name =>
    name.readable ? [...name.members, ...name.holds, ...(name.discovery ?? [])] : [],
  )
  return new Set(records.flatMap(({mark}) => (mark?.fleet === fleet.name ? mark.instance : [])))
}

/**
 * Not one instance on any cloud answers, drained or not, be it with an error: that is this machine's network rather than all of theirs, and
 * health is unknown (decision 21).
 */
function isProberCutOff({observed: {health}, living}: FleetView): boolean {
  return [...living.keys()].every(id => {
    const seen = health.get(id)
    return seen?.verdict !== 'healthy' && !seen?.answered
  })
}

/** By name: the failing ones that are all that a vendor would have left of it (law 5). Strangers' addresses count as left. */
function lastAddresses(
  view: FleetView,
  failing: ReadonlySet<string>,
  departing: ReadonlySet<string>,
): Map<string, ReadonlySet<string>> {
  const {fleet} = view.desired
  const spared = new Map<string, ReadonlySet<string>>()
  for (const {vendor, name} of fleet.names) {
    const seen = view.observed.names.get(nameKey(vendor, name))
    const members = seen?.readable ? seen.members.filter(({type}) => type !== 'TXT') : []
    const ownerOf = ({mark}: Member) => (mark?.fleet === fleet.name ? mark.instance : undefined)
    const goes = (id: string) =>
      isLeaving(view, id) ||
      departing.has(id) ||
      view.drained.has(id) ||
      isDead(view, id) ||
      isStopped(view.living.get(id))
    const left = members.map(ownerOf).filter(id => id === undefined || !goes(id))
    const ids = left.filter(id => id !== undefined)
    if (ids.length > 0 && left.every(id => id !== undefined && failing.has(id)))
      spared.set(name, new Set([...(spared.get(name) ?? []), ...ids]))
  }
  return spared
}

/** By somebody's hand: its record goes with its address. */
const isStopped = (instance: Instance | undefined): boolean =>
  instance?.state === 'stopped' || instance?.state === 'stopping'

/** One deregister a zone that is not as it should be. */
function planOut(
  view: FleetView,
  cause: 'drained' | 'unhealthy',
  instances: readonly Instance[],
  reasonOf: (out: readonly Instance[]) => string,
): Action[] {
  const names = ourNames(view)
  return [...new Set(names.map(zoneOf))].flatMap((zone): Action[] => {
    const inZone = names.filter(name => zoneOf(name) === zone)
    const holds = inZone.map(name => planHolds(view, name, cause, instances))
    const records = recordsOf(view, inZone, new Set(instances.map(({id}) => id)))
    const create = holds.flatMap(each => each.create)
    const remove = [...records, ...holds.flatMap(each => each.remove)]
    const changed = new Set([...create, ...remove].flatMap(({mark}) => mark?.instance ?? []))
    for (const id of cause === 'drained' ? unwritten(view, inZone) : []) changed.add(id)
    const out = instances.filter(({id}) => changed.has(id))
    if (out.length === 0) return []
    return [
      {
        kind: 'deregister',
        key: `keep out ${zone} ${cause}`,
        zone,
        create,
        remove,
        leaving: [],
        heldOut: out.map(({id}) => id),
        reason: reasonOf(out),
        after: [],
      },
    ]
  })
}

/** Drained by this run, and out of a zone already: since when, the journal does not know. Nothing is to change there but that. */
function unwritten({desired: {goal}, recorded, observed}: FleetView, inZone: readonly OurName[]): string[] {
  if (goal.kind !== 'sync') return []
  if (!inZone.every(({vendor, name}) => observed.names.get(nameKey(vendor, name))?.readable)) return []
  return (goal.drain ?? []).filter(id =>
    inZone.some(name => !recorded.heldOut.get(id)?.zones.has(zoneOf(name))),
  )
}

/** Drained ones are held wherever they could stand, so that no lost journal brings them back; the others where they register themselves. */
function planHolds(
  view: FleetView,
  name: OurName,
  cause: 'drained' | 'unhealthy',
  instances: readonly Instance[],
): {create: Member[]; remove: Member[]} {
  const seen = view.observed.names.get(nameKey(name.vendor, name.name))
  if (!seen?.readable) return {create: [], remove: []}
  const ids = new Set(instances.map(({id}) => id))
  const standing = seen.holds.filter(
    ({mark, value}) =>
      mark?.fleet === view.desired.fleet.name && ids.has(mark.instance) && holdInstance(value),
  )
  const isRight = ({value}: Member) => isDrainedHold(value) === (cause === 'drained')
  const right = standing.filter(isRight)
  const held = new Set(right.map(({value}) => holdInstance(value)))
  return {
    create:
      cause === 'drained'
        ? instances.filter(({id}) => !held.has(id)).map(instance => holdFor(view, name, instance, 'drained'))
        : holdsFor(
            view,
            name,
            right,
            instances.map(instance => ({instance})),
          ),
    remove: standing.filter(hold => !isRight(hold)),
  }
}

const MOST_REASONS = 3

const failureText = (view: FleetView, failing: readonly Instance[]): string =>
  `${failing.length === 1 ? 'does' : 'do'} not answer the health check: ${reasonsOf(view, failing)}`

function reasonsOf(view: FleetView, failing: readonly Instance[]): string {
  const reasons = [...new Set(failing.flatMap(({id}) => view.observed.health.get(id)?.why ?? []))]
  const more = reasons.length - MOST_REASONS
  const shown = [...reasons.slice(0, MOST_REASONS), ...(more > 0 ? [`${more} more`] : [])]
  return shown.join('; ')
}

function drainedNote({recorded}: FleetView, {id}: Instance): Note {
  const sinceMs = recorded.drained.get(id)
  const since = sinceMs === undefined ? '' : ` since ${momentText(sinceMs)}`
  return {
    kind: 'drained',
    text: `${id} is drained on purpose${since} and stays out of DNS, until "mcd undrain ${id}".`,
    blocks: false,
    instance: id,
  }
}

const unwellNote = ({observed}: FleetView, {id}: Instance): Note => ({
  kind: 'unhealthy',
  text: `${id} does not answer its health check (${observed.health.get(id)?.why ?? 'unhealthy'}): it stays out of DNS until it does.`,
  blocks: false,
  instance: id,
})

const cutOffNote = (view: FleetView, failing: readonly Instance[]): Note => ({
  kind: 'health-unknown',
  text: `No instance on any cloud answers from here (${reasonsOf(view, failing)}), so their health is unknown and DNS stays as it is: look at this machine's network first.`,
  blocks: true,
})

const sparedNote = (view: FleetView, name: string, ids: readonly string[]): Note => ({
  kind: 'last-addresses',
  text: `Every address of ${name} is one that does not answer its health check (${ids
    .slice(0, MOST_REASONS)
    .map(id => `${id}: ${view.observed.health.get(id)?.why ?? 'unhealthy'}`)
    .join(
      '; ',
    )}${ids.length > MOST_REASONS ? `; ${ids.length - MOST_REASONS} more` : ''}). They stay, since nobody else would be left; "mcd sync --allow-empty" takes them out.`,
  blocks: true,
})
