import {arnOf} from '../aws-keys.ts'
import type {Principal} from '../calls.ts'
import {accessDenied} from './refusals.ts'

export const ROUTE53_ACTIONS = [
  'ListHostedZones',
  'ListHostedZonesByName',
  'GetHostedZone',
  'CreateHostedZone',
  'ListResourceRecordSets',
  'ChangeResourceRecordSets',
  'GetChange',
  'GetHostedZoneLimit',
] as const
export type Route53Action = (typeof ROUTE53_ACTIONS)[number]

/** The least an instance needs to register itself. */
const REGISTRATION: readonly Route53Action[] = [
  'ListResourceRecordSets',
  'ChangeResourceRecordSets',
  'GetChange',
]

/** Who may do what, as IAM policies say it; the roles of instances share the policy of `instances`. */
export class Policies {
  readonly #allowed = new Map<string, 'all' | readonly Route53Action[]>([
    ['operator', 'all'],
    ['instances', REGISTRATION],
  ])

  /** Replaces what `operator` or `instances` may do; an empty list takes everything away. */
  set(principal: 'operator' | 'instances', allowed: 'all' | readonly Route53Action[]): void {
    this.#allowed.set(principal, allowed)
  }

  /** Throws AccessDenied. `resource` is `hostedzone/Z…`, `change/C…` or `*`. */
  check(principal: Principal, action: Route53Action, resource: string): void {
    const isRole = principal.name.startsWith('role:')
    const allowed = this.#allowed.get(isRole ? 'instances' : principal.name) ?? []
    if (allowed === 'all' || allowed.includes(action)) return
    throw accessDenied(arnOf(principal), action, resource === '*' ? '*' : `arn:aws:route53:::${resource}`)
  }
}
