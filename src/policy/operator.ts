import type {Fleet, Group} from '../fleet/model.ts'
import {type PolicyDocument, partitionOf, policy, type Statement, type ZoneId} from './document.ts'
import {operatorDns} from './route53.ts'
import {operatorState} from './state.ts'

/** Every read of EC2 that mcd makes; EC2 takes no resource for any of them. */
const READS = [
  'AvailabilityZones',
  'Images',
  'Instances',
  'InstanceTypeOfferings',
  'InstanceTypes',
  'KeyPairs',
  'SecurityGroups',
  'Subnets',
].map(what => `ec2:Describe${what}`)

/**
 * The least that runs this fleet: what exists is changed only under the fleet's own mark, what is made must carry it.
 * Undefined when nothing of the fleet is with AWS.
 */
export function operatorPolicy(fleet: Fleet, zoneId: ZoneId): PolicyDocument | undefined {
  const groups = fleet.groups.filter(isAmazon)
  const regions = [...new Set(groups.flatMap(({place}) => place.region ?? []))]
  const partition = fleetPartition(fleet)
  const statements = [
    ...(groups.length > 0 ? compute(fleet.name, groups, regions, partition) : []),
    ...operatorDns(fleet.names, zoneId, partition),
    ...operatorState(fleet, partition),
  ]
  return statements.length > 0 ? policy(...statements) : undefined
}

/** Its groups' own, and where none is with AWS that of the bucket with its journal. */
export function fleetPartition({groups, state}: Fleet): string {
  const regions = groups.filter(isAmazon).flatMap(({place}) => place.region ?? [])
  return partitionOf(regions.length === 0 && state.kind === 's3' ? [state.region ?? ''] : regions)
}

/** An EC2-compatible cloud keeps identities and policies of its own. */
export const isAmazon = ({place}: Group): boolean =>
  place.provider === 'aws' && place.compatible === undefined

function compute(
  fleet: string,
  groups: readonly Group[],
  regions: readonly string[],
  partition: string,
): Statement[] {
  const arn = (what: string, owner = '*') => `arn:${partition}:ec2:*:${owner}:${what}`
  const marked = {StringEquals: {'aws:ResourceTag/mcd:fleet': fleet}}
  const marking = {StringEquals: {'aws:RequestTag/mcd:fleet': fleet}}
  const wishes = groups.map(({wish}) => wish)
  const ownIngress = wishes.some(({open, securityGroups}) => open.length > 0 && securityGroups.length === 0)
  const spot = wishes.some(wish => wish.spot)
  const profiles = [...new Set(wishes.flatMap(({instanceProfile}) => instanceProfile ?? []))]
  return [
    {
      Sid: 'Look',
      Effect: 'Allow',
      Action: READS,
      Resource: ['*'],
      ...(regions.length > 0 ? {Condition: {StringEquals: {'aws:RequestedRegion': regions}}} : {}),
    },
    {
      Sid: 'FindImages',
      Effect: 'Allow',
      Action: ['ssm:GetParameter'],
      Resource: [`arn:${partition}:ssm:*::parameter/aws/service/*`],
    },
    // For `mcd doctor` alone: a run needs no quotas.
    {
      Sid: 'Doctor',
      Effect: 'Allow',
      Action: ['servicequotas:GetServiceQuota', 'servicequotas:GetAWSDefaultServiceQuota'],
      Resource: ['*'],
    },
    {
      Sid: 'LaunchMarked',
      Effect: 'Allow',
      Action: ['ec2:RunInstances'],
      Resource: [arn('instance/*'), arn('volume/*')],
      Condition: marking,
    },
    {
      Sid: 'LaunchWith',
      Effect: 'Allow',
      Action: ['ec2:RunInstances'],
      Resource: [
        arn('image/*', ''),
        ...['subnet/*', 'security-group/*', 'network-interface/*', 'key-pair/*'].map(what => arn(what)),
        ...(spot ? [arn('spot-instances-request/*')] : []),
      ],
    },
    {
      Sid: 'MarkWhatIsMade',
      Effect: 'Allow',
      Action: ['ec2:CreateTags'],
      Resource: [arn('instance/*'), arn('volume/*'), ...(ownIngress ? [arn('security-group/*')] : [])],
      Condition: {
        StringEquals: {
          'ec2:CreateAction': ['RunInstances', ...(ownIngress ? ['CreateSecurityGroup'] : [])],
        },
      },
    },
    {
      Sid: 'EndMarked',
      Effect: 'Allow',
      Action: ['ec2:TerminateInstances', 'ec2:ModifyInstanceAttribute', 'ec2:GetConsoleOutput'],
      Resource: [arn('instance/*')],
      Condition: marked,
    },
    ...(ownIngress ? ingress(arn, marking, marked) : []),
    ...(profiles.length > 0 ? [handOver(profiles, partition)] : []),
    ...(spot ? [spotRole(partition)] : []),
  ]
}

type Condition = NonNullable<Statement['Condition']>

function ingress(arn: (what: string) => string, marking: Condition, marked: Condition): Statement[] {
  return [
    {
      Sid: 'MakeIngressMarked',
      Effect: 'Allow',
      Action: ['ec2:CreateSecurityGroup'],
      Resource: [arn('security-group/*')],
      Condition: marking,
    },
    {
      Sid: 'MakeIngressIn',
      Effect: 'Allow',
      Action: ['ec2:CreateSecurityGroup'],
      Resource: [arn('vpc/*')],
    },
    {
      Sid: 'ChangeIngressMarked',
      Effect: 'Allow',
      Action: [
        'ec2:AuthorizeSecurityGroupIngress',
        'ec2:RevokeSecurityGroupIngress',
        'ec2:DeleteSecurityGroup',
      ],
      Resource: [arn('security-group/*')],
      Condition: marked,
    },
  ]
}

/** The role of a profile usually has the profile's name; where it has not, the name is to be changed here. */
const handOver = (profiles: readonly string[], partition: string): Statement => ({
  Sid: 'HandOverRole',
  Effect: 'Allow',
  Action: ['iam:PassRole'],
  Resource: profiles.map(profile => `arn:${partition}:iam::*:role/${profileName(profile)}`),
  Condition: {StringEquals: {'iam:PassedToService': 'ec2.amazonaws.com'}},
})

/** The first spot request of an account makes this role. Source: EC2 User Guide, "Service-linked role for Spot Instance requests". */
const spotRole = (partition: string): Statement => ({
  Sid: 'SpotRole',
  Effect: 'Allow',
  Action: ['iam:CreateServiceLinkedRole'],
  Resource: [`arn:${partition}:iam::*:role/aws-service-role/spot.amazonaws.com/*`],
  Condition: {StringEquals: {'iam:AWSServiceName': 'spot.amazonaws.com'}},
})

/** A profile by name or ARN, as the fleet file may have it. */
export const profileName = (profile: string): string => profile.slice(profile.lastIndexOf('/') + 1)
