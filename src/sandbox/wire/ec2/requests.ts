import type {ActionName, RequestOf} from '../../world/ec2/actions.ts'
import {boolean, integer, list, oneOf, type Reader, struct, text} from '../query.ts'

/** Which form fields each call takes. Source: EC2 API Reference, the request parameters of each action. */

const DRY_RUN = {dryRun: ['DryRun', boolean]} as const
const FILTERS = {
  filters: ['Filter', list(struct({name: ['Name', text], values: ['Value', list(text)]}))],
} as const
const PAGES = {maxResults: ['MaxResults', integer], nextToken: ['NextToken', text]} as const
const DESCRIBE = {...DRY_RUN, ...FILTERS, ...PAGES} as const

const tag = struct({key: ['Key', text], value: ['Value', text]})
const tagSpecifications = list(struct({resourceType: ['ResourceType', text], tags: ['Tag', list(tag)]}))
const instanceIds = ['InstanceId', list(text)] as const

const blockDevice = struct({
  deviceName: ['DeviceName', text],
  ebs: [
    'Ebs',
    struct({
      volumeSize: ['VolumeSize', integer],
      volumeType: ['VolumeType', text],
      deleteOnTermination: ['DeleteOnTermination', boolean],
      encrypted: ['Encrypted', boolean],
    }),
  ],
})

const networkInterface = struct({
  deviceIndex: ['DeviceIndex', integer],
  associatePublicIpAddress: ['AssociatePublicIpAddress', boolean],
  subnetId: ['SubnetId', text],
  groups: ['SecurityGroupId', list(text)],
})

const ipPermission = struct({
  ipProtocol: ['IpProtocol', text],
  fromPort: ['FromPort', integer],
  toPort: ['ToPort', integer],
  ipRanges: ['IpRanges', list(struct({cidrIp: ['CidrIp', text], description: ['Description', text]}))],
  ipv6Ranges: [
    'Ipv6Ranges',
    list(struct({cidrIpv6: ['CidrIpv6', text], description: ['Description', text]})),
  ],
  userIdGroupPairs: [
    'Groups',
    list(struct({groupId: ['GroupId', text], userId: ['UserId', text], description: ['Description', text]})),
  ],
})

const ingress = struct({
  ...DRY_RUN,
  groupId: ['GroupId', text],
  groupName: ['GroupName', text],
  ipPermissions: ['IpPermissions', list(ipPermission)],
  ipProtocol: ['IpProtocol', text],
  fromPort: ['FromPort', integer],
  toPort: ['ToPort', integer],
  cidrIp: ['CidrIp', text],
})

const runInstances = struct({
  ...DRY_RUN,
  imageId: ['ImageId', text],
  instanceType: ['InstanceType', text],
  minCount: ['MinCount', integer],
  maxCount: ['MaxCount', integer],
  clientToken: ['ClientToken', text],
  subnetId: ['SubnetId', text],
  placement: [
    'Placement',
    struct({availabilityZone: ['AvailabilityZone', text], tenancy: ['Tenancy', text]}),
  ],
  securityGroupIds: ['SecurityGroupId', list(text)],
  securityGroups: ['SecurityGroup', list(text)],
  networkInterfaces: ['NetworkInterface', list(networkInterface)],
  keyName: ['KeyName', text],
  userData: ['UserData', text],
  iamInstanceProfile: ['IamInstanceProfile', struct({name: ['Name', text], arn: ['Arn', text]})],
  tagSpecifications: ['TagSpecification', tagSpecifications],
  metadataOptions: [
    'MetadataOptions',
    struct({
      httpTokens: ['HttpTokens', oneOf('required', 'optional')],
      httpEndpoint: ['HttpEndpoint', oneOf('enabled', 'disabled')],
      httpPutResponseHopLimit: ['HttpPutResponseHopLimit', integer],
      instanceMetadataTags: ['InstanceMetadataTags', oneOf('enabled', 'disabled')],
    }),
  ],
  instanceInitiatedShutdownBehavior: ['InstanceInitiatedShutdownBehavior', text],
  instanceMarketOptions: [
    'InstanceMarketOptions',
    struct({
      marketType: ['MarketType', text],
      spotOptions: [
        'SpotOptions',
        struct({spotInstanceType: ['SpotInstanceType', oneOf('one-time')], maxPrice: ['MaxPrice', text]}),
      ],
    }),
  ],
  blockDeviceMappings: ['BlockDeviceMapping', list(blockDevice)],
  disableApiTermination: ['DisableApiTermination', boolean],
  monitoring: ['Monitoring', struct({enabled: ['Enabled', boolean]})],
  ebsOptimized: ['EbsOptimized', boolean],
})

