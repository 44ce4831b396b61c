import type {VendorWire} from '../../src/sandbox/wire/http.ts'

/** A `fetch` that hands each request to the sandbox's wire itself: no socket, so that virtual time runs by itself. */
export function wireFetch(wire: VendorWire): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    const url = new URL(request.url)
    const {status, headers, body} = wire({
      method: request.method,
      path: url.pathname,
      rawQuery: url.search.slice(1),
      query: url.searchParams,
      headers: Object.fromEntries(request.headers),
      body: Buffer.from(await request.arrayBuffer()),
      remoteAddress: '127.0.0.1',
    })
    const isBodyless = status === 204 || status === 304
    return new Response(isBodyless ? null : (body ?? ''), {status, ...(headers && {headers})})
  }
}
