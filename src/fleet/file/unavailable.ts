/**
 * Keys that somebody may well write and that are no keys here: what another cloud has, and what other tools call it. Each with the reason, since "unknown key" would send people looking for a typing error.
 */
import type {Path} from './mistake.ts'

type Reasons = Readonly<Record<string, string>>

const ON_JOYENT: Reasons = {
  region: 'a Triton data centre is named by its "endpoint" or "profile"',
  keyPair: 'Triton puts the keys of the account on every instance',
  instanceProfile: 'Triton has no instance roles: give dns.instanceCredentials',
  securityGroups: 'Triton has firewall rules: "open" makes them',
  subnets: 'Triton has "networks"',
  zones: 'a Triton data centre has none',
  spread: 'a Triton data centre has no zones; its servers are spread over by themselves',
  spot: 'Triton has no spot market',
  disk: 'a Triton package fixes the disk: choose another "type"',
  compatible: 'it is for clouds that speak the EC2 API',
}

const ON_AWS: Reasons = {
  networks: 'EC2 has "subnets"',
  metadata: 'EC2 instances carry none: use "tags", or userdata.vars',
}

const ON_ROUTE53: Reasons = {
  proxied: 'Route53 has no proxy',
}

const ON_CLOUDFLARE: Reasons = {
  routing: 'CloudFlare has one record for each address, and answers with all of them',
}

const OTHER_WORDS: Reasons = {
  ami: 'image',
  amount: 'count',
  domain: 'zone',
  flavor: 'type',
  instanceType: 'type',
  instances: 'count',
  firewall: 'open',
  package: 'type',
  ports: 'open',
  replicas: 'count',
  size: 'type',
  url: 'endpoint',
  user_data: 'userdata',
}

const lookUp = (reasons: Reasons, key: string) => (Object.hasOwn(reasons, key) ? reasons[key] : undefined)

/** What to say about a key that is no key of this mapping; undefined for one that is just unknown. */
export function unavailable(
  mapping: Path,
  key: string,
  provider: unknown,
): {message: string; hint?: string} | undefined {
  const inGroup = mapping[0] === 'groups' && mapping.length === 2
  const inDns =
    mapping[0] === 'dns' && mapping.every((step, index) => index === 0 || typeof step === 'number')
  const reasons: Reasons =
    inGroup && provider === 'aws'
      ? ON_AWS
      : inGroup && (provider === 'joyent' || provider === 'triton')
        ? ON_JOYENT
        : inDns && provider === 'route53'
          ? ON_ROUTE53
          : inDns && provider === 'cloudflare'
            ? ON_CLOUDFLARE
            : {}
  const reason = lookUp(reasons, key)
  if (reason) return {message: `"${key}" does not exist on ${provider}`, hint: reason}
  return undefined
}

/** The key that other tools' word stands for, among the keys of this mapping. */
export function otherWordFor(key: string, known: readonly string[]): string | undefined {
  const word = lookUp(OTHER_WORDS, key)
  return word !== undefined && known.includes(word) ? word : undefined
}
