import {arnOf} from '../aws-keys.ts'
import type {Call, Service} from '../calls.ts'
import {
  notAuthorized as deniedByCloudflare,
  throttled as throttledByCloudflare,
} from '../cloudflare/refusals.ts'
import {unauthorized as deniedByEc2} from '../ec2/errors.ts'
import {accessDenied as deniedByRoute53, throttled as throttledByRoute53} from '../route53/refusals.ts'
import {deniedByServiceQuotas} from '../service-quotas.ts'
import {
  notAuthorized as deniedByCloudapi,
  insufficientCapacity,
  throttled as throttledByCloudapi,
} from '../triton/refusal.ts'
import {VendorError} from '../vendor-error.ts'

const RETRY_AFTER_SECONDS = 1

/** How each service says that it was asked too often. */
export const THROTTLED: Readonly<Record<Service, () => VendorError>> = {
  ec2: () => new VendorError(503, 'RequestLimitExceeded', 'Request limit exceeded.'),
  ssm: () => new VendorError(400, 'ThrottlingException', 'Rate exceeded'),
  sts: () => new VendorError(400, 'Throttling', 'Rate exceeded'),
  servicequotas: () => new VendorError(400, 'TooManyRequestsException', 'Rate exceeded'),
  s3: () => new VendorError(503, 'SlowDown', 'Please reduce your request rate.'),
  route53: throttledByRoute53,
  cloudapi: throttledByCloudapi,
  cloudflare: () => throttledByCloudflare(RETRY_AFTER_SECONDS),
}

/** How each service says that something of its own is broken: what its wire answers to a defect. */
export const BROKEN: Readonly<Record<Service, () => VendorError>> = {
  ec2: () => new VendorError(500, 'InternalError', 'An internal error has occurred'),
  ssm: () => new VendorError(500, 'InternalServerError', 'An error occurred on the server side.'),
  sts: () => new VendorError(500, 'InternalFailure', 'An internal error has occurred'),
  servicequotas: () => new VendorError(500, 'ServiceException', 'Something went wrong.'),
  s3: () => new VendorError(500, 'InternalError', 'We encountered an internal error. Please try again.'),
  route53: () => new VendorError(500, 'InternalFailure', 'An internal error has occurred'),
  cloudapi: () => new VendorError(500, 'InternalError', 'An internal error has occurred'),
  cloudflare: () => new VendorError(500, 10001, 'Internal error'),
}

/** How each service says that the caller lacks a permission. STS asks for none. */
const DENIED: Readonly<Record<Exclude<Service, 'sts'>, (call: Call) => VendorError>> = {
  ec2: ({principal, action}) => deniedByEc2(principal, action),
  ssm: ({principal, action}) =>
    new VendorError(
      400,
      'AccessDeniedException',
      `User: ${arnOf(principal)} is not authorized to perform: ssm:${action} because no identity-based policy allows the ssm:${action} action`,
    ),
  servicequotas: deniedByServiceQuotas,
  s3: () => new VendorError(403, 'AccessDenied', 'Access Denied'),
  route53: ({principal, action}) => deniedByRoute53(arnOf(principal), action, '*'),
  cloudapi: ({action}) => deniedByCloudapi(`You do not have permission to access ${action}`),
  cloudflare: deniedByCloudflare,
}
/** Undefined where nobody is denied. */
export const denied = (call: Call): VendorError | undefined =>
  call.service === 'sts' ? undefined : DENIED[call.service](call)

/** No room for what a launch orders. */
export const noRoom = (service: Service): VendorError =>
  service === 'cloudapi'
    ? insufficientCapacity()
    : new VendorError(
        500,
        'InsufficientInstanceCapacity',
        'We currently do not have sufficient capacity of the requested instance type in the Availability Zone you requested. Our system will be working on provisioning additional capacity.',
      )

/** No answer at all: the connection broke. Transports turn it into what their network would show. */
export class ConnectionLost extends Error {
  override name = 'ConnectionLost'
  /** As Node's network names it: ECONNREFUSED was never heard, ECONNRESET may have been. */
  readonly code: 'ECONNRESET' | 'ECONNREFUSED'

  constructor(code: 'ECONNRESET' | 'ECONNREFUSED') {
    super(code === 'ECONNRESET' ? `read ${code}` : `connect ${code}`)
    this.code = code
  }
}
