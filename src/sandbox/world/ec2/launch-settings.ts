import {SANDBOX} from '../credentials.ts'
import {ec2Error, invalidValue, notFound} from './errors.ts'
import type {RunInstancesRequest} from './launch-request.ts'
import type {Image, MetadataOptions} from './model.ts'
import type {Region} from './region.ts'
import {checkedTags} from './tags.ts'

const USERDATA_MAX_BYTES = 16_384
const MAX_VOLUME_GB = 65_536
const TAGGED_AT_LAUNCH = ['instance', 'volume', 'network-interface', 'spot-instances-request', 'elastic-gpu']
/** What AWS documents as the account-independent defaults. */
const DEFAULT_METADATA: MetadataOptions = {
  httpTokens: 'optional',
  httpEndpoint: 'enabled',
  httpPutResponseHopLimit: 1,
  instanceMetadataTags: 'disabled',
}

/** Everything of a launch that concerns the instance alone, by EC2's rules. */
export function checkedSettings(region: Region, request: RunInstancesRequest, image: Image) {
  if (region.cloud === 'eucalyptus') refuseOnEucalyptus(request)
  if (request.keyName !== undefined && !region.keyPairs.has(request.keyName)) {
    throw notFound('InvalidKeyPair.NotFound', 'key pair', [request.keyName])
  }
  const behavior = request.instanceInitiatedShutdownBehavior ?? 'stop'
  if (behavior !== 'stop' && behavior !== 'terminate') {
    throw invalidValue(
      `Value (${behavior}) for parameter instanceInitiatedShutdownBehavior is invalid. Valid values are stop and terminate.`,
    )
  }
  const market = request.instanceMarketOptions?.marketType
  if (market !== undefined && market !== 'spot')
    throw invalidValue(`Value (${market}) for parameter marketType is invalid.`)
  const metadata =
    region.cloud === 'eucalyptus'
      ? undefined
      : {...DEFAULT_METADATA, ...definedOnly(request.metadataOptions ?? {})}
  const tags = (resourceType: string) =>
    checkedTags(
      (request.tagSpecifications ?? [])
        .filter(spec => spec.resourceType === resourceType)
        .flatMap(spec => spec.tags ?? []),
      {inMetadata: resourceType === 'instance' && metadata?.instanceMetadataTags === 'enabled'},
    )
  for (const {resourceType} of request.tagSpecifications ?? []) {
    if (!TAGGED_AT_LAUNCH.includes(resourceType ?? ''))
      throw invalidValue(`'${resourceType}' is not a valid taggable resource type for this operation.`)
  }
  return {
    instanceProfile: profileName(request.iamInstanceProfile),
    userdata: decodeUserdata(request.userData),
    spot: market === 'spot',
    shutdownBehavior: behavior,
    protectedFromTermination: request.disableApiTermination ?? false,
    tags: tags('instance'),
    volume: {deviceName: image.rootDeviceName, sizeGb: rootSize(request, image), tags: tags('volume')},
    ...(metadata === undefined ? {} : {metadata}),
  } as const
}

/** Its binding refuses what it has no field for. */
function refuseOnEucalyptus(request: RunInstancesRequest): void {
  for (const parameter of ['TagSpecification', 'MetadataOptions', 'InstanceMarketOptions'] as const) {
    const member = (
      {
        TagSpecification: 'tagSpecifications',
        MetadataOptions: 'metadataOptions',
        InstanceMarketOptions: 'instanceMarketOptions',
      } as const
    )[parameter]
    if (request[member] !== undefined)
      throw ec2Error('InvalidParameterValue', `Failed to bind the following fields: ${parameter}`)
  }
}

function profileName(profile: RunInstancesRequest['iamInstanceProfile']): string | undefined {
  if (!profile) return undefined
  const name = profile.name ?? profile.arn?.split('/').at(-1)
  if (name === SANDBOX.aws.instanceProfile) return name
  throw invalidValue(
    `Value (${profile.name ?? profile.arn}) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name`,
  )
}

function decodeUserdata(base64 = ''): Uint8Array {
  const compact = base64.replace(/\s/g, '')
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(compact) || compact.length % 4 !== 0)
    throw invalidValue('Invalid BASE64 encoding of user data.')
  const bytes = Buffer.from(compact, 'base64')
  if (bytes.length > USERDATA_MAX_BYTES)
    throw invalidValue(`User data is limited to ${USERDATA_MAX_BYTES} bytes`)
  return bytes
}

function rootSize({blockDeviceMappings = []}: RunInstancesRequest, image: Image): number {
  const wished = blockDeviceMappings.find(({deviceName}) => deviceName === image.rootDeviceName)?.ebs
    ?.volumeSize
  if (wished === undefined) return image.rootSizeGb
  if (wished < image.rootSizeGb) {
    throw ec2Error(
      'InvalidBlockDeviceMapping',
      `Volume of size ${wished}GB is smaller than snapshot '${image.rootSnapshotId}', expect size >= ${image.rootSizeGb}GB`,
    )
  }
  if (wished > MAX_VOLUME_GB)
    throw invalidValue(`Volume of ${wished}GiB is too large; the maximum is ${MAX_VOLUME_GB}GiB.`)
  return wished
}

const definedOnly = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as T
