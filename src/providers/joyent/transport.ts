import type {TritonProfile} from './profile.ts'
import type {Signer} from './sign.ts'

/** One request to CloudAPI, before it is signed. */
export type ApiRequest = {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Below the account: `machines/<id>`; empty is the account itself. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: Readonly<Record<string, unknown>>
  readonly signal: AbortSignal
}

/** What came back; `body` is parsed JSON, text where it is none, undefined where it is empty. */
export type ApiReply = {
  readonly status: number
  readonly body: unknown
  readonly requestId?: string
  /** Rows that one answer of this listing may hold. */
  readonly queryLimit?: number
  /** When it was sent, by the cloud's own clock. */
  readonly dateMs?: number
}

/** Carries one request there and one reply back. Throws what the network throws. */
export type Transport = (request: ApiRequest) => Promise<ApiReply>

export type TransportOptions = {
  readonly profile: TritonProfile
  readonly sign: Signer
  readonly fetch: typeof fetch
  /** Milliseconds since the epoch: the signed Date. */
  readonly now: () => number
}

/** Over HTTP, signed. */
export function httpTransport({profile, sign, fetch, now}: TransportOptions): Transport {
  const base = new URL(profile.url)
  return async ({method, path, query = {}, body, signal}) => {
    const login = encodeURIComponent(profile.actAsAccount ?? profile.account)
    const search = new URLSearchParams(query)
    // The query is signed, so a role goes in before.
    if (profile.roles?.length) search.set('as-role', profile.roles.join(','))
    const tail = search.size > 0 ? `?${search}` : ''
    const target = `${base.pathname.replace(/\/$/, '')}/${login}${path === '' ? '' : `/${path}`}${tail}`
    const date = new Date(now()).toUTCString()
    const response = await fetch(`${base.origin}${target}`, {
      method,
      signal,
      headers: {
        accept: 'application/json',
        'accept-version': '~9||~8',
        date,
        authorization: await sign({method, target, date}),
        ...(body ? {'content-type': 'application/json'} : {}),
      },
      ...(body ? {body: JSON.stringify(body)} : {}),
    })
    const requestId = response.headers.get('request-id')
    const queryLimit = Number(response.headers.get('x-query-limit'))
    const dateMs = Date.parse(response.headers.get('date') ?? '')
    return {
      status: response.status,
      body: parse(await response.text()),
      ...(requestId ? {requestId} : {}),
      ...(queryLimit > 0 ? {queryLimit} : {}),
      ...(dateMs > 0 ? {dateMs} : {}),
    }
  }
}

function parse(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
