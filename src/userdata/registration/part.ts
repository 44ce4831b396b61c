import {McdError} from '../../errors.ts'
import type {Fleet, Group} from '../../fleet/model.ts'
import {Secret} from '../../secret.ts'
import type {Unveil} from '../fill.ts'
import {quoteShell} from '../quote.ts'
import type {RegistrationFiles} from './files.ts'
import type {RegistrationName} from './names.ts'

const SCRIPT_PATH = '/usr/local/lib/mcd/mcd-registration'
const FILES_MARK = '# mcd: the files\n'
const END = 'MCD_END_OF_FILE'

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
