import {basename} from 'node:path'
import type {Problem} from '../../errors.ts'
import type {DnsName, Fleet} from '../model.ts'
import {writeVariable} from './variables.ts'

/**
 * The names whose instances shall register themselves and have nothing to do it with (decision 24). Refused by `plan` and
 * `up`, not by the file: under --sandbox the sandbox supplies its own.
 */
export function missingInstanceCredentials(fleet: Fleet): Problem[] {
  const file = basename(fleet.file)
  return fleet.names.flatMap(name => {
    if (name.registration !== 'self' || name.instanceCredentials) return []
    const without = groupsWithoutRole(fleet, name)
    if (without.length === 0) return []
    const whose =
      without.length === fleet.groups.length ? 'its instances' : `the instances of ${without.join(', ')}`
    const message = `${name.name} has "registration: self", but ${whose} have no credentials for ${name.vendor}`
    return [{file, message, hint: waysOut(name)}]
  })
}

/** An instance profile signs for Route53 and nowhere else, and that of an EC2-compatible cloud means nothing to AWS. */
function groupsWithoutRole({groups}: Fleet, {vendor}: DnsName): string[] {
  return groups
    .filter(
      ({place, wish}) =>
        vendor !== 'route53' || place.provider !== 'aws' || place.compatible || !wish.instanceProfile,
    )
    .map(({name}) => name)
}

function waysOut({vendor}: DnsName): string {
  const token = `dns.instanceCredentials {token: "${writeVariable('NAME')}"}`
  const keys =
    'dns.instanceCredentials {accessKeyId, secretAccessKey}, or an "instanceProfile" to every AWS group'
  return `give ${vendor === 'cloudflare' ? token : keys}; or set "registration: mcd", which keeps DNS credentials off the instances`
}
