import type {Recorded, RecordedLaunch} from '../../journal/recorded.ts'
import {isDrainedHold} from '../../mark.ts'
import type {Described, Instance} from '../../providers/compute.ts'
import type {Desired, DesiredGroup} from '../desired.ts'
import {knownInstances, VISIBILITY_MS} from '../known-instances.ts'
import type {Observed} from '../observed.ts'
import {ownersOf} from '../ownership.ts'

/** Desired, recorded and observed side by side, as every rule of the planner looks at them. */
export type FleetView = {
  readonly desired: Desired
  readonly recorded: Recorded
  readonly observed: Observed
  /** This run's id. */
  readonly run: string
  /** All of ours that still exist, by id, in listing order. */
  readonly living: ReadonlyMap<string, Instance>
  /** The same by `<place> <group>`. */
  readonly livingIn: ReadonlyMap<string, readonly Instance[]>
  /** Ours that the vendor shows as ended. */
  readonly gone: ReadonlyMap<string, Instance>
  /** They exist and have lost their mark, by id: theirs to end who took it. */
  readonly unmarked: ReadonlyMap<string, Described>
  /** Launched, not yet shown by the cloud, and young enough to be on their way: counted as there, or they would be launched twice. */
  readonly expected: ReadonlyMap<
    string,
    {readonly group: string; readonly place: string; readonly launch: string}
  >
  /** Whether every place of ours could be read: only then does an absent instance not exist. */
  readonly allReadable: boolean
  /** Every id that the journal can name. */
  readonly known: ReadonlySet<string>
  /** Ids and marks of what this run launched. */
  readonly launchedNow: ReadonlySet<string>
  /** Alive under our fleet name and another owner's DNS name, by id. */
  readonly strangers: ReadonlyMap<string, Instance>
  /** By launch id: sent, and nobody knows what came of them. While there are any, an id that is not shown may be theirs. */
  readonly openLaunches: ReadonlyMap<string, RecordedLaunch>
  /** To be replaced although their launch spec is right, by whoever asked for it. */
  readonly asked: ReadonlySet<string>
  /** Out of DNS on purpose (`mcd drain`): as the journal knows it, as this run was told, and as holds say that no journal knows of. */
  readonly drained: ReadonlySet<string>
}

/** Instances are ours by fleet name and owner name (decision 1); an owner name of earlier days counts (decision 4). */
export function fleetView(desired: Desired, recorded: Recorded, observed: Observed, run: string): FleetView {
  const owners = ownersOf(desired.fleet, recorded)
  const living = new Map<string, Instance>()
  const gone = new Map<string, Instance>()
  const strangers = new Map<string, Instance>()
  const unmarked = new Map<string, Described>()
  for (const place of observed.places.values()) {
    if (!place.readable) continue
    for (const each of place.unmarked ?? []) unmarked.set(each.id, each)
    for (const instance of place.instances) {
      if (!owners.has(instance.mark.dns)) {
        if (instance.state !== 'gone') strangers.set(instance.id, instance)
      } else (instance.state === 'gone' ? gone : living).set(instance.id, instance)
    }
  }
  const expected = new Map<string, {group: string; place: string; launch: string}>()
  const openLaunches = new Map<string, RecordedLaunch>()
  const launchedNow = new Set<string>()
  for (const [launch, known] of recorded.launches) {
    const {instances, group, place, intendedAtMs, answeredAtMs = intendedAtMs, open} = known
    if (known.run === run) for (const id of [launch, ...instances]) launchedNow.add(id)
    if (open) openLaunches.set(launch, known)
    if (observed.atMs - answeredAtMs > VISIBILITY_MS) continue
    for (const id of instances) {
      if (!living.has(id) && !gone.has(id) && !recorded.leaving.has(id))
        expected.set(id, {group, place, launch})
    }
  }
  const allReadable = [...observed.places.values()].every(place => place.readable)
  const livingIn = new Map<string, Instance[]>()
  for (const instance of living.values()) {
    const key = `${instance.place} ${instance.mark.group}`
    const there = livingIn.get(key)
    if (there) there.push(instance)
    else livingIn.set(key, [instance])
  }
  return {
    desired,
    recorded,
    observed,
    run,
    living,
    livingIn,
    gone,
    unmarked,
    expected,
    allReadable,
    known: knownInstances(recorded),
    launchedNow,
    strangers,
    openLaunches,
    asked: new Set([...recorded.asked.keys(), ...((desired.goal.kind === 'up' && desired.goal.renew) || [])]),
    drained: drainedNow(desired, recorded, observed),
  }
}

function drainedNow(
  {goal, fleet}: Desired,
  {drained, lifted}: Recorded,
  {names}: Observed,
): ReadonlySet<string> {
  const {drain = [], undrain = []} = goal.kind === 'sync' ? goal : {}
  const undrained = new Set(undrain)
  // Whoever lost the journal still knows what a person wanted (law 3).
  const held = [...names.values()].flatMap(name =>
    name.readable
      ? name.holds.flatMap(({value, mark}) =>
          mark?.fleet === fleet.name && isDrainedHold(value) && !lifted.has(mark.instance)
            ? [mark.instance]
            : [],
        )
      : [],
  )
  return new Set([...drained.keys(), ...held, ...drain].filter(id => !undrained.has(id)))
}

export const isLeaving = (view: FleetView, id: string): boolean => view.recorded.leaving.has(id)

export const isHealthy = (view: FleetView, instance: Instance): boolean =>
  instance.state === 'running' && view.observed.health.get(instance.id)?.verdict === 'healthy'

/** Instances that fill a place in this group: alive and staying. 'stopping' is on its way out by somebody's hand. */
export function staying(view: FleetView, {group}: DesiredGroup): Instance[] {
  const there = view.livingIn.get(`${group.place.key} ${group.name}`) ?? []
  return there.filter(instance => !isEnding(view, instance) && !isLeaving(view, instance.id))
}

/** Launched by this run, alive or not. */
export function launchedInRun(view: FleetView, id: string): boolean {
  if (view.launchedNow.has(id)) return true
  const mark = (view.living.get(id) ?? view.gone.get(id))?.mark
  return mark !== undefined && view.launchedNow.has(mark.launch)
}

/** An accepted end that does not show is asked for again after this: the request is safe to repeat. */
const TERMINATE_AGAIN_MS = 2 * 60_000

/** On its way out, whoever said so: nothing is to be done but to wait for it. */
export function isEnding({recorded, observed}: FleetView, {id, state}: Instance): boolean {
  const acceptedMs = recorded.terminatedAtMs.get(id)
  return state === 'stopping' || (acceptedMs !== undefined && observed.atMs - acceptedMs < TERMINATE_AGAIN_MS)
}
