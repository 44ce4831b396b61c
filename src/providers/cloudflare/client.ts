import {type McdError, TransientError} from '../../errors.ts'
import type {Secret} from '../../secret.ts'
import {unexpected} from '../call.ts'
import {neverConnected} from '../connection.ts'
import {classify, type VendorCause} from './classify.ts'
import type {NewRecord, VendorRecord, VendorToken, VendorUsage, VendorZone} from './convert.ts'

export type Page<T> = {readonly items: readonly T[]; readonly more: boolean}
export type Batch = {readonly deletes: readonly {id: string}[]; readonly posts: readonly NewRecord[]}

/**
 * CloudFlare's API as mcd uses it, one request per method and no retries. Throws what classify.ts makes of a failure.
 * Pages count from 1.
 */
export type CloudflareClient = {
  /** Those that the token may read: of this name, or all. */
  zones(name: string | undefined, page: number, signal: AbortSignal): Promise<Page<VendorZone>>
  records(zoneId: string, name: string, page: number, signal: AbortSignal): Promise<Page<VendorRecord>>
  batch(zoneId: string, batch: Batch, signal: AbortSignal): Promise<void>
  create(zoneId: string, record: NewRecord, signal: AbortSignal): Promise<void>
  delete(zoneId: string, id: string, signal: AbortSignal): Promise<void>
  /** The token itself: a user's, or one that an account owns. Each is known at its own address alone. */
  verify(accountId: string | undefined, signal: AbortSignal): Promise<VendorToken>
  usage(zoneId: string, signal: AbortSignal): Promise<VendorUsage>
}

const CLOUDFLARE_BASE_URL = 'https://api.cloudflare.com/client/v4'

/** Fewer zones than this cannot be asked for; one name has one zone, or a few in several accounts. */
const ZONES_PER_PAGE = 50
const RECORDS_PER_PAGE = 1_000
const CONCURRENCY = 10
/** Sent with every call; the library would send today's date. */
const API_VERSION = '2025-01-01'
/** The library's own limit stays out of the way: providers/call.ts limits each attempt on the runtime's clock. */
const NEVER_MS = 2 ** 31 - 1

type Options = {
  readonly apiToken: Secret
  readonly baseUrl?: string | undefined
  readonly fetch?: typeof fetch | undefined
  /** Requests in flight at once. */
  readonly concurrency?: number | undefined
}
type Envelope<T> = {
  success?: boolean
  result?: T
  errors?: VendorCause[]
  result_info?: {page?: number; per_page?: number; count?: number; total_count?: number}
}

export function cloudflareClient(options: Options): CloudflareClient {
  let loading: ReturnType<typeof load> | undefined
  const send = async <T>(
    what: string,
    request: (api: Api) => {asResponse(): Promise<Response>},
  ): Promise<Envelope<T>> => {
    loading ??= load(options)
    const {api, errors, queue} = await loading
    let response: Response
    let envelope: Envelope<T>
    try {
      response = await queue.add(() => request(api).asResponse())
      envelope = (await response.json()) as Envelope<T>
    } catch (error) {
      throw toMcdError(what, error, errors)
    }
    // A deletion's answer need not say so; everything else must.
    if (envelope.success === false)
      throw classify(what, {status: response.status, errors: envelope.errors ?? []})
    return envelope
  }
  return {
    zones: async (name, page, signal) =>
      toPage(
        await send<VendorZone[]>('GET zones', api =>
          api.zones.list({...(name !== undefined && {name}), page, per_page: ZONES_PER_PAGE}, {signal}),
        ),
        page,
      ),
    records: async (zone_id, name, page, signal) =>
      toPage(
        await send<VendorRecord[]>('GET dns_records', api =>
          api.dns.records.list({zone_id, name: {exact: name}, page, per_page: RECORDS_PER_PAGE}, {signal}),
        ),
        page,
      ),
    batch: async (zone_id, {deletes, posts}, signal) => {
      await send('POST dns_records/batch', api =>
        api.dns.records.batch({zone_id, deletes: [...deletes], posts: [...posts]}, {signal}),
      )
    },
    create: async (zone_id, record, signal) => {
      await send('POST dns_records', api => api.dns.records.create({zone_id, ...record}, {signal}))
    },
    delete: async (zone_id, id, signal) => {
      await send('DELETE dns_records', api => api.dns.records.delete(id, {zone_id}, {signal}))
    },
    verify: async (accountId, signal) => {
      const owner = accountId === undefined ? 'user' : `accounts/${accountId}`
      return result(
        await send<VendorToken>(`GET ${owner}/tokens/verify`, api =>
          api.get(`/${owner}/tokens/verify`, {signal}),
        ),
      )
    },
    usage: async (zone_id, signal) =>
      result(
        await send<VendorUsage>('GET dns_records/usage', api =>
          api.get(`/zones/${zone_id}/dns_records/usage`, {signal}),
        ),
      ),
  }
}

