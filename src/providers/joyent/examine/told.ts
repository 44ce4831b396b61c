import {AuthError, InterruptedError, McdError, UnreachableError} from '../../../errors.ts'
import type {Finding} from '../../examine.ts'

/** Who calls, as far as what it may do depends on it. */
export type Caller = {
  /** Login of the account that the calls are about. */
  readonly account: string
  /** The caller's login where it is another: a sub-user, or an account that acts for this one. The account itself may do everything. */
  readonly guest?: string
  /** Roles that it takes on; without, those it has by default. */
  readonly roles?: readonly string[]
}

/** What came of one call: what it tells about the permission for it, and its answer or why there is none. */
export type Asked<T> = {readonly finding: Finding; readonly value?: T; readonly error?: McdError}

/** Makes a call that cannot change anything. `name` is CloudAPI's own: `ListMachines`. Throws what ended the run, and a defect of ours. */
export async function ask<T>(name: string, caller: Caller, send: () => Promise<T>): Promise<Asked<T>> {
  try {
    const value = await send()
    return {finding: {check: 'permission', subject: name, outcome: 'ok', detail: 'Allowed.'}, value}
  } catch (error) {
    if (!(error instanceof McdError) || error instanceof InterruptedError) throw error
    return {finding: notAnswered(name, caller, error), error}
  }
}

function notAnswered(name: string, caller: Caller, error: McdError): Finding {
  if (error instanceof UnreachableError) return failed('reach', 'CloudAPI', error)
  if (error instanceof AuthError)
    return {...failed('permission', name, error), remedy: allowing(name, caller)}
  return {check: 'permission', subject: name, outcome: 'unknown', detail: error.message}
}

/** An error as it is, and the first thing to do about it. */
export function failed(check: Finding['check'], subject: string, {message, suggestions}: McdError): Finding {
  const [remedy = 'Look at the profile of this place ("triton profile list") and at its endpoint.'] =
    suggestions
  return {check, subject, outcome: 'failed', detail: message, remedy}
}

/** Rules write the names of calls in small letters (CloudAPI reference, "Rules definition for access control"). */
export function allowing(name: string, {account, guest, roles = []}: Caller): string {
  if (guest === undefined) return `Ask the operator of this cloud why ${account} may not call ${name}.`
  const role = roles.length > 0 ? `the role ${roles.join(' or ')}` : `a role that ${guest} has by default`
  return `Add the rule "CAN ${name.toLowerCase()}" to a policy of ${role}, and tag what it is about with that role ("triton rbac").`
}
