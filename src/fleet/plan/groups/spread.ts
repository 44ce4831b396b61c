import type {LaunchTarget, LaunchZone} from '../../../providers/compute.ts'

/** EC2 advises against more than this in one RunInstances. */
const MAX_PER_LAUNCH = 100

export type Share = {readonly zone: LaunchZone; readonly type: string; readonly count: number}

/**
 * Divides `missing` instances over zones and types. The first wished type is used in every zone that has room for it before
 * the second one is used anywhere: a round robin gives each instance the same share of the work, so they should be alike, and
 * EC2 Auto Scaling fills its `prioritized` lists in the same order. Over the zones of that type they are spread as evenly as
 * can be, counting what lives there already (decision 9), or with `spread: false` put into the first one. What a cloud could
 * not give is `exhausted` on the next pass. Fewer than `missing` come back only when nothing is left anywhere.
 */
export function spread(
  {zones, wish: {types, spread: evenly = true}}: Pick<LaunchTarget, 'zones' | 'wish'>,
  living: ReadonlyMap<string, number>,
  missing: number,
  exhausted: (zone: LaunchZone, type: string) => boolean = () => false,
): Share[] {
  for (const type of types) {
    const open = zones.filter(zone => zone.types.includes(type) && !exhausted(zone, type))
    const [first] = open
    if (!first) continue
    const shares = evenly ? divide(open, living, missing) : [{zone: first, add: missing}]
    return shares.flatMap(({zone, add}) => batches(add).map(count => ({zone, type, count})))
  }
  return []
}

/** One by one to the emptiest zone; several subnets of one zone count as the zone they are. */
function divide(
  open: readonly LaunchZone[],
  living: ReadonlyMap<string, number>,
  missing: number,
): {zone: LaunchZone; add: number}[] {
  const shares = open.map(zone => ({zone, add: 0}))
  const there = new Map(open.map(({name}) => [name, living.get(name) ?? 0]))
  const load = ({zone}: {zone: LaunchZone}) => there.get(zone.name) ?? 0
  for (let left = missing; left > 0; left--) {
    const emptiest = shares.reduce((best, each) =>
      load(each) < load(best) || (each.zone.name === best.zone.name && each.add < best.add) ? each : best,
    )
    emptiest.add += 1
    there.set(emptiest.zone.name, load(emptiest) + 1)
  }
  return shares
}

function batches(count: number): number[] {
  const whole = Array.from({length: Math.floor(count / MAX_PER_LAUNCH)}, () => MAX_PER_LAUNCH)
  return count % MAX_PER_LAUNCH === 0 ? whole : [...whole, count % MAX_PER_LAUNCH]
}
