import type {Subnet} from '@aws-sdk/client-ec2'
import type {LaunchTarget, LaunchWish, LaunchZone} from '../compute.ts'
import {withoutAddress} from './addresses.ts'
import {type AwsApi, allPages} from './api.ts'
import {filter} from './convert.ts'
import {findPrivateImage} from './images.ts'
import {type Reason, WishRefusedError} from './reason.ts'
import {launchTarget} from './resolve.ts'
import {findGroups, findKeyPair, wishReasons} from './resolve-named.ts'

/**
 * A wish in the ids of an EC2-compatible cloud (decision 12). It lists neither types nor their offerings: every zone is
 * taken to have every type, and a wrong one is refused by the launch itself.
 */
export async function resolveOnCompatible(api: AwsApi, wish: LaunchWish): Promise<LaunchTarget> {
  const reasons = [...wishReasons(wish), ...unavailable(wish)]
  const [image, {zones, subnets}, groups] = await Promise.all([
    findPrivateImage(api, wish.pinnedImageId ?? wish.image),
    findZones(api, wish, reasons),
    findGroups(api, wish.securityGroups, undefined, reasons),
    findKeyPair(api, wish.keyPair, reasons),
  ])
  if ('reason' in image)
    throw new WishRefusedError([...reasons, {about: 'image', name: wish.image, text: image.reason}])
  if (reasons.length > 0) throw new WishRefusedError(reasons)
  return {...launchTarget(wish, image, zones, groups), ...withoutAddress(subnets, zones)}
}

function unavailable({spot, deletionProtection}: LaunchWish): Reason[] {
  const refused = (name: string, text: string): Reason => ({about: 'settings', name, text})
  return [
    ...(spot ? [refused('spot', '"spot": an EC2-compatible cloud has no spot instances.')] : []),
    ...(deletionProtection
      ? [refused('deletionProtection', '"deletionProtection": an EC2-compatible cloud has none.')]
      : []),
  ]
}

async function findZones(
  api: AwsApi,
  {subnets: wished, zones: named = [], types}: LaunchWish,
  reasons: Reason[],
): Promise<{zones: LaunchZone[]; subnets: Subnet[]}> {
  if (wished.length === 0) {
    const {AvailabilityZones = []} = await api('DescribeAvailabilityZones', {})
    const names = AvailabilityZones.filter(({State}) => State === 'available').flatMap(
      ({ZoneName}) => ZoneName ?? [],
    )
    if (names.length === 0)
      reasons.push({about: 'network', name: 'zones', text: 'This cloud shows no available zone.'})
    for (const zone of named) {
      if (names.length > 0 && !names.includes(zone))
        reasons.push({
          about: 'network',
          name: zone,
          text: `This cloud has no available zone ${zone}; there are ${names.sort().join(', ')}.`,
        })
    }
    const chosen = named.length > 0 ? named.filter(zone => names.includes(zone)) : names.sort()
    return {zones: chosen.map(name => ({name, types})), subnets: []}
  }
  const pages = await allPages(token =>
    api('DescribeSubnets', {Filters: [filter('subnet-id', ...wished)], ...token}),
  )
  const subnets = pages.flatMap(({Subnets}) => Subnets ?? [])
  const zones = wished.flatMap(subnetId => {
    const zone = subnets.find(({SubnetId}) => SubnetId === subnetId)?.AvailabilityZone
    if (zone !== undefined) return [{name: zone, subnetId, types}]
    reasons.push({about: 'network', name: subnetId, text: `Subnet ${subnetId} does not exist in this cloud.`})
    return []
  })
  return {zones, subnets}
}
