/**
 * The fleet file's shape: every key with its kind of value, default and description. What joins several keys stands in
 * rules/. The JSON schema and the types of a checked file come from here.
 */
import * as z from 'zod'
import type {Path} from './mistake.ts'
import {
  domain,
  duration,
  endpoint,
  flag,
  LABEL,
  LABEL_WORDS,
  oneOf,
  port,
  rate,
  size,
  text,
  textLike,
  wholeNumber,
} from './values.ts'
import {writeVariable} from './variables.ts'

const health = z
  .strictObject({
    path: textLike(/^\/[\x21-\x7e]*$/, 'a path that begins with "/"', {
      description: 'Path of the page that is asked for over HTTP; any 2xx or 3xx answer is a success.',
      examples: ['/', '/healthz'],
    }).default('/'),
    interval: duration({minMs: 100, description: 'Time between two checks of one instance.'}).prefault('5s'),
    timeout: duration({
      minMs: 100,
      description: 'Time one check may take before it counts as failed.',
    }).prefault('2s'),
    healthy: wholeNumber(1, 100, 'a whole number from 1 to 100', {
      description: 'Successes in a row that make an instance healthy.',
    }).default(2),
    unhealthy: wholeNumber(1, 100, 'a whole number from 1 to 100', {
      description: 'Failures in a row that make an instance unhealthy.',
    }).default(3),
  })
  .meta({description: 'How an instance shows that it serves.'})

const service = z
  .strictObject({
    port: port({description: 'TCP port the service answers on.', examples: [80]}),
    health: health.prefault({}),
  })
  .meta({description: 'What the instances serve.'})

const userdata = z
  .strictObject({
    template: text({
      description:
        'What instances run at boot: the name of a built-in template, or a folder beside this file, beginning with "./".',
      examples: ['nginx', './userdata'],
    }),
    vars: z
      .record(
        textLike(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a name of letters, digits and "_"', {
          description: 'Name of the value in the template.',
        }),
        z.union([z.string(), z.number(), z.boolean()], {error: 'must be text, a number, or true or false'}),
      )
      .default({})
      .meta({
        description: `Values for the template. One that uses ${writeVariable('NAME')} is a secret and is never shown.`,
        examples: [{title: 'Hello from mcd'}],
      }),
  })
  .meta({description: 'What instances run at boot; the part that registers them in DNS is added by mcd.'})

const textMap = (description: string, examples: unknown[]) =>
  z
    .record(z.string(), z.string({error: 'must be text'}))
    .default({})
    .meta({description, examples})

