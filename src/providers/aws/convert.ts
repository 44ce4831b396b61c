import type {
  Instance as Ec2Instance,
  Filter,
  IpPermission,
  Reservation,
  RunInstancesCommandInput,
  SecurityGroup,
  Tag,
} from '@aws-sdk/client-ec2'
import {canonicalIpv6, isPublicIpv6} from '../../dns/ipv6.ts'
import {lackingOf, type Mark, markFromTags, markToTags} from '../../mark.ts'
import type {Described, Instance, InstanceState, LaunchOrder, NetworkPiece, NetworkWish} from '../compute.ts'

/** The adapter's own part of a launch target. */
export type VendorTarget = {
  readonly rootDeviceName: string
  /** Ids of the security groups the wish names. */
  readonly securityGroupIds: readonly string[]
}

const STATES: Record<string, InstanceState> = {
  pending: 'pending',
  running: 'running',
  'shutting-down': 'stopping',
  terminated: 'gone',
  // It can be started again and will be stopped: nobody is to take its place. What ends shows as shutting down.
  stopping: 'stopped',
  stopped: 'stopped',
}

export const fromTags = (tags: readonly Tag[] | undefined): Record<string, string> =>
  Object.fromEntries((tags ?? []).map(({Key = '', Value = ''}) => [Key, Value]))

export const toTags = (tags: Readonly<Record<string, string>>): Tag[] =>
  Object.entries(tags).map(([Key, Value]) => ({Key, Value}))

export const instancesOf = (reservations: readonly Reservation[] | undefined): Ec2Instance[] =>
  (reservations ?? []).flatMap(({Instances}) => Instances ?? [])

/** undefined for what does not carry our whole mark. `known` is the mark of a launch whose tags are still on their way. */
export function toInstance(instance: Ec2Instance, place: string, known?: Mark): Instance | undefined {
  const tags = fromTags(instance.Tags)
  const mark = markFromTags(tags, 'mcd:') ?? known
  if (!mark || !instance.InstanceId) return undefined
  const reason = instance.StateReason?.Message || instance.StateTransitionReason
  const state = STATES[instance.State?.Name ?? ''] ?? 'unknown'
  return {
    id: instance.InstanceId,
    place,
    mark,
    state,
    launchedAtMs: instance.LaunchTime?.getTime() ?? 0,
    ...(reason && state !== 'running' && state !== 'pending' ? {stateReason: reason} : {}),
    // A launch can be accepted and find no room all the same. Source: EC2 API Reference, StateReason.
    ...(state === 'gone' && instance.StateReason?.Code === 'Server.InsufficientInstanceCapacity'
      ? {unplaced: true as const}
      : {}),
    ...(tags.Name ? {name: tags.Name} : {}),
    ...(instance.PublicIpAddress ? {publicIp: instance.PublicIpAddress} : {}),
    ...(instance.PrivateIpAddress ? {privateIp: instance.PrivateIpAddress} : {}),
    ...publicIpv6Of(instance),
    ...(instance.Placement?.AvailabilityZone ? {zone: instance.Placement.AvailabilityZone} : {}),
    ...(instance.InstanceType ? {type: instance.InstanceType} : {}),
    ...(instance.ImageId ? {imageId: instance.ImageId} : {}),
  }
}

/** undefined for one that has ended. */
export function toDescribed(instance: Ec2Instance, place: string, made: Mark): Described | undefined {
  const found = toInstance(instance, place, made)
  if (!found || found.state === 'gone') return undefined
  const tags = fromTags(instance.Tags)
  const own = markFromTags(tags, 'mcd:')
  return own?.fleet === made.fleet
    ? {...found, lacks: []}
    : {...found, mark: made, lacks: lackingOf(made, tags, 'mcd:')}
}

/** The instance's own field names the first address of its first interface; older answers have the interfaces alone. */
function publicIpv6Of({Ipv6Address, NetworkInterfaces = []}: Ec2Instance): Pick<Instance, 'publicIpv6'> {
  const all = NetworkInterfaces.flatMap(({Ipv6Addresses = []}) => Ipv6Addresses)
  const address = [Ipv6Address, ...all.map(each => each.Ipv6Address)].find(each => each && isPublicIpv6(each))
  return address ? {publicIpv6: canonicalIpv6(address)} : {}
}

/** The mark, a name for people, and the user's own; ours win. All of a batch share them: EC2 tags a launch as a whole. */
export const launchTags = ({mark, target}: LaunchOrder): Record<string, string> => ({
  Name: `${mark.fleet}-${mark.group}`,
  ...target.wish.tags,
  ...markToTags(mark, 'mcd:'),
})

