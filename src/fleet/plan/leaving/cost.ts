import {expectedOutage} from '../../../dns/outage.ts'
import {formatDuration} from '../../../duration.ts'
import type {DnsName} from '../../model.ts'
import {nameKey} from '../../observed.ts'
import {type Action, endedBy, type Note} from '../action.ts'
import type {FleetView} from '../fleet-view.ts'
import {rememberedOnes} from './drain.ts'

/**
 * How long servers may go on answering with what was removed. Route53: "usually within 60 seconds" (API Reference,
 * "GetChange"); CloudFlare's follow within seconds, and are asked for a minute.
 */
const PROPAGATION_MS = 60_000

/** What `--now` costs clients, for each name; nothing where nobody ends whom any client may know. */
export function costNotes(view: FleetView, actions: readonly Action[]): Note[] {
  const {desired} = view
  const ids = new Set(endedBy({actions, notes: []}))
  const ended = rememberedOnes(
    view,
    [...ids].flatMap(id => view.living.get(id) ?? []),
  ).length
  if (!desired.now || ended === 0) return []
  const who = ended === 1 ? '1 instance ends' : `${ended} instances end`
  const names = desired.fleet.names.map(name => {
    const ttlSeconds = standingTtl(view, name)
    const {proxied} = name
    const cost = expectedOutage({ttlSeconds, proxied, detectionMs: 0, propagationMs: PROPAGATION_MS})
    const range = `from ${formatDuration(cost.leastMs)} to ${formatDuration(cost.mostMs)}`
    const server = `up to ${formatDuration(PROPAGATION_MS)} until the vendor's servers follow`
    return proxied
      ? `${name.name} ${range} (it is proxied, so clients keep the address they have: ${server})`
      : `${name.name} ${range} (${server}, a TTL of ${ttlSeconds} s, and 3 s to 190 s that clients add themselves; longer where a resolver stretches the TTL)`
  })
  return [
    {
      kind: 'outage',
      text: `Because of --now ${who} while resolvers may still remember ${ended === 1 ? 'it' : 'them'}. Whoever uses ${ended === 1 ? 'it' : 'one of them'} is without the service: at ${names.join('; at ')}.`,
      blocks: false,
    },
  ]
}

/** The longest that stands under the name for this fleet, whoever set it; the fleet file's where nothing stands. */
function standingTtl({observed, desired}: FleetView, {vendor, name, ttlSeconds}: DnsName): number {
  const seen = observed.names.get(nameKey(vendor, name))
  const ours = seen?.readable ? seen.members.filter(({mark}) => mark?.fleet === desired.fleet.name) : []
  const longest = ours.reduce((max, member) => Math.max(max, member.ttlSeconds), 0)
  return longest > 0 ? longest : ttlSeconds
}
