import {UsageError} from '../errors.ts'
import {type FleetSource, readFleetFile} from '../fleet/file/read.ts'
import {policyCli, shellZone} from '../output/policy-cli.ts'
import {policyTerraform, terraformZone} from '../output/policy-terraform.ts'
import {policyText} from '../output/policy-text.ts'
import {type FleetPolicies, fleetPolicies} from '../policy/fleet-policies.ts'

export type PolicyFormat = 'text' | 'cli' | 'terraform'

/** Credentials need not exist yet: what the file names of them is not looked up. */
export async function readPolicies(
  source: FleetSource,
  format: PolicyFormat,
  zoneIds: readonly string[],
): Promise<FleetPolicies> {
  const fleet = await readFleetFile(source, {sandbox: true, opensState: false, mayLackSecrets: true})
  const ids = new Map(zoneIds.map(text => parseZoneId(text, fleet.names)))
  const zoneId = {
    text: (zone: string) => ids.get(zone) ?? 'ZONE_ID',
    cli: (zone: string) => `$${shellZone(zone)}`,
    terraform: terraformZone,
  }[format]
  return fleetPolicies(fleet, zoneId)
}

export const printPolicies = (policies: FleetPolicies, format: PolicyFormat): string =>
  ({text: policyText, cli: policyCli, terraform: policyTerraform})[format](policies)

function parseZoneId(text: string, names: readonly {vendor: string; zone: string}[]): [string, string] {
  const [, zone = '', id = ''] = /^([^=]+)=([A-Z0-9]+)$/.exec(text) ?? []
  if (id === '')
    throw new UsageError(`--zone-id takes ZONE=ID, such as example.com=Z0123456789; "${text}" is not.`)
  const known = names.flatMap(name => (name.vendor === 'route53' ? [name.zone] : []))
  if (!known.includes(zone))
    throw new UsageError(
      `The fleet file has no Route53 zone "${zone}"${known.length > 0 ? `: it has ${[...new Set(known)].join(', ')}` : ''}.`,
    )
  return [zone, id]
}
