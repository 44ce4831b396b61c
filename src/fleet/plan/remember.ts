import type {Leaving, Recorded} from '../../journal/recorded.ts'
import type {FleetView} from './fleet-view.ts'

/** Added to the largest TTL: clocks and servers are not exact. */
const DRAIN_MARGIN_MS = 5_000

/**
 * How long resolvers may remember an instance's addresses (decision 19): the largest TTL that this fleet ever published or
 * that stands now, or the one its removed records had, whoever set it.
 */
export function rememberedFor({desired, recorded, observed}: FleetView): (instance: string) => number {
  const {drainWait, name: fleet, names} = desired.fleet
  if (drainWait !== 'auto') return () => drainWait.ms
  const published = [...names.map(name => name.ttlSeconds), recorded.longestTtlSeconds]
  const standing = [...observed.names.values()].flatMap(name =>
    name.readable
      ? [...name.members, ...(name.discovery ?? [])]
          .filter(({mark}) => mark?.fleet === fleet)
          .map(member => member.ttlSeconds)
      : [],
  )
  const longest = largest([...published, ...standing])
  return instance => {
    const zones = [...(absenceOf(recorded, instance)?.zones.values() ?? [])]
    const removed = zones.flatMap(zone => zone.removed.map(member => member.ttlSeconds))
    return largest([longest, ...removed]) * 1000 + DRAIN_MARGIN_MS
  }
}

/** Since when an instance is out of which zones, whether it is to end or lives on. */
export const absenceOf = ({leaving, heldOut}: Recorded, id: string): Leaving | undefined =>
  leaving.get(id) ?? heldOut.get(id)

/** Of thousands, too: they do not fit into one call's arguments. */
const largest = (values: readonly number[]): number => values.reduce((max, each) => Math.max(max, each), 0)
