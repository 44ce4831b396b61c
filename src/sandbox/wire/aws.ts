import type {Service} from '../world/calls.ts'
import {SANDBOX} from '../world/credentials.ts'
import type {AwsCaller} from '../world/ec2/model.ts'
import {VendorError} from '../world/vendor-error.ts'
import type {World} from '../world/world.ts'
import {jsonRefusal} from './aws-json.ts'
import {ec2Refusal, serveEc2} from './ec2.ts'
import {dated, type VendorWire, type WireReply, type WireRequest} from './http.ts'
import {route53Wire} from './route53.ts'
import {s3Refusal, serveS3} from './s3.ts'
import {serveServiceQuotas} from './service-quotas.ts'
import {claimedScope, verifySigV4} from './sigv4.ts'
import {serveSsm} from './ssm.ts'
import {serveSts, stsRefusal} from './sts.ts'

/** Where a Eucalyptus cloud keeps its EC2: `/services/compute`, formerly `/services/Eucalyptus`. */
const EUCALYPTUS_PATH = /^\/services\/(compute|Eucalyptus)\/?$/

type Served = {
  serve: (world: World, caller: AwsCaller, request: WireRequest) => WireReply
  refuse: (error: unknown) => WireReply
}
const SERVICES: Partial<Record<Service, Served>> = {
  ec2: {serve: serveEc2, refuse: ec2Refusal},
  ssm: {serve: serveSsm, refuse: jsonRefusal},
  servicequotas: {serve: serveServiceQuotas, refuse: jsonRefusal},
  sts: {serve: serveSts, refuse: stsRefusal},
  s3: {serve: serveS3, refuse: s3Refusal},
}

/** All AWS services on one port: the scope of the signature says which one is meant. */
export function awsWire(world: World): VendorWire {
  const route53 = route53Wire(world)
  return request => {
    if (EUCALYPTUS_PATH.test(request.path))
      return serveSigned(world, request, 'ec2', SANDBOX.eucalyptusRegion)
    const scope = claimedScope(request.headers.authorization)
    if (scope?.service === 'route53' || request.path.startsWith('/2013-04-01/')) return route53(request)
    return serveSigned(world, request, scope?.service ?? 'ec2', scope?.region ?? '')
  }
}

function serveSigned(world: World, request: WireRequest, scope: string, region: string): WireReply {
  const service = scope as Service
  const served = SERVICES[service]
  if (!served)
    return stsRefusal(
      new VendorError(
        404,
        'UnknownService',
        `The sandbox has no AWS service ${scope}: it has ${Object.keys(SERVICES).join(', ')} and route53.`,
      ),
    )
  const nowMs = world.calls.plan.clockOf(service)
  try {
    const {accessKeyId} = verifySigV4(request, id => world.ec2.keys.secretOf(id), nowMs)
    const principal = world.ec2.keys.principalOf(accessKeyId)
    if (!principal)
      throw new VendorError(
        401,
        'AuthFailure',
        'AWS was not able to validate the provided access credentials',
      )
    const caller = {principal: {...principal, address: request.remoteAddress}, region}
    return dated(served.serve(world, caller, request), nowMs)
  } catch (error) {
    return dated(served.refuse(error), nowMs)
  }
}
