import {ec2Error, invalidValue, notFound, required} from './errors.ts'
import type {TagSpecification} from './launch-request.ts'
import type {IngressRule, SecurityGroup} from './model.ts'
import type {Region} from './region.ts'
import {checkedTags} from './tags.ts'

export type IpPermission = {
  readonly ipProtocol?: string | undefined
  readonly fromPort?: number | undefined
  readonly toPort?: number | undefined
  readonly ipRanges?: readonly {readonly cidrIp?: string | undefined}[] | undefined
  readonly ipv6Ranges?: readonly {readonly cidrIpv6?: string | undefined}[] | undefined
  readonly userIdGroupPairs?: readonly {readonly groupId?: string | undefined}[] | undefined
}
export type CreateSecurityGroupRequest = {
  readonly groupName?: string | undefined
  readonly description?: string | undefined
  readonly vpcId?: string | undefined
  readonly tagSpecifications?: readonly TagSpecification[] | undefined
}
export type GroupReference = {readonly groupId?: string | undefined; readonly groupName?: string | undefined}

export function createSecurityGroup(region: Region, request: CreateSecurityGroupRequest): SecurityGroup {
  const name = required(request.groupName, 'GroupName')
  const description = required(request.description, 'GroupDescription')
  const vpcId = request.vpcId ?? region.vpc.id
  if (vpcId !== region.vpc.id) throw notFound('InvalidVpcID.NotFound', 'vpc ID', [vpcId])
  if (/^sg-/i.test(name))
    throw invalidValue(
      `Value (${name}) for parameter GroupName is invalid. Group names may not be in the format sg-*`,
    )
  for (const [parameter, text] of [
    ['GroupName', name],
    ['GroupDescription', description],
  ] as const) {
    if (!/^[a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]{1,255}$/.test(text)) {
      throw invalidValue(
        `Value (${text}) for parameter ${parameter} is invalid. Character sets beyond ASCII are not supported.`,
      )
    }
  }
  if ([...region.groups.values()].some(group => group.name === name)) {
    throw ec2Error('InvalidGroup.Duplicate', `The security group '${name}' already exists for VPC '${vpcId}'`)
  }
  if (region.cloud === 'eucalyptus' && request.tagSpecifications !== undefined) {
    throw ec2Error('InvalidParameterValue', 'Failed to bind the following fields: TagSpecification')
  }
  const tags = checkedTags((request.tagSpecifications ?? []).flatMap(spec => spec.tags ?? []))
  const group: SecurityGroup = {id: region.newId('sg'), name, description, vpcId, ingress: [], tags}
  region.groups.set(group.id, group)
  return group
}

/** All rules or none: one that is there already refuses the request. */
export function authorizeIngress(
  region: Region,
  reference: GroupReference,
  permissions: readonly IpPermission[],
): SecurityGroup {
  const group = findGroup(region, reference)
  const rules = permissions.flatMap(permission => rulesOf(region, permission))
  if (rules.length === 0)
    throw ec2Error('MissingParameter', 'The request must contain the parameter IpPermissions')
  for (const rule of rules) {
    if (group.ingress.some(existing => sameRule(existing, rule))) {
      throw ec2Error(
        'InvalidPermission.Duplicate',
        `the specified rule "peer: ${rule.peer}, ${rule.protocol.toUpperCase()}, from port: ${rule.fromPort}, to port: ${rule.toPort}, ALLOW" already exists`,
      )
    }
  }
  group.ingress.push(...rules)
  return group
}

/** All rules or none, as with authorizing. */
export function revokeIngress(
  region: Region,
  reference: GroupReference,
  permissions: readonly IpPermission[],
): SecurityGroup {
  const group = findGroup(region, reference)
  const rules = permissions.flatMap(permission => rulesOf(region, permission))
  for (const rule of rules) {
    if (!group.ingress.some(existing => sameRule(existing, rule)))
      throw ec2Error(
        'InvalidPermission.NotFound',
        'The specified rule does not exist in this security group.',
      )
  }
  const kept = group.ingress.filter(existing => !rules.some(rule => sameRule(existing, rule)))
  group.ingress.splice(0, group.ingress.length, ...kept)
  return group
}

export function deleteSecurityGroup(region: Region, reference: GroupReference): SecurityGroup {
  const group = findGroup(region, reference)
  if (group.name === 'default')
    throw ec2Error(
      'CannotDelete',
      `the specified group: "${group.id}" name: "default" cannot be deleted by a user`,
    )
  const isUsed = [...region.instances.values()].some(
    ({state, securityGroups}) => state !== 'terminated' && securityGroups.includes(group),
  )
  const isPeer = [...region.groups.values()].some(
    other => other !== group && other.ingress.some(({peer}) => peer === group.id),
  )
  if (isUsed || isPeer) throw ec2Error('DependencyViolation', `resource ${group.id} has a dependent object`)
  region.groups.delete(group.id)
  return group
}

export function findGroup(region: Region, {groupId, groupName}: GroupReference): SecurityGroup {
  if (groupId === undefined && groupName === undefined) {
    throw ec2Error('MissingParameter', 'The request must contain the parameter groupName or groupId')
  }
  if (groupId !== undefined && !/^sg-[0-9a-f]+$/.test(groupId))
    throw ec2Error('InvalidGroupId.Malformed', `Invalid id: "${groupId}" (expecting "sg-...")`)
  const group =
    groupId !== undefined
      ? region.groups.get(groupId)
      : [...region.groups.values()].find(({name}) => name === groupName)
  if (!group) throw notFound('InvalidGroup.NotFound', 'security group', [groupId ?? groupName ?? ''])
  return group
}

function rulesOf(region: Region, permission: IpPermission): IngressRule[] {
  const protocol = protocolName(required(permission.ipProtocol, 'IpProtocol'))
  const isAll = protocol === '-1'
  const fromPort = isAll ? -1 : required(permission.fromPort, 'FromPort')
  const toPort = isAll ? -1 : required(permission.toPort, 'ToPort')
  if (['tcp', 'udp'].includes(protocol)) {
    for (const port of [fromPort, toPort])
      if (port < 0 || port > 65_535)
        throw invalidValue(`Invalid value '${port}' for port. Must be between 0 and 65535.`)
    if (fromPort > toPort) throw invalidValue(`Invalid TCP/UDP port range (${fromPort}:${toPort})`)
  }
  const peers = [
    ...(permission.ipRanges ?? []).map(({cidrIp = ''}) =>
      checkedCidr(cidrIp, /^(\d{1,3}\.){3}\d{1,3}\/\d{1,2}$/),
    ),
    ...(permission.ipv6Ranges ?? []).map(({cidrIpv6 = ''}) =>
      checkedCidr(cidrIpv6, /^[0-9a-fA-F:]+\/\d{1,3}$/),
    ),
    ...(permission.userIdGroupPairs ?? []).map(({groupId}) => findGroup(region, {groupId}).id),
  ]
  return peers.map(peer => ({protocol, fromPort, toPort, peer}))
}

const protocolName = (text: string): string =>
  ({'6': 'tcp', '17': 'udp', '1': 'icmp', '58': 'icmpv6', all: '-1'})[text] ?? text.toLowerCase()

function checkedCidr(text: string, form: RegExp): string {
  if (!form.test(text)) throw invalidValue(`CIDR block ${text} is malformed`)
  return text
}

const sameRule = (a: IngressRule, b: IngressRule): boolean =>
  a.protocol === b.protocol && a.fromPort === b.fromPort && a.toPort === b.toPort && a.peer === b.peer
