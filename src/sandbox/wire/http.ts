import {createServer, type IncomingMessage, type Server} from 'node:http'
import type {AddressInfo} from 'node:net'
import {ConnectionLost} from '../world/faults/answers.ts'

/** One HTTP request, whole. Header names are lower case. */
export type WireRequest = {
  method: string
  /** As sent, percent-encoding untouched, without the query. */
  path: string
  /** As sent, without the question mark: signatures are computed over these bytes. */
  rawQuery: string
  query: URLSearchParams
  headers: Record<string, string>
  body: Buffer
  remoteAddress: string
}
export type WireReply = {status: number; headers?: Record<string, string>; body?: string | Buffer}

/** One vendor's protocol over the world. Never throws: what goes wrong is a reply in the vendor's own shape. */
export type Wire = (request: WireRequest) => WireReply | Promise<WireReply>
/** A vendor's, which answers at once: time passes outside of it. */
export type VendorWire = (request: WireRequest) => WireReply

const MAX_BODY_BYTES = 4 * 1024 * 1024

/** What stands between a vendor's protocol and its port: requests may wait here, or get lost. */
type Carry = <T>(question: string, serve: () => T) => Promise<T>

/** The same protocol, its requests carried; those that ask the same have the same question. */
export function carried(carry: Carry, wire: VendorWire): Wire {
  return request => {
    const {method, path, rawQuery, body} = request
    return carry(`${method} ${path}?${rawQuery} ${body}`, () => wire(request))
  }
}

/** Says by whose clock it was answered. */
export const dated = (reply: WireReply, atMs: number): WireReply => ({
  ...reply,
  headers: {...reply.headers, date: new Date(atMs).toUTCString()},
})

/** Serves a wire on loopback; port 0 picks a free one. */
export async function listen(
  wire: Wire,
  {host = '127.0.0.1', port = 0}: {host?: string; port?: number} = {},
): Promise<{server: Server; port: number; url: string; close(): Promise<void>}> {
  const server = createServer(async (incoming, outgoing) => {
    try {
      const reply = await wire(await readRequest(incoming))
      outgoing.writeHead(reply.status, {
        'content-length': Buffer.byteLength(reply.body ?? ''),
        ...reply.headers,
      })
      outgoing.end(incoming.method === 'HEAD' ? undefined : reply.body)
    } catch (error) {
      if (error instanceof ConnectionLost) return void incoming.socket.resetAndDestroy()
      // A defect of ours, or a client that went away: never a crash of the sandbox.
      if (!outgoing.headersSent) outgoing.writeHead(500, {'content-type': 'text/plain'})
      outgoing.end(`sandbox: ${error instanceof Error ? error.message : String(error)}\n`)
    }
  })
  server.keepAliveTimeout = 5_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const bound = (server.address() as AddressInfo).port
  return {
    server,
    port: bound,
    url: `http://${host}:${bound}`,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function readRequest(incoming: IncomingMessage): Promise<WireRequest> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= MAX_BODY_BYTES) chunks.push(chunk)
  }
  const [path = '/', rawQuery = ''] = splitOnce(incoming.url ?? '/', '?')
  return {
    method: incoming.method ?? 'GET',
    path,
    rawQuery,
    query: new URLSearchParams(rawQuery),
    headers: Object.fromEntries(
      Object.entries(incoming.headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join(', ') : (value ?? ''),
      ]),
    ),
    body: Buffer.concat(chunks),
    remoteAddress: (incoming.socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
  }
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)]
}
