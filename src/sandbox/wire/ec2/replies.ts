import type {ActionName} from '../../world/ec2/actions.ts'
import type {XmlValue} from '../xml.ts'

/** Element names that are not simply the member's own. A pair goes on inside the member. */
type Names = {readonly [member: string]: string | readonly [element: string, inside: Names]}

const TAGS = {tags: 'tagSet'} as const
const STATE_CHANGES = 'instancesSet'

const INSTANCE: Names = {
  ...TAGS,
  state: 'instanceState',
  publicDnsName: 'dnsName',
  publicIpAddress: 'ipAddress',
  stateTransitionReason: 'reason',
  securityGroups: 'groupSet',
  blockDeviceMappings: 'blockDeviceMapping',
}
const RESERVATION: Names = {groups: 'groupSet', instances: ['instancesSet', INSTANCE]}
const IMAGE: Names = {
  ...TAGS,
  state: 'imageState',
  ownerId: 'imageOwnerId',
  public: 'isPublic',
  blockDeviceMappings: 'blockDeviceMapping',
}
const PERMISSION: Names = {userIdGroupPairs: 'groups'}
const SECURITY_GROUP: Names = {
  ...TAGS,
  description: 'groupDescription',
  ipPermissions: ['ipPermissions', PERMISSION],
  ipPermissionsEgress: ['ipPermissionsEgress', PERMISSION],
}

/** Source: the EC2 service model, where member and element differ. */
const REPLIES: {readonly [A in ActionName]?: Names} = {
  RunInstances: RESERVATION,
  DescribeInstances: {reservations: ['reservationSet', RESERVATION]},
  DescribeInstanceStatus: {instanceStatuses: 'instanceStatusSet'},
  TerminateInstances: {terminatingInstances: STATE_CHANGES},
  StopInstances: {stoppingInstances: STATE_CHANGES},
  StartInstances: {startingInstances: STATE_CHANGES},
  DescribeImages: {images: ['imagesSet', IMAGE]},
  DescribeInstanceTypes: {instanceTypes: 'instanceTypeSet'},
  DescribeInstanceTypeOfferings: {instanceTypeOfferings: 'instanceTypeOfferingSet'},
  DescribeAvailabilityZones: {
    availabilityZones: ['availabilityZoneInfo', {state: 'zoneState', messages: 'messageSet'}],
  },
  DescribeVpcs: {vpcs: ['vpcSet', TAGS]},
  DescribeSubnets: {subnets: ['subnetSet', TAGS]},
  DescribeSecurityGroups: {securityGroups: ['securityGroupInfo', SECURITY_GROUP]},
  CreateSecurityGroup: TAGS,
  DescribeKeyPairs: {keyPairs: ['keySet', TAGS]},
  DescribeTags: TAGS,
}

/** A reply of the world as the elements of its response. Lists are `<item>`s, times ISO 8601. */
export const replyElements = (action: ActionName, reply: object): XmlValue =>
  elements(reply, REPLIES[action] ?? {})

function elements(value: unknown, names: Names): XmlValue {
  if (
    value === undefined ||
    typeof value === 'string' ||
    typeof value === 'number' ||
    typeof value === 'boolean'
  )
    return value
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return {item: value.map(one => elements(one, names))}
  return Object.fromEntries(
    Object.entries(value as object).map(([member, inner]) => {
      const [element, inside] = [names[member] ?? member].flat() as [string, Names?]
      return [element, elements(inner, inside ?? {})]
    }),
  )
}
