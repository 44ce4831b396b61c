import {notAuthenticated, notAuthorized, wrongLocation} from './refusals.ts'

/** `DNS Write` includes listing and reading records; `Zone Read` turns a zone name into an id. */
export type Permission = 'zone-read' | 'dns-read' | 'dns-write'

export type ApiToken = {
  readonly id: string
  readonly value: string
  /** How the request log names who used it. */
  readonly principal: string
  /** All tokens of one owner draw on one rate limit. */
  readonly owner: string
  /** User tokens and account-owned tokens are verified at different addresses. */
  readonly kind: 'user' | 'account'
  readonly permissions: readonly Permission[]
  /** Zone ids, or all of the account. */
  readonly zones: 'all' | readonly string[]
  /** The only addresses it may be used from; absent = any. */
  readonly allowedAddresses?: readonly string[]
  readonly expiresOnMs?: number
  readonly notBeforeMs?: number
  status: 'active' | 'disabled'
}

/** Throws as the service does for a token that is unknown, disabled, expired, or used from the wrong place. */
export function checkUsable(
  token: ApiToken | undefined,
  nowMs: number,
  address: string | undefined,
): asserts token is ApiToken {
  if (token?.status !== 'active') throw notAuthenticated()
  if (token.expiresOnMs !== undefined && token.expiresOnMs <= nowMs) throw notAuthenticated()
  if (token.notBeforeMs !== undefined && token.notBeforeMs > nowMs) throw notAuthenticated()
  if (token.allowedAddresses && !(address && token.allowedAddresses.includes(address)))
    throw wrongLocation(address ?? 'unknown')
}

export function sees(token: ApiToken, zoneId: string): boolean {
  return token.zones === 'all' || token.zones.includes(zoneId)
}

/** Throws when the token lacks the permission on this zone. A zone that is not there looks the same. */
export function checkPermission(token: ApiToken, permission: Permission, zoneId: string): void {
  const granted =
    token.permissions.includes(permission) ||
    (permission === 'dns-read' && token.permissions.includes('dns-write'))
  if (!granted || !sees(token, zoneId)) throw notAuthorized()
}
