import {createHash} from 'node:crypto'
import type {LaunchWish} from '../../providers/compute.ts'
import {Secret} from '../../secret.ts'

/**
 * The launch spec's hash, 12 hex digits, as instances carry it in their mark (decision 7): resolved image, type, network,
 * disk, template text and vars. Count, secrets (which stand as their origin) and the generated registration part are not
 * in it, so rotating a token or upgrading mcd rolls nothing.
 */
export function specHash(wish: LaunchWish, imageId: string, userdata: unknown): string {
  const {
    pinnedImageId: _pinned,
    tags: _tags,
    deletionProtection: _protection,
    zones: _zones,
    spread: _spread,
    open,
    securityGroups,
    ...rest
  } = wish
  // Rules inside our own security group change in place; only which groups an instance is in needs a new instance.
  const ingress = securityGroups.length > 0 ? {securityGroups} : {own: open.length > 0}
  return createHash('sha256')
    .update(canonicalJson({...rest, ingress, imageId, userdata}))
    .digest('hex')
    .slice(0, 12)
}

/** JSON with sorted keys, secrets as their origin: equal values give equal text. */
export function canonicalJson(value: unknown): string {
  if (value instanceof Secret) return JSON.stringify({secret: value.origin})
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).filter(([, inner]) => inner !== undefined)
    entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`).join(',')}}`
  }
  return JSON.stringify(value) ?? 'null'
}
