import type {HostedZone, ListHostedZonesByNameCommandInput} from '@aws-sdk/client-route-53'
import {RefusedError, ZoneNotFoundError} from '../../errors.ts'
import type {Zone} from '../dns.ts'
import type {Route53Api} from './api.ts'
import {bareId, toZone, valuesOf} from './convert.ts'
import {toVendorName} from './names.ts'

/**
 * The one public zone of this name. Throws ZoneNotFoundError when there is none, RefusedError when there are several: only one
 * of them is delegated to, and Route53 does not tell which.
 */
export async function findZone(api: Route53Api, name: string): Promise<Zone> {
  const zones = (await zonesNamed(api, toVendorName(name))).filter(zone => !zone.Config?.PrivateZone)
  const [zone] = zones
  if (!zone) throw new ZoneNotFoundError(name, 'Route53')
  if (zones.length > 1) {
    const ids = zones.map(({Id}) => bareId(Id)).join(', ')
    throw new RefusedError(
      [`Route53 has ${zones.length} public zones named ${name} (${ids}): mcd cannot know which one answers.`],
      {
        suggestions: [
          'Delete the ones that the registrar does not delegate to, or use credentials that see one only.',
        ],
      },
    )
  }
  return toZone(zone, await nameServers(api, zone))
}

/** Public and private ones. `vendorName` as Route53 writes it. */
export async function zonesNamed(api: Route53Api, vendorName: string): Promise<HostedZone[]> {
  const zones: HostedZone[] = []
  let start: ListHostedZonesByNameCommandInput | undefined = {DNSName: vendorName}
  while (start) {
    const from: ListHostedZonesByNameCommandInput = start
    const page = await api.listHostedZonesByName(from)
    zones.push(...(page.HostedZones ?? []).filter(zone => zone.Name === vendorName))
    // The list goes on over all later names of the account: only a page that ends within this name is followed.
    start =
      page.IsTruncated && page.NextDNSName === vendorName
        ? {DNSName: vendorName, HostedZoneId: page.NextHostedZoneId}
        : undefined
  }
  return zones
}

/** From the zone's own NS set: GetHostedZone would need one permission more. */
async function nameServers(api: Route53Api, {Id, Name}: HostedZone): Promise<string[]> {
  const {ResourceRecordSets: [set] = []} = await api.listResourceRecordSets({
    HostedZoneId: bareId(Id),
    StartRecordName: Name,
    StartRecordType: 'NS',
    MaxItems: 1,
  })
  return set?.Type === 'NS' && set.Name === Name ? valuesOf(set) : []
}
