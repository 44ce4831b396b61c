import type * as EC2 from '@aws-sdk/client-ec2'
import type {
  GetAWSDefaultServiceQuotaCommandInput,
  GetAWSDefaultServiceQuotaCommandOutput,
  GetServiceQuotaCommandInput,
  GetServiceQuotaCommandOutput,
} from '@aws-sdk/client-service-quotas'
import type {GetParameterCommandInput, GetParameterCommandOutput} from '@aws-sdk/client-ssm'
import type {GetCallerIdentityCommandInput, GetCallerIdentityCommandOutput} from '@aws-sdk/client-sts'
import type {Place} from '../compute.ts'

type Call<Input, Output> = {input: Input; output: Omit<Output, '$metadata'>}

/** The calls to AWS that mcd's compute half makes, under the vendor's names and in its words. */
export type AwsCalls = {
  AuthorizeSecurityGroupIngress: Call<
    EC2.AuthorizeSecurityGroupIngressCommandInput,
    EC2.AuthorizeSecurityGroupIngressCommandOutput
  >
  CreateSecurityGroup: Call<EC2.CreateSecurityGroupCommandInput, EC2.CreateSecurityGroupCommandOutput>
  CreateTags: Call<EC2.CreateTagsCommandInput, EC2.CreateTagsCommandOutput>
  DeleteSecurityGroup: Call<EC2.DeleteSecurityGroupCommandInput, EC2.DeleteSecurityGroupCommandOutput>
  DescribeAvailabilityZones: Call<
    EC2.DescribeAvailabilityZonesCommandInput,
    EC2.DescribeAvailabilityZonesCommandOutput
  >
  DescribeImages: Call<EC2.DescribeImagesCommandInput, EC2.DescribeImagesCommandOutput>
  DescribeInstances: Call<EC2.DescribeInstancesCommandInput, EC2.DescribeInstancesCommandOutput>
  DescribeInstanceTypeOfferings: Call<
    EC2.DescribeInstanceTypeOfferingsCommandInput,
    EC2.DescribeInstanceTypeOfferingsCommandOutput
  >
  DescribeInstanceTypes: Call<EC2.DescribeInstanceTypesCommandInput, EC2.DescribeInstanceTypesCommandOutput>
  DescribeKeyPairs: Call<EC2.DescribeKeyPairsCommandInput, EC2.DescribeKeyPairsCommandOutput>
  DescribeSecurityGroups: Call<
    EC2.DescribeSecurityGroupsCommandInput,
    EC2.DescribeSecurityGroupsCommandOutput
  >
  DescribeSubnets: Call<EC2.DescribeSubnetsCommandInput, EC2.DescribeSubnetsCommandOutput>
  GetConsoleOutput: Call<EC2.GetConsoleOutputCommandInput, EC2.GetConsoleOutputCommandOutput>
  ModifyInstanceAttribute: Call<
    EC2.ModifyInstanceAttributeCommandInput,
    EC2.ModifyInstanceAttributeCommandOutput
  >
  RevokeSecurityGroupIngress: Call<
    EC2.RevokeSecurityGroupIngressCommandInput,
    EC2.RevokeSecurityGroupIngressCommandOutput
  >
  RunInstances: Call<EC2.RunInstancesCommandInput, EC2.RunInstancesCommandOutput>
  TerminateInstances: Call<EC2.TerminateInstancesCommandInput, EC2.TerminateInstancesCommandOutput>
  GetParameter: Call<GetParameterCommandInput, GetParameterCommandOutput>
  GetCallerIdentity: Call<GetCallerIdentityCommandInput, GetCallerIdentityCommandOutput>
  GetServiceQuota: Call<GetServiceQuotaCommandInput, GetServiceQuotaCommandOutput>
  GetAWSDefaultServiceQuota: Call<
    GetAWSDefaultServiceQuotaCommandInput,
    GetAWSDefaultServiceQuotaCommandOutput
  >
}
export type AwsCallName = keyof AwsCalls

/** One request, no retries. Rejects with what classify.ts makes of a failure. */
export type AwsClient = <C extends AwsCallName>(
  call: C,
  input: AwsCalls[C]['input'],
  signal: AbortSignal,
) => Promise<AwsCalls[C]['output']>

export type AwsKeys = {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

export type AwsClientOptions = {
  readonly place: Place
  /** Stands in for the place's own endpoint and for the SDK's variables. */
  readonly endpoint?: string | undefined
  /** Else the default chain: environment, profiles, single sign-on, web identity, instance role. */
  readonly credentials?: AwsKeys | undefined
  readonly requestHandler?: NonNullable<EC2.EC2ClientConfig['requestHandler']> | undefined
  /** Requests in flight at once. */
  readonly concurrency: number
}
