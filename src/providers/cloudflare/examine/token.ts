import type {Finding} from '../../examine.ts'
import {DeniedError} from '../classify.ts'
import type {VendorToken} from '../convert.ts'
import type {Answer, Desk} from './desk.ts'

/** A token that ends within this is told of in time to replace it. */
const SOON_MS = 30 * 24 * 60 * 60 * 1000

export const subjectOf = ({token}: Desk): string => `API token (${token.origin})`

/**
 * What the verification of a token says. A user's token and an account's are verified at different addresses, and one that is
 * verified at neither may work all the same: `works` tells whether it did.
 */
export function tokenFinding(desk: Desk, verified: Answer<VendorToken>, works: boolean): Finding {
  const about = {check: 'identity' as const, subject: subjectOf(desk)}
  if (!verified.error) return {...about, ...verdict(verified.value, desk.runtime.now())}
  if (works)
    return {
      ...about,
      outcome: 'unknown',
      detail:
        'CloudFlare does not verify this token, and yet serves it: until when it is valid cannot be told.',
    }
  const {message, suggestions} = verified.error
  if (verified.error instanceof DeniedError && verified.error.wrongAddress)
    return {...about, outcome: 'failed', detail: message, remedy: suggestions[0] ?? ''}
  return {
    ...about,
    outcome: 'failed',
    detail: `CloudFlare does not know this token, or it has been revoked or has expired: ${message}.`,
    remedy: `Create another API token with "DNS Write" and "Zone Read" on the zone, and put it where this one came from (${desk.token.origin}).`,
  }
}

function verdict(
  {status, expires_on: expires, not_before: begins}: VendorToken,
  nowMs: number,
): Pick<Finding, 'outcome' | 'detail' | 'remedy'> {
  const endsInMs = expires === undefined ? Number.POSITIVE_INFINITY : Date.parse(expires) - nowMs
  if (status !== 'active' || endsInMs <= 0)
    return {
      outcome: 'failed',
      detail: `The token is ${status === 'active' ? `expired since ${expires}` : status}.`,
      remedy: 'Create another one, or enable it again (dash.cloudflare.com, My Profile, API Tokens).',
    }
  if (begins !== undefined && Date.parse(begins) > nowMs)
    return {
      outcome: 'failed',
      detail: `The token is not valid before ${begins}.`,
      remedy: 'Wait until then, or give the token another start date.',
    }
  if (endsInMs < SOON_MS)
    return {
      outcome: 'warning',
      detail: `The token is valid, but only until ${expires}.`,
      remedy: 'Give it a later end date, or create another one before that day.',
    }
  return {
    outcome: 'ok',
    detail: expires === undefined ? 'The token is valid.' : `The token is valid until ${expires}.`,
  }
}
