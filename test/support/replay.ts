import {readdirSync, readFileSync} from 'node:fs'
import {resolve} from 'node:path'
import {fileURLToPath} from 'node:url'
import nock from 'nock'

const FIXTURES = fileURLToPath(new URL('../../fixtures/', import.meta.url))

/**
 * One recorded exchange, as it lies in `fixtures/<provider>/<scenario>/NN-<Call>.json`. Exchanges are used in the order
 * of their numbers; those with one number belong to calls made side by side and are used in any order.
 */
type Exchange = {
  /** How often in a row; absent = once. */
  times?: number
  request: {
    method: string
    /** Origin and path, without the query. */
    url: string
    /** The whole query; absent = none. */
    query?: Record<string, string>
    /** Headers that must be there, lower case. Optional. */
    headers?: Record<string, string>
    /**
     * Fields the body must have; it may have others. Objects and lists inside are compared the same way (a list by its
     * length too). Form bodies (EC2) are flat: `{"Action": "RunInstances", "MaxCount": "3"}`. Text bodies (XML): a
     * string or a list of strings the body must contain.
     */
    body?: unknown
  }
  reply:
    | {
        status: number
        headers?: Record<string, string> /** Text as it is, anything else as JSON. */
        body?: unknown
      }
    /** The connection breaks: `ECONNREFUSED`, `ECONNRESET`. */
    | {error: string}
}

type Numbered = Exchange & {readonly file: string; readonly number: string; left: number}
type Asked = {
  method: string
  url: string
  query: Record<string, string>
  headers: Record<string, string>
  body: unknown
}

/** Recorded exchanges in place of the network. `finish` restores the network, and throws when the calls were not exactly the recorded ones. */
export type Replay = {finish(): void}

/** Answers from `fixtures/<folder>`. Nothing reaches the network. */
export function replay(folder: string): Replay {
  const exchanges = load(folder)
  const complaints: string[] = []
  const noMatch = (request: Request) =>
    void complaints.push(
      `fixtures/${folder} has no exchange with the host of ${request.method} ${request.url}`,
    )

  if (!nock.isActive()) nock.activate()
  nock.disableNetConnect()
  nock.emitter.on('no match', noMatch)
  for (const origin of new Set(exchanges.map(({request}) => new URL(request.url).origin))) {
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      nock(origin)
        .persist()
        .intercept(() => true, method)
        .reply(async (request: Request) => {
          const asked = await describeRequest(request)
          const {exchange, why} = next(exchanges, asked)
          if (!exchange) {
            complaints.push(`${method} ${request.url} ${brief(asked.body)}\n${why}`)
            return [599, `fixtures/${folder}: no exchange for this request`]
          }
          exchange.left--
          const {reply} = exchange
          if ('error' in reply) throw Object.assign(new Error(reply.error), {code: reply.error})
          return [reply.status, textOf(reply.body), {...contentType(reply.body), ...reply.headers}]
        })
    }
  }
  return {
    finish() {
      nock.emitter.off('no match', noMatch)
      nock.cleanAll()
      nock.enableNetConnect()
      nock.restore()
      for (const {file, left} of exchanges)
        if (left) complaints.push(`fixtures/${folder}/${file} is still to be asked for (${left} times)`)
      if (complaints.length)
        throw new Error(`The calls differ from fixtures/${folder}:\n${complaints.join('\n')}`)
    },
  }
}

function load(folder: string): Numbered[] {
  let files: string[]
  try {
    files = readdirSync(resolve(FIXTURES, folder))
  } catch {
    return []
  }
  return files
    .filter(file => file.endsWith('.json'))
    .sort()
    .map(file => {
      const exchange = JSON.parse(readFileSync(resolve(FIXTURES, folder, file), 'utf8')) as Exchange
      return {...exchange, file, number: /^\d+/.exec(file)?.[0] ?? file, left: exchange.times ?? 1}
    })
}

async function describeRequest(request: Request): Promise<Asked> {
  const {origin, pathname, searchParams} = new URL(request.url)
  return {
    method: request.method,
    url: `${origin}${pathname}`,
    query: Object.fromEntries(searchParams),
    headers: Object.fromEntries(request.headers),
    body: parseBody(request.headers.get('content-type') ?? '', await request.text()),
  }
}

function parseBody(contentType: string, text: string): unknown {
  if (contentType.startsWith('application/x-www-form-urlencoded'))
    return Object.fromEntries(new URLSearchParams(text))
  return contentType.startsWith('application/json') && text ? JSON.parse(text) : text
}

/** The exchange whose turn it is and that fits, or why none does. */
function next(exchanges: Numbered[], asked: Asked): {exchange?: Numbered; why: string} {
  const first = exchanges.find(({left}) => left)
  if (!first) return {why: '  all recorded exchanges were used already'}
  const reasons: string[] = []
  for (const exchange of exchanges) {
    if (!exchange.left || exchange.number !== first.number) continue
    const differences = compare(exchange.request, asked)
    if (!differences.length) return {exchange, why: ''}
    reasons.push(`  ${exchange.file}: ${differences.join('; ')}`)
  }
  return {why: reasons.join('\n')}
}

function compare(request: Exchange['request'], asked: Asked): string[] {
  const url = new URL(request.url)
  return [
    ...(request.method === asked.method ? [] : [`method is ${asked.method}, recorded ${request.method}`]),
    ...(url.origin + url.pathname === asked.url
      ? []
      : [`path is ${asked.url}, recorded ${url.origin}${url.pathname}`]),
    ...within('query', request.query ?? {}, asked.query),
    ...Object.keys(asked.query).flatMap(name =>
      name in (request.query ?? {}) ? [] : [`query.${name} is not recorded`],
    ),
    ...within('headers', request.headers ?? {}, asked.headers),
    ...(request.body === undefined ? [] : bodyDifferences(request.body, asked.body)),
  ]
}

function bodyDifferences(expected: unknown, actual: unknown): string[] {
  const fragments = typeof expected === 'string' ? [expected] : expected
  if (typeof actual === 'string' && Array.isArray(fragments)) {
    return fragments.flatMap(fragment =>
      actual.includes(String(fragment)) ? [] : [`the body does not contain ${brief(fragment)}`],
    )
  }
  return within('body', expected, actual)
}

/** Where `actual` lacks something of `expected`. Scalars are compared as text: forms carry nothing else. */
function within(at: string, expected: unknown, actual: unknown): string[] {
  if (typeof expected !== 'object' || expected === null) {
    return String(expected) === String(actual)
      ? []
      : [`${at} is ${brief(actual)}, recorded ${brief(expected)}`]
  }
  if (typeof actual !== 'object' || actual === null)
    return [`${at} is ${brief(actual)}, recorded ${brief(expected)}`]
  if (Array.isArray(expected) && (!Array.isArray(actual) || actual.length !== expected.length)) {
    return [`${at} is ${brief(actual)}, recorded ${brief(expected)}`]
  }
  return Object.entries(expected).flatMap(([key, value]) =>
    within(`${at}.${key}`, value, (actual as Record<string, unknown>)[key]),
  )
}

const brief = (value: unknown) => (JSON.stringify(value) ?? String(value)).slice(0, 600)
const textOf = (body: unknown) =>
  body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)
const contentType = (body: unknown): Record<string, string> =>
  body === undefined ? {} : {'content-type': typeof body === 'string' ? 'text/xml' : 'application/json'}
