import {randomUUID} from 'node:crypto'
import type {AwsCaller} from '../world/ec2/model.ts'
import {VendorError} from '../world/vendor-error.ts'
import type {World} from '../world/world.ts'
import type {WireReply, WireRequest} from './http.ts'

/** Systems Manager in AWS JSON 1.1: the public parameters that name images. */
export function serveSsm(world: World, caller: AwsCaller, request: WireRequest): WireReply {
  try {
    const action = (request.headers['x-amz-target'] ?? '').replace(/^AmazonSSM\./, '')
    const input = parse(request.body.toString())
    if (action === 'GetParameter') return reply(200, {Parameter: getParameter(world, caller, input)})
    if (action === 'GetParameters') return reply(200, getParameters(world, caller, input))
    return world.calls.run(
      {
        service: 'ssm',
        action: /^[A-Za-z]{1,64}$/.test(action) ? action : 'unknown',
        principal: caller.principal,
      },
      () => {
        throw new VendorError(400, 'UnknownOperationException', '')
      },
    )
  } catch (error) {
    return ssmRefusal(error)
  }
}

export function ssmRefusal(error: unknown): WireReply {
  const {status, code, message} =
    error instanceof VendorError
      ? error
      : new VendorError(500, 'InternalServerError', 'An error occurred on the server side.')
  // Region and protocol problems are EC2's words inside the world.
  return reply(status, {__type: code === 'AuthFailure' ? 'UnrecognizedClientException' : code, message})
}

function getParameter(world: World, caller: AwsCaller, {Name: name}: Record<string, unknown>) {
  if (typeof name !== 'string' || name === '')
    throw invalid(
      "1 validation error detected: Value at 'name' failed to satisfy constraint: Member must not be null",
    )
  const [value] = world.ec2.parameters(caller, 'GetParameter', [name])
  if (value === undefined) throw new VendorError(400, 'ParameterNotFound', '')
  return parameter(caller, name, value)
}

function getParameters(world: World, caller: AwsCaller, {Names: names}: Record<string, unknown>) {
  if (
    !Array.isArray(names) ||
    names.length < 1 ||
    names.length > 10 ||
    !names.every(name => typeof name === 'string')
  ) {
    throw invalid(
      "1 validation error detected: Value at 'names' failed to satisfy constraint: Member must have length between 1 and 10",
    )
  }
  const values = world.ec2.parameters(caller, 'GetParameters', names)
  return {
    Parameters: names.flatMap((name, at) =>
      values[at] === undefined ? [] : [parameter(caller, name, values[at])],
    ),
    InvalidParameters: names.filter((_, at) => values[at] === undefined),
  }
}

const parameter = ({region}: AwsCaller, name: string, value: string) => ({
  Name: name,
  Type: 'String',
  Value: value,
  Version: 1,
  ARN: `arn:aws:ssm:${region}::parameter${name}`,
  DataType: 'aws:ec2:image',
})

function parse(body: string): Record<string, unknown> {
  try {
    const input: unknown = JSON.parse(body)
    if (typeof input === 'object' && input !== null) return input as Record<string, unknown>
  } catch {
    // Told below, in the protocol's words.
  }
  throw new VendorError(400, 'SerializationException', 'The request body is not JSON.')
}

const invalid = (message: string): VendorError => new VendorError(400, 'ValidationException', message)

const reply = (status: number, body: object): WireReply => ({
  status,
  headers: {'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID()},
  body: JSON.stringify(body),
})
