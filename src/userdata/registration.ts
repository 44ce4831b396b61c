import {existsSync, readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {lowerCase, parseName} from '../dns/presentation.ts'
import {instanceName} from '../dns/sd/names.ts'
import {McdError, RefusedError} from '../errors.ts'
import type {Discovery, DnsName, Fleet, Group, InstanceCredentials} from '../fleet/model.ts'
import type {DnsVendor} from '../providers/dns.ts'
import {Secret} from '../secret.ts'
import type {Unveil} from './fill.ts'
import {quoteShell} from './quote.ts'
import {builtInTemplates} from './template.ts'

/** A name that the instances of a group enter themselves into. */
export type RegistrationName = {
  readonly vendor: DnsVendor
  /** CloudFlare: the URL of the zone's records. Route53: the URL of the zone. So the script needs to look nothing up. */
  readonly endpoint: string
  readonly name: string
  readonly ttlSeconds: number
  readonly proxied: boolean
  readonly address: 'public' | 'private'
  /** Absent, a public IPv6 address is entered, too. */
  readonly ipv6?: false
  /** Route53 alone; absent 'multivalue'. */
  readonly routing?: 'simple' | {readonly weight: number}
  /** `role`: those of the instance profile, out of the instance's metadata. */
  readonly credentials: InstanceCredentials | {readonly kind: 'role'}
  readonly discovery?: RegistrationService
}

/** The DNS-SD service beside a name: where its SRV values stand, and what an instance's own begins with. */
export type RegistrationService = {
  /** The SRV set as the vendor writes its name, without final dot. */
  readonly set: string
  readonly priority: number
  readonly weight: number
  readonly port: number
}

/** What stands in templates/userdata/registration, ready to be put into userdata: the same for every fleet and cloud. */
export type RegistrationFiles = {
  /** What these names need, and no more: EC2 takes 16 KB. */
  script(of: ScriptNeeds): string
  readonly installer: string
  /** File name → text. */
  readonly units: Readonly<Record<string, string>>
}

export type ScriptNeeds = {readonly vendors: readonly DnsVendor[]; readonly discovery: boolean}

/** Where the URLs of a vendor's API begin, without a final slash. */
const API = {cloudflare: 'https://api.cloudflare.com/client/v4', route53: 'https://route53.amazonaws.com'}

/** Order matters for the first and the last alone; clouds are whatever lies in their folder. */
const scriptParts = ({vendors, discovery}: ScriptNeeds): string[] => [
  'settings.sh',
  'log.sh',
  'time.sh',
  'json.sh',
  'http.sh',
  'health.sh',
  'self.sh',
  'names.sh',
  'clouds',
  ...[...new Set(vendors)].sort().flatMap(vendor => [`dns/${vendor}.sh`, `dns/${vendor}`]),
  discovery ? 'discovery' : 'no-discovery.sh',
  'commands.sh',
]
const SCRIPT_PATH = '/usr/local/lib/mcd/mcd-registration'
const FILES_MARK = '# mcd: the files\n'
const END = 'MCD_END_OF_FILE'

/** The endpoint in the rendered configuration; `baseUrl` where the vendor's own is replaced (by an endpoint variable, by the sandbox). */
export function registrationEndpoint(
  vendor: DnsVendor,
  zoneId: string,
  baseUrl: string = API[vendor],
): string {
  const base = baseUrl.replace(/\/+$/, '')
  return vendor === 'cloudflare'
    ? `${base}/zones/${zoneId}/dns_records`
    : `${base}/2013-04-01/hostedzone/${zoneId.replace(/^\/?hostedzone\//, '')}`
}

/**
 * The names this group's instances register in (`registration: self`). Throws RefusedError when one has no credentials that
 * its instances could use.
 */
export function registrationNames(
  {names, service: {port}}: Fleet,
  {name: group, wish, place, priority = 0, weight}: Group,
  endpointOf: (name: DnsName) => string,
): RegistrationName[] {
  const refusals: string[] = []
  const registered = names.flatMap((name): RegistrationName[] => {
    const {vendor, ttlSeconds, proxied, address, registration, instanceCredentials} = name
    if (registration !== 'self') return []
    const hasRole = vendor === 'route53' && place.provider === 'aws' && wish.instanceProfile !== undefined
    const credentials = instanceCredentials ?? (hasRole ? ({kind: 'role'} as const) : undefined)
    if (credentials === undefined) {
      refusals.push(
        `groups.${group}: its instances have no credentials of their own to register ${name.name} on ${vendor}.`,
      )
      return []
    }
    const common = {
      vendor,
      endpoint: endpointOf(name),
      name: name.name,
      ttlSeconds,
      proxied,
      address,
      ...(name.ipv6 === false && {ipv6: name.ipv6}),
      ...(name.routing === 'simple' && {routing: name.routing}),
      ...(name.routing === 'weighted' && {routing: {weight: weight ?? 1}}),
    }
    if (!name.discovery) return [{...common, credentials}]
    const set = serviceSet(name.zone, name.discovery)
    return [{...common, credentials, discovery: {set, priority, weight: weight ?? 0, port}}]
  })
  if (refusals.length > 0)
    throw new RefusedError(refusals, {
      suggestions: ['Give dns.instanceCredentials, or let mcd register the instances: "registration: mcd".'],
    })
  return registered
}

/** In lower case with octal escapes, as Route53 lists it: the script compares what it reads. */
function serviceSet(zone: string, {service, instance}: Discovery): string {
  const labels = parseName(lowerCase(instanceName(instance, service, zone)))
  return labels.map(label => [...label].map(octal).join('')).join('.')
}

function octal(byte: number): string {
  const character = String.fromCharCode(byte)
  return /[a-z0-9_-]/.test(character) ? character : `\\${byte.toString(8).padStart(3, '0')}`
}

export function loadRegistration(builtIn: string = builtInTemplates()): RegistrationFiles {
  const folder = join(builtIn, 'registration')
  const units = join(folder, 'systemd')
  return {
    script: needs => assemble(join(folder, 'script'), scriptParts(needs)),
    installer: readFileSync(join(folder, 'install.sh'), 'utf8'),
    units: Object.fromEntries(
      readdirSync(units)
        .sort()
        .map(name => [name, readFileSync(join(units, name), 'utf8')]),
    ),
  }
}

/** One script out of its parts. Comments beyond the head stay here: EC2 takes 16 KB, and they are a third of it. */
function assemble(folder: string, parts: readonly string[]): string {
  const texts = parts.flatMap(part => {
    const path = join(folder, part)
    if (part.endsWith('.sh')) return [readFileSync(path, 'utf8')]
    return existsSync(path)
      ? readdirSync(path)
          .sort()
          .map(name => readFileSync(join(path, name), 'utf8'))
      : []
  })
  const [first = '', ...others] = texts
  const head = first.slice(0, first.indexOf('\n', first.search(/\n[^#]/)) + 1)
  return head + withoutComments(first.slice(head.length) + others.join(''))
}

const withoutComments = (text: string): string =>
  text
    .split('\n')
    .filter(line => !/^\s*(#|$)/.test(line))
    .map(line => `${line}\n`)
    .join('')

/** The script part of the userdata that installs the registration; undefined when no name is the instances' own affair. */
export function registrationPart(
  files: RegistrationFiles,
  fleet: Fleet,
  group: Group,
  names: readonly RegistrationName[],
  unveil: Unveil,
): string | undefined {
  if (names.length === 0) return undefined
  const script = files.script({
    vendors: names.map(({vendor}) => vendor),
    discovery: names.some(({discovery}) => discovery),
  })
  const placed = [
    place('0755', SCRIPT_PATH, script),
    place('0600', '/etc/mcd/registration.conf', configuration(fleet, group, names, unveil)),
    ...Object.entries(files.units).map(([name, text]) => place('0644', `/etc/systemd/system/${name}`, text)),
  ]
  return files.installer.replace(FILES_MARK, () => placed.join(''))
}

const place = (mode: string, path: string, text: string): string =>
  `place ${mode} ${path} <<'${END}'\n${text}${END}\n`

/** What the script reads: shell assignments, root's alone, for it holds the credentials. */
function configuration(
  {name, dns, service: {port, health}}: Fleet,
  {name: group, place: {compatible}}: Group,
  names: readonly RegistrationName[],
  unveil: Unveil,
): string {
  const common = {
    FLEET: name,
    OWNER: dns,
    GROUP: group,
    COMPATIBLE: compatible ?? '',
    HEALTH_PROTOCOL: health.protocol,
    HEALTH_PORT: String(port),
    HEALTH_PATH: health.path,
    HEALTH_TIMEOUT: String(health.timeoutMs / 1_000),
    HEALTH_INTERVAL_TENTHS: String(Math.max(1, Math.round(health.intervalMs / 100))),
    HEALTH_COUNT: String(health.healthy),
    NAMES: names.map((_name, index) => index + 1).join(' '),
  }
  const each = names.flatMap((registration, index) =>
    Object.entries(nameSettings(registration)).map(([key, value]) => [`${index + 1}_${key}`, value] as const),
  )
  const lines = [...Object.entries(common), ...each].map(([key, value]) => assignment(key, value, unveil))
  return `# Written by mcd. It holds what this instance uses to enter itself in DNS: for root alone.\n${lines.join('')}`
}

function nameSettings(registration: RegistrationName): Record<string, string | Secret> {
  const {vendor, endpoint, name, ttlSeconds, proxied, address, credentials, discovery, routing} = registration
  return {
    VENDOR: vendor,
    ENDPOINT: endpoint,
    NAME: name,
    TTL: String(ttlSeconds),
    PROXIED: String(proxied),
    ADDRESS: address,
    ...(registration.ipv6 === false && {IPV6: 'no'}),
    ...(routing === 'simple' && {ROUTING: routing}),
    ...(typeof routing === 'object' && {ROUTING: 'weighted', WEIGHT: String(routing.weight)}),
    CREDENTIALS: credentials.kind,
    ...(credentials.kind === 'token' && {TOKEN: credentials.token}),
    ...(credentials.kind === 'keys' && {
      KEY_ID: credentials.accessKeyId,
      KEY_SECRET: credentials.secretAccessKey,
    }),
    ...(discovery && {
      SERVICE: discovery.set,
      SRV: `${discovery.priority} ${discovery.weight} ${discovery.port}`,
    }),
  }
}

function assignment(key: string, value: string | Secret, unveil: Unveil): string {
  const text = value instanceof Secret ? value.reveal() : value
  // A line break would end the header it is sent in, and nothing beyond ASCII is ever part of a credential.
  if (!/^[\x20-\x7e]*$/.test(text))
    throw new McdError(
      value instanceof Secret
        ? `The DNS credential from ${value.origin} holds a line break or a character that no credential has.`
        : `${key} for the registration script holds a character that it cannot carry: ${JSON.stringify(text)}`,
      {suggestions: ['Check how the value was copied: a final line break is a usual cause.']},
    )
  return `MCD_${key}=${quoteShell(value instanceof Secret ? unveil(value) : value)}\n`
}
