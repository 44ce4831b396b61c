import {type ZoneKey, zoneKey} from '../../journal/events.ts'
import type {PublishedName} from '../../journal/recorded.ts'
import type {DnsName, Fleet} from '../model.ts'
import {nameKey, type Observed, shownInstances} from '../observed.ts'
import type {Outside} from '../outside.ts'
import {compareAnswer} from '../plan/dns/one-answer.ts'

/**
 * Whether the zones' own name servers answer with what the vendors' APIs say stands there. A server that says nothing (port
 * 53 is blocked in many networks) cannot be waited for and counts as having answered.
 */
export async function isAnswered(outside: Outside, {names}: Fleet, observed: Observed): Promise<boolean> {
  const verdicts = await Promise.all(names.map(name => nameIsAnswered(outside, name, observed)))
  return verdicts.every(Boolean)
}

async function nameIsAnswered(outside: Outside, of: DnsName, observed: Observed): Promise<boolean> {
  const {vendor, zone: zoneName, name, proxied} = of
  const seen = observed.names.get(nameKey(vendor, name))
  const zone = observed.zones.get(zoneKey(vendor, zoneName))
  // A proxied name answers with the vendor's addresses (decision 22).
  if (!seen?.readable || !zone || proxied) return true
  for (const kind of ['A', 'AAAA'] as const) {
    const standing = new Set(seen.members.filter(({type}) => type === kind).map(({value}) => value))
    if (standing.size === 0) continue
    const answers = await outside.askNameServers(vendor, zone, name, kind)
    const isAsItStands = answers.every(({records}) => {
      if (!records) return true
      const {strangers, missing} = compareAnswer(of, standing, new Set(records.map(({value}) => value)))
      return strangers.length + missing.length === 0
    })
    if (!isAsItStands) return false
  }
  return true
}

/**
 * Whether the servers of a zone still answer with addresses of these instances, for which nothing stands there any more: they,
 * or somebody's hand, took their records away a moment ago, and no receipt tells when that is served.
 */
export async function isStillAnswered(
  outside: Outside,
  key: ZoneKey,
  names: readonly Pick<PublishedName, 'vendor' | 'zone' | 'name'>[],
  instances: ReadonlySet<string>,
  observed: Observed,
): Promise<boolean> {
  const zone = observed.zones.get(key)
  const addresses = shownInstances(observed)
    .filter(({id}) => instances.has(id))
    .flatMap(({publicIp, privateIp, publicIpv6}) =>
      [publicIp, privateIp, publicIpv6].filter(address => address !== undefined),
    )
  const kinds = addresses.some(address => address.includes(':')) ? (['A', 'AAAA'] as const) : (['A'] as const)
  if (!zone || addresses.length === 0) return false
  const verdicts = await Promise.all(
    names
      .filter(name => zoneKey(name.vendor, name.zone) === key)
      .map(async ({vendor, name}) => {
        const seen = observed.names.get(nameKey(vendor, name))
        // What somebody else's record stands for is answered for ever.
        const standing = new Set(seen?.readable ? seen.members.map(({value}) => value) : [])
        const removed = addresses.filter(address => !standing.has(address))
        const answers = await Promise.all(kinds.map(kind => outside.askNameServers(vendor, zone, name, kind)))
        return answers.flat().some(({records = []}) => records.some(({value}) => removed.includes(value)))
      }),
  )
  return verdicts.some(Boolean)
}
