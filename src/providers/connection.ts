/** Codes of Node's network for "there was nobody to connect to": nothing was sent, so the call has no effect. */
const NEVER_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])
/** A connection that broke, or an answer that never came: the call may have been served. */
const BROKEN = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'TimeoutError', 'AbortError', 'NetworkingError'])

/** Whether a connection failed before anything was sent. */
export const neverConnected = (code: string | undefined): boolean =>
  code !== undefined && NEVER_CONNECTED.has(code)

/** Whether this is a failure of the connection at all: Node's codes, and the names the AWS SDK gives them. */
export const isConnectionFailure = (code: string | undefined): boolean =>
  neverConnected(code) || (code !== undefined && BROKEN.has(code))
