import {writeVariable} from './variables.ts'

export type StarterOptions = {
  readonly fleet: string
  readonly zone: string
  /** As the file writes it: `www`, `@`. */
  readonly name: string
  readonly dnsProvider: 'cloudflare' | 'route53'
  /** At least one; a group each, in this order. */
  readonly providers: readonly ('aws' | 'joyent')[]
  /** A built-in template, or a path beside the file. */
  readonly template: string
  /** What the template asks for, as an example. */
  readonly vars: Readonly<Record<string, string>>
  /** Where editors find the JSON schema, from the file's folder; absent where no path would lead there in every clone. */
  readonly schema: string | undefined
}

/** A fleet file to begin with: complete, correct, and saying what each part is for. */
export function starterFleetFile(options: StarterOptions): string {
  return [
    ...(options.schema === undefined ? [] : [`# yaml-language-server: $schema=${options.schema}`, '#']),
    '# One service, the clouds it runs in and the DNS name it answers to.',
    '# "mcd up --sandbox" rehearses all of it without an account; "mcd plan" shows what "mcd up" would do.',
    '',
    `fleet: ${quoted(options.fleet)}  # with the DNS name, the owner of everything mcd makes`,
    '',
    'service:',
    '  port: 80',
    '  health: {path: /, interval: 5s, timeout: 2s, healthy: 2, unhealthy: 3}',
    '',
    'userdata:',
    `  template: ${quoted(options.template)}  # what instances run at boot; the part that registers them in DNS is added`,
    '  vars:',
    ...Object.entries(options.vars).map(([name, value]) => `    ${name}: ${quoted(value)}`),
    '',
    'groups:  # one per cloud and region, under names of your choice',
    ...options.providers.flatMap(provider => GROUPS[provider]),
    '',
    'dns:',
    `  provider: ${options.dnsProvider}`,
    `  zone: ${quoted(options.zone)}`,
    `  name: ${quoted(options.name)}  # inside the zone; "@" is the zone itself`,
    '  ttl: 60s  # how long resolvers remember an address; "mcd down" waits this long',
    '  registration: self  # instances write their own records; "mcd" keeps DNS credentials off them',
    ...credentialLines(options),
    '',
    'drain: {wait: auto}  # out of DNS first, then the TTL plus a margin, then the end',
    '',
  ].join('\n')
}

/** Variables that the file reads, to be set before `plan` and `up` on real clouds. */
export function starterVariables({
  fleet,
  dnsProvider,
}: Pick<StarterOptions, 'fleet' | 'dnsProvider'>): string[] {
  const prefix = fleet.toUpperCase().replaceAll('-', '_')
  return dnsProvider === 'cloudflare'
    ? [`${prefix}_DNS_TOKEN`]
    : [`${prefix}_DNS_KEY_ID`, `${prefix}_DNS_SECRET`]
}

const GROUPS: Readonly<Record<'aws' | 'joyent', readonly string[]>> = {
  aws: [
    '  virginia:',
    '    provider: aws',
    '    region: us-east-1',
    '    count: 2',
    '    type: t3.micro  # or a list, tried in order when capacity is short',
    '    image: ubuntu-24.04  # an alias mcd resolves per region, or an id',
  ],
  joyent: [
    '  central:',
    '    provider: joyent',
    '    endpoint: https://us-central-1.api.mnx.io  # any CloudAPI; or "profile", as the triton command has them',
    '    count: 2',
    '    type: g1.nano  # a package',
    '    image: ubuntu-24.04  # name, name@version or id',
  ],
}

function credentialLines({fleet, dnsProvider}: StarterOptions): string[] {
  const [first = '', second = ''] = starterVariables({fleet, dnsProvider}).map(writeVariable)
  return [
    '  instanceCredentials:  # what instances register with: the least that works, never your own',
    ...(dnsProvider === 'cloudflare'
      ? [`    token: "${first}"  # may edit the DNS of this zone`]
      : [
          `    accessKeyId: "${first}"  # an IAM user that may change this one name`,
          `    secretAccessKey: "${second}"`,
        ]),
  ]
}

/** Plain where YAML reads it as the same text. */
const quoted = (text: string): string =>
  /^[a-z.][\w./-]*$/.test(text) && !/^(?:true|false|null)$/.test(text) ? text : JSON.stringify(text)
