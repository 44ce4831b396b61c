import type {MetadataOptions} from './model.ts'
import type {TagList} from './tags.ts'

/** RunInstances, in the API's own words. */
export type RunInstancesRequest = {
  readonly imageId?: string | undefined
  readonly instanceType?: string | undefined
  readonly minCount?: number | undefined
  readonly maxCount?: number | undefined
  readonly clientToken?: string | undefined
  readonly subnetId?: string | undefined
  readonly placement?:
    | {readonly availabilityZone?: string | undefined; readonly tenancy?: string | undefined}
    | undefined
  readonly securityGroupIds?: readonly string[] | undefined
  readonly securityGroups?: readonly string[] | undefined
  readonly networkInterfaces?: readonly NetworkInterfaceRequest[] | undefined
  readonly keyName?: string | undefined
  readonly userData?: string | undefined
  readonly iamInstanceProfile?:
    | {readonly name?: string | undefined; readonly arn?: string | undefined}
    | undefined
  readonly tagSpecifications?: readonly TagSpecification[] | undefined
  readonly metadataOptions?: Partial<MetadataOptions> | undefined
  readonly instanceInitiatedShutdownBehavior?: string | undefined
  readonly instanceMarketOptions?: {readonly marketType?: string | undefined} | undefined
  readonly blockDeviceMappings?: readonly BlockDeviceRequest[] | undefined
  readonly disableApiTermination?: boolean | undefined
}
export type TagSpecification = {
  readonly resourceType?: string | undefined
  readonly tags?: TagList | undefined
}
type NetworkInterfaceRequest = {
  readonly deviceIndex?: number | undefined
  readonly associatePublicIpAddress?: boolean | undefined
  readonly subnetId?: string | undefined
  readonly groups?: readonly string[] | undefined
}
type BlockDeviceRequest = {
  readonly deviceName?: string | undefined
  readonly ebs?: {readonly volumeSize?: number | undefined} | undefined
}
