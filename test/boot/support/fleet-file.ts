import {SANDBOX} from '../../../src/sandbox/world/credentials.ts'
import type {Content, ContentName} from './content.ts'

export type Form = 'cloud-config' | 'shell'
type Provider = 'aws' | 'joyent'
export type Vendor = 'cloudflare' | 'route53'
export type Kind = {
  readonly form: Form
  readonly provider: Provider
  readonly vendor: Vendor
  readonly content: ContentName
  /** EC2 may take it back before its time. */
  readonly spot?: true
  /** DNS-SD beside the name, which only Route53 has for instances that register themselves. */
  readonly discovery?: true
}

export const TTL_SECONDS = 60

/** The sandbox's own credentials for instances, given as a user gives theirs. */
export const INSTANCE_VARIABLES = {
  BOOT_DNS_TOKEN: SANDBOX.cloudflare.instancesToken,
  BOOT_KEY_ID: SANDBOX.aws.instances.accessKeyId,
  BOOT_KEY_SECRET: SANDBOX.aws.instances.secretAccessKey,
}
/** Of these, what nobody but root may see. */
export const INSTANCE_SECRETS = [INSTANCE_VARIABLES.BOOT_DNS_TOKEN, INSTANCE_VARIABLES.BOOT_KEY_SECRET]

/** The fleet's name. */
export const nameOf = ({form, provider, vendor}: Kind): string =>
  `${form === 'shell' ? 'sh' : 'yaml'}-${provider}-${vendor}`

/** As the README shows it: no word in it about a test. */
export function fleetFile(kind: Kind, {template, vars}: Content): string {
  const {provider, vendor, discovery} = kind
  const hasRole = provider === 'aws' && vendor === 'route53'
  const credentials =
    vendor === 'cloudflare'
      ? '{token: "${env:BOOT_DNS_TOKEN}"}'
      : '{accessKeyId: "${env:BOOT_KEY_ID}", secretAccessKey: "${env:BOOT_KEY_SECRET}"}'
  return `fleet: ${nameOf(kind)}
service: {port: 80, health: {path: /, interval: 1s, timeout: 5s, healthy: 1}}
userdata:
  template: ${template}
  vars: ${JSON.stringify(vars)}
groups:
  here: {${[...place(kind, hasRole)].join(', ')}}
dns:
  provider: ${vendor}
  zone: ${SANDBOX.zone}
  name: ${nameOf(kind)}
  ttl: ${TTL_SECONDS}s
${hasRole ? '' : `  instanceCredentials: ${credentials}\n`}${discovery ? '  discovery: {service: _http._tcp, instance: v1, txt: {path: /}}\n' : ''}`
}

function* place({provider, spot}: Kind, hasRole: boolean): Iterable<string> {
  yield `provider: ${provider}`
  yield 'count: 1'
  yield 'image: debian-12'
  if (provider === 'joyent') {
    yield 'endpoint: "https://us-central-1.api.mnx.io"'
    yield 'type: g1.nano'
    yield 'networks: [external]'
    return
  }
  yield 'region: us-east-1'
  yield 'type: t3.micro'
  if (hasRole) yield `instanceProfile: ${SANDBOX.aws.instanceProfile}`
  if (spot) yield 'spot: true'
}
