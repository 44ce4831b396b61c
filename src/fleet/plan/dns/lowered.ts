import {zoneKey} from '../../../journal/events.ts'
import type {LoweredTtl} from '../../../journal/recorded.ts'
import {momentText} from '../../../moment-text.ts'
import {nameKey} from '../../observed.ts'
import type {Action, Note} from '../action.ts'
import type {FleetView} from '../fleet-view.ts'

/** Added to the longest TTL: clocks and servers are not exact. */
const SETTLE_MARGIN_MS = 5_000

/**
 * The names whose lowered TTL this run sees through: every server answers with it, and whatever resolvers were told before has
 * passed. `changes` are those of DNS that come first.
 */
export function planSettling(view: FleetView, changes: readonly Action[]): Action[] {
  const {desired, recorded, observed} = view
  const keys = desired.goal.kind === 'sync' ? (desired.goal.settle ?? []) : []
  return keys.flatMap((key): Action[] => {
    const name = desired.fleet.names.find(each => nameKey(each.vendor, each.name) === key)
    if (!name || !observed.names.get(key)?.readable) return []
    const lowered = recorded.lowered.get(key)
    if (lowered?.settledAtMs !== undefined) return []
    const {vendor, name: dnsName, ttlSeconds} = name
    const zone = zoneKey(vendor, name.zone)
    const after = changes.flatMap(action => ('zone' in action && action.zone === zone ? [action.key] : []))
    const common = {
      kind: 'settle',
      vendor,
      zone,
      name: dnsName,
      ttlSeconds,
      reason: 'resolvers remember what they were told for as long as it said',
    } as const
    const {servedAtMs, beforeSeconds}: Partial<LoweredTtl> = lowered ?? {}
    if (after.length > 0 || servedAtMs === undefined || beforeSeconds === undefined)
      return [{...common, key: `settle served ${key}`, until: 'served', after}]
    const untilMs = servedAtMs + beforeSeconds * 1_000 + SETTLE_MARGIN_MS
    return observed.atMs < untilMs
      ? [{...common, key: `settle passed ${key}`, until: 'passed', untilMs, after: []}]
      : [{...common, key: `settle ${key}`, until: 'settled', after: []}]
  })
}

/** What is lowered for a while, so that nobody forgets it; and of what it does not shorten. */
export function loweredNotes({desired, recorded}: FleetView): Note[] {
  const {names, drainWait} = desired.fleet
  const notes = names.flatMap(({vendor, name, ttlSeconds}): Note[] => {
    const lowered = recorded.lowered.get(nameKey(vendor, name))
    // This run may be the one that puts it back.
    if (lowered?.ttlSeconds !== ttlSeconds) return []
    const {sinceMs, settledAtMs} = lowered
    const still = settledAtMs === undefined ? '; resolvers may still remember the longer one' : ''
    return [
      {
        kind: 'lowered-ttl',
        text: `The TTL of ${name} is lowered to ${ttlSeconds} s since ${momentText(sinceMs)}${still}. "mcd ttl restore" puts the fleet file's back.`,
        blocks: false,
      },
    ]
  })
  if (notes.length === 0 || drainWait === 'auto') return notes
  return [
    ...notes,
    {
      kind: 'lowered-ttl',
      text: `Drains wait ${Math.round(drainWait.ms / 1_000)} s all the same, as "drain.wait" in the fleet file says: with "auto" they would follow the lowered TTL.`,
      blocks: false,
    },
  ]
}