type Loaded = Awaited<ReturnType<typeof load>>
type Api = Loaded['api']

/** Imported here and not at the top: most commands need no CloudFlare. */
async function load({apiToken, baseUrl = CLOUDFLARE_BASE_URL, fetch, concurrency = CONCURRENCY}: Options) {
  const [{createClient}, {BaseRecords}, {BaseZones}, errors, {default: PQueue}] = await Promise.all([
    import('cloudflare/tree-shakable'),
    import('cloudflare/resources/dns/records'),
    import('cloudflare/resources/zones/zones'),
    import('cloudflare/core/error'),
    import('p-queue'),
  ])
  const api = createClient({
    resources: [BaseRecords, BaseZones],
    apiToken: apiToken.reveal(),
    // Given outright, or the library reads them from the environment and re-authenticates or redirects mcd.
    apiKey: null,
    apiEmail: null,
    userServiceKey: null,
    baseURL: baseUrl,
    logLevel: 'off',
    defaultHeaders: {
      Authorization: `Bearer ${apiToken.reveal()}`,
      'X-Auth-Email': null,
      'X-Auth-Key': null,
      'X-Auth-User-Service-Key': null,
    },
    apiVersion: API_VERSION,
    maxRetries: 0,
    timeout: NEVER_MS,
    // Looked up per call: tests replace it after the client was made.
    fetch: (url, init) => (fetch ?? globalThis.fetch)(url, init),
  })
  return {api, errors, queue: new PQueue({concurrency})}
}

function result<T>({result}: Envelope<T>): T {
  if (result === undefined || result === null)
    throw unexpected('CloudFlare', new Error('an envelope without a result'))
  return result
}

function toPage<T>({result, result_info: info}: Envelope<T[]>, page: number): Page<T> {
  const items = result ?? []
  // The server may give smaller pages than were asked for.
  const read = (info?.page ?? page) * (info?.per_page ?? items.length)
  return {items, more: items.length > 0 && read < (info?.total_count ?? 0)}
}

function toMcdError(
  what: string,
  error: unknown,
  {APIError, APIConnectionError, APIUserAbortError}: Loaded['errors'],
): McdError {
  if (error instanceof APIUserAbortError)
    return new TransientError(`CloudFlare ${what} was given up`, {effect: 'unknown', cause: error})
  if (error instanceof APIConnectionError) return connectionLost(what, error)
  if (error instanceof APIError && typeof error.status === 'number') {
    return classify(what, {
      status: error.status,
      errors: Array.isArray(error.errors) ? error.errors : [],
      retryAfterSeconds: retryAfter(error.headers),
    })
  }
  // The headers came, the body did not, or was no JSON: the call has most likely been served.
  if (error instanceof SyntaxError || error instanceof TypeError) return connectionLost(what, error)
  return unexpected('CloudFlare', error)
}

function connectionLost(what: string, error: Error): TransientError {
  const codes = causesOf(error).map(cause => (cause as NodeJS.ErrnoException).code ?? '')
  // Node's own words name the address: `connect ECONNREFUSED 192.0.2.1:443`.
  const reason = causesOf(error).at(-1)?.message || codes.find(code => code !== '') || error.message
  const notSent = codes.some(neverConnected)
  return new TransientError(`CloudFlare could not be reached for ${what}: ${reason}`, {
    effect: notSent ? 'none' : 'unknown',
    cause: error,
  })
}

function causesOf(error: unknown): Error[] {
  return error instanceof Error ? [error, ...causesOf(error.cause)] : []
}

function retryAfter(headers: Headers | undefined): number | undefined {
  const seconds = Number(headers?.get('retry-after') ?? Number.NaN)
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined
}
