import type {SecurityGroup, Subnet} from '@aws-sdk/client-ec2'
import {nearest} from '../../nearest.ts'
import type {LaunchTarget, LaunchWish, LaunchZone} from '../compute.ts'
import {withoutAddress} from './addresses.ts'
import {type AwsApi, allPages} from './api.ts'
import {filter, type VendorTarget} from './convert.ts'
import {type Architecture, findImage, imageById, type ResolvedImage} from './images.ts'
import {type Reason, WishRefusedError} from './reason.ts'
import {findGroups, findKeyPair, wishReasons} from './resolve-named.ts'

/** A wish in the ids of one region of Amazon's EC2. Throws RefusedError with every reason at once. */
export async function resolveOnAmazon(api: AwsApi, wish: LaunchWish): Promise<LaunchTarget> {
  const reasons = wishReasons(wish)
  const [types, offerings, subnets] = await Promise.all([
    architectures(api, wish.types),
    offeredTypes(api, wish.types),
    findSubnets(api, wish, reasons),
    findKeyPair(api, wish.keyPair, reasons),
  ])
  const architecture = await oneArchitecture(api, wish.types, types, reasons)
  const [image, groups] = await Promise.all([
    resolveImage(api, wish, architecture, reasons),
    findGroups(api, wish.securityGroups, oneVpc(subnets, reasons), reasons),
  ])
  const zones = launchZones(wish.types, subnets, offerings)
  if (zones.length === 0 && subnets.length > 0 && types.size > 0) {
    reasons.push({
      about: 'type',
      name: [...types.keys()].join(', '),
      text: `None of the availability zones ${zoneNames(subnets)} offers ${[...types.keys()].join(' or ')}.`,
    })
  }
  if (!image || reasons.length > 0) throw new WishRefusedError(reasons)
  return {...launchTarget(wish, image, zones, groups), ...withoutAddress(subnets, zones)}
}

export function launchTarget(
  wish: LaunchWish,
  image: ResolvedImage,
  zones: readonly LaunchZone[],
  groups: readonly SecurityGroup[],
): LaunchTarget {
  const vendor: VendorTarget = {
    rootDeviceName: image.rootDeviceName,
    securityGroupIds: groups.flatMap(({GroupId}) => GroupId ?? []),
  }
  return {imageId: image.id, imageName: image.name, zones, wish, vendor}
}

/** The types that exist here, with what their images must be made for. */
async function architectures(api: AwsApi, types: readonly string[]): Promise<Map<string, Architecture>> {
  const pages = await allPages(token =>
    api('DescribeInstanceTypes', {Filters: [filter('instance-type', ...types)], ...token}),
  )
  return new Map(
    pages
      .flatMap(({InstanceTypes}) => InstanceTypes ?? [])
      .map(({InstanceType, ProcessorInfo}) => [
        String(InstanceType),
        ProcessorInfo?.SupportedArchitectures?.includes('arm64') ? 'arm64' : 'x86_64',
      ]),
  )
}

/** Which of the types each zone offers. */
async function offeredTypes(api: AwsApi, types: readonly string[]): Promise<Map<string, Set<string>>> {
  const pages = await allPages(token =>
    api('DescribeInstanceTypeOfferings', {
      LocationType: 'availability-zone',
      Filters: [filter('instance-type', ...types)],
      ...token,
    }),
  )
  const byZone = new Map<string, Set<string>>()
  for (const {Location = '', InstanceType} of pages.flatMap(page => page.InstanceTypeOfferings ?? [])) {
    byZone.set(Location, (byZone.get(Location) ?? new Set()).add(String(InstanceType)))
  }
  return byZone
}

/** One launch has one image, and so one architecture. Unknown types are told with the nearest right spelling. */
async function oneArchitecture(
  api: AwsApi,
  wished: readonly string[],
  known: ReadonlyMap<string, Architecture>,
  reasons: Reason[],
): Promise<Architecture> {
  const unknown = wished.filter(type => !known.has(type))
  if (unknown.length > 0) {
    const pages = await allPages(token =>
      api('DescribeInstanceTypeOfferings', {LocationType: 'region', MaxResults: 1000, ...token}),
    )
    const all = pages
      .flatMap(page => page.InstanceTypeOfferings ?? [])
      .map(({InstanceType}) => String(InstanceType))
    for (const type of unknown) {
      const near = nearest(type, all)
      const text = `This region has no instance type ${type}${near ? `: did you mean ${near}?` : '.'}`
      reasons.push({about: 'type', name: type, text})
    }
  }
  const different = new Set(known.values())
  if (different.size > 1) {
    const told = [...known].map(([type, architecture]) => `${type} (${architecture})`)
    reasons.push({
      about: 'type',
      name: wished.join(', '),
      text: `The types of one group must be of one architecture, since they share an image: ${told.join(', ')}.`,
    })
  }
  const [first = 'x86_64'] = different
  return first
}

