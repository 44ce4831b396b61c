import {arnOf} from './aws-keys.ts'
import type {Call} from './calls.ts'
import type {Core} from './core.ts'
import {SANDBOX} from './credentials.ts'
import type {AwsCaller} from './ec2/model.ts'
import type {Ec2World} from './ec2.ts'
import {VendorError} from './vendor-error.ts'

export const SERVICE_QUOTA_ACTIONS = ['GetServiceQuota', 'GetAWSDefaultServiceQuota'] as const
export type ServiceQuotaAction = (typeof SERVICE_QUOTA_ACTIONS)[number]

/** A quota in the words of the Service Quotas API Reference. */
export type Quota = {
  readonly code: string
  readonly name: string
  readonly arn: string
  readonly value: number
}

/** What AWS gives to a new account, of what counts vCPUs. Source: EC2 User Guide, "On-Demand Instance quotas" and "Spot Instance quotas". */
const DEFAULTS: Readonly<Record<string, readonly [name: string, value: number]>> = {
  'L-1216C47A': ['Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances', 5],
  'L-DB2E81BA': ['Running On-Demand G and VT instances', 0],
  'L-417A185B': ['Running On-Demand P instances', 0],
  'L-7295265B': ['Running On-Demand X instances', 0],
  'L-34B43A08': ['All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests', 5],
  'L-3819A6DF': ['All G and VT Spot Instance Requests', 0],
}

/** Service Quotas, as far as it tells of EC2. Only the quotas that this account has had raised have values of its own. */
export class ServiceQuotas {
  readonly #core: Core
  readonly #ec2: Ec2World

  constructor(core: Core, ec2: Ec2World) {
    this.#core = core
    this.#ec2 = ec2
  }

  /** Throws VendorError, as every call here. */
  get(
    caller: AwsCaller,
    action: ServiceQuotaAction,
    {serviceCode, quotaCode}: {serviceCode: string; quotaCode: string},
  ): Quota {
    const call: Call = {service: 'servicequotas', action, principal: caller.principal}
    return this.#core.calls.run(call, () => {
      if (caller.principal.name !== 'operator') throw deniedByServiceQuotas(call)
      const known = serviceCode === 'ec2' ? DEFAULTS[quotaCode] : undefined
      const own = this.#applied(caller.region)[quotaCode]
      const value = action === 'GetServiceQuota' ? own : known?.[1]
      if (!known || value === undefined) throw noSuchResource(serviceCode)
      const owner = action === 'GetServiceQuota' ? SANDBOX.aws.account : ''
      const arn = `arn:aws:servicequotas:${caller.region}:${owner}:ec2/${quotaCode}`
      return {code: quotaCode, name: known[0], arn, value}
    })
  }

  /** Counted like any other call. */
  refuse({principal}: AwsCaller, action: string): never {
    return this.#core.calls.run({service: 'servicequotas', action, principal}, () => {
      throw new VendorError(400, 'UnknownOperationException', '')
    })
  }

  #applied(region: string): Readonly<Record<string, number>> {
    const {vcpuQuota, spotVcpuQuota} = this.#ec2.region(region)
    return {'L-1216C47A': vcpuQuota, 'L-34B43A08': spotVcpuQuota}
  }
}

export const deniedByServiceQuotas = ({principal, action}: Call): VendorError =>
  new VendorError(
    400,
    'AccessDeniedException',
    `User: ${arnOf(principal)} is not authorized to perform: servicequotas:${action} because no identity-based policy allows the servicequotas:${action} action`,
  )

const noSuchResource = (serviceCode: string): VendorError =>
  new VendorError(
    400,
    'NoSuchResourceException',
    serviceCode === 'ec2'
      ? 'The request failed because the specified quota does not exist.'
      : 'The request failed because the specified service does not exist.',
  )
