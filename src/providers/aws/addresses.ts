import type {Subnet} from '@aws-sdk/client-ec2'
import type {LaunchTarget, LaunchZone} from '../compute.ts'

/**
 * Whether instances get a public address is the subnets' affair: a launch of ours asks for none beside. A private one they
 * always have. Source: EC2 API Reference, Subnet, mapPublicIpOnLaunch and assignIpv6AddressOnCreation.
 */
export function withoutAddress(
  subnets: readonly Subnet[],
  zones: readonly LaunchZone[],
): Pick<LaunchTarget, 'without'> {
  const used = new Set(zones.map(({subnetId}) => subnetId))
  const closed = subnets.filter(
    ({SubnetId, MapPublicIpOnLaunch}) => used.has(SubnetId) && MapPublicIpOnLaunch === false,
  )
  // Who has an IPv6 address alone can be reached, where the name takes such ones.
  const bare = closed.filter(({AssignIpv6AddressOnCreation}) => !AssignIpv6AddressOnCreation)
  const without = {
    ...(bare.length > 0 && {public: reason(bare)}),
    ...(bare.length < closed.length && {publicIpv4: reason(closed)}),
  }
  return Object.keys(without).length > 0 ? {without} : {}
}

function reason(closed: readonly Subnet[]): string {
  const named = closed.map(({SubnetId, AvailabilityZone}) => `${SubnetId} (${AvailabilityZone})`).join(', ')
  const which = closed.length === 1 ? `subnet ${named} gives` : `subnets ${named} give`
  return `${which} none to new instances; turn on its "auto-assign public IPv4 address", or use other "subnets" or "zones"`
}
