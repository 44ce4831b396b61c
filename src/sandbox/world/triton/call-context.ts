import type {CallLog, Principal} from '../calls.ts'
import type {Core} from '../core.ts'
import type {VendorError} from '../vendor-error.ts'
import type {Account} from './account.ts'
import type {CloudapiAction} from './action-names.ts'
import type {Stock} from './create.ts'
import type {Caller, Machines} from './machines.ts'
import {throttled} from './refusal.ts'

/** The data centre as its callers see it. */
export type Datacenter = {
  readonly core: Core
  readonly name: string
  readonly stock: Stock
  readonly machines: Machines
  /** Whether another instance of this package finds a server, and if not, how the cloud shows it. */
  room(packageName: string): 'room' | 'refused' | 'fails-later'
}

/** One authenticated caller at one data centre. */
export type CallContext = {
  readonly dc: Datacenter
  readonly account: Account
  /** For the audit. */
  readonly caller: Caller
  /** Every call enters here: counted, throttled, open to faults. */
  call<T>(action: CloudapiAction, serve: (effect: (text: string) => void) => T): T
}

export function callContext(
  dc: Datacenter,
  account: Account,
  principal: Principal,
  keyId: string,
): CallContext {
  return {
    dc,
    account,
    caller: {type: 'signature', ip: principal.address ?? '127.0.0.1', keyId},
    call: (action, serve) =>
      dc.core.calls.run({service: 'cloudapi', action, principal}, effect => {
        if (!account.bucket.take()) throw throttled()
        return serve(effect)
      }),
  }
}

/** Refusals at the door, before anybody is known to be the caller: counted like every call. */
export function refuse(calls: CallLog, action: string, principal: Principal, refusal: VendorError): never {
  return calls.run({service: 'cloudapi', action, principal}, () => {
    throw refusal
  })
}
