import {createHmac} from 'node:crypto'
import type {Receiver} from '../fleet/model.ts'
import type {Delivery, Message} from '../fleet/outside.ts'
import {VERSION} from '../version.ts'

const GONE = 410
const BASE64_SECRET = 'whsec_'

/**
 * POSTs one message, signed. Any 2xx is a receipt; a redirect is none, since it would carry the message to a host that nobody
 * named; 410 says that the receiver wants no more. Never throws, and never names more of the address than its host.
 */
export async function sendWebhook(
  {url, secret}: Receiver,
  message: Message,
  over: AbortSignal,
): Promise<Delivery> {
  try {
    const response = await fetch(url.reveal(), {
      method: 'POST',
      redirect: 'manual',
      signal: over,
      headers: {
        'content-type': 'application/json',
        'user-agent': `mcd/${VERSION}`,
        'webhook-id': message.id,
        'webhook-timestamp': String(message.sentAtSeconds),
        'webhook-signature': signatureOf(secret.reveal(), message),
      },
      body: message.body,
    })
    // What it says beside its status is not for us, and may be without end.
    await response.body?.cancel().catch(() => undefined)
    if (response.ok) return {ok: true}
    const {status} = response
    const why =
      status >= 300 && status < 400
        ? `answered with a redirect (${status}), which is not followed`
        : `answered ${status}`
    return {ok: false, answered: true, why, ...(status === GONE ? {refused: true} : {})}
  } catch (error) {
    // The message of what fetch throws may quote the address; the code of its cause does not.
    const {cause} = error as {cause?: {code?: unknown}}
    const code = typeof cause?.code === 'string' ? ` (${cause.code})` : ''
    return {ok: false, why: `could not be reached${code}`}
  }
}

/** Source: Standard Webhooks, symmetric signatures: HMAC-SHA256 over id, timestamp and body, under the decoded secret. */
function signatureOf(secret: string, {id, sentAtSeconds, body}: Message): string {
  const key = secret.startsWith(BASE64_SECRET)
    ? Buffer.from(secret.slice(BASE64_SECRET.length), 'base64')
    : Buffer.from(secret)
  return `v1,${createHmac('sha256', key).update(`${id}.${sentAtSeconds}.${body}`).digest('base64')}`
}
