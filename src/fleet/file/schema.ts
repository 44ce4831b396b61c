/**
 * The fleet file's shape: every key with its kind of value, default and description. What joins several keys stands in
 * rules/. The JSON schema and the types of a checked file come from here.
 */
import * as z from 'zod'
import type {Path} from './mistake.ts'
import {type DnsData, dnsBlock} from './schema-dns.ts'
import {drain} from './schema-drain.ts'
import {group} from './schema-group.ts'
import {notify} from './schema-notify.ts'
import {
  batch,
  duration,
  LABEL,
  LABEL_WORDS,
  oneOf,
  port,
  rate,
  stateLocation,
  text,
  textLike,
  wholeNumber,
} from './values.ts'
import {writeVariable} from './variables.ts'

const health = z
  .strictObject({
    protocol: oneOf(['http', 'https', 'tcp'], {
      description:
        'How it is asked: for a page over HTTP or HTTPS (whatever the certificate), or for a connection that opens.',
    }).default('http'),
    path: textLike(/^\/[\x21-\x7e]*$/, 'a path that begins with "/"', {
      description:
        'Path of the page that is asked for over HTTP or HTTPS; any 2xx or 3xx answer is a success.',
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
  .register(z.globalRegistry, {description: 'How an instance shows that it serves.'})

const service = z
  .strictObject({
    port: port({description: 'TCP port the service answers on.', examples: [80]}),
    health: health.prefault({}),
  })
  .register(z.globalRegistry, {description: 'What the instances serve.'})

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
      .register(z.globalRegistry, {
        description: `Values for the template. One that uses ${writeVariable('NAME')} is a secret and is never shown.`,
        examples: [{title: 'Hello from mcd'}],
      }),
  })
  .register(z.globalRegistry, {
    description: 'What instances run at boot; the part that registers them in DNS is added by mcd.',
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
    .register(z.globalRegistry, {description: `Load on ${what}, below what it documents.`})

export const fileSchema = z
  .strictObject({
    fleet: textLike(LABEL, LABEL_WORDS, {
      description: "The fleet's name. With the first DNS name it is the owner of everything mcd makes.",
      examples: ['web'],
    }),
    service,
    userdata,
    groups: z.record(z.string().register(z.globalRegistry, {pattern: LABEL.source}), group).meta({
      description: 'Where instances live: one group per cloud and region, under a name of your choice.',
    }),
    dns: z
      .union([z.array(dnsBlock).min(1, {error: 'must name at least one DNS name'}), dnsBlock])
      .register(z.globalRegistry, {description: 'The DNS name the fleet answers to, or a list of them.'}),
    drain,
    rollout: z
      .strictObject({
        batch: batch({
          description:
            'Instances of one group replaced at a time: a number, or a percentage of the group, rounded up.',
          examples: [1, '25%'],
        }).prefault('25%'),
        pause: duration({
          description: 'Time a new batch serves beside the old instances before they leave.',
          examples: ['30s'],
        }).prefault('0s'),
      })
      .prefault({})
      .register(z.globalRegistry, {
        description: 'How a changed image, type or userdata reaches the instances.',
      }),
    limits: z
      .strictObject({
        aws: limits('EC2'),
        joyent: limits('CloudAPI'),
        triton: limits('CloudAPI'),
        cloudflare: limits('CloudFlare'),
        route53: limits('Route53'),
      })
      .default({})
      .register(z.globalRegistry, {description: 'Limits of your own on the load mcd puts on a provider.'}),
    state: stateLocation({
      description:
        'Where the journal is kept: "local" is .mcd/ beside this file; "s3://BUCKET/PREFIX" and "postgres://USER@HOST/DATABASE" are shared by everybody who reaches them.',
      examples: ['local', 's3://acme-state/mcd', 'postgres://mcd@db.example.com/mcd'],
    }).prefault('local'),
    notify,
  })
  .register(z.globalRegistry, {
    title: 'mcd fleet file',
    description: 'One service, the clouds it runs in and the DNS name it answers to.',
  })

/** A checked file, as written: durations in milliseconds, sizes in GiB, rates per second, defaults filled in. */
export type FileData = z.output<typeof fileSchema>

/** The dns blocks with their paths, whichever way they were written. */
export function dnsBlocks(data: FileData): {block: DnsData; at: Path}[] {
  if (!Array.isArray(data.dns)) return [{block: data.dns, at: ['dns']}]
  return data.dns.map((block, index) => ({block, at: ['dns', index]}))
}
