import type {HostedZone, ListHostedZonesByNameCommandInput} from '@aws-sdk/client-route-53'
import {RefusedError, ZoneNotFoundError} from '../../errors.ts'
import type {Caller} from '../call.ts'
import type {Zone} from '../dns.ts'
import type {Route53Client} from './client.ts'
import {bareId, toZone, valuesOf} from './convert.ts'
import {toVendorName} from './names.ts'

/**
 * The one public zone of this name. Throws ZoneNotFoundError when there is none, RefusedError when there are several: only one
 * of them is delegated to, and Route53 does not tell which.
 */
export async function findZone(client: Route53Client, call: Caller, name: string): Promise<Zone> {
  const zones = (await zonesNamed(client, call, toVendorName(name))).filter(zone => !zone.Config?.PrivateZone)
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
  return toZone(zone, await nameServers(client, call, zone))
}

/** Public and private ones. `vendorName` as Route53 writes it. */
export async function zonesNamed(
  client: Route53Client,
  call: Caller,
  vendorName: string,
): Promise<HostedZone[]> {
  const zones: HostedZone[] = []
  let start: ListHostedZonesByNameCommandInput | undefined = {DNSName: vendorName}
  while (start) {
    const from: ListHostedZonesByNameCommandInput = start
    const page = await call({name: 'ListHostedZonesByName', bucket: 'api', reads: true}, signal =>
      client.listHostedZonesByName(from, signal),
    )
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
async function nameServers(client: Route53Client, call: Caller, {Id, Name}: HostedZone): Promise<string[]> {
  const {ResourceRecordSets: [set] = []} = await call(
    {name: 'ListResourceRecordSets', bucket: 'api', reads: true},
    signal =>
      client.listResourceRecordSets(
        {HostedZoneId: bareId(Id), StartRecordName: Name, StartRecordType: 'NS', MaxItems: 1},
        signal,
      ),
  )
  return set?.Type === 'NS' && set.Name === Name ? valuesOf(set) : []
}