/** What instance metadata can show of tags. Source: EC2 User Guide, "View tags for your EC2 instances using instance metadata". */
const METADATA_TAG_KEY = /^[0-9a-zA-Z\-_+=,.@:]{1,255}$/

/** The whole launch in one call. The same order always gives the same request: the client token depends on it. */
export function toRunInstances(order: LaunchOrder): RunInstancesCommandInput {
  const {target, zone, mark} = order
  const {wish} = target
  const {rootDeviceName, securityGroupIds} = target.vendor as VendorTarget
  const groups = [...securityGroupIds, ...order.networkIds]
  return {
    ImageId: target.imageId,
    InstanceType: order.type as NonNullable<RunInstancesCommandInput['InstanceType']>,
    MinCount: 1,
    MaxCount: order.count,
    ClientToken: mark.launch,
    // Either one makes the token zonal.
    ...(zone.subnetId ? {SubnetId: zone.subnetId} : {Placement: {AvailabilityZone: zone.name}}),
    ...(groups.length > 0 ? {SecurityGroupIds: groups} : {}),
    UserData: Buffer.from(order.userdata).toString('base64'),
    InstanceInitiatedShutdownBehavior: 'terminate',
    ...(wish.keyPair ? {KeyName: wish.keyPair} : {}),
    ...(wish.instanceProfile ? {IamInstanceProfile: profile(wish.instanceProfile)} : {}),
    ...(wish.diskGb === undefined
      ? {}
      : {
          BlockDeviceMappings: [
            {DeviceName: rootDeviceName, Ebs: {VolumeSize: wish.diskGb, DeleteOnTermination: true}},
          ],
        }),
    ...(wish.deletionProtection ? {DisableApiTermination: true} : {}),
    ...(wish.spot
      ? {
          InstanceMarketOptions: {
            MarketType: 'spot' as const,
            SpotOptions: {SpotInstanceType: 'one-time' as const},
          },
        }
      : {}),
  }
}

/** What only Amazon's own EC2 takes at launch: tags, and metadata that wants a token. */
export function amazonOnly(
  order: LaunchOrder,
): Pick<RunInstancesCommandInput, 'TagSpecifications' | 'MetadataOptions'> {
  const tags = launchTags(order)
  const areShown = Object.keys(tags).every(key => METADATA_TAG_KEY.test(key))
  return {
    TagSpecifications: [
      {ResourceType: 'instance', Tags: toTags(tags)},
      {ResourceType: 'volume', Tags: toTags(tags)},
    ],
    MetadataOptions: {
      HttpTokens: 'required',
      HttpEndpoint: 'enabled',
      HttpPutResponseHopLimit: 1,
      // With it on, EC2 refuses tag keys with other characters.
      InstanceMetadataTags: areShown ? 'enabled' : 'disabled',
    },
  }
}

const profile = (text: string) => (text.startsWith('arn:') ? {Arn: text} : {Name: text})

export const filter = (Name: string, ...Values: string[]): Filter => ({Name, Values})

type Owner = Pick<NetworkWish, 'fleet' | 'dns' | 'group'>

/** The mark of a security group: without launch and spec, it outlives both. */
export const groupTags = ({fleet, dns, group}: Owner): Record<string, string> => ({
  'mcd:fleet': fleet,
  'mcd:dns': dns,
  'mcd:group': group,
})

/** undefined for a group that does not carry our mark. */
export function toPiece(group: SecurityGroup, place: string): NetworkPiece | undefined {
  const {'mcd:fleet': fleet, 'mcd:dns': dns, 'mcd:group': name} = fromTags(group.Tags)
  if (!fleet || !dns || !name || !group.GroupId) return undefined
  return {id: group.GroupId, place, fleet, dns, group: name, open: openPorts(group)}
}

/** TCP ports this group opens to the world, one by one. */
export const openPorts = ({IpPermissions}: SecurityGroup): number[] =>
  [...new Set((IpPermissions ?? []).flatMap(permission => worldPort(permission) ?? []))].sort((a, b) => a - b)

function worldPort({IpProtocol, FromPort, ToPort, IpRanges}: IpPermission): number | undefined {
  const isOpen = IpRanges?.some(({CidrIp}) => CidrIp === '0.0.0.0/0')
  return IpProtocol === 'tcp' && FromPort === ToPort && isOpen ? FromPort : undefined
}

export const toPermission = (port: number): IpPermission => ({
  IpProtocol: 'tcp',
  FromPort: port,
  ToPort: port,
  IpRanges: [{CidrIp: '0.0.0.0/0'}],
  Ipv6Ranges: [{CidrIpv6: '::/0'}],
})
