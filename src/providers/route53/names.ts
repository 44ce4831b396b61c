/**
 * Route53 shows every name in lower case with a final dot, and every character but a–z, 0–9, `-` and `_` as a backslash
 * with three octal digits. Source: Route 53 Developer Guide, "DNS domain name format".
 */

/** `*.example.com` → `\052.example.com.` */
export function toVendorName(name: string): string {
  const escaped = name
    .toLowerCase()
    .replace(/\.$/, '')
    .replace(/[^a-z0-9._-]/g, character => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`)
  return `${escaped}.`
}

/** `\052.example.com.` → `*.example.com` */
export function fromVendorName(stored: string): string {
  return stored
    .toLowerCase()
    .replace(/\.$/, '')
    .replace(/\\([0-7]{3})/g, (_escape, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}

/**
 * The order of listings: labels reversed, and the final dot counts (`com.example.www.`), so that `www-old` comes before `www`.
 * Takes names as Route53 shows them.
 */
export function compareVendorNames(a: string, b: string): number {
  const [first, second] = [sortKey(a), sortKey(b)]
  return first < second ? -1 : first > second ? 1 : 0
}

const sortKey = (stored: string): string => `${stored.slice(0, -1).split('.').reverse().join('.')}.`
