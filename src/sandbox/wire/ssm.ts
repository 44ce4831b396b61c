import type {AwsCaller} from '../world/ec2/model.ts'
import {VendorError} from '../world/vendor-error.ts'
import type {World} from '../world/world.ts'
import {inputOf, jsonRefusal, jsonReply, targetOf, validationError} from './aws-json.ts'
import type {WireReply, WireRequest} from './http.ts'

/** Systems Manager in AWS JSON 1.1: the public parameters that name images. */
export function serveSsm(world: World, caller: AwsCaller, request: WireRequest): WireReply {
  try {
    const action = targetOf(request, 'AmazonSSM')
    const input = inputOf(request)
    if (action === 'GetParameter') return jsonReply(200, {Parameter: getParameter(world, caller, input)})
    if (action === 'GetParameters') return jsonReply(200, getParameters(world, caller, input))
    return world.calls.run({service: 'ssm', action, principal: caller.principal}, () => {
      throw new VendorError(400, 'UnknownOperationException', '')
    })
  } catch (error) {
    return jsonRefusal(error)
  }
}

function getParameter(world: World, caller: AwsCaller, {Name: name}: Record<string, unknown>) {
  if (typeof name !== 'string' || name === '')
    throw validationError(
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
    throw validationError(
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
