import {request} from 'node:http'
import type {Probe} from './fleet/outside.ts'
import type {Runtime} from './runtime.ts'

/** Where an instance's address and port are really served: the sandbox maps some of its machines (decision 37). */
export type AddressMap = (address: string, port: number) => Promise<{host: string; port: number}>

/** GET over plain HTTP; 200 to 399 is healthy. Never throws: what goes wrong is the answer. */
export function httpProbe(
  runtime: Runtime,
  addressOf: AddressMap = async (host, port) => ({host, port}),
): Probe {
  return async ({address, port, path, host, timeoutMs}) => {
    const target = await addressOf(address, port)
    const answered = new AbortController()
    const late = new AbortController()
    runtime.sleep(timeoutMs, answered.signal).then(
      () => late.abort(),
      () => undefined,
    )
    try {
      const status = await get(target, path, host, late.signal)
      return status >= 200 && status < 400
        ? {ok: true}
        : {ok: false, why: `HTTP ${status} from ${address}:${port}${path}`}
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code
      if (late.signal.aborted)
        return {ok: false, why: `no answer from ${address}:${port} within ${timeoutMs / 1000} s`}
      return {
        ok: false,
        why:
          code === 'ECONNREFUSED'
            ? `connection refused at ${address}:${port}`
            : `${code ?? (error as Error).message} at ${address}:${port}`,
      }
    } finally {
      answered.abort()
    }
  }
}

function get(
  {host: hostname, port}: {host: string; port: number},
  path: string,
  name: string,
  signal: AbortSignal,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {hostname, port, path, headers: {host: name, 'user-agent': 'mcd health check'}, agent: false, signal},
      response => {
        response.resume()
        resolve(response.statusCode ?? 0)
      },
    )
    outgoing.on('error', reject)
    outgoing.end()
  })
}
