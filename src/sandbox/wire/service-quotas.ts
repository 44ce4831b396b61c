import type {AwsCaller} from '../world/ec2/model.ts'
import {type Quota, SERVICE_QUOTA_ACTIONS} from '../world/service-quotas.ts'
import type {World} from '../world/world.ts'
import {inputOf, jsonRefusal, jsonReply, targetOf, validationError} from './aws-json.ts'
import type {WireReply, WireRequest} from './http.ts'

/** Service Quotas in AWS JSON 1.1. */
export function serveServiceQuotas(world: World, caller: AwsCaller, request: WireRequest): WireReply {
  try {
    const asked = targetOf(request, 'ServiceQuotasV20190624')
    const action = SERVICE_QUOTA_ACTIONS.find(known => known === asked)
    if (!action) return world.serviceQuotas.refuse(caller, asked)
    const {ServiceCode: serviceCode, QuotaCode: quotaCode} = inputOf(request)
    if (typeof serviceCode !== 'string' || typeof quotaCode !== 'string')
      throw validationError(
        "1 validation error detected: Value at 'quotaCode' failed to satisfy constraint: Member must not be null",
      )
    const quota = world.serviceQuotas.get(caller, action, {serviceCode, quotaCode})
    return jsonReply(200, {Quota: view(quota, action === 'GetServiceQuota')})
  } catch (error) {
    return jsonRefusal(error)
  }
}

/** Source: Service Quotas API Reference, ServiceQuota; a default has no level at which it was applied. */
const view = ({code, name, arn, value}: Quota, isApplied: boolean) => ({
  ServiceCode: 'ec2',
  ServiceName: 'Amazon Elastic Compute Cloud (Amazon EC2)',
  QuotaArn: arn,
  QuotaCode: code,
  QuotaName: name,
  Value: value,
  Unit: 'None',
  Adjustable: true,
  GlobalQuota: false,
  ...(isApplied ? {QuotaAppliedAtLevel: 'ACCOUNT'} : {}),
})
