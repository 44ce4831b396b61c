import type {LaunchZone} from '../../providers/compute.ts'

/** EC2 advises against more than this in one RunInstances. */
const MAX_PER_LAUNCH = 100

export type Share = {readonly zone: LaunchZone; readonly type: string; readonly count: number}

/**
 * Divides `missing` instances over the zones so that all zones end as equal as they can be, counting what lives there
 * already (decision 9). In each zone the first wished type that is not `exhausted` there is used; zones with none left are
 * passed over. Fewer than `missing` come back only when nothing is left anywhere.
 */
export function spread(
  zones: readonly LaunchZone[],
  living: ReadonlyMap<string, number>,
  missing: number,
  exhausted: (zone: string, type: string) => boolean = () => false,
): Share[] {
  const open = zones.flatMap(zone => {
    const type = zone.types.find(candidate => !exhausted(zone.name, candidate))
    return type === undefined ? [] : [{zone, type, have: living.get(zone.name) ?? 0, add: 0}]
  })
  if (open.length === 0) return []
  for (let left = missing; left > 0; left--) {
    const emptiest = open.reduce((best, each) => (each.have + each.add < best.have + best.add ? each : best))
    emptiest.add += 1
  }
  return open.flatMap(({zone, type, add}) => batches(add).map(count => ({zone, type, count})))
}

function batches(count: number): number[] {
  const whole = Array.from({length: Math.floor(count / MAX_PER_LAUNCH)}, () => MAX_PER_LAUNCH)
  return count % MAX_PER_LAUNCH === 0 ? whole : [...whole, count % MAX_PER_LAUNCH]
}
