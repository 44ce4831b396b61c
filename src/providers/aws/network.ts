import {createHash} from 'node:crypto'
import type {SecurityGroup} from '@aws-sdk/client-ec2'
import {McdError} from '../../errors.ts'
import type {Runtime} from '../../runtime.ts'
import type {NetworkPiece, NetworkWish, Place} from '../compute.ts'
import {type AwsApi, allPages} from './api.ts'
import {isRefusal} from './classify.ts'
import {filter, groupTags, openPorts, toPermission, toPiece, toTags} from './convert.ts'
import {lookAgain, patiently} from './patience.ts'

/**
 * The security group of one of our groups. Its name is a function of the owner (the DNS name is too long for it, its hash
 * is not), so that making it again finds it.
 */
export const securityGroupName = ({fleet, dns, group}: NetworkWish): string =>
  `mcd-${fleet}-${group}-${createHash('sha256').update(dns).digest('hex').slice(0, 6)}`

export const describeWish = ({fleet, dns, group}: NetworkWish): string =>
  `mcd: ingress of group ${group}, fleet ${fleet}, ${dns}`

/** Makes the group where it is missing, and brings its open ports in line. */
export async function ensureSecurityGroup(
  api: AwsApi,
  runtime: Runtime,
  place: Place,
  wish: NetworkWish,
): Promise<string> {
  const vpcId = await vpcOf(api, wish.subnets)
  const group = (await findOurs(api, place, wish, vpcId)) ?? (await create(api, runtime, place, wish, vpcId))
  const open = new Set(openPorts(group))
  const missing = [...new Set(wish.open)].filter(port => !open.has(port))
  const surplus = [...open].filter(port => !wish.open.includes(port))
  const GroupId = group.GroupId ?? ''
  if (missing.length > 0) {
    const IpPermissions = missing.map(toPermission)
    await patiently(runtime, isNotVisible, () =>
      ignoring('InvalidPermission.Duplicate', api('AuthorizeSecurityGroupIngress', {GroupId, IpPermissions})),
    )
  }
  if (surplus.length > 0) {
    const IpPermissions = surplus.map(toPermission)
    await ignoring('InvalidPermission.NotFound', api('RevokeSecurityGroupIngress', {GroupId, IpPermissions}))
  }
  return GroupId
}

export async function listSecurityGroups(api: AwsApi, place: Place, fleet: string): Promise<NetworkPiece[]> {
  const groups = await describe(api, filter('tag:mcd:fleet', fleet))
  return groups.flatMap(group => toPiece(group, place.key) ?? [])
}

export async function deleteSecurityGroup(api: AwsApi, id: string): Promise<'removed' | 'in-use'> {
  try {
    await api('DeleteSecurityGroup', {GroupId: id})
    return 'removed'
  } catch (error) {
    if (isRefusal(error, 'DependencyViolation', 'InvalidGroup.InUse')) return 'in-use'
    if (isRefusal(error, 'InvalidGroup.NotFound')) return 'removed'
    throw error
  }
}

async function findOurs(
  api: AwsApi,
  place: Place,
  wish: NetworkWish,
  vpcId: string | undefined,
): Promise<SecurityGroup | undefined> {
  const named = await describe(api, filter('group-name', securityGroupName(wish)))
  const group = named.find(({VpcId}) => vpcId === undefined || VpcId === vpcId)
  if (!group) return undefined
  const piece = toPiece(group, place.key)
  if (piece?.fleet === wish.fleet && piece.dns === wish.dns && piece.group === wish.group) return group
  // Made by a run that died before it could tag it.
  if (place.compatible && !piece && group.Description === describeWish(wish)) {
    await tag(api, group.GroupId, wish)
    return group
  }
  throw new McdError(
    `Security group ${group.GroupId} has the name ${group.GroupName} that mcd would use, but not mcd's mark.`,
    {
      suggestions: ['Rename or delete that security group, or name "securityGroups" in the group.'],
    },
  )
}

async function create(
  api: AwsApi,
  runtime: Runtime,
  place: Place,
  wish: NetworkWish,
  vpcId: string | undefined,
): Promise<SecurityGroup> {
  const tags = toTags(groupTags(wish))
  const input = {
    GroupName: securityGroupName(wish),
    Description: describeWish(wish),
    ...(vpcId === undefined ? {} : {VpcId: vpcId}),
    ...(place.compatible ? {} : {TagSpecifications: [{ResourceType: 'security-group' as const, Tags: tags}]}),
  }
  try {
    const {GroupId} = await api('CreateSecurityGroup', input)
    if (place.compatible) await patiently(runtime, isNotVisible, () => tag(api, GroupId, wish))
    return {GroupId}
  } catch (error) {
    if (!isRefusal(error, 'InvalidGroup.Duplicate')) throw error
    // Our own call whose reply was lost, or another run that was first.
    const found = await lookAgain(
      runtime,
      seen => seen !== undefined,
      () => findOurs(api, place, wish, vpcId),
    )
    if (!found) throw error
    return found
  }
}

const tag = (api: AwsApi, id: string | undefined, wish: NetworkWish) =>
  api('CreateTags', {Resources: id === undefined ? [] : [id], Tags: toTags(groupTags(wish))})

/** The VPC of the first listed subnet; without any, EC2 uses the default one. */
export async function vpcOf(api: AwsApi, subnets: readonly string[] = []): Promise<string | undefined> {
  const [first] = subnets
  if (first === undefined) return undefined
  const {Subnets = []} = await api('DescribeSubnets', {Filters: [filter('subnet-id', first)]})
  return Subnets[0]?.VpcId
}

async function describe(api: AwsApi, which: ReturnType<typeof filter>): Promise<SecurityGroup[]> {
  const pages = await allPages(token => api('DescribeSecurityGroups', {Filters: [which], ...token}))
  return pages.flatMap(({SecurityGroups}) => SecurityGroups ?? [])
}

const isNotVisible = (error: unknown): boolean => isRefusal(error, 'InvalidGroup.NotFound')

async function ignoring(code: string, call: Promise<unknown>): Promise<void> {
  await call.catch(error => {
    if (!isRefusal(error, code)) throw error
  })
}
