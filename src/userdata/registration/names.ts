import {lowerCase, parseName} from '../../dns/presentation.ts'
import {instanceName} from '../../dns/sd/names.ts'
import {RefusedError} from '../../errors.ts'
import type {Discovery, DnsName, Fleet, Group, InstanceCredentials} from '../../fleet/model.ts'
import type {DnsVendor} from '../../providers/dns.ts'

/** A name that the instances of a group enter themselves into. */
export type RegistrationName = {
  readonly vendor: DnsVendor
  /** CloudFlare: the URL of the zone's records. Route53: the URL of the zone. So the script needs to look nothing up. */
  readonly endpoint: string
  readonly name: string
  readonly ttlSeconds: number
  readonly proxied: boolean
  readonly address: 'public' | 'private'
  /** Absent, a public IPv6 address is entered, too. */
  readonly ipv6?: false
  /** Route53 alone; absent 'multivalue'. */
  readonly routing?: 'simple' | {readonly weight: number}
  /** `role`: those of the instance profile, out of the instance's metadata. */
  readonly credentials: InstanceCredentials | {readonly kind: 'role'}
  readonly discovery?: RegistrationService
}

/** The DNS-SD service beside a name: where its SRV values stand, and what an instance's own begins with. */
export type RegistrationService = {
  /** The SRV set as the vendor writes its name, without final dot. */
  readonly set: string
  readonly priority: number
  readonly weight: number
  readonly port: number
}

/** Where the URLs of a vendor's API begin, without a final slash. */
const API = {cloudflare: 'https://api.cloudflare.com/client/v4', route53: 'https://route53.amazonaws.com'}

/** The endpoint in the rendered configuration; `baseUrl` where the vendor's own is replaced (by an endpoint variable, by the sandbox). */
export function registrationEndpoint(
  vendor: DnsVendor,
  zoneId: string,
  baseUrl: string = API[vendor],
): string {
  const base = baseUrl.replace(/\/+$/, '')
  return vendor === 'cloudflare'
    ? `${base}/zones/${zoneId}/dns_records`
    : `${base}/2013-04-01/hostedzone/${zoneId.replace(/^\/?hostedzone\//, '')}`
}

/**
 * The names this group's instances register in (`registration: self`). Throws RefusedError when one has no credentials that
 * its instances could use.
 */
export function registrationNames(
  {names, service: {port}}: Fleet,
  {name: group, wish, place, priority = 0, weight}: Group,
  endpointOf: (name: DnsName) => string,
): RegistrationName[] {
  const refusals: string[] = []
  const registered = names.flatMap((name): RegistrationName[] => {
    const {vendor, ttlSeconds, proxied, address, registration, instanceCredentials} = name
    if (registration !== 'self') return []
    const hasRole = vendor === 'route53' && place.provider === 'aws' && wish.instanceProfile !== undefined
    const credentials = instanceCredentials ?? (hasRole ? ({kind: 'role'} as const) : undefined)
    if (credentials === undefined) {
      refusals.push(
        `groups.${group}: its instances have no credentials of their own to register ${name.name} on ${vendor}.`,
      )
      return []
    }
    const common = {
      vendor,
      endpoint: endpointOf(name),
      name: name.name,
      ttlSeconds,
      proxied,
      address,
      ...(name.ipv6 === false && {ipv6: name.ipv6}),
      ...(name.routing === 'simple' && {routing: name.routing}),
      ...(name.routing === 'weighted' && {routing: {weight: weight ?? 1}}),
    }
    if (!name.discovery) return [{...common, credentials}]
    const set = serviceSet(name.zone, name.discovery)
    return [{...common, credentials, discovery: {set, priority, weight: weight ?? 0, port}}]
  })
  if (refusals.length > 0)
    throw new RefusedError(refusals, {
      suggestions: ['Give dns.instanceCredentials, or let mcd register the instances: "registration: mcd".'],
    })
  return registered
}

/** In lower case with octal escapes, as Route53 lists it: the script compares what it reads. */
function serviceSet(zone: string, {service, instance}: Discovery): string {
  const labels = parseName(lowerCase(instanceName(instance, service, zone)))
  return labels.map(label => [...label].map(octal).join('')).join('.')
}

function octal(byte: number): string {
  const character = String.fromCharCode(byte)
  return /[a-z0-9_-]/.test(character) ? character : `\\${byte.toString(8).padStart(3, '0')}`
}
