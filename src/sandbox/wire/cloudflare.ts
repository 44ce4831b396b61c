import {RATE_WINDOW_SECONDS} from '../world/cloudflare/rate-window.ts'
import {
  malformedHeader,
  malformedJson,
  methodNotAllowed,
  missingHeader,
  noRoute,
  notJson,
} from '../world/cloudflare/refusals.ts'
import type {CloudflareSession} from '../world/cloudflare.ts'
import {VendorError} from '../world/vendor-error.ts'
import type {World} from '../world/world.ts'
import {
  failure,
  pageJson,
  recordJson,
  success,
  TOKEN_VERIFIED,
  usageJson,
  verifiedTokenJson,
  zoneJson,
} from './cloudflare/json.ts'
import type {VendorWire, WireReply, WireRequest} from './http.ts'

const BASE = '/client/v4'

/** CloudFlare's v4 API, the DNS part of it, over the world. */
export function cloudflareWire(world: Pick<World, 'cloudflare'>): VendorWire {
  const route = routes(world.cloudflare)
  return request => {
    let token: string | undefined
    try {
      token = bearer(request)
      const session = {token, address: request.remoteAddress}
      return reply(200, route(session, request), rateHeaders(world, token))
    } catch (error) {
      if (error instanceof VendorError) {
        return reply(error.status, failure(error), {...rateHeaders(world, token), ...error.headers})
      }
      const message = error instanceof Error ? error.message : String(error)
      return reply(500, failure({code: 10001, message: `Internal error: ${message}`, detail: {}}), {})
    }
  }
}

type Serve = (session: CloudflareSession, ids: string[], request: WireRequest) => unknown

/** `:id` stands for 32 hex digits. */
function routes(cloudflare: World['cloudflare']) {
  const table: Record<string, Record<string, Serve>> = {
    '/zones': {GET: (session, _ids, {query}) => pageJson(cloudflare.listZones(session, query), zoneJson)},
    '/zones/:id': {GET: (session, [zone]) => success(zoneJson(cloudflare.getZone(session, `${zone}`)))},
    '/zones/:id/dns_records': {
      GET: (session, [zone], {query}) =>
        pageJson(cloudflare.listRecords(session, `${zone}`, query), recordJson),
      POST: (session, [zone], request) =>
        success(recordJson(cloudflare.createRecord(session, `${zone}`, json(request)))),
    },
    '/zones/:id/dns_records/batch': {
      POST: (session, [zone], request) => {
        const done = cloudflare.batchRecords(session, `${zone}`, json(request))
        return success(
          Object.fromEntries(Object.entries(done).map(([key, records]) => [key, records.map(recordJson)])),
        )
      },
    },
    '/zones/:id/dns_records/:id': {
      GET: (session, [zone, id]) => success(recordJson(cloudflare.getRecord(session, `${zone}`, `${id}`))),
      PATCH: (session, [zone, id], request) =>
        success(recordJson(cloudflare.patchRecord(session, `${zone}`, `${id}`, json(request)))),
      PUT: (session, [zone, id], request) =>
        success(recordJson(cloudflare.putRecord(session, `${zone}`, `${id}`, json(request)))),
      DELETE: (session, [zone, id]) => success({id: cloudflare.deleteRecord(session, `${zone}`, `${id}`).id}),
    },
    '/zones/:id/dns_records/usage': {
      GET: (session, [zone]) => success(usageJson(cloudflare.usage(session, `${zone}`))),
    },
    '/user/tokens/verify': {
      GET: session => success(verifiedTokenJson(cloudflare.verifyToken(session)), TOKEN_VERIFIED),
    },
    '/accounts/:id/tokens/verify': {
      GET: (session, [account]) =>
        success(verifiedTokenJson(cloudflare.verifyAccountToken(session, `${account}`)), TOKEN_VERIFIED),
    },
  }
  const patterns = Object.entries(table).map(([path, methods]) => ({
    pattern: new RegExp(`^${path.replaceAll(':id', '([0-9a-f]{32})')}$`),
    methods,
  }))
  return (session: CloudflareSession, request: WireRequest): unknown => {
    const path = request.path.startsWith(`${BASE}/`) ? request.path.slice(BASE.length) : request.path
    const found = path === request.path ? undefined : patterns.find(({pattern}) => pattern.test(path))
    if (!found) throw noRoute(path)
    const serve = found.methods[request.method]
    if (!serve) throw methodNotAllowed()
    return serve(session, found.pattern.exec(path)?.slice(1) ?? [], request)
  }
}

/** Bearer tokens only: the global key reaches everything its user can, and this world has none. */
function bearer({headers: {authorization}}: WireRequest): string {
  if (authorization === undefined) throw missingHeader()
  const match = /^Bearer ([\w.~+/=-]+)$/.exec(authorization)
  if (!match) throw malformedHeader()
  return match[1] as string
}

function json({headers, body}: WireRequest): unknown {
  if (!/^application\/json\b/i.test(headers['content-type'] ?? '')) throw notJson()
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    throw malformedJson()
  }
}

/** On every reply since September 2025. */
function rateHeaders(world: Pick<World, 'cloudflare'>, token: string | undefined): Record<string, string> {
  const rate = token === undefined ? undefined : world.cloudflare.rateOf(token)
  if (!rate) return {}
  return {
    ratelimit: `"default";r=${rate.remaining};t=${rate.resetSeconds}`,
    'ratelimit-policy': `"default";q=${rate.limit};w=${RATE_WINDOW_SECONDS}`,
  }
}

function reply(status: number, body: unknown, headers: Record<string, string>): WireReply {
  return {status, headers: {'content-type': 'application/json', ...headers}, body: JSON.stringify(body)}
}
