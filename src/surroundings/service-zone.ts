import type {DnsVendor} from '../providers/dns.ts'
import type {Surroundings} from '../providers/registry.ts'
import type {Service} from '../publish/service.ts'
import type {ServiceZone} from '../publish/zone.ts'
import type {Runtime} from '../runtime.ts'
import type {AddressMap} from './health-probe.ts'

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
