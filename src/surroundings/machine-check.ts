import {McdError, UsageError} from '../errors.ts'
import type {Machine} from '../publish/join.ts'
import type {Runtime} from '../runtime.ts'
import {type AddressMap, healthProbe} from './health-probe.ts'

/** How it is seen that a machine serves; port and host are the machine's own where a URL does not say otherwise. */
export type MachineCheck = {
  readonly protocol: 'tcp' | 'http' | 'https'
  readonly path: string
  readonly host?: string
  readonly port?: number
}

type Surroundings = {
  readonly runtime: Runtime
  /** Where an address is really served, for machines of a sandbox. */
  readonly addressOf?: AddressMap | undefined
  /** How long a machine that does not answer yet is asked again. */
  readonly timeoutMs: number
}

const ONE_ATTEMPT_MS = 3_000
const BETWEEN_MS = 1_000

/** `tcp`, or a URL of which scheme, host name, port and path are asked for at each address. Throws UsageError. */
export function readCheck(text: string): MachineCheck {
  if (text === 'tcp') return {protocol: 'tcp', path: '/'}
  const {protocol, hostname, port, pathname, search} = URL.parse(text) ?? {}
  if (protocol !== 'http:' && protocol !== 'https:')
    throw new UsageError(
      `--check must be tcp, or a URL such as http://db1.example.com/health; "${text}" is not.`,
    )
  return {
    protocol: protocol === 'https:' ? 'https' : 'http',
    path: `${pathname}${search}`,
    ...(hostname && {host: hostname}),
    ...(port && {port: Number(port)}),
  }
}

/** Resolves once every address of the machine answers. Throws McdError with all that do not in time. */
export async function checkMachine(
  {host, addresses, port}: Pick<Machine, 'host' | 'addresses' | 'port'>,
  check: MachineCheck,
  {runtime, addressOf, timeoutMs}: Surroundings,
): Promise<void> {
  const endsAtMs = runtime.now() + timeoutMs
  const probe = healthProbe(runtime, addressOf)
  const trouble = async (address: string): Promise<string[]> => {
    for (;;) {
      const answer = await probe({host, port, ...check, address, timeoutMs: ONE_ATTEMPT_MS})
      if (answer.ok) return []
      if (runtime.now() + BETWEEN_MS > endsAtMs) return [answer.why]
      await runtime.sleep(BETWEEN_MS)
    }
  }
  const troubles = (await Promise.all(addresses.map(trouble))).flat()
  if (troubles.length > 0)
    throw new McdError(`${host} does not serve, and has not joined: ${troubles.join('; ')}.`, {
      suggestions: ['Start its service first, or say where to look: --check.', 'Or join unseen: --no-check.'],
    })
}
