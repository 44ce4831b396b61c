import type {Instance} from '../../../providers/compute.ts'
import type {FleetView} from '../fleet-view.ts'

/** How much an instance does for the service: drained ones were taken out of it by a person. */
type Use = 'drained' | 'idle' | 'serving'

export const useBy =
  ({drained}: Pick<FleetView, 'drained'>, serving: ReadonlySet<string>): ((instance: Instance) => Use) =>
  ({id}) =>
    drained.has(id) ? 'drained' : serving.has(id) ? 'serving' : 'idle'

/**
 * Which of a group's instances go when there are more than declared: first those that are drained, then those that do not
 * serve either, then from the fullest zone, then the newest. Ids break ties, so that every run chooses alike.
 */
export function chooseSurplus(
  instances: readonly Instance[],
  excess: number,
  useOf: (instance: Instance) => Use,
): Instance[] {
  if (excess <= 0) return []
  const left = new Map<string, number>()
  for (const instance of instances) left.set(zoneOf(instance), (left.get(zoneOf(instance)) ?? 0) + 1)
  const chosen: Instance[] = []
  for (const use of ['drained', 'idle', 'serving']) {
    const queues = byZone(instances.filter(instance => useOf(instance) === use))
    while (chosen.length < excess) {
      const next = headOfFullest(queues, left)
      if (!next) break
      const zone = zoneOf(next)
      queues.get(zone)?.pop()
      left.set(zone, (left.get(zone) ?? 0) - 1)
      chosen.push(next)
    }
  }
  return chosen
}

/** Each zone's instances in the order they stay: the last one goes first. */
function byZone(instances: readonly Instance[]): Map<string, Instance[]> {
  const zones = new Map<string, Instance[]>()
  for (const instance of [...instances].sort((a, b) => -goesBefore(a, b))) {
    const queue = zones.get(zoneOf(instance))
    if (queue) queue.push(instance)
    else zones.set(zoneOf(instance), [instance])
  }
  return zones
}

/** `left` counts what would still live in each zone, whether it serves or not. */
function headOfFullest(
  queues: ReadonlyMap<string, readonly Instance[]>,
  left: ReadonlyMap<string, number>,
): Instance | undefined {
  const crowd = (instance: Instance) => left.get(zoneOf(instance)) ?? 0
  const heads = [...queues.values()].flatMap(queue => queue.at(-1) ?? [])
  return heads.sort((a, b) => crowd(b) - crowd(a) || goesBefore(a, b))[0]
}

const goesBefore = (a: Instance, b: Instance): number =>
  b.launchedAtMs - a.launchedAtMs || (a.id < b.id ? -1 : 1)

const zoneOf = ({zone = ''}: Instance): string => zone
