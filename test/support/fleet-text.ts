export type FleetText = {
  readonly fleet?: string
  readonly vendor?: 'cloudflare' | 'route53'
  /** In the zone example.com. */
  readonly name?: string
  readonly drain?: string
  /** Group names and what `aws` or `joyent` below made of them. */
  readonly groups: Readonly<Record<string, string>>
}

/** A group on EC2; `more` are further settings: `subnets: [subnet-0]`. */
export const aws = (count: number, ...more: readonly string[]): string =>
  flow(
    'provider: aws',
    'region: us-east-1',
    `count: ${count}`,
    'type: t3.micro',
    'image: ubuntu-24.04',
    ...more,
  )

/** A group on Triton, reached as the environment says unless `more` names an endpoint or a profile. */
export const joyent = (count: number, ...more: readonly string[]): string =>
  flow('provider: joyent', `count: ${count}`, 'type: g1.nano', 'image: ubuntu-24.04', ...more)

/** For --sandbox, where every endpoint is replaced. */
export const MNX = 'endpoint: "https://us-central-1.api.mnx.io"'

/**
 * A fleet file of a few lines whose records mcd writes itself, with the shortest times that the vendor allows. The port is
 * one that every user may bind: without --sandbox nobody says where another one would really be served.
 */
export function fleetText({
  fleet = 'web',
  vendor = 'route53',
  name = 'www',
  drain = '2s',
  groups,
}: FleetText): string {
  const ttl = vendor === 'cloudflare' ? '60s' : '5s'
  return `fleet: ${fleet}
service:
  port: 8080
  health: {path: /, interval: 1s, timeout: 1s, healthy: 1}
userdata: {template: nginx}
groups:
${Object.entries(groups)
  .map(([group, settings]) => `  ${group}: ${settings}`)
  .join('\n')}
dns: {provider: ${vendor}, zone: example.com, name: ${name}, ttl: ${ttl}, registration: mcd}
drain: {wait: ${drain}}
`
}

const flow = (...settings: readonly string[]): string => `{${settings.join(', ')}}`
