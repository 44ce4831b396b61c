import {formatDuration} from '../../duration.ts'
import {nameKey} from '../observed.ts'
import type {Action} from '../plan/action.ts'
import type {Pass} from './pass.ts'

/** How long a change may need to reach servers that say nothing here. Source: Route 53 API Reference, "GetChange": usually 60 s. */
const USUALLY_SERVED_MS = 60_000

/**
 * Looks once whether every server answers with the lowered TTL, and writes down when they do; or that the longer ones have
 * passed. Undefined while there is nothing to tell.
 */
export async function settleTtl(
  pass: Pass,
  {vendor, name, until, ttlSeconds}: Action & {kind: 'settle'},
): Promise<string | undefined> {
  const {ledger} = pass
  if (until === 'settled') {
    await ledger.append({type: 'ttl-settled', vendor, name})
    return formatDuration(ttlSeconds * 1_000)
  }
  if (until === 'passed' || !(await isServed(pass, {vendor, name, ttlSeconds}))) return undefined
  await ledger.append({type: 'ttl-served', vendor, name})
  return formatDuration(ttlSeconds * 1_000)
}

/** What others put under the name has a TTL of its own: only our addresses count. */
async function isServed(
  {outside, ledger, desired, observed}: Pass,
  {vendor, name, ttlSeconds}: Pick<Action & {kind: 'settle'}, 'vendor' | 'name' | 'ttlSeconds'>,
): Promise<boolean> {
  const key = nameKey(vendor, name)
  const lowered = ledger.recorded().lowered.get(key)
  const zone = lowered && observed.zones.get(`${vendor}/${lowered.zone}`)
  if (!zone) return false
  const {changedAtMs, sinceMs, receipt} = lowered
  if (receipt && !(await outside.dns(vendor).removalServed(zone, [], receipt, changedAtMs))) return false
  const seen = observed.names.get(key)
  const ours = new Set(
    seen?.readable
      ? seen.members.filter(({mark}) => mark?.fleet === desired.fleet.name).map(({value}) => value)
      : [],
  )
  const answers = await Promise.all(
    (['A', 'AAAA'] as const).map(type => outside.askNameServers(vendor, zone, name, type)),
  )
  const heard = answers.flat().flatMap(({records}) => (records ? [records] : []))
  const isLow = heard.every(records =>
    records.every(record => !ours.has(record.value) || record.ttlSeconds <= ttlSeconds),
  )
  // Port 53 is blocked in many networks: then only time can tell.
  return isLow && (heard.length > 0 || outside.runtime.now() - (changedAtMs ?? sinceMs) >= USUALLY_SERVED_MS)
}
