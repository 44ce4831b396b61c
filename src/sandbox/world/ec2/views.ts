import {SANDBOX} from '../credentials.ts'
import type {
  Ec2Instance,
  Image,
  IngressRule,
  InstanceStateName,
  InstanceType,
  KeyPair,
  SecurityGroup,
  Subnet,
} from './model.ts'
import {INSTANCE_STATES} from './model.ts'
import type {Region} from './region.ts'
import {tagList} from './tags.ts'

/**
 * What describes show, under the member names of the EC2 API Reference with a small first letter. Members without a
 * value are absent, as on the wire.
 */

export const stateView = (name: InstanceStateName) => ({code: INSTANCE_STATES[name], name})

function instanceView(instance: Ec2Instance) {
  const {publicIp, privateIp} = instance
  const isThere = instance.state !== 'terminated'
  const groups = instance.securityGroups.map(({id, name}) => ({groupId: id, groupName: name}))
  const host = (ip: string) => ip.replaceAll('.', '-')
  return {
    instanceId: instance.id,
    imageId: instance.imageId,
    state: stateView(instance.state),
    privateDnsName: isThere ? `ip-${host(privateIp)}.ec2.internal` : '',
    publicDnsName: publicIp ? `ec2-${host(publicIp)}.compute.amazonaws.com` : '',
    stateTransitionReason: instance.transitionReason,
    keyName: instance.keyName,
    amiLaunchIndex: instance.launchIndex,
    instanceType: instance.type.name,
    launchTime: new Date(instance.launchedAtMs),
    placement: {availabilityZone: instance.zone, groupName: '', tenancy: 'default'},
    monitoring: {state: 'disabled'},
    subnetId: isThere ? instance.subnetId : undefined,
    vpcId: isThere ? instance.vpcId : undefined,
    privateIpAddress: isThere ? privateIp : undefined,
    publicIpAddress: publicIp,
    ipv6Address: isThere ? instance.ipv6 : undefined,
    stateReason: instance.stateReason,
    architecture: instance.type.architecture,
    rootDeviceType: 'ebs',
    rootDeviceName: instance.volume.deviceName,
    blockDeviceMappings: isThere && instance.state !== 'pending' ? [volumeView(instance)] : [],
    virtualizationType: 'hvm',
    hypervisor: 'xen',
    instanceLifecycle: instance.spot ? 'spot' : undefined,
    clientToken: instance.clientToken ?? '',
    tags: tagList(instance.tags),
    securityGroups: isThere ? groups : [],
    sourceDestCheck: true,
    ebsOptimized: false,
    iamInstanceProfile: instance.instanceProfile ? profileView(instance.instanceProfile) : undefined,
    metadataOptions: instance.metadata
      ? {state: 'applied', ...instance.metadata, httpProtocolIpv6: 'disabled'}
      : undefined,
  }
}

const volumeView = (instance: Ec2Instance) => ({
  deviceName: instance.volume.deviceName,
  ebs: {
    volumeId: instance.volume.id,
    status: 'attached',
    attachTime: new Date(instance.launchedAtMs),
    deleteOnTermination: true,
  },
})

const profileView = (name: string) => ({
  arn: `arn:aws:iam::${SANDBOX.aws.account}:instance-profile/${name}`,
  id: 'AIPASANDBOXREGISTRA0',
})

/** One reservation of a page: only those of its instances that are on the page. */
export function reservationViews(instances: readonly Ec2Instance[]) {
  const byReservation = Map.groupBy(instances, instance => instance.reservationId)
  return [...byReservation].map(([reservationId, members]) => ({
    reservationId,
    ownerId: SANDBOX.aws.account,
    groups: [],
    instances: members.map(instanceView),
  }))
}

/** Until a minute after it runs, EC2 has not finished checking an instance. */
const CHECKED_AFTER_MS = 60_000

export function statusView(instance: Ec2Instance, nowMs: number) {
  const isChecked =
    instance.runningSinceMs !== undefined && nowMs - instance.runningSinceMs >= CHECKED_AFTER_MS
  const [status, detail] =
    instance.state !== 'running'
      ? ['not-applicable', undefined]
      : isChecked
        ? ['ok', 'passed']
        : ['initializing', 'initializing']
  const summary = {status, details: detail ? [{name: 'reachability', status: detail}] : []}
  return {
    instanceId: instance.id,
    availabilityZone: instance.zone,
    instanceState: stateView(instance.state),
    systemStatus: summary,
    instanceStatus: summary,
  }
}

