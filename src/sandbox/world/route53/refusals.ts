import {VendorError} from '../vendor-error.ts'

/** Route53's refusals in its own words. Source: Route 53 API Reference, and messages reported from real use. */

export const invalidInput = (message: string) => new VendorError(400, 'InvalidInput', message)

/** All that is wrong with a batch: nothing of it was applied. */
export const invalidChangeBatch = (messages: readonly string[]) =>
  new VendorError(400, 'InvalidChangeBatch', `[${messages.join(', ')}]`)

export const noSuchHostedZone = (id: string) =>
  new VendorError(404, 'NoSuchHostedZone', `No hosted zone found with ID: ${id}`)

export const noSuchChange = (id: string) =>
  new VendorError(404, 'NoSuchChange', `A change with the specified change ID does not exist: ${id}`)

export const noSuchHealthCheck = (id: string) =>
  new VendorError(404, 'NoSuchHealthCheck', `No health check exists with the specified ID: ${id}`)

export const invalidDomainName = (name: string) =>
  new VendorError(400, 'InvalidDomainName', `The domain name is not valid: ${name}`)

export const hostedZoneAlreadyExists = () =>
  new VendorError(
    409,
    'HostedZoneAlreadyExists',
    'A hosted zone has already been created with the specified caller reference.',
  )

export const hostedZoneNotPrivate = () =>
  new VendorError(400, 'HostedZoneNotPrivate', 'The specified hosted zone is a public hosted zone.')

export const throttled = () => new VendorError(400, 'Throttling', 'Rate exceeded')

export const priorRequestNotComplete = () =>
  new VendorError(
    400,
    'PriorRequestNotComplete',
    'The request was rejected because Route 53 was still processing a prior request.',
  )

export const accessDenied = (arn: string, action: string, resource: string) =>
  new VendorError(
    403,
    'AccessDenied',
    `User: ${arn} is not authorized to perform: route53:${action} on resource: ${resource} because no identity-based policy allows the route53:${action} action`,
  )
