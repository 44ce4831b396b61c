import {type ClientRequest, type RequestOptions, request} from 'node:http'
import {request as requestTls} from 'node:https'
import {connect, isIP} from 'node:net'
import type {Probe, ProbeTarget} from '../fleet/outside.ts'
import {lookLimit, type Runtime} from '../runtime.ts'

/** Where an instance's address and port are really served: the sandbox maps some of its machines (decision 37). */
export type AddressMap = (address: string, port: number) => Promise<{host: string; port: number}>

type Served = Awaited<ReturnType<AddressMap>>

/**
 * One health check as load balancers make it. `http` and `https` ask for a page by the fleet's DNS name, and 200 to 399 is
 * healthy; `tcp` is healthy when the connection opens. Behind `https` any certificate will do: an instance is asked by its
 * address, and many carry one of their own making. What goes wrong is the answer; only an interrupted run throws its reason.
 */
export function healthProbe(
  runtime: Runtime,
  addressOf: AddressMap = async (host, port) => ({host, port}),
): Probe {
  return async target => {
    const {protocol, address, port, path, timeoutMs} = target
    const where = `${address.includes(':') ? `[${address}]` : address}:${port}`
    const served = await addressOf(address, port)
    const {late, end} = lookLimit(runtime, timeoutMs)
    try {
      if (protocol === 'tcp') {
        await open(served, late)
        return {ok: true}
      }
      const status = await get(served, target, late)
      return status >= 200 && status < 400
        ? {ok: true}
        : {ok: false, answered: true, why: `HTTP ${status} from ${where}${path}`}
    } catch (error) {
      const {code, message} = error as NodeJS.ErrnoException
      runtime.signal.throwIfAborted()
      if (late.aborted) return {ok: false, why: `no answer from ${where} within ${timeoutMs / 1000} s`}
      if (code === 'ECONNREFUSED') return {ok: false, why: `connection refused at ${where}`}
      // Something is there, and speaks another protocol.
      if (code === 'EPROTO' || code?.startsWith('HPE_'))
        return {ok: false, answered: true, why: `no ${protocol} at ${where} (${code})`}
      return {ok: false, why: `${code ?? message} at ${where}`}
    } finally {
      end()
    }
  }
}

function open({host, port}: Served, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({host, port, signal})
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.destroy()
      resolve()
    })
  })
}

function get(
  {host: hostname, port}: Served,
  {protocol, path, host}: ProbeTarget,
  signal: AbortSignal,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const options: RequestOptions = {
      hostname,
      port,
      path,
      headers: {host, 'user-agent': 'mcd health check'},
      agent: false,
      signal,
    }
    // A name in TLS is never an address (RFC 6066).
    const tls = {...options, rejectUnauthorized: false, ...(isIP(host) === 0 ? {servername: host} : {})}
    const outgoing: ClientRequest = protocol === 'https' ? requestTls(tls) : request(options)
    outgoing.on('response', response => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
}
