import * as z from 'zod'
import {domain, duration, flag, oneOf, text, textLike, textMap} from './values.ts'
import {writeVariable} from './variables.ts'

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
  ipv6: flag({
    description: 'Register the public IPv6 address of an instance that has one, too.',
  }).default(true),
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
    .register(z.globalRegistry, {description: 'DNS-SD records beside the round robin, on Route53.'}),
}

const fromEnvironment = (description: string, variable: string) =>
  text({description, examples: [writeVariable(variable)]})

const cloudflareName = z
  .strictObject({
    provider: z.literal('cloudflare').register(z.globalRegistry, {description: 'CloudFlare.'}),
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
      .register(z.globalRegistry, {
        description: "What instances register with; never the operator's own token.",
      }),
  })
  .register(z.globalRegistry, {title: 'cloudflare', description: 'A name in a CloudFlare zone.'})

const route53Name = z
  .strictObject({
    provider: z.literal('route53').register(z.globalRegistry, {description: 'AWS Route53.'}),
    ...name,
    routing: oneOf(['multivalue', 'simple', 'weighted'], {
      description:
        'How the addresses answer: "multivalue" shows a random eight of up to 100, "simple" all of some two hundred, in a record set shared with others, "weighted" one by the "weight" of its group.',
    }).default('multivalue'),
    instanceCredentials: z
      .strictObject({
        accessKeyId: fromEnvironment(
          'Access key id of an IAM user that may change this one name.',
          'WEB_DNS_KEY_ID',
        ),
        secretAccessKey: fromEnvironment('Its secret access key.', 'WEB_DNS_SECRET'),
      })
      .optional()
      .register(z.globalRegistry, {
        description: 'What instances register with; groups with an "instanceProfile" need none.',
      }),
  })
  .register(z.globalRegistry, {title: 'route53', description: 'A name in a Route53 zone.'})

export const dnsBlock = z
  .discriminatedUnion('provider', [cloudflareName, route53Name])
  .register(z.globalRegistry, {id: 'dnsBlock'})

/** For a block whose provider is not known. */
export const anyDnsBlock = () =>
  z.strictObject({
    ...cloudflareName.shape,
    ...route53Name.shape,
    provider: z.unknown(),
    instanceCredentials: z.unknown().optional(),
  })

export type DnsData = z.output<typeof dnsBlock>

/** What CloudFlare publishes for proxied names, whatever was asked: its "automatic". */
export const PROXIED_TTL_SECONDS = 300
