import type {Leaving, Recorded} from '../../../journal/recorded.ts'
import type {FleetView} from '../fleet-view.ts'

/** Added to the largest TTL: clocks and servers are not exact. */
const DRAIN_MARGIN_MS = 5_000

/**
 * How long resolvers may remember an address for such a record: of a proxied one they are never told, since the vendor's edge
 * answers for it (decision 22), and the edge follows at once.
 */
export const rememberedSeconds = ({
  proxied = false,
  ttlSeconds,
}: {
  readonly proxied?: boolean
  readonly ttlSeconds: number
}): number => (proxied ? 0 : ttlSeconds)

/**
 * How long resolvers may remember an instance's addresses (decision 19): the largest TTL that this fleet ever published or
 * that stands now, or the one its removed records had, whoever set it.
 */
export function rememberedFor({desired, recorded, observed}: FleetView): (instance: string) => number {
  const {drainWait, name: fleet, names} = desired.fleet
  if (drainWait !== 'auto') return () => drainWait.ms
  const published = [...names.map(rememberedSeconds), recorded.longestTtlSeconds]
  const standing = [...observed.names.values()].flatMap(name =>
    name.readable
      ? [...name.members, ...(name.discovery ?? [])]
          .filter(({mark}) => mark?.fleet === fleet)
          .map(rememberedSeconds)
      : [],
  )
  const longest = largest([...published, ...standing])
  return instance => {
    const zones = [...(absenceOf(recorded, instance)?.zones.values() ?? [])]
    const removed = zones.flatMap(zone => zone.removed.map(rememberedSeconds))
    return largest([longest, ...removed]) * 1000 + DRAIN_MARGIN_MS
  }
}

/** Since when an instance is out of which zones, whether it is to end or lives on. */
export const absenceOf = ({leaving, heldOut}: Recorded, id: string): Leaving | undefined =>
  leaving.get(id) ?? heldOut.get(id)

/** Of thousands, too: they do not fit into one call's arguments. */
const largest = (values: readonly number[]): number => values.reduce((max, each) => Math.max(max, each), 0)
