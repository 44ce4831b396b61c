import {realRuntime} from '../../runtime.ts'
import {type Ask, readServer, resolver, systemServers} from '../resolver.ts'
import {listInstances, listServices} from './look-up.ts'
import {serviceName} from './names.ts'
import {
  drawEndpoints,
  type Endpoint,
  endpointsOf,
  type ResolvedService,
  requireServiceName,
  resolveService,
} from './resolve.ts'

/** What programs can import as `mcd/dns-sd`. types/dns-sd.d.cts says the same to them, and test/dns/sd compares the two. */

export type Options = {
  readonly servers?: readonly string[]
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  readonly random?: () => number
}

/** Of a question's time, what the first attempt gets: a datagram may be lost. */
const FIRST_ATTEMPT_SHARE = 2 / 7
const TIMEOUT_MS = 7_000

export const browseServices = (domain: string, options: Options = {}): Promise<string[]> =>
  listServices(asking(options), domain)

export async function browseInstances(
  service: string,
  domain: string,
  options: Options = {},
): Promise<string[]> {
  const parts = requireServiceName(serviceName(service, domain))
  return (await listInstances(asking(options), parts.service, parts.domain)).names
}

export const resolve = (name: string, options: Options = {}): Promise<ResolvedService> =>
  resolveService(asking(options), name, options.random ?? Math.random)

export {endpointsOf}

export const draw = (
  service: ResolvedService,
  count: number,
  {random = Math.random}: Pick<Options, 'random'> = {},
): Endpoint[] => drawEndpoints(service, count, random)

function asking({servers, timeoutMs = TIMEOUT_MS, signal}: Options): Ask {
  const firstMs = Math.ceil(timeoutMs * FIRST_ATTEMPT_SHARE)
  return resolver(servers?.map(readServer) ?? systemServers(), realRuntime(signal), [
    firstMs,
    timeoutMs - firstMs,
  ])
}
