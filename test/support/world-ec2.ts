import type {AwsCallName, AwsCalls, AwsClient} from '../../src/providers/aws/calls.ts'
import {classify} from '../../src/providers/aws/classify.ts'
import {computeOver} from '../../src/providers/aws/compute.ts'
import type {Limits} from '../../src/providers/call.ts'
import type {ComputeProvider, Place} from '../../src/providers/compute.ts'
import type {Runtime} from '../../src/runtime.ts'
import {SANDBOX} from '../../src/sandbox/world/credentials.ts'
import type {ActionName, RequestOf} from '../../src/sandbox/world/ec2/actions.ts'
import type {AwsCaller} from '../../src/sandbox/world/ec2/model.ts'
import {ConnectionLost} from '../../src/sandbox/world/faults/answers.ts'
import {VendorError} from '../../src/sandbox/world/vendor-error.ts'
import type {World} from '../../src/sandbox/world/world.ts'
import {atOnce, type Carry} from './carry.ts'

type Clouded = Pick<World, 'ec2' | 'calls' | 'serviceQuotas'>

/**
 * EC2 straight on the world: the adapter's own decisions, pacing and retries, without sockets and without the SDK. The
 * world refuses what EC2 would.
 */
export function worldEc2Compute(
  world: Clouded,
  place: Place,
  runtime: Runtime,
  {
    accessKeyId = SANDBOX.aws.operator.accessKeyId,
    limits = {},
    carry = atOnce,
  }: {accessKeyId?: string; limits?: Limits; carry?: Carry} = {},
): ComputeProvider {
  const region = place.compatible ? SANDBOX.eucalyptusRegion : (place.region ?? '')
  const client = worldEc2Client(world, accessKeyId, region)
  return computeOver((call, input, signal) => carry(`ec2:${call}`, () => client(call, input, signal)), {
    place,
    runtime,
    limits,
  })
}

export function worldEc2Client(
  {ec2, calls, serviceQuotas}: Clouded,
  accessKeyId: string,
  region: string,
): AwsClient {
  const serve = (call: AwsCallName, input: object): object => {
    const principal = ec2.keys.principalOf(accessKeyId)
    if (!principal)
      throw new VendorError(
        401,
        'AuthFailure',
        'AWS was not able to validate the provided access credentials',
      )
    const caller: AwsCaller = {principal, region}
    if (call === 'GetCallerIdentity') return ec2.callerIdentity(caller)
    if (call === 'GetParameter')
      return parameter(ec2.parameters(caller, call, [(input as {Name: string}).Name]))
    if (call === 'GetServiceQuota' || call === 'GetAWSDefaultServiceQuota') {
      const {ServiceCode: serviceCode = '', QuotaCode: quotaCode = ''} = input as Record<string, string>
      return {quota: serviceQuotas.get(caller, call, {serviceCode, quotaCode})}
    }
    return ec2.call(caller, call, renamed(input, lowerFirst) as RequestOf<ActionName>)
  }
  return async (call, input) => {
    try {
      const question = `${region} ${call} ${JSON.stringify(input)}`
      const reply = await calls.plan.carry(question, () => serve(call, input))
      return renamed(reply, upperFirst) as AwsCalls[typeof call]['output']
    } catch (error) {
      if (error instanceof ConnectionLost) throw classify(call, error)
      throw error instanceof VendorError ? classify(call, asSdkThrows(error)) : error
    }
  }
}

function parameter([value]: (string | undefined)[]) {
  if (value === undefined) throw new VendorError(400, 'ParameterNotFound', '')
  return {parameter: {value}}
}

/** What a failed call looks like to whoever used the SDK. */
const asSdkThrows = ({status, code, message}: VendorError) =>
  Object.assign(new Error(message), {name: String(code), $metadata: {httpStatusCode: status}})

/** The world and the SDK have the same member names but for their first letter. Absent members are left out, as on the wire. */
function renamed(value: unknown, rename: (name: string) => string): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  if (Array.isArray(value)) return value.map(one => renamed(one, rename))
  const result: Record<string, unknown> = {}
  for (const name in value) {
    const inner = (value as Record<string, unknown>)[name]
    if (inner !== undefined) result[rename(name)] = renamed(inner, rename)
  }
  return result
}

const lowerFirst = remembering(name => name.charAt(0).toLowerCase() + name.slice(1))
const upperFirst = remembering(name => name.charAt(0).toUpperCase() + name.slice(1))

/** A few hundred names, asked for a million times in a simulation. */
function remembering(rename: (name: string) => string): (name: string) => string {
  const known = new Map<string, string>()
  return name => {
    const before = known.get(name)
    if (before !== undefined) return before
    const now = rename(name)
    known.set(name, now)
    return now
  }
}