export const REQUESTS: {readonly [A in ActionName]: Reader<RequestOf<A>>} = {
  RunInstances: runInstances,
  DescribeInstances: struct({...DESCRIBE, instanceIds}),
  DescribeInstanceStatus: struct({
    ...DESCRIBE,
    instanceIds,
    includeAllInstances: ['IncludeAllInstances', boolean],
  }),
  TerminateInstances: struct({
    ...DRY_RUN,
    instanceIds,
    force: ['Force', boolean],
    skipOsShutdown: ['SkipOsShutdown', boolean],
  }),
  StopInstances: struct({...DRY_RUN, instanceIds, force: ['Force', boolean]}),
  StartInstances: struct({...DRY_RUN, instanceIds}),
  RebootInstances: struct({...DRY_RUN, instanceIds}),
  ModifyInstanceAttribute: struct({
    ...DRY_RUN,
    instanceId: ['InstanceId', text],
    disableApiTermination: ['DisableApiTermination', struct({value: ['Value', boolean]})],
  }),
  GetConsoleOutput: struct({...DRY_RUN, instanceId: ['InstanceId', text], latest: ['Latest', boolean]}),
  DescribeImages: struct({
    ...DESCRIBE,
    imageIds: ['ImageId', list(text)],
    owners: ['Owner', list(text)],
    includeDeprecated: ['IncludeDeprecated', boolean],
    includeDisabled: ['IncludeDisabled', boolean],
  }),
  DescribeInstanceTypes: struct({...DESCRIBE, instanceTypes: ['InstanceType', list(text)]}),
  DescribeInstanceTypeOfferings: struct({...DESCRIBE, locationType: ['LocationType', text]}),
  DescribeAvailabilityZones: struct({
    ...DRY_RUN,
    ...FILTERS,
    zoneNames: ['ZoneName', list(text)],
    allAvailabilityZones: ['AllAvailabilityZones', boolean],
  }),
  DescribeVpcs: struct({...DESCRIBE, vpcIds: ['VpcId', list(text)]}),
  DescribeSubnets: struct({...DESCRIBE, subnetIds: ['SubnetId', list(text)]}),
  DescribeSecurityGroups: struct({
    ...DESCRIBE,
    groupIds: ['GroupId', list(text)],
    groupNames: ['GroupName', list(text)],
  }),
  CreateSecurityGroup: struct({
    ...DRY_RUN,
    groupName: ['GroupName', text],
    description: ['GroupDescription', text],
    vpcId: ['VpcId', text],
    tagSpecifications: ['TagSpecification', tagSpecifications],
  }),
  AuthorizeSecurityGroupIngress: ingress,
  RevokeSecurityGroupIngress: ingress,
  DeleteSecurityGroup: struct({...DRY_RUN, groupId: ['GroupId', text], groupName: ['GroupName', text]}),
  DescribeKeyPairs: struct({
    ...DRY_RUN,
    ...FILTERS,
    keyNames: ['KeyName', list(text)],
    keyPairIds: ['KeyPairId', list(text)],
    includePublicKey: ['IncludePublicKey', boolean],
  }),
  CreateTags: struct({...DRY_RUN, resources: ['ResourceId', list(text)], tags: ['Tag', list(tag)]}),
  DeleteTags: struct({...DRY_RUN, resources: ['ResourceId', list(text)], tags: ['Tag', list(tag)]}),
  DescribeTags: struct({...DESCRIBE}),
}
