import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  CreateTagsCommand,
  DeleteSecurityGroupCommand,
  DescribeAvailabilityZonesCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeInstanceTypeOfferingsCommand,
  DescribeInstanceTypesCommand,
  DescribeKeyPairsCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  EC2Client,
  GetConsoleOutputCommand,
  ModifyInstanceAttributeCommand,
  RevokeSecurityGroupIngressCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import {GetParameterCommand, SSMClient} from '@aws-sdk/client-ssm'
import {GetCallerIdentityCommand, STSClient} from '@aws-sdk/client-sts'
import {fromNodeProviderChain} from '@aws-sdk/credential-providers'
import type {AwsClient, AwsClientOptions} from './calls.ts'

/** The heavy half of client.ts, a module of its own so that it can be loaded late and bundled with these commands alone. */
const EC2_COMMANDS = {
  AuthorizeSecurityGroupIngress: AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroup: CreateSecurityGroupCommand,
  CreateTags: CreateTagsCommand,
  DeleteSecurityGroup: DeleteSecurityGroupCommand,
  DescribeAvailabilityZones: DescribeAvailabilityZonesCommand,
  DescribeImages: DescribeImagesCommand,
  DescribeInstances: DescribeInstancesCommand,
  DescribeInstanceTypeOfferings: DescribeInstanceTypeOfferingsCommand,
  DescribeInstanceTypes: DescribeInstanceTypesCommand,
  DescribeKeyPairs: DescribeKeyPairsCommand,
  DescribeSecurityGroups: DescribeSecurityGroupsCommand,
  DescribeSubnets: DescribeSubnetsCommand,
  GetConsoleOutput: GetConsoleOutputCommand,
  ModifyInstanceAttribute: ModifyInstanceAttributeCommand,
  RevokeSecurityGroupIngress: RevokeSecurityGroupIngressCommand,
  RunInstances: RunInstancesCommand,
  TerminateInstances: TerminateInstancesCommand,
}

export function sdkSender(options: AwsClientOptions): AwsClient {
  const {place, credentials, requestHandler} = options
  const config = {
    // Retries and their pacing are mcd's own, in providers/call.ts.
    maxAttempts: 1,
    ...(regionOf(place) === undefined ? {} : {region: regionOf(place) as string}),
    ...(place.profile === undefined ? {} : {profile: place.profile}),
    credentials:
      credentials ?? fromNodeProviderChain(place.profile === undefined ? {} : {profile: place.profile}),
    ...(requestHandler === undefined ? {} : {requestHandler}),
  }
  const endpoint = options.endpoint ?? place.endpoint
  const ec2 = new EC2Client({...config, ...(endpoint === undefined ? {} : {endpoint})})
  const others = {...config, ...(endpoint === undefined || servesEc2Alone(endpoint) ? {} : {endpoint})}
  const ssm = new SSMClient(others)
  const sts = new STSClient(others)
  // Only a look at what there is room for asks them.
  const askQuotas = async (call: `Get${string}`, input: object, abortSignal: AbortSignal) => {
    const sdk = await import('@aws-sdk/client-service-quotas')
    const Command = sdk[`${call as 'GetServiceQuota'}Command`]
    return new sdk.ServiceQuotasClient(others).send(new Command(input as never), {abortSignal})
  }
  const send = (call: string, input: object, abortSignal: AbortSignal): Promise<unknown> => {
    if (call === 'GetParameter') return ssm.send(new GetParameterCommand(input as never), {abortSignal})
    if (call === 'GetCallerIdentity') return sts.send(new GetCallerIdentityCommand(input), {abortSignal})
    if (call === 'GetServiceQuota' || call === 'GetAWSDefaultServiceQuota')
      return askQuotas(call, input, abortSignal)
    const Command = EC2_COMMANDS[call as keyof typeof EC2_COMMANDS] as new (
      input: object,
    ) => DescribeInstancesCommand
    return ec2.send(new Command(input), {abortSignal})
  }
  return send as AwsClient
}

/** EC2-compatible clouds have free region names, often none: the signature needs one all the same. */
const regionOf = ({region, compatible}: AwsClientOptions['place']): string | undefined => region ?? compatible

/** AWS's own endpoints are one service each; whoever rebuilds AWS serves them all in one place. */
const servesEc2Alone = (endpoint: string): boolean =>
  /\.amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname)