/** Keys every group has, whatever its cloud. */
const anywhere = {
  count: wholeNumber(0, 10_000, 'a whole number of at least 0', {
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
    .meta({
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
    .meta({
      description: "TCP ports open to the world; the service's port when left out.",
      examples: [[80, 443]],
    }),
  deletionProtection: flag({
    description: 'Protect instances against deletion by anything but mcd.',
  }).default(false),
  tags: textMap('Tags for instances, beside those of mcd.', [{team: 'web'}]),
  weight: wholeNumber(0, 65_535, 'a whole number from 0 to 65535', {
    description: 'Weight of this group (RFC 2782). Accepted, not used by this version.',
  }).optional(),
  priority: wholeNumber(0, 65_535, 'a whole number from 0 to 65535', {
    description: 'Priority of this group (RFC 2782). Accepted, not used by this version.',
  }).optional(),
}

const ids = (description: string, example: string) =>
  z
    .array(text({description}), {error: `must be a list such as [${example}]`})
    .default([])
    .meta({description, examples: [[example]]})

const awsGroup = z
  .strictObject({
    provider: z.literal('aws').meta({description: 'AWS EC2, or a cloud that speaks its API.'}),
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
    securityGroups: ids('Security groups by id or name, instead of "open".', 'sg-0abc1234'),
    keyPair: text({description: 'EC2 key pair for ssh.'}).optional(),
    instanceProfile: text({description: 'IAM instance profile, by name or ARN.'}).optional(),
    spot: flag({description: 'Launch as one-time spot instances.'}).default(false),
    disk: size({description: 'Size of the root disk.', examples: ['20GB']}).optional(),
  })
  .meta({title: 'aws', description: 'Instances in one AWS region or EC2-compatible cloud.'})

const joyentGroup = z
  .strictObject({
    provider: z.enum(['joyent', 'triton']).meta({description: 'Joyent Triton: any CloudAPI endpoint.'}),
    endpoint: endpoint({
      description: 'CloudAPI URL; the profile or the TRITON_* variables decide when left out.',
      examples: ['https://us-central-1.api.mnx.io'],
    }).optional(),
    profile: text({description: 'Triton profile by name; the current one when left out.'}).optional(),
    ...anywhere,
    networks: ids('Networks by name or id; what the cloud chooses when left out.', 'external'),
    metadata: textMap('Instance metadata, beside that of mcd.', [{role: 'web'}]),
  })
  .meta({title: 'joyent', description: 'Instances in one Triton data centre.'})

const group = z.discriminatedUnion('provider', [awsGroup, joyentGroup])

/** For a group whose provider is not known: what else is wrong with it is shown all the same. */
export const anyGroup = z.strictObject({...joyentGroup.shape, ...awsGroup.shape, provider: z.unknown()})

const name = {
  zone: domain({description: 'The DNS zone.', examples: ['example.com']}),
  name: text({
    description: 'Name inside the zone ("www"), full name ("www.example.com"), or "@" for the zone itself.',
    examples: ['www', '@'],
  }),
  ttl: duration({description: 'TTL of the records.', examples: ['60s']}).prefault('60s'),
  address: oneOf(['public', 'private'], {description: 'Which address of an instance is registered.'}).default(
    'public',
  ),
  registration: oneOf(['self', 'mcd'], {
    description: 'Who writes the records: the instances themselves (mcd verifies and repairs), or mcd alone.',
  }).default('self'),
  discovery: z
    .strictObject({
      service: textLike(
        /^_[a-z0-9](?:[a-z0-9-]{0,13}[a-z0-9])?\._(?:tcp|udp)$/,
        'a service such as "_http._tcp"',
        {
          description: 'Service type (RFC 6763).',
          examples: ['_http._tcp'],
        },
      ),
      instance: textLike(/^[^\p{Cc}]{1,63}$/u, 'text of 1 to 63 characters', {
        description: 'Service instance name.',
        examples: ['v1'],
      }),
      txt: textMap('Attributes of the service.', [{path: '/'}]),
    })
    .optional()
    .meta({description: 'DNS-SD records beside the round robin. Accepted, not carried out by this version.'}),
}

const fromEnvironment = (description: string, variable: string) =>
  text({description, examples: [writeVariable(variable)]})

const cloudflareName = z
  .strictObject({
    provider: z.literal('cloudflare').meta({description: 'CloudFlare.'}),
    ...name,
    proxied: flag({description: "Send traffic through CloudFlare's proxy."}).default(false),
    instanceCredentials: z
      .strictObject({
        token: fromEnvironment(
          'API token that may edit the DNS of this zone and nothing else.',
          'WEB_DNS_TOKEN',
        ),
      })
      .optional()
      .meta({description: "What instances register with; never the operator's own token."}),
  })
  .meta({title: 'cloudflare', description: 'A name in a CloudFlare zone.'})

const route53Name = z
  .strictObject({
    provider: z.literal('route53').meta({description: 'AWS Route53.'}),
    ...name,
    instanceCredentials: z
      .strictObject({
        accessKeyId: fromEnvironment(
          'Access key id of an IAM user that may change this one name.',
          'WEB_DNS_KEY_ID',
        ),
        secretAccessKey: fromEnvironment('Its secret access key.', 'WEB_DNS_SECRET'),
      })
      .optional()
      .meta({
        description: 'What instances register with; groups with an "instanceProfile" need none.',
      }),
  })
  .meta({title: 'route53', description: 'A name in a Route53 zone.'})

const dnsBlock = z.discriminatedUnion('provider', [cloudflareName, route53Name])

/** For a block whose provider is not known. */
export const anyDnsBlock = z.strictObject({
  ...cloudflareName.shape,
  ...route53Name.shape,
  provider: z.unknown(),
  instanceCredentials: z.unknown().optional(),
})

const limits = (what: string) =>
  z
    .strictObject({
      concurrency: wholeNumber(1, 100, 'a whole number from 1 to 100', {
        description: 'Calls in flight at a time.',
      }).optional(),
      rate: rate({description: 'Calls per time.', examples: ['5/s', '300/m']}).optional(),
    })
    .optional()
    .meta({description: `Load on ${what}, below what it documents.`})

export const fileSchema = z
  .strictObject({
    fleet: textLike(LABEL, LABEL_WORDS, {
      description: "The fleet's name. With the first DNS name it is the owner of everything mcd makes.",
      examples: ['web'],
    }),
    service,
    userdata,
    groups: z.record(z.string().meta({pattern: LABEL.source}), group).meta({
      description: 'Where instances live: one group per cloud and region, under a name of your choice.',
    }),
    dns: z
      .union([z.array(dnsBlock).min(1, {error: 'must name at least one DNS name'}), dnsBlock])
      .meta({description: 'The DNS name the fleet answers to, or a list of them.'}),
    drain: z
      .strictObject({
        wait: z
          .union([z.literal('auto'), duration({description: 'Time to wait.'})], {
            error: 'must be "auto" or a duration such as "30s"',
          })
          .default('auto')
          .meta({
            description:
              'Time between the end of an address in DNS and the end of its instance; "auto" is the published TTL plus a margin.',
          }),
      })
      .prefault({})
      .meta({description: 'How instances leave.'}),
    limits: z
      .strictObject({
        aws: limits('EC2'),
        joyent: limits('CloudAPI'),
        triton: limits('CloudAPI'),
        cloudflare: limits('CloudFlare'),
        route53: limits('Route53'),
      })
      .default({})
      .meta({description: 'Limits of your own on the load mcd puts on a provider.'}),
    state: z
      .literal('local', {
        error: ({input}) =>
          typeof input === 'string' && /^(s3|postgres(ql)?):\/\//.test(input)
            ? 'is not available in this version: state is kept beside the fleet file ("local")'
            : 'must be "local"',
      })
      .default('local')
      .meta({description: 'Where the journal is kept: "local" is .mcd/ beside this file.'}),
  })
  .meta({
    title: 'mcd fleet file',
    description: 'One service, the clouds it runs in and the DNS name it answers to.',
  })

/** A checked file, as written: durations in milliseconds, sizes in GiB, rates per second, defaults filled in. */
export type FileData = z.output<typeof fileSchema>
export type GroupData = z.output<typeof group>
export type DnsData = z.output<typeof dnsBlock>

/** What CloudFlare publishes for proxied names, whatever was asked: its "automatic". */
export const PROXIED_TTL_SECONDS = 300

/** The dns blocks with their paths, whichever way they were written. */
export function dnsBlocks(data: FileData): {block: DnsData; at: Path}[] {
  if (!Array.isArray(data.dns)) return [{block: data.dns, at: ['dns']}]
  return data.dns.map((block, index) => ({block, at: ['dns', index]}))
}
