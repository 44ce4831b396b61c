import {VendorError} from '../vendor-error.ts'

/**
 * CloudFlare's refusals, one function per reason. Seen in public issue threads or the published schema: 1004 with 9300,
 * 6003 with 6111, 7003, 9000, 9005, 9007, 9021, 9041, 9109, 10000, 81044, 81053, 81054, 81056, 81058, 83011. The other numbers
 * are our best reading of sparse material; no client of the real service should branch on them, and mcd does not.
 */

const bad = (code: number, message: string) => new VendorError(400, code, message)
const chained = (code: number, message: string, causes: {code: number; message: string}[], status = 400) =>
  new VendorError(status, code, message, {detail: {error_chain: causes}})

/** DNS validation behind the wrapper that hides its cause in `error_chain`. */
const wrapped = (code: number, message: string) => chained(1004, 'DNS Validation Error', [{code, message}])

// Requests
export const noRoute = (path: string) =>
  chained(
    7003,
    `Could not route to ${path}, perhaps your object identifier is invalid?`,
    [{code: 7000, message: 'No route for that URI'}],
    404,
  )
export const methodNotAllowed = () => new VendorError(405, 10405, 'Method not allowed')
export const notJson = () => new VendorError(415, 10015, 'Content-Type must be application/json')
export const malformedJson = () => bad(6007, 'Malformed JSON in request body')
export const invalidQuery = (key: string, why: string) =>
  bad(1003, `Invalid query parameter "${key}": ${why}.`)
export const invalidBody = (why: string) => bad(9207, `Request body is invalid: ${why}.`)

// Tokens
export const missingHeader = () => bad(9106, 'Missing X-Auth-Key, X-Auth-Email or Authorization headers')
export const malformedHeader = () =>
  chained(6003, 'Invalid request headers', [{code: 6111, message: 'Invalid format for Authorization header'}])
export const invalidToken = () => new VendorError(401, 1000, 'Invalid API Token')
export const notAuthenticated = () => new VendorError(401, 10000, 'Authentication error')
export const notAuthorized = () => new VendorError(403, 10000, 'Authentication error')
export const wrongLocation = (address: string) =>
  new VendorError(403, 9109, `Cannot use the access token from location: ${address}`)
export const hiddenZone = () => new VendorError(403, 9109, 'Unauthorized to access requested resource')
export const throttled = (retryAfterSeconds: number) =>
  new VendorError(429, 971, 'Please wait and consider throttling your request speed', {
    headers: {'retry-after': String(retryAfterSeconds)},
  })

// One record
export const invalidType = (type: unknown) => bad(9004, `DNS record type "${String(type)}" is invalid.`)
export const invalidName = () => bad(9000, 'DNS name is invalid.')
export const invalidContent = {
  A: () => bad(9005, 'Content for A record must be a valid IPv4 address.'),
  AAAA: () => bad(9006, 'Content for AAAA record must be a valid IPv6 address.'),
  CNAME: () => bad(9007, 'Content for CNAME record is invalid.'),
  NS: () => bad(9008, 'Content for NS record is invalid.'),
  MX: () => bad(9009, 'Content for MX record is invalid.'),
  TXT: () => bad(9010, 'Content for TXT record is invalid.'),
  PTR: () => bad(9011, 'Content for PTR record is invalid.'),
  SRV: (why: string) => wrapped(9101, `Data for SRV record is invalid: ${why}.`),
  CAA: (why: string) => wrapped(9102, `Data for CAA record is invalid: ${why}.`),
}
export const contentTooLong = () => bad(9015, 'Content is too long: its wire format exceeds 4096 bytes.')
export const selfReference = () => bad(9039, 'CNAME content cannot reference itself.')
export const invalidTtl = (minimum: number) =>
  bad(9021, `Invalid TTL. Must be between ${minimum} and 86400 seconds, or 1 for Automatic.`)
export const notProxiable = () => bad(9041, 'Invalid proxied mode. Record cannot be proxied.')
export const targetNotAllowed = (address: string) =>
  bad(9003, `Target ${address} is not allowed for a proxied record.`)
export const invalidComment = (why: string) => wrapped(9301, `DNS record comment is invalid: ${why}.`)
export const tooManyTags = (count: number) =>
  wrapped(9300, `DNS record has ${count} tags, exceeding the quota of 0.`)

// A record among its neighbours
export const missingRecord = () => new VendorError(404, 81044, 'Record does not exist.')
export const quotaExceeded = () => bad(81045, 'Record quota exceeded.')
export const hostTaken = () => bad(81053, 'An A, AAAA, or CNAME record with that host already exists.')
export const cnameTaken = () => bad(81054, 'A CNAME record with that host already exists.')
export const nsTaken = () => bad(81056, 'NS records with that host already exist.')
export const identical = () => bad(81058, 'An identical record already exists.')
export const setTooLong = () =>
  bad(83011, 'The combined content of records with this name and type exceeds 8192 characters.')
export const batchTooLarge = (count: number, limit: number) =>
  bad(81060, `Batch has ${count} operations, exceeding the limit of ${limit}.`)
