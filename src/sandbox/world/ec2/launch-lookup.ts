import {ec2Error, invalidValue, notFound, required} from './errors.ts'
import type {RunInstancesRequest} from './launch-request.ts'
import type {Image, InstanceType, SecurityGroup, Subnet} from './model.ts'
import type {Region} from './region.ts'

/** The subnet a request names, by id or as the default of its zone; undefined leaves the choice to EC2. */
export function findSubnet(region: Region, request: RunInstancesRequest): Subnet | undefined {
  const id = request.networkInterfaces?.[0]?.subnetId ?? request.subnetId
  const zone = request.placement?.availabilityZone
  if (
    request.networkInterfaces &&
    (request.subnetId !== undefined || request.securityGroupIds?.length || request.securityGroups?.length)
  ) {
    throw ec2Error(
      'InvalidParameterCombination',
      'Network interfaces and an instance-level subnet ID or security groups may not be specified on the same request',
    )
  }
  if (zone !== undefined && !region.zones.includes(zone))
    throw invalidValue(
      `Value (${zone}) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: ${region.zones.join(', ')}.`,
    )
  if (id === undefined)
    return [...region.subnets.values()].find(subnet => subnet.defaultForZone && subnet.zone === zone)
  const subnet = region.subnets.get(id)
  if (!subnet) throw notFound('InvalidSubnetID.NotFound', 'subnet ID', [id])
  if (zone !== undefined && zone !== subnet.zone)
    throw ec2Error(
      'InvalidParameterCombination',
      `The specified subnet '${id}' is not in the Availability Zone ${zone}`,
    )
  return subnet
}

export function anySubnet(region: Region, type: InstanceType): Subnet {
  const defaults = [...region.subnets.values()].filter(subnet => subnet.defaultForZone)
  const fit = defaults.filter(({zone}) => region.offers(zone, type.name))
  const withRoom = fit.filter(({zone}) => region.capacity(zone, type.name) > 0)
  const choice = withRoom.length > 0 ? withRoom : fit
  const subnet = choice[Math.floor(region.core.random() * choice.length)]
  if (!subnet)
    throw ec2Error(
      'Unsupported',
      `Your requested instance type (${type.name}) is not supported in this region.`,
    )
  return subnet
}

export function findImage(region: Region, request: RunInstancesRequest): Image {
  const id = required(request.imageId, 'ImageId')
  const resolved = id.startsWith('resolve:ssm:') ? region.parameters.get(id.slice('resolve:ssm:'.length)) : id
  if (resolved === undefined)
    throw invalidValue(`Value (${id}) for parameter imageId is invalid: no such parameter.`)
  if (!/^(ami|emi)-[0-9a-f]{8,17}$/.test(resolved))
    throw ec2Error('InvalidAMIID.Malformed', `Invalid id: "${resolved}" (expecting "ami-...")`)
  const image = region.images.get(resolved)
  if (!image) throw ec2Error('InvalidAMIID.NotFound', `The image id '[${resolved}]' does not exist`)
  return image
}

export function findType(region: Region, request: RunInstancesRequest, image: Image): InstanceType {
  // EC2's own default, from its first days.
  const name = request.instanceType ?? 'm1.small'
  const type = region.types.get(name)
  if (!type) throw invalidValue(`Invalid value '${name}' for InstanceType.`)
  if (type.architecture !== image.architecture) {
    throw invalidValue(
      `The architecture '${type.architecture}' of the specified instance type does not match the architecture '${image.architecture}' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again.`,
    )
  }
  return type
}

export function findGroups(region: Region, request: RunInstancesRequest): SecurityGroup[] {
  const ids = request.networkInterfaces?.[0]?.groups ?? request.securityGroupIds ?? []
  const names = request.securityGroups ?? []
  const all = [...region.groups.values()]
  const byId = ids.map(id => {
    const group = region.groups.get(id)
    if (!group) throw notFound('InvalidGroup.NotFound', 'security group', [id])
    return group
  })
  const byName = names.map(name => {
    const group = all.find(candidate => candidate.name === name)
    if (!group) throw notFound('InvalidGroup.NotFound', 'security group', [name])
    return group
  })
  const chosen = [...byId, ...byName]
  return chosen.length > 0 ? chosen : all.filter(({name}) => name === 'default')
}

export function unsupported(region: Region, type: InstanceType, subnet: Subnet) {
  const zones = region.zones.filter(zone => region.offers(zone, type.name)).join(', ')
  return ec2Error(
    'Unsupported',
    `Your requested instance type (${type.name}) is not supported in your requested Availability Zone (${subnet.zone}). Please retry your request by not specifying an Availability Zone or choosing ${zones}.`,
  )
}
