import {notFound} from '../errors.ts'
import {GROUP_FILTERS, KEY_PAIR_FILTERS, SUBNET_FILTERS, VPC_FILTERS} from '../filter-tables.ts'
import {applyFilters} from '../filters.ts'
import type {SecurityGroup} from '../model.ts'
import {
  authorizeIngress,
  type CreateSecurityGroupRequest,
  createSecurityGroup as create,
  type GroupReference,
  type IpPermission,
  deleteSecurityGroup as remove,
  revokeIngress,
} from '../network.ts'
import {page} from '../paging.ts'
import {tagList} from '../tags.ts'
import {keyPairView, securityGroupView, subnetView, vpcView} from '../views.ts'
import type {Action, Describe} from './action.ts'

export const describeVpcs: Action<
  Describe & {readonly vpcIds?: readonly string[] | undefined},
  {vpcs: ReturnType<typeof vpcView>[]; nextToken?: string}
> = (region, request) => {
  refuseUnknown(request.vpcIds, id => id === region.vpc.id, 'InvalidVpcID.NotFound', 'vpc ID')
  const {page: shown, ...next} = page([region.vpc], ({id}) => id, request)
  return {vpcs: applyFilters(shown, request.filters, VPC_FILTERS).map(() => vpcView(region)), ...next}
}

export const describeSubnets: Action<
  Describe & {readonly subnetIds?: readonly string[] | undefined},
  {subnets: ReturnType<typeof subnetView>[]; nextToken?: string}
> = (region, request) => {
  refuseUnknown(request.subnetIds, id => region.subnets.has(id), 'InvalidSubnetID.NotFound', 'subnet ID')
  const chosen = [...region.subnets.values()].filter(
    ({id}) => !request.subnetIds?.length || request.subnetIds.includes(id),
  )
  const {page: shown, ...next} = page(chosen, ({id}) => id, request)
  return {subnets: applyFilters(shown, request.filters, SUBNET_FILTERS).map(subnetView), ...next}
}

type Groups = Describe & {
  readonly groupIds?: readonly string[] | undefined
  readonly groupNames?: readonly string[] | undefined
}

export const describeSecurityGroups: Action<
  Groups,
  {securityGroups: ReturnType<typeof securityGroupView>[]; nextToken?: string}
> = (region, request) => {
  const names = new Set([...region.groups.values()].map(({name}) => name))
  refuseUnknown(request.groupIds, id => region.groups.has(id), 'InvalidGroup.NotFound', 'security group')
  refuseUnknown(request.groupNames, name => names.has(name), 'InvalidGroup.NotFound', 'security group')
  const chosen = [...region.groups.values()].filter(
    ({id, name}) =>
      (!request.groupIds?.length || request.groupIds.includes(id)) &&
      (!request.groupNames?.length || request.groupNames.includes(name)),
  )
  const {page: shown, ...next} = page(chosen, ({id}) => id, request)
  return {securityGroups: applyFilters(shown, request.filters, GROUP_FILTERS).map(securityGroupView), ...next}
}

export const createSecurityGroup: Action<
  CreateSecurityGroupRequest,
  {groupId: string; return: true; tags: ReturnType<typeof tagList>}
> = (region, request, effect) => {
  const group = create(region, request)
  effect(`create security group ${group.id} ${group.name}`)
  return {return: true, groupId: group.id, tags: tagList(group.tags)}
}

type IngressRequest = GroupReference &
  IpPermission & {
    readonly cidrIp?: string | undefined
    readonly ipPermissions?: readonly IpPermission[] | undefined
  }

/** The older form gives one rule beside the group itself. */
const permissionsOf = (request: IngressRequest): IpPermission[] => [
  ...(request.cidrIp === undefined ? [] : [{...request, ipRanges: [{cidrIp: request.cidrIp}]}]),
  ...(request.ipPermissions ?? []),
]

export const authorizeSecurityGroupIngress: Action<IngressRequest, {return: true}> = (
  region,
  request,
  effect,
) => {
  const group = authorizeIngress(region, request, permissionsOf(request))
  effect(`open ${group.id}: ${ingressText(group)}`)
  return {return: true}
}

export const revokeSecurityGroupIngress: Action<IngressRequest, {return: true}> = (
  region,
  request,
  effect,
) => {
  const group = revokeIngress(region, request, permissionsOf(request))
  effect(`close ${group.id}: ${ingressText(group)}`)
  return {return: true}
}

const ingressText = ({ingress}: SecurityGroup): string =>
  ingress.map(({protocol, fromPort, peer}) => `${protocol} ${fromPort} ${peer}`).join(', ')

export const deleteSecurityGroup: Action<GroupReference, {return: true; groupId: string}> = (
  region,
  request,
  effect,
) => {
  const group = remove(region, request)
  effect(`delete security group ${group.id} ${group.name}`)
  return {return: true, groupId: group.id}
}

type KeyPairs = Describe & {
  readonly keyNames?: readonly string[] | undefined
  readonly keyPairIds?: readonly string[] | undefined
}

export const describeKeyPairs: Action<KeyPairs, {keyPairs: ReturnType<typeof keyPairView>[]}> = (
  region,
  request,
) => {
  const ids = new Set([...region.keyPairs.values()].map(({id}) => id))
  refuseUnknown(request.keyNames, name => region.keyPairs.has(name), 'InvalidKeyPair.NotFound', 'key pair')
  refuseUnknown(request.keyPairIds, id => ids.has(id), 'InvalidKeyPair.NotFound', 'key pair')
  const chosen = [...region.keyPairs.values()].filter(
    ({id, name}) =>
      (!request.keyNames?.length || request.keyNames.includes(name)) &&
      (!request.keyPairIds?.length || request.keyPairIds.includes(id)),
  )
  return {keyPairs: applyFilters(chosen, request.filters, KEY_PAIR_FILTERS).map(keyPairView)}
}

function refuseUnknown(
  ids: readonly string[] | undefined,
  isKnown: (id: string) => boolean,
  code: string,
  what: string,
): void {
  const unknown = (ids ?? []).filter(id => !isKnown(id))
  if (unknown.length > 0) throw notFound(code, what, unknown)
}
