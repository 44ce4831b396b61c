import {Args, Flags} from '@oclif/core'
import {sandboxFlag} from '../command-line/command.ts'
import {parseDuration} from '../duration.ts'
import {UsageError} from '../errors.ts'
import type {DnsVendor} from '../providers/dns.ts'
import type {Surroundings} from '../providers/registry.ts'
import type {Service} from '../publish/service.ts'
import type {ServiceZone} from '../publish/zone.ts'
import type {Runtime} from '../runtime.ts'
import type {AddressMap} from './health-probe.ts'

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
  const ms = readDuration('--ttl', text)
  if (ms % 1_000 === 0) return ms / 1_000
  throw new UsageError(`--ttl must be whole seconds, such as 60s or 5m; "${text}" is not.`)
}

/** In milliseconds. Throws UsageError. */
export function readDuration(flag: string, text: string): number {
  const ms = parseDuration(text)
  if (ms !== undefined) return ms
  throw new UsageError(`${flag} must be a duration with a unit, such as 90s or 10m; "${text}" is not.`)
}

export type OpenZone = {
  readonly zone: ServiceZone
  readonly runtime: Runtime
  /** Where an address of a sandbox machine is really served. */
  readonly addressOf?: AddressMap
}

/** The zone at its vendor, or in the sandbox. */
export async function openZone(
  service: Pick<Service, 'zone'>,
  {provider, sandbox: inSandbox}: {provider: DnsVendor; sandbox: boolean},
  interrupted: AbortSignal,
): Promise<OpenZone> {
  const [{realRuntime}, {dnsProvider}, {openServiceZone}] = await Promise.all([
    import('../runtime.ts'),
    import('../providers/registry.ts'),
    import('../publish/zone.ts'),
  ])
  const runtime = realRuntime(interrupted)
  const sandbox = inSandbox ? await (await import('./in-sandbox.ts')).openSandbox(process.cwd()) : undefined
  const around: Surroundings = {runtime, ...sandbox?.surroundings}
  const zone = await openServiceZone(dnsProvider(provider, around), service.zone)
  return {zone, runtime, ...(sandbox && {addressOf: orHere(sandbox.addressOf)})}
}

/** The sandbox sends what none of its machines serves to port 1; what runs on this machine anyway may join there, too. */
const orHere =
  (addressOf: AddressMap): AddressMap =>
  async (address, port) => {
    const served = await addressOf(address, port)
    return served.port === 1 && /^127\.|^::1$/.test(address) ? {host: address, port} : served
  }
