import type {Instance} from '../../providers/compute.ts'

/**
 * Which of a group's instances go when there are more than declared: first those that do not serve, then from the fullest
 * zone, then the newest. Ids break ties, so that every run chooses alike.
 */
export function chooseSurplus(
  instances: readonly Instance[],
  excess: number,
  serves: (instance: Instance) => boolean,
): Instance[] {
  const left = [...instances]
  const chosen: Instance[] = []
  while (chosen.length < excess && left.length > 0) {
    const perZone = new Map<string, number>()
    for (const {zone = ''} of left) perZone.set(zone, (perZone.get(zone) ?? 0) + 1)
    const crowd = (instance: Instance) => perZone.get(instance.zone ?? '') ?? 0
    const [next] = left.sort(
      (a, b) =>
        Number(serves(a)) - Number(serves(b)) ||
        crowd(b) - crowd(a) ||
        b.launchedAtMs - a.launchedAtMs ||
        (a.id < b.id ? -1 : 1),
    )
    if (!next) break
    chosen.push(next)
    left.splice(0, 1)
  }
  return chosen
}
