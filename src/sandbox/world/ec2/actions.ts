import * as catalog from './actions/catalog.ts'
import * as instances from './actions/instances.ts'
import * as network from './actions/network.ts'
import * as tags from './actions/tags.ts'

/** Every EC2 call this world serves, by the vendor's name. */
export const ACTIONS = {
  RunInstances: instances.runInstances,
  DescribeInstances: instances.describeInstances,
  DescribeInstanceStatus: instances.describeInstanceStatus,
  TerminateInstances: instances.terminateInstances,
  StopInstances: instances.stopInstances,
  StartInstances: instances.startInstances,
  RebootInstances: instances.rebootInstances,
  ModifyInstanceAttribute: instances.modifyInstanceAttribute,
  GetConsoleOutput: instances.getConsoleOutput,
  DescribeImages: catalog.describeImages,
  DescribeInstanceTypes: catalog.describeInstanceTypes,
  DescribeInstanceTypeOfferings: catalog.describeInstanceTypeOfferings,
  DescribeAvailabilityZones: catalog.describeAvailabilityZones,
  DescribeVpcs: network.describeVpcs,
  DescribeSubnets: network.describeSubnets,
  DescribeSecurityGroups: network.describeSecurityGroups,
  CreateSecurityGroup: network.createSecurityGroup,
  AuthorizeSecurityGroupIngress: network.authorizeSecurityGroupIngress,
  RevokeSecurityGroupIngress: network.revokeSecurityGroupIngress,
  DeleteSecurityGroup: network.deleteSecurityGroup,
  DescribeKeyPairs: network.describeKeyPairs,
  CreateTags: tags.createTags,
  DeleteTags: tags.deleteTags,
  DescribeTags: tags.describeTags,
} as const

export type ActionName = keyof typeof ACTIONS
export type RequestOf<A extends ActionName> = Parameters<(typeof ACTIONS)[A]>[1] & {
  readonly dryRun?: boolean | undefined
}
export type ReplyOf<A extends ActionName> = ReturnType<(typeof ACTIONS)[A]>

/** What Eucalyptus has none of. */
export const NOT_ON_EUCALYPTUS: readonly ActionName[] = [
  'DescribeInstanceTypes',
  'DescribeInstanceTypeOfferings',
]
