import {AuthError, McdError, UnreachableError} from '../../../errors.ts'
import type {Finding} from '../../examine.ts'
import type {Caller} from './access.ts'

/** Nobody answered: one finding, whichever call met the silence. */
export function unreached(subject: string, {message, suggestions}: McdError): Finding {
  return {
    check: 'reach',
    subject,
    outcome: 'failed',
    detail: message,
    remedy: suggestions[0] ?? 'Check the endpoint and the network.',
  }
}

/** What a call that failed tells about the permission for it. `call` is CloudAPI's name, which rules write in small letters. */
export function told(call: string, caller: Caller, error: unknown): Finding {
  if (error instanceof UnreachableError) return unreached('CloudAPI', error)
  const detail = error instanceof McdError ? error.message : String(error)
  if (!(error instanceof AuthError)) return {check: 'permission', subject: call, outcome: 'unknown', detail}
  return {check: 'permission', subject: call, outcome: 'failed', detail, remedy: allowing(call, caller)}
}

/** `CAN listmachines` in a policy of one of its roles, and the role on the resource (CloudAPI reference, "Rules definition for access control"). */
export function allowing(call: string, {account, guest, roles = []}: Caller): string {
  if (guest === undefined) return `Ask the operator of this cloud why ${account} may not call ${call}.`
  const role = roles.length > 0 ? `role ${roles.join(' or ')}` : 'a role that is active by default'
  return `Give ${guest} ${role} with a policy that has the rule "CAN ${call.toLowerCase()}", and tag the resource with that role ("triton rbac").`
}
