import * as z from 'zod'
import {duration, endpoint, flag, oneOf, port, size, text, textLike, textMap, wholeNumber} from './values.ts'

/** Keys every group has, whatever its cloud. */
const anywhere = {
  count: wholeNumber(0, 10_000, 'a whole number from 0 to 10000', {
    description: 'Instances wanted in this group.',
    examples: [2],
  }).default(1),
  type: z
    .union(
      [
        text({description: 'Instance type or package.'}),
        z
          .array(text({description: 'Instance type or package.'}))
          .min(1, {error: 'must name at least one type'}),
      ],
      {
        error: 'must be a type such as "t3.micro", or a list of them',
      },
    )
    .register(z.globalRegistry, {
      description:
        'Instance type (aws) or package by name or id (joyent); a list is tried in order when capacity is short.',
      examples: ['t3.micro', 'g1.nano', ['t3.micro', 't3a.micro']],
    }),
  image: text({
    description: 'Image by alias ("ubuntu-24.04") or id (aws); by name, name@version or id (joyent).',
    examples: ['ubuntu-24.04', 'debian-12'],
  }),
  open: z
    .array(port({description: 'A TCP port.'}), {error: 'must be a list of ports such as [80]'})
    .optional()
    .register(z.globalRegistry, {
      description: "TCP ports open to the world; the service's port when left out.",
      examples: [[80, 443]],
    }),
  deletionProtection: flag({
    description: 'Protect instances against deletion by anything but mcd.',
  }).default(false),
  tags: textMap('Tags for instances, beside those of mcd.', [{team: 'web'}]),
  failover: z
    .strictObject({
      to: text({description: 'Group in another place that grows.', examples: ['east']}),
      floor: wholeNumber(1, 10_000, 'a whole number of at least 1', {
        description: 'Instances that both groups together must be known to have in service.',
        examples: [4],
      }),
      after: duration({
        minMs: 60_000,
        minWhy: 'mcd asks a cloud again for about that long before it counts as silent',
        description: 'How long this cloud must have been silent.',
        examples: ['10m'],
      }).prefault('10m'),
    })
    .optional()
    .register(z.globalRegistry, {
      description: 'What takes over while the cloud of this group is silent. Nothing does when left out.',
    }),
  weight: wholeNumber(0, 65_535, 'a whole number from 0 to 65535', {
    description:
      'Weight of the SRV values of this group (RFC 2782), where a dns block has "discovery", 0 when left out; and of each of its addresses where one has "routing: weighted" (up to 255), 1 when left out.',
  }).optional(),
  priority: wholeNumber(0, 65_535, 'a whole number from 0 to 65535', {
    description:
      'Priority of the SRV values of this group (RFC 2782), where a dns block has "discovery"; 0 when left out.',
  }).optional(),
}

const ids = (description: string, example: string) =>
  z
    .array(text({description}), {error: `must be a list such as [${example}]`})
    .default([])
    .register(z.globalRegistry, {description, examples: [[example]]})

const awsGroup = z
  .strictObject({
    provider: z
      .literal('aws')
      .register(z.globalRegistry, {description: 'AWS EC2, or a cloud that speaks its API.'}),
    region: textLike(/^[a-z0-9][a-z0-9-]{0,62}$/, 'a region such as "us-east-1"', {
      description: 'AWS region; may be left out where "endpoint" is given.',
      examples: ['us-east-1'],
    }).optional(),
    endpoint: endpoint({
      description: 'URL of an EC2-compatible cloud.',
      examples: ['http://euca.example.com:8773/services/compute'],
    }).optional(),
    compatible: oneOf(['eucalyptus'], {
      description:
        'Which EC2-compatible cloud "endpoint" is: drops what it lacks (IMDSv2, SSM, tags at launch).',
    }).optional(),
    profile: text({description: 'AWS credentials profile; the default chain when left out.'}).optional(),
    ...anywhere,
    subnets: ids('Subnet ids; one default subnet per availability zone when left out.', 'subnet-0abc1234'),
    zones: z
      .array(text({description: 'An availability zone by name.'}), {
        error: 'must be a list such as [us-east-1a]',
      })
      .min(1, {error: 'must name at least one zone'})
      .optional()
      .register(z.globalRegistry, {
        description: 'Availability zones to use, in order of preference; every one when left out.',
        examples: [['us-east-1a', 'us-east-1b']],
      }),
    spread: flag({
      description:
        'Spread evenly over the zones (or "subnets"); false fills one after the other, in their order.',
    }).default(true),
    securityGroups: ids('Security groups by id or name, instead of "open".', 'sg-0abc1234'),
    keyPair: text({description: 'EC2 key pair for ssh.'}).optional(),
    instanceProfile: text({description: 'IAM instance profile, by name or ARN.'}).optional(),
    spot: flag({description: 'Launch as one-time spot instances.'}).default(false),
    disk: size({description: 'Size of the root disk.', examples: ['20GB']}).optional(),
  })
  .register(z.globalRegistry, {
    title: 'aws',
    description: 'Instances in one AWS region or EC2-compatible cloud.',
  })

const joyentGroup = z
  .strictObject({
    provider: z
      .enum(['joyent', 'triton'])
      .register(z.globalRegistry, {description: 'Joyent Triton: any CloudAPI endpoint.'}),
    endpoint: endpoint({
      description: 'CloudAPI URL; the profile or the TRITON_* variables decide when left out.',
      examples: ['https://us-central-1.api.mnx.io'],
    }).optional(),
    profile: text({description: 'Triton profile by name; the current one when left out.'}).optional(),
    ...anywhere,
    networks: ids('Networks by name or id; what the cloud chooses when left out.', 'external'),
    metadata: textMap('Instance metadata, beside that of mcd.', [{role: 'web'}]),
  })
  .register(z.globalRegistry, {title: 'joyent', description: 'Instances in one Triton data centre.'})

export const group = z.discriminatedUnion('provider', [awsGroup, joyentGroup])

/** For a group whose provider is not known: what else is wrong with it is shown all the same. */
export const anyGroup = () => z.strictObject({...joyentGroup.shape, ...awsGroup.shape, provider: z.unknown()})

export type GroupData = z.output<typeof group>
