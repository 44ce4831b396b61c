import {UsageError} from '../errors.ts'
import type {DnsVendor} from '../providers/dns.ts'
import {sandboxFlag} from './command.ts'
import {durationFlag} from './duration-flag.ts'
import {Args, Flags} from './oclif.ts'

/** What the commands that publish services have in common: which service, in which zone, and whose the records are. */

const VENDORS = ['route53', 'cloudflare'] as const satisfies DnsVendor[]
const OWNER_HELP =
  'Whose the records are: only who gives the same name takes them out. Not the name of a fleet.'

export const serviceArgs = {
  service: Args.string({description: 'A service, as in _http._tcp.', required: true}),
  instance: Args.string({
    description: 'The name of one instance or version of it, as in v1.',
    required: true,
  }),
}

export const zoneFlags = {
  zone: Flags.string({description: 'The DNS zone.', required: true, helpValue: 'ZONE'}),
  provider: Flags.option({
    options: VENDORS,
    description: 'Who holds the zone; its credentials come from the environment.',
  })({default: 'route53'}),
  sandbox: sandboxFlag,
}

export const ownerFlag = (byDefault: string) =>
  Flags.string({description: `${OWNER_HELP} ${byDefault}`, helpValue: 'NAME'})

export const ttlFlag = Flags.string({
  description: 'TTL of the records.',
  default: '60s',
  helpValue: 'DURATION',
})

/** In seconds. Throws UsageError. */
export function readTtl(text: string): number {
  const ms = durationFlag('--ttl', text)
  if (ms % 1_000 === 0) return ms / 1_000
  throw new UsageError(`--ttl must be whole seconds, such as 60s or 5m; "${text}" is not.`)
}
