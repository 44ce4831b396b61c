import {request} from 'node:https'
import {Readable} from 'node:stream'

/**
 * `fetch` that does not check the server's certificate, for profiles that say so (`insecure`, TRITON_TLS_INSECURE):
 * private clouds often have self-signed ones. The global fetch can be told so only for the whole process. Takes a string
 * body or none; plain http goes through the global fetch.
 */
export const insecureFetch: typeof fetch = async (input, init = {}) => {
  const url = new URL(input instanceof Request ? input.url : input)
  if (url.protocol !== 'https:') return fetch(input, init)
  return new Promise<Response>((resolve, reject) => {
    const outgoing = request(
      url,
      {
        method: init.method ?? 'GET',
        headers: Object.fromEntries(new Headers(init.headers)),
        rejectUnauthorized: false,
        ...(init.signal ? {signal: init.signal} : {}),
      },
      incoming => {
        const headers = new Headers()
        for (const [name, value] of Object.entries(incoming.headers)) headers.set(name, String(value))
        const status = incoming.statusCode ?? 0
        const bodyless = status === 204 || status === 304
        if (bodyless) incoming.resume()
        resolve(
          new Response(bodyless ? null : (Readable.toWeb(incoming) as ReadableStream), {status, headers}),
        )
      },
    )
    outgoing.on('error', reject)
    outgoing.end(typeof init.body === 'string' ? init.body : undefined)
  })
}
