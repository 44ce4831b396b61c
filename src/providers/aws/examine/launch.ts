import {CapacityError, type McdError, QuotaError} from '../../../errors.ts'
import {isDenied} from '../../aws-access.ts'
import type {LaunchTarget, LaunchZone, NetworkPiece, Place} from '../../compute.ts'
import type {ComputeNeeds, Finding} from '../../examine.ts'
import {type AwsApi, allPages} from '../api.ts'
import {amazonOnly, filter, toRunInstances} from '../convert.ts'
import {type Reason, WishRefusedError} from '../reason.ts'
import {resolveOnAmazon} from '../resolve.ts'
import {resolveOnCompatible} from '../resolve-compatible.ts'
import {tryOut} from './verdict.ts'

type Group = ComputeNeeds['groups'][number]

/** Whether what a group names is there, and whether it could be launched: by the very request, as a dry run. */
export async function examineLaunch(
  api: AwsApi,
  place: Place,
  needs: ComputeNeeds,
  group: Group,
  ingress: readonly NetworkPiece[],
): Promise<Finding[]> {
  const where = place.region ?? place.key
  try {
    const resolve = place.compatible ? resolveOnCompatible : resolveOnAmazon
    const target = await resolve(api, group.wish)
    const found = [...whatIsThere(target, where), ...(await examineRoom(api, group, target))]
    if (place.compatible) return [...found, notTriedOut(group)]
    return [...found, ...(await tryLaunches(api, needs, group, target, ingress))]
  } catch (error) {
    if (error instanceof WishRefusedError) return error.why.map(reason => refused(reason, group, where))
    // What may not be read is told by itself.
    if (isDenied(error) && !place.compatible) return []
    throw error
  }
}

function whatIsThere({wish, imageId, imageName, zones}: LaunchTarget, where: string): Finding[] {
  const ok = (check: Finding['check'], subject: string, detail: string): Finding => ({
    check,
    subject: `${subject} in ${where}`,
    outcome: 'ok',
    detail,
  })
  return [
    ok('image', wish.image, `${imageName} (${imageId}).`),
    ...wish.types.map(type => {
      const offering = zones.filter(({types}) => types.includes(type)).map(({name}) => name)
      const subject = `${type} in ${where}`
      if (offering.length > 0) return ok('type', type, `Offered in ${offering.join(', ')}.`)
      const detail = 'None of the zones that this group uses offers it: others of "type" are taken.'
      const remedy = `Remove ${type} from "type", or add "zones" or "subnets" where it is offered.`
      return {check: 'type' as const, subject, outcome: 'warning' as const, detail, remedy}
    }),
    ...wish.securityGroups.map(name => ok('network', name, 'This security group exists.')),
    ...(wish.keyPair ? [ok('key', wish.keyPair, 'This key pair exists.')] : []),
  ]
}

const REMEDIES: Readonly<Record<Reason['about'], (group: string) => string>> = {
  image: group =>
    `Name an image of this region in "image" of group ${group}: an id, or an alias that mcd knows.`,
  type: group => `Change "type" in group ${group}, or the "zones" and "subnets" it is launched in.`,
  network: group => `Change "subnets", "zones" or "securityGroups" in group ${group}.`,
  key: group => `Import it ("aws ec2 import-key-pair"), or change "keyPair" in group ${group}.`,
  settings: group => `Change it in group ${group} of the fleet file.`,
}

const refused = ({about, name, text}: Reason, {name: group}: Group, where: string): Finding => ({
  check: about,
  subject: `${name} in ${where}`,
  outcome: 'failed',
  detail: text,
  remedy: REMEDIES[about](group),
})

