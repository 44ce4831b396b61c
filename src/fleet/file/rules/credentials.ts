import {fullName} from '../dns-name.ts'
import {normaliseDomain} from '../values.ts'
import {writeVariable} from '../variables.ts'
import {asText, type GroupWords, groupsOf, namesOf, type Rule} from './rule.ts'

/**
 * Names whose instances shall register themselves and have nothing to do it with (decision 24). A rule for who launches or
 * shows what would be launched, on real clouds: `down` needs none, and the sandbox supplies its own.
 */
export const instancesCanRegister: Rule = (data, report) => {
  const groups = groupsOf(data)
  for (const {path, block} of namesOf(data)) {
    const {provider: vendor, registration = 'self', instanceCredentials} = block
    if (vendor !== 'cloudflare' && vendor !== 'route53') continue
    if (registration !== 'self' || instanceCredentials !== undefined) continue
    const full = fullName(asText(block.name) ?? '', normaliseDomain(asText(block.zone) ?? '') ?? '')
    const without = vendor === 'route53' ? groups.filter(group => !hasRole(group)) : groups
    if ('message' in full || without.length === 0) continue
    const names = without.map(({name}) => name).join(', ')
    const whose = without.length === groups.length ? 'its instances' : `the instances of ${names}`
    const message = `${full.name} has "registration: self", but ${whose} have no credentials for ${vendor}`
    report([...path, 'registration'], message, waysOut(vendor))
  }
}

/** An instance profile signs for Route53 and nowhere else, and that of an EC2-compatible cloud means nothing to AWS. */
const hasRole = ({group, provider}: GroupWords): boolean =>
  provider === 'aws' && group.compatible === undefined && group.instanceProfile !== undefined

function waysOut(vendor: 'cloudflare' | 'route53'): string {
  const token = `dns.instanceCredentials {token: "${writeVariable('NAME')}"}`
  const keys =
    'dns.instanceCredentials {accessKeyId, secretAccessKey}, or an "instanceProfile" to every AWS group'
  return `give ${vendor === 'cloudflare' ? token : keys}; or set "registration: mcd", which keeps DNS credentials off the instances`
}
