import {connect, isIPv6} from 'node:net'
import {McdError, UsageError} from './errors.ts'
import {type AddressMap, healthProbe} from './health-probe.ts'
import type {Machine} from './publish/join.ts'
import type {Runtime} from './runtime.ts'

/** One check that the machine serves: a connection that opens, or a page that answers. */
export type MachineCheck = {readonly kind: 'tcp'} | {readonly kind: 'http'; readonly url: URL}

type Surroundings = {
  readonly runtime: Runtime
  /** Where an address is really served, for machines of a sandbox. */
  readonly addressOf: AddressMap | undefined
  /** How long a machine that does not answer yet is asked again. */
  readonly timeoutMs: number
}

const ONE_ATTEMPT_MS = 3_000
const BETWEEN_MS = 1_000

/** `tcp`, or `http://…` of which port and path are asked at each address. Throws UsageError. */
export function readCheck(text: string): MachineCheck {
  if (text === 'tcp') return {kind: 'tcp'}
  const url = URL.parse(text)
  if (url?.protocol === 'http:') return {kind: 'http', url}
  throw new UsageError(
    `--check must be tcp, or a URL such as http://db1.example.com/health; "${text}" is not.`,
  )
}

/** Resolves once every address of the machine answers. Throws McdError with all that do not in time. */
export async function checkMachine(
  {host, addresses, port}: Pick<Machine, 'host' | 'addresses' | 'port'>,
  check: MachineCheck,
  {runtime, addressOf = async (address, at) => ({host: address, port: at}), timeoutMs}: Surroundings,
): Promise<void> {
  const endsAtMs = runtime.now() + timeoutMs
  const probe = healthProbe(runtime, addressOf)
  const answers = async (address: string): Promise<string | undefined> => {
    if (check.kind === 'tcp') return connects(await addressOf(address, port), `${address}:${port}`, runtime)
    const {url} = check
    const answer = await probe({
      protocol: 'http',
      address,
      port: url.port === '' ? port : Number(url.port),
      path: `${url.pathname}${url.search}`,
      host: url.hostname,
      timeoutMs: ONE_ATTEMPT_MS,
    })
    return answer.ok ? undefined : answer.why
  }
  const trouble = async (address: string): Promise<string[]> => {
    for (;;) {
      const why = await answers(address)
      if (why === undefined) return []
      if (runtime.now() + BETWEEN_MS > endsAtMs) return [why]
      await runtime.sleep(BETWEEN_MS)
    }
  }
  const troubles = (await Promise.all(addresses.map(trouble))).flat()
  if (troubles.length > 0)
    throw new McdError(`${host} does not serve, and has not joined: ${troubles.join('; ')}.`, {
      suggestions: ['Start its service first, or say where to look: --check.', 'Or join unseen: --no-check.'],
    })
}

/** Undefined when a connection opens, else why none does. */
async function connects(
  target: {readonly host: string; readonly port: number},
  place: string,
  runtime: Runtime,
): Promise<string | undefined> {
  const done = new AbortController()
  try {
    return await Promise.race([
      opened(target, done.signal).then(
        () => undefined,
        (error: NodeJS.ErrnoException) =>
          error.code === 'ECONNREFUSED'
            ? `connection refused at ${place}`
            : `${error.code ?? error.message} at ${place}`,
      ),
      runtime
        .sleep(ONE_ATTEMPT_MS, done.signal)
        .then(() => `no connection to ${place} within ${ONE_ATTEMPT_MS / 1_000} s`),
    ])
  } finally {
    done.abort()
  }
}

function opened({host, port}: {host: string; port: number}, until: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({host, port, family: isIPv6(host) ? 6 : 0, signal: until})
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.destroy()
      resolve()
    })
  })
}