/** Whether the subnets have addresses for the group. */
async function examineRoom(api: AwsApi, {name, count}: Group, {zones}: LaunchTarget): Promise<Finding[]> {
  const ids = [...new Set(zones.flatMap(({subnetId}) => subnetId ?? []))]
  if (ids.length === 0) return []
  const pages = await allPages(token =>
    api('DescribeSubnets', {Filters: [filter('subnet-id', ...ids)], ...token}),
  )
  const subnets = pages.flatMap(({Subnets}) => Subnets ?? [])
  const free = subnets.reduce((sum, {AvailableIpAddressCount = 0}) => sum + AvailableIpAddressCount, 0)
  const about = {check: 'network' as const, subject: `addresses for group ${name}`}
  const where = ids.length > 2 ? `${ids.length} subnets` : ids.join(' and ')
  const detail = `${free} private addresses are free in ${where}, and the group wants ${count}.`
  return free >= count
    ? [{...about, outcome: 'ok', detail}]
    : [
        {
          ...about,
          outcome: 'warning',
          detail,
          remedy: `Add "subnets" to group ${name}, or end what uses up these addresses.`,
        },
      ]
}

/** Each type once, and each listed subnet: a policy may tell them apart. */
function launchesToTry({zones, wish}: LaunchTarget): {zone: LaunchZone; type: string}[] {
  const byType = wish.types.flatMap(type => {
    const zone = zones.find(({types}) => types.includes(type))
    return zone ? [{zone, type}] : []
  })
  const tried = new Set(byType.map(({zone}) => zone))
  const bySubnet = wish.subnets.length === 0 ? [] : zones.filter(zone => !tried.has(zone))
  return [...byType, ...bySubnet.flatMap(zone => (zone.types[0] ? [{zone, type: zone.types[0]}] : []))]
}

async function tryLaunches(
  api: AwsApi,
  {fleet, dns}: ComputeNeeds,
  {name, count}: Group,
  target: LaunchTarget,
  ingress: readonly NetworkPiece[],
): Promise<Finding[]> {
  // Never asked for by a launch: a dry run is no first use of a token.
  const mark = {fleet, dns, group: name, launch: 'doctor', spec: 'doctor'}
  const networkIds = target.wish.securityGroups.length > 0 ? [] : ingress.map(({id}) => id)
  const userdata = Buffer.from('#!/bin/sh\n')
  return Promise.all(
    launchesToTry(target).map(({zone, type}) => {
      const order = {
        mark,
        count: Math.max(1, count),
        type,
        zone,
        target,
        networkIds,
        userdata,
        resumed: false,
      }
      const {ClientToken: _, ...request} = toRunInstances(order)
      return tryOut(
        {
          action: 'ec2:RunInstances',
          subject: `ec2:RunInstances ${type} in ${zone.name}, group ${name}`,
          allowed: 'The launch would be allowed, with its tags and all that the group names.',
          refused: error => refusedLaunch(error, name, type, zone),
        },
        () => api('RunInstances', {...request, ...amazonOnly(order), DryRun: true}),
      )
    }),
  )
}

/** What the launch itself would be refused for: an instance profile that does not exist, a type without IPv6. */
function refusedLaunch(error: McdError, group: string, type: string, {name: zone}: LaunchZone): Finding {
  const about = {subject: `launch of ${type} in ${zone}, group ${group}`, detail: error.message}
  // It passes by itself, and a run looks elsewhere meanwhile.
  if (error instanceof CapacityError)
    return {
      ...about,
      check: 'type',
      outcome: 'warning',
      remedy: `Give group ${group} several types in "type", or more "zones": they are tried in order.`,
    }
  return {
    ...about,
    check: error instanceof QuotaError ? 'quota' : 'settings',
    outcome: 'failed',
    remedy: error.suggestions[0] ?? `Change what group ${group} names in the fleet file.`,
  }
}

const notTriedOut = ({name}: Group): Finding => ({
  check: 'permission',
  subject: `launch of group ${name}`,
  outcome: 'unknown',
  detail:
    'An EC2-compatible cloud may take a dry run for the call itself, so that mcd tries nothing out there: whether these credentials may launch and end instances is seen at the first run.',
})