export const imageView = (image: Image) => ({
  imageId: image.id,
  imageLocation: `${image.ownerAlias ?? image.ownerId}/${image.name}`,
  state: 'available',
  ownerId: image.ownerId,
  imageOwnerAlias: image.ownerAlias,
  public: true,
  architecture: image.architecture,
  imageType: 'machine',
  name: image.name,
  description: image.description,
  creationDate: image.creationDate,
  rootDeviceType: 'ebs',
  rootDeviceName: image.rootDeviceName,
  virtualizationType: 'hvm',
  hypervisor: 'xen',
  enaSupport: true,
  blockDeviceMappings: [
    {
      deviceName: image.rootDeviceName,
      ebs: {
        snapshotId: image.rootSnapshotId,
        volumeSize: image.rootSizeGb,
        volumeType: 'gp3',
        deleteOnTermination: true,
        encrypted: false,
      },
    },
  ],
})

export const instanceTypeView = (type: InstanceType) => ({
  instanceType: type.name,
  currentGeneration: !type.name.startsWith('t2.'),
  freeTierEligible: type.name === 't2.micro' || type.name === 't3.micro',
  supportedUsageClasses: ['on-demand', 'spot'],
  supportedRootDeviceTypes: ['ebs'],
  supportedVirtualizationTypes: ['hvm'],
  bareMetal: false,
  hypervisor: 'nitro',
  processorInfo: {supportedArchitectures: [type.architecture]},
  vCpuInfo: {defaultVCpus: type.vcpus},
  memoryInfo: {sizeInMiB: type.memoryMib},
  instanceStorageSupported: false,
})

export const zoneView = (region: Region, zone: string, index: number) => ({
  zoneName: zone,
  zoneId: `${region.name.replace(/^([a-z]{2}).*?-([a-z]).*?-(\d)$/, '$1$2$3')}-az${index + 1}`,
  regionName: region.name,
  groupName: `${region.name}-zg-1`,
  networkBorderGroup: region.name,
  optInStatus: 'opt-in-not-required',
  state: 'available',
  zoneType: 'availability-zone',
  messages: [],
})

export const vpcView = ({vpc}: Region) => ({
  vpcId: vpc.id,
  ownerId: SANDBOX.aws.account,
  state: 'available',
  cidrBlock: vpc.cidr,
  dhcpOptionsId: 'dopt-00000000',
  instanceTenancy: 'default',
  isDefault: true,
  tags: tagList(vpc.tags),
})

export const subnetView = (subnet: Subnet) => ({
  subnetId: subnet.id,
  state: 'available',
  vpcId: subnet.vpcId,
  ownerId: SANDBOX.aws.account,
  cidrBlock: subnet.cidr,
  availableIpAddressCount: 4091,
  availabilityZone: subnet.zone,
  defaultForAz: subnet.defaultForZone,
  mapPublicIpOnLaunch: subnet.publicAddresses,
  assignIpv6AddressOnCreation: subnet.ipv6Cidr !== undefined,
  ipv6CidrBlockAssociationSet: subnet.ipv6Cidr
    ? [
        {
          associationId: subnet.id.replace('subnet', 'subnet-cidr-assoc'),
          ipv6CidrBlock: subnet.ipv6Cidr,
          ipv6CidrBlockState: {state: 'associated'},
        },
      ]
    : [],
  tags: tagList(subnet.tags),
})

export const securityGroupView = (group: SecurityGroup) => ({
  ownerId: SANDBOX.aws.account,
  groupId: group.id,
  groupName: group.name,
  description: group.description,
  vpcId: group.vpcId,
  ipPermissions: permissionViews(group.ingress),
  ipPermissionsEgress: permissionViews([{protocol: '-1', fromPort: -1, toPort: -1, peer: '0.0.0.0/0'}]),
  tags: tagList(group.tags),
})

/** EC2 shows the peers of one protocol and port range together. */
function permissionViews(rules: readonly IngressRule[]) {
  const byPorts = Map.groupBy(rules, ({protocol, fromPort, toPort}) => `${protocol} ${fromPort} ${toPort}`)
  return [...byPorts.values()].map(same => {
    const [{protocol, fromPort, toPort}] = same as [IngressRule, ...IngressRule[]]
    const peers = same.map(({peer}) => peer)
    return {
      ipProtocol: protocol,
      ...(protocol === '-1' ? {} : {fromPort, toPort}),
      userIdGroupPairs: peers
        .filter(peer => peer.startsWith('sg-'))
        .map(groupId => ({userId: SANDBOX.aws.account, groupId})),
      ipRanges: peers.filter(peer => peer.includes('.')).map(cidrIp => ({cidrIp})),
      ipv6Ranges: peers.filter(peer => peer.includes(':')).map(cidrIpv6 => ({cidrIpv6})),
      prefixListIds: [],
    }
  })
}

export const keyPairView = (pair: KeyPair) => ({
  keyPairId: pair.id,
  keyName: pair.name,
  keyFingerprint: pair.fingerprint,
  keyType: 'ed25519',
  tags: tagList(pair.tags),
})
