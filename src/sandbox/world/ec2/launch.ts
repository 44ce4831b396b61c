import {ec2Error, invalidValue, required} from './errors.ts'
import {anySubnet, findGroups, findImage, findSubnet, findType, unsupported} from './launch-lookup.ts'
import type {RunInstancesRequest} from './launch-request.ts'
import {checkedSettings} from './launch-settings.ts'
import {powerUp} from './lifecycle.ts'
import type {Ec2Instance, InstanceType, Subnet} from './model.ts'
import type {Region} from './region.ts'

/** Everything a launch names, which must be there. */
export function checkedLaunch(region: Region, request: RunInstancesRequest) {
  const image = findImage(region, request)
  const type = findType(region, request, image)
  const groups = findGroups(region, request)
  const settings = checkedSettings(region, request, image)
  const subnet = findSubnet(region, request) ?? anySubnet(region, type)
  if (!region.offers(subnet.zone, type.name)) throw unsupported(region, type, subnet)
  return {image, type, groups, settings, subnet}
}

/** The instances of one reservation; a token used before answers with the earlier ones, in their state of now. */
export function runInstances(region: Region, request: RunInstancesRequest): Ec2Instance[] {
  const [min, max] = counts(request)
  const subnetAsked = findSubnet(region, request)
  const tokenKey = tokenOf(request, subnetAsked)
  const fingerprint = fingerprintOf(request)
  const earlier = tokenKey === undefined ? undefined : region.tokens.get(tokenKey)
  if (earlier) return again(region, earlier.reservationId, earlier.fingerprint === fingerprint)

  const {image, type, groups, settings, subnet} = checkedLaunch(region, request)
  const count = affordable(region, {type, zone: subnet.zone, min, max, spot: settings.spot})
  region.throttle.instances('RunInstances', count)

  const {plan} = region.core.calls
  const reservationId = region.newId('r')
  const publicAddress = request.networkInterfaces?.[0]?.associatePublicIpAddress ?? subnet.publicAddresses
  const addresses = Array.from({length: count}, () => region.newPrivateIp(subnet))
  const launched = addresses.map((privateIp, launchIndex) => {
    if (privateIp === undefined) {
      throw ec2Error(
        'InsufficientFreeAddressesInSubnet',
        `There are not enough free addresses in subnet '${subnet.id}' to satisfy the requested number of instances.`,
      )
    }
    const id = region.newId('i')
    const instance: Ec2Instance = {
      id,
      region: region.name,
      cloud: region.cloud,
      reservationId,
      launchIndex,
      imageId: image.id,
      type,
      zone: subnet.zone,
      subnetId: subnet.id,
      vpcId: subnet.vpcId,
      privateIp,
      ipv6: region.newIpv6(subnet, privateIp),
      wantsPublicIp: publicAddress,
      keyName: request.keyName,
      securityGroups: groups,
      clientToken: request.clientToken,
      visibleAtMs: region.nowMs + plan.late(region.core.delays.visibleMs),
      fate: plan.drawFate(id),
      state: 'pending',
      transitionReason: '',
      launchedAtMs: region.nowMs,
      holdsCapacity: false,
      power: 'off',
      ...settings,
      tags: new Map(settings.tags),
      volume: {...settings.volume, id: region.newId('vol'), tags: new Map(settings.volume.tags)},
      ...(settings.metadata ? {metadata: {...settings.metadata}} : {}),
    }
    return instance
  })
  if (tokenKey !== undefined) region.tokens.set(tokenKey, {fingerprint, reservationId})
  for (const instance of launched) {
    region.instances.set(instance.id, instance)
    powerUp(region, instance)
  }
  return launched
}

function counts({minCount, maxCount}: RunInstancesRequest): [number, number] {
  const min = required(minCount, 'MinCount')
  const max = required(maxCount, 'MaxCount')
  if (min < 1) throw invalidValue(`Value (${min}) for parameter minCount is invalid. Minimum value is 1.`)
  if (max < min) throw ec2Error('InvalidParameterCombination', 'MinCount may not exceed MaxCount')
  return [min, max]
}

/**
 * Zonal when a zone or subnet is named, regional otherwise. Source: EC2 Developer Guide, "Ensuring idempotency".
 */
function tokenOf({clientToken}: RunInstancesRequest, subnet: Subnet | undefined): string | undefined {
  if (clientToken === undefined) return undefined
  if (clientToken.length > 64) throw invalidValue('Client token is too long: at most 64 ASCII characters')
  return `${subnet?.zone ?? 'region'} ${clientToken}`
}

/** Region, zone and subnet are no part of the comparison. */
const fingerprintOf = ({
  clientToken: _,
  subnetId: __,
  placement: ___,
  ...rest
}: RunInstancesRequest): string => JSON.stringify(sorted(rest))

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  )
}

function again(region: Region, reservationId: string, same: boolean): Ec2Instance[] {
  if (!same) {
    throw ec2Error(
      'IdempotentParameterMismatch',
      'Arguments on this idempotent request are inconsistent with arguments used in previous request(s).',
    )
  }
  const instances = [...region.instances.values()].filter(
    instance => instance.reservationId === reservationId,
  )
  if (instances.every(({state}) => state === 'terminated' || state === 'shutting-down')) {
    throw ec2Error(
      'IdempotentInstanceTerminated',
      'The client token was used for an instance that has been terminated. Use a new client token to launch another.',
    )
  }
  return instances
}

type Need = {type: InstanceType; zone: string; min: number; max: number; spot: boolean}

/** As many as quota and capacity give, at least the minimum. */
function affordable(region: Region, {type, zone, min, max, spot}: Need): number {
  const quota = spot ? region.spotVcpuQuota : region.vcpuQuota
  const byQuota = Math.floor((quota - region.vcpusInUse(spot)) / type.vcpus)
  if (byQuota < min && spot)
    throw ec2Error('MaxSpotInstanceCountExceeded', 'Max spot instance count exceeded')
  if (byQuota < min) {
    throw ec2Error(
      'VcpuLimitExceeded',
      `You have requested more vCPU capacity than your current vCPU limit of ${region.vcpuQuota} allows for the instance bucket that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.`,
    )
  }
  const room = region.shortageShown === 'afterwards' ? max : region.capacity(zone, type.name)
  const free = Math.min(room, region.core.calls.plan.room)
  if (free < min) {
    const others = region.zones.filter(
      other => other !== zone && region.offers(other, type.name) && region.capacity(other, type.name) > 0,
    )
    const elsewhere = others.length > 0 ? ` or choosing ${others.join(', ')}` : ''
    throw ec2Error(
      'InsufficientInstanceCapacity',
      `We currently do not have sufficient ${type.name} capacity in the Availability Zone you requested (${zone}). Our system will be working on provisioning additional capacity. You can currently get ${type.name} capacity by not specifying an Availability Zone in your request${elsewhere}.`,
    )
  }
  return Math.min(max, byQuota, free)
}
