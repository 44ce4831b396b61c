import {UsageError} from '../../../errors.ts'
import {nearest} from '../../../nearest.ts'
import type {Call, Service} from '../calls.ts'
import {CLOUDFLARE_ACTIONS} from '../cloudflare/actions.ts'
import {ACTIONS} from '../ec2/actions.ts'
import {ROUTE53_ACTIONS} from '../route53/policy.ts'
import {S3_ACTIONS} from '../s3.ts'
import {SERVICE_QUOTA_ACTIONS} from '../service-quotas.ts'
import {CLOUDAPI_ACTIONS} from '../triton/action-names.ts'

/** The calls of each service, in the vendor's own words. */
const CALLS: Readonly<Record<Service, readonly string[]>> = {
  ec2: Object.keys(ACTIONS),
  ssm: ['GetParameter', 'GetParameters'],
  sts: ['GetCallerIdentity'],
  servicequotas: SERVICE_QUOTA_ACTIONS,
  s3: S3_ACTIONS,
  cloudapi: CLOUDAPI_ACTIONS,
  cloudflare: CLOUDFLARE_ACTIONS,
  route53: ROUTE53_ACTIONS,
}

/** Vendors as the fleet file names them, and services as `sandbox status` counts them. */
const NAMES: Readonly<Record<string, readonly Service[]>> = {
  aws: ['ec2', 'ssm', 'sts', 'servicequotas'],
  joyent: ['cloudapi'],
  triton: ['cloudapi'],
  cloudflare: ['cloudflare'],
  route53: ['route53'],
  ec2: ['ec2'],
  ssm: ['ssm'],
  sts: ['sts'],
  servicequotas: ['servicequotas'],
  s3: ['s3'],
  cloudapi: ['cloudapi'],
}

const VENDORS = ['aws', 'joyent', 'cloudflare', 'route53']

/** The calls that a target means. */
export type Target = {
  readonly isWholeVendor: boolean
  readonly calls: readonly Pick<Call, 'service' | 'action'>[]
  includes(call: Pick<Call, 'service' | 'action'>): boolean
}

/** `aws:RunInstances`, `aws:Describe*`, `joyent:*` or `joyent`. Throws UsageError with the nearest known word. */
export function readTarget(text: string): Target {
  const [, name = '', pattern = '*'] = /^([^:]*)(?::(.*))?$/s.exec(text.trim()) ?? []
  const services = NAMES[name.toLowerCase()]
  if (!services) throw unknownVendor(text, name)
  const wanted = new RegExp(`^${pattern.split('*').map(literal).join('.*')}$`, 'i')
  const calls = services.flatMap(service =>
    CALLS[service].filter(action => wanted.test(action)).map(action => ({service, action})),
  )
  if (calls.length === 0) throw unknownCall(name.toLowerCase(), pattern, services)
  return {
    isWholeVendor: pattern === '*',
    calls,
    // Of a whole vendor, also what the sandbox does not know by name.
    includes: ({service, action}) => services.includes(service) && wanted.test(action),
  }
}

const literal = (text: string): string => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&')

function unknownVendor(text: string, name: string): UsageError {
  const known = Object.keys(NAMES)
  const meant = nearest(name, known)
  return new UsageError(`"${text}" names no vendor and no running instance of the sandbox.`, {
    suggestions: [
      ...(meant ? [`Did you mean "${meant}${text.slice(name.length)}"?`] : []),
      `Write VENDOR:CALL, such as aws:RunInstances; vendors: ${VENDORS.join(', ')}.`,
    ],
  })
}

function unknownCall(name: string, pattern: string, services: readonly Service[]): UsageError {
  const known = services.flatMap(service => CALLS[service])
  const meant = nearest(pattern, known)
  return new UsageError(`The sandbox's ${name} has no call "${pattern}".`, {
    suggestions: [
      meant
        ? `Did you mean "${name}:${meant}"?`
        : `Name one that "mcd sandbox status" counts, or all with "${name}:*".`,
    ],
  })
}
