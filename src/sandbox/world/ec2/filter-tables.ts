import {SANDBOX} from '../credentials.ts'
import type {FilterTable} from './filters.ts'
import {
  type Ec2Instance,
  type Image,
  INSTANCE_STATES,
  type InstanceType,
  type KeyPair,
  type SecurityGroup,
  type Subnet,
} from './model.ts'

/** The documented filters of each describe; `tag:…`, `tag-key` and `tag-value` come with all that have tags. */

export const INSTANCE_FILTERS: FilterTable<Ec2Instance> = {
  architecture: ({type}) => type.architecture,
  'availability-zone': ({zone}) => zone,
  'client-token': ({clientToken}) => clientToken,
  'dns-name': ({publicIp}) => publicIp && `ec2-${publicIp.replaceAll('.', '-')}.compute.amazonaws.com`,
  hypervisor: () => 'xen',
  'iam-instance-profile.arn': ({instanceProfile: name}) =>
    name && `arn:aws:iam::${SANDBOX.aws.account}:instance-profile/${name}`,
  'image-id': ({imageId}) => imageId,
  'instance-id': ({id}) => id,
  'instance-lifecycle': ({spot}) => (spot ? 'spot' : undefined),
  'instance-state-code': ({state}) => INSTANCE_STATES[state],
  'instance-state-name': ({state}) => state,
  'instance-type': ({type}) => type.name,
  'instance.group-id': ({securityGroups}) => securityGroups.map(({id}) => id),
  'instance.group-name': ({securityGroups}) => securityGroups.map(({name}) => name),
  'ip-address': ({publicIp}) => publicIp,
  'ipv6-address': ({ipv6}) => ipv6,
  'key-name': ({keyName}) => keyName,
  'launch-index': ({launchIndex}) => launchIndex,
  'launch-time': ({launchedAtMs}) => new Date(launchedAtMs).toISOString(),
  'metadata-options.http-tokens': ({metadata}) => metadata?.httpTokens,
  'network-interface.group-id': ({securityGroups}) => securityGroups.map(({id}) => id),
  'owner-id': () => SANDBOX.aws.account,
  'private-dns-name': ({privateIp}) => `ip-${privateIp.replaceAll('.', '-')}.ec2.internal`,
  'private-ip-address': ({privateIp}) => privateIp,
  'reservation-id': ({reservationId}) => reservationId,
  'root-device-name': ({volume}) => volume.deviceName,
  'root-device-type': () => 'ebs',
  'subnet-id': ({subnetId}) => subnetId,
  tenancy: () => 'default',
  'virtualization-type': () => 'hvm',
  'vpc-id': ({vpcId}) => vpcId,
}

export const STATUS_FILTERS: FilterTable<Omit<Ec2Instance, 'tags'>> = {
  'availability-zone': ({zone}) => zone,
  'instance-state-code': ({state}) => INSTANCE_STATES[state],
  'instance-state-name': ({state}) => state,
}

export const IMAGE_FILTERS: FilterTable<Image> = {
  architecture: ({architecture}) => architecture,
  'creation-date': ({creationDate}) => creationDate,
  description: ({description}) => description,
  hypervisor: () => 'xen',
  'image-id': ({id}) => id,
  'image-type': () => 'machine',
  'is-public': () => true,
  name: ({name}) => name,
  'owner-alias': ({ownerAlias}) => ownerAlias,
  'owner-id': ({ownerId}) => ownerId,
  'root-device-name': ({rootDeviceName}) => rootDeviceName,
  'root-device-type': () => 'ebs',
  state: () => 'available',
  'virtualization-type': () => 'hvm',
}

export const INSTANCE_TYPE_FILTERS: FilterTable<InstanceType> = {
  'bare-metal': () => false,
  'current-generation': ({name}) => !name.startsWith('t2.'),
  'instance-type': ({name}) => name,
  'processor-info.supported-architecture': ({architecture}) => architecture,
  'supported-root-device-type': () => 'ebs',
  'supported-usage-class': () => ['on-demand', 'spot'],
  'supported-virtualization-type': () => 'hvm',
}

export type Offering = {
  readonly instanceType: string
  readonly locationType: string
  readonly location: string
}

export const OFFERING_FILTERS: FilterTable<Offering> = {
  'instance-type': ({instanceType}) => instanceType,
  location: ({location}) => location,
}

export const ZONE_FILTERS: FilterTable<{readonly zone: string; readonly region: string}> = {
  'opt-in-status': () => 'opt-in-not-required',
  'region-name': ({region}) => region,
  state: () => 'available',
  'zone-name': ({zone}) => zone,
  'zone-type': () => 'availability-zone',
}

export const VPC_FILTERS: FilterTable<{readonly id: string; readonly cidr: string}> = {
  cidr: ({cidr}) => cidr,
  'is-default': () => true,
  isDefault: () => true,
  'owner-id': () => SANDBOX.aws.account,
  state: () => 'available',
  'vpc-id': ({id}) => id,
}

export const SUBNET_FILTERS: FilterTable<Subnet> = {
  'availability-zone': ({zone}) => zone,
  cidr: ({cidr}) => cidr,
  'cidr-block': ({cidr}) => cidr,
  'default-for-az': ({defaultForZone}) => defaultForZone,
  defaultForAz: ({defaultForZone}) => defaultForZone,
  'map-public-ip-on-launch': ({publicAddresses}) => publicAddresses,
  'owner-id': () => SANDBOX.aws.account,
  state: () => 'available',
  'subnet-id': ({id}) => id,
  'vpc-id': ({vpcId}) => vpcId,
}

export const GROUP_FILTERS: FilterTable<SecurityGroup> = {
  description: ({description}) => description,
  'group-id': ({id}) => id,
  'group-name': ({name}) => name,
  'ip-permission.cidr': ({ingress}) => ingress.map(({peer}) => peer),
  'ip-permission.from-port': ({ingress}) => ingress.map(({fromPort}) => String(fromPort)),
  'ip-permission.protocol': ({ingress}) => ingress.map(({protocol}) => protocol),
  'ip-permission.to-port': ({ingress}) => ingress.map(({toPort}) => String(toPort)),
  'owner-id': () => SANDBOX.aws.account,
  'vpc-id': ({vpcId}) => vpcId,
}

export const KEY_PAIR_FILTERS: FilterTable<KeyPair> = {
  fingerprint: ({fingerprint}) => fingerprint,
  'key-name': ({name}) => name,
  'key-pair-id': ({id}) => id,
}

export type TagEntry = {
  readonly resourceId: string
  readonly resourceType: string
  readonly key: string
  readonly value: string
}

export const TAG_FILTERS: FilterTable<TagEntry> = {
  key: ({key}) => key,
  'resource-id': ({resourceId}) => resourceId,
  'resource-type': ({resourceType}) => resourceType,
  value: ({value}) => value,
}
