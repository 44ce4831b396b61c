import {formatLabel, formatName, LABEL_MAX_BYTES, lowerCase, parseName} from '../presentation.ts'

/**
 * The names of DNS-SD (RFC 6763 §4, §9), in presentation form: what stands in the instance label is escaped, and every
 * function here takes and gives names that way.
 */

/** `_http._tcp.example.com` */
export const serviceName = (service: string, domain: string): string => `${service}.${domain}`

/** `v1._http._tcp.example.com`; `instance` is what people read: `Version 1.0` becomes `Version\0321\.0`. */
export const instanceName = (instance: string, service: string, domain: string): string =>
  `${formatLabel(Buffer.from(instance))}.${serviceName(service, domain)}`

/** Where the services of a domain are listed (§9). */
export const browseName = (domain: string): string => serviceName('_services._dns-sd._udp', domain)

/** Why this cannot be an instance's name; undefined where it can (§4.1.1). */
export function instanceProblem(instance: string): string | undefined {
  const bytes = Buffer.byteLength(instance)
  if (bytes === 0) return 'is empty'
  if (bytes > LABEL_MAX_BYTES) return `has ${bytes} bytes in UTF-8, and ${LABEL_MAX_BYTES} is the most`
  if (/\p{Cc}/u.test(instance)) return 'holds a control character'
  return undefined
}

export type ServiceParts = {
  /** As people read it; absent where the name is that of the service. */
  readonly instance?: string
  /** `_http._tcp`, lower case. */
  readonly service: string
  readonly domain: string
}

/** `v1._http._tcp.example.com` or `_http._tcp.example.com` in its parts; undefined for what is neither. Throws UsageError. */
export function readServiceName(name: string): ServiceParts | undefined {
  const labels = parseName(name)
  const at = [0, 1].find(
    index => labels[index]?.[0] === UNDERSCORE && PROTOCOL.test(labels[index + 1]?.toString() ?? ''),
  )
  const domain = labels.slice((at ?? 0) + 2)
  if (at === undefined || domain.length === 0) return undefined
  return {
    ...(at === 1 && {instance: labels[0]?.toString() ?? ''}),
    service: lowerCase(formatName(labels.slice(at, at + 2))),
    domain: formatName(domain),
  }
}

const UNDERSCORE = 0x5f
const PROTOCOL = /^_(?:tcp|udp)$/i