async function resolveImage(
  api: AwsApi,
  {image: wished, pinnedImageId, diskGb}: LaunchWish,
  architecture: Architecture,
  reasons: Reason[],
): Promise<ResolvedImage | undefined> {
  const found = await pinnedOrWished(api, wished, pinnedImageId, architecture)
  if ('reason' in found) {
    reasons.push({about: 'image', name: wished, text: found.reason})
    return undefined
  }
  if (found.architecture !== undefined && found.architecture !== architecture) {
    const text = `Image ${found.id} is made for ${found.architecture}, the type for ${architecture}.`
    reasons.push({about: 'image', name: wished, text})
  }
  if (diskGb !== undefined && found.rootSizeGb !== undefined && diskGb < found.rootSizeGb) {
    const text = `A disk of ${diskGb} GB is smaller than image ${found.id}, which needs ${found.rootSizeGb} GB.`
    reasons.push({about: 'settings', name: 'disk', text})
  }
  return found
}

async function pinnedOrWished(
  api: AwsApi,
  wished: string,
  pinnedId: string | undefined,
  architecture: Architecture,
) {
  if (pinnedId === undefined) return findImage(api, wished, architecture)
  const pinned = await imageById(api, pinnedId)
  if (!pinned) {
    return {
      reason: `Image ${pinnedId}, which this group runs on, is no longer available. Name another image in the fleet file: its instances are then replaced.`,
    }
  }
  // The group has moved to types that its image cannot run on: the pin ends there.
  return pinned.architecture === undefined || pinned.architecture === architecture
    ? pinned
    : findImage(api, wished, architecture)
}

/** The listed subnets, or the default one of each zone; in the order of the file where it has one. */
async function findSubnets(
  api: AwsApi,
  {subnets: wished, zones}: LaunchWish,
  reasons: Reason[],
): Promise<Subnet[]> {
  const which = wished.length > 0 ? filter('subnet-id', ...wished) : filter('default-for-az', 'true')
  const pages = await allPages(token => api('DescribeSubnets', {Filters: [which], ...token}))
  const found = pages
    .flatMap(({Subnets}) => Subnets ?? [])
    .sort((a, b) => ((a.AvailabilityZone ?? '') < (b.AvailabilityZone ?? '') ? -1 : 1))
  if (wished.length > 0)
    return wished.flatMap(id => {
      const subnet = found.find(({SubnetId}) => SubnetId === id)
      if (!subnet)
        reasons.push({about: 'network', name: id, text: `Subnet ${id} does not exist in this region.`})
      return subnet ?? []
    })
  if (found.length === 0)
    reasons.push({
      about: 'network',
      name: 'subnets',
      text: 'This account has no default subnets in this region: list "subnets" in the group.',
    })
  return found.length > 0 && zones ? inOrder(found, zones, reasons) : found
}

function inOrder(found: readonly Subnet[], zones: readonly string[], reasons: Reason[]): Subnet[] {
  return zones.flatMap(zone => {
    const subnet = found.find(({AvailabilityZone}) => AvailabilityZone === zone)
    if (subnet) return [subnet]
    const near = nearest(
      zone,
      found.flatMap(({AvailabilityZone}) => AvailabilityZone ?? []),
    )
    const text = `This account has no default subnet in availability zone ${zone}${near ? `: did you mean ${near}?` : `; there are ${zoneNames(found)}.`}`
    reasons.push({about: 'network', name: zone, text})
    return []
  })
}

function oneVpc(subnets: readonly Subnet[], reasons: Reason[]): string | undefined {
  const vpcs = [...new Set(subnets.flatMap(({VpcId}) => VpcId ?? []))]
  if (vpcs.length > 1)
    reasons.push({
      about: 'network',
      name: 'subnets',
      text: `The subnets of one group must be in one VPC, these are in ${vpcs.join(' and ')}.`,
    })
  return vpcs[0]
}

function launchZones(
  types: readonly string[],
  subnets: readonly Subnet[],
  offered: ReadonlyMap<string, Set<string>>,
): LaunchZone[] {
  return subnets
    .map(({AvailabilityZone: name = '', SubnetId: subnetId = ''}) => ({
      name,
      subnetId,
      types: types.filter(type => offered.get(name)?.has(type)),
    }))
    .filter(zone => zone.types.length > 0)
}

const zoneNames = (subnets: readonly Subnet[]): string =>
  [...new Set(subnets.flatMap(({AvailabilityZone}) => AvailabilityZone ?? []))].sort().join(', ')
