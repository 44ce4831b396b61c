import {SANDBOX} from '../../world/credentials.ts'
import type {Ec2Instance} from '../../world/ec2/model.ts'
import type {World} from '../../world/world.ts'

/**
 * Everything below `/latest/`, by path. What an instance does not have is absent: no public address, no profile, tags not
 * opened to it, no spot interruption ahead.
 * Source: Amazon EC2 User Guide, "Instance metadata categories".
 */
export function metadataTree(world: World, instance: Ec2Instance): Map<string, string | Uint8Array> {
  const tree = new Map<string, string | Uint8Array>([
    ['meta-data/ami-id', instance.imageId],
    ['meta-data/ami-launch-index', String(instance.launchIndex)],
    ['meta-data/hostname', hostName(instance)],
    ['meta-data/instance-id', instance.id],
    ['meta-data/instance-life-cycle', instance.spot ? 'spot' : 'on-demand'],
    ['meta-data/instance-type', instance.type.name],
    ['meta-data/local-hostname', hostName(instance)],
    ['meta-data/local-ipv4', instance.privateIp],
    ['meta-data/placement/availability-zone', instance.zone],
    ['meta-data/placement/region', instance.region],
    ['meta-data/reservation-id', instance.reservationId],
    ['meta-data/security-groups', instance.securityGroups.map(({name}) => name).join('\n')],
    ['dynamic/instance-identity/document', identityDocument(instance)],
  ])
  if (instance.publicIp !== undefined) tree.set('meta-data/public-ipv4', instance.publicIp)
  if (instance.ipv6 !== undefined) tree.set('meta-data/ipv6', instance.ipv6)
  if (instance.userdata.length > 0) tree.set('user-data', instance.userdata)
  if (instance.metadata?.instanceMetadataTags === 'enabled') {
    for (const [key, value] of instance.tags) tree.set(`meta-data/tags/instance/${key}`, value)
  }
  addRole(tree, world, instance)
  return tree
}

/** The role goes by the name of its profile, as the console makes them. */
function addRole(
  tree: Map<string, string | Uint8Array>,
  world: World,
  {id, instanceProfile}: Ec2Instance,
): void {
  const issued = world.ec2.issueRoleCredentials(id)
  if (!issued || instanceProfile === undefined) return
  const role = instanceProfile.slice(instanceProfile.lastIndexOf('/') + 1)
  const credentials = {
    Code: 'Success',
    LastUpdated: isoSeconds(issued.issuedAtMs),
    Type: 'AWS-HMAC',
    AccessKeyId: issued.accessKeyId,
    SecretAccessKey: issued.secretAccessKey,
    Token: issued.sessionToken,
    Expiration: isoSeconds(issued.expiresAtMs),
  }
  const info = {
    Code: 'Success',
    LastUpdated: isoSeconds(issued.issuedAtMs),
    InstanceProfileArn: `arn:aws:iam::${SANDBOX.aws.account}:instance-profile/${role}`,
    InstanceProfileId: `AIPA${role
      .toUpperCase()
      .replace(/[^A-Z0-9]/g, '')
      .slice(0, 16)}`,
  }
  tree.set('meta-data/iam/info', JSON.stringify(info, undefined, 2))
  tree.set(`meta-data/iam/security-credentials/${role}`, JSON.stringify(credentials, undefined, 2))
}

function identityDocument({id, region, zone, imageId, type, privateIp}: Ec2Instance): string {
  const document = {
    accountId: SANDBOX.aws.account,
    architecture: type.architecture,
    availabilityZone: zone,
    imageId,
    instanceId: id,
    instanceType: type.name,
    privateIp,
    region,
    version: '2017-09-30',
  }
  return JSON.stringify(document, undefined, 2)
}

const hostName = ({privateIp, region}: Ec2Instance): string =>
  `ip-${privateIp.replaceAll('.', '-')}.${region === 'us-east-1' ? 'ec2' : `${region}.compute`}.internal`

const isoSeconds = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
