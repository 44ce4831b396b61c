import {arnOf} from '../aws-keys.ts'
import type {Principal} from '../calls.ts'
import {VendorError} from '../vendor-error.ts'

/** Statuses other than 400, where the codes have them. Source: EC2 API Reference, "Error codes". */
const STATUS: Record<string, number> = {
  DryRunOperation: 412,
  InsufficientInstanceCapacity: 500,
  RequestLimitExceeded: 503,
  UnauthorizedOperation: 403,
  AuthFailure: 401,
}

export const ec2Error = (code: string, message: string): VendorError =>
  new VendorError(STATUS[code] ?? 400, code, message)

export const unauthorized = (principal: Principal, action: string): VendorError =>
  ec2Error(
    'UnauthorizedOperation',
    `You are not authorized to perform this operation. User: ${arnOf(principal)} is not authorized to perform: ec2:${action} because no identity-based policy allows the ec2:${action} action`,
  )

export const invalidValue = (message: string): VendorError => ec2Error('InvalidParameterValue', message)

/** Insists on a parameter: EC2 names it as the request would have. */
export function required<T>(value: T | undefined, parameter: string): T {
  if (value === undefined)
    throw ec2Error('MissingParameter', `The request must contain the parameter ${parameter}`)
  return value
}

/** "The instance ID 'i-1' does not exist", for one or several. */
export function notFound(code: string, what: string, ids: readonly string[]): VendorError {
  const [noun, verb] = ids.length === 1 ? [what, 'does'] : [`${what}s`, 'do']
  return ec2Error(code, `The ${noun} '${ids.join(', ')}' ${verb} not exist`)
}
