import {VendorError} from '../vendor-error.ts'

/** CloudAPI's refusals. Named REST errors carry their code without the Error suffix, bare HTTP errors with it. */

export const invalidArgument = (message: string) => new VendorError(409, 'InvalidArgument', message)
export const missingParameter = (message: string) => new VendorError(409, 'MissingParameter', message)
export const notFound = (message: string) => new VendorError(404, 'ResourceNotFound', message)
export const notAuthorized = (message: string) => new VendorError(403, 'NotAuthorized', message)
export const invalidCredentials = (message: string) => new VendorError(401, 'InvalidCredentials', message)

export const keyRequired = () =>
  new VendorError(409, 'KeyRequired', 'At least one SSH key is required to provision')

/** restify 4.3 says 429 where the manual says 420, and sends no Retry-After. */
export const throttled = () =>
  new VendorError(429, 'TooManyRequestsError', 'You have exceeded your request rate of 10 r/s.')

export const tooLarge = (limit: number) =>
  new VendorError(413, 'PayloadTooLargeError', `Request body size exceeds ${limit}`)

export const insufficientCapacity = () =>
  new VendorError(409, 'InsufficientCapacity', 'No compute resources available for provisioning')

export const destructionProtected = () =>
  new VendorError(409, 'CannotDestroyMachineError', 'Machine cannot be destroyed: deletion_protection is set')

type FieldError = {field: string; code: string; message: string}

export const validationFailed = (message: string, errors: FieldError[]) =>
  new VendorError(409, 'ValidationFailed', message, {detail: {errors}})

/** Names are the VMAPI's aliases: that is the field its refusals point at. */
export const nameInvalid = (message: string) =>
  validationFailed('Invalid machine name', [{field: 'alias', code: 'Invalid', message}])
export const nameTaken = () =>
  validationFailed('Invalid machine name', [
    {field: 'alias', code: 'Duplicate', message: 'Already exists for this owner_uuid'},
  ])

/** From the firewall service, passed on as it is. */
export const ruleInvalid = (message: string) =>
  new VendorError(422, 'InvalidParameters', 'Invalid parameters', {
    detail: {errors: [{field: 'rule', code: 'InvalidParameter', message}]},
  })
