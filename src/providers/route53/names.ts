import {formatLabel, lowerCase, parseName} from '../../dns/presentation.ts'

/**
 * Route53 shows every name in lower case with a final dot, and every character but a–z, 0–9, `-` and `_` as a backslash
 * with three octal digits. Source: Route 53 Developer Guide, "DNS domain name format".
 */

/** `*.example.com` → `\052.example.com.` */
export const toVendorName = (name: string): string => toVendorTarget(lowerCase(name))

/** `\052.example.com.` → `*.example.com` */
export const fromVendorName = (stored: string): string => lowerCase(fromVendorTarget(stored))

/** A name that is a value: its letters keep their case. `Version\0321\.0._http._tcp.example.com` → `Version\0401\0560.…` */
export const toVendorTarget = (name: string): string =>
  `${parseName(name)
    .map(label => [...label].map(escapeByte).join(''))
    .join('.')}.`

export function fromVendorTarget(stored: string): string {
  const name = stored.endsWith('.') ? stored.slice(0, -1) : stored
  if (IS_PLAIN.test(name)) return name
  return name
    .split('.')
    .map(label => formatLabel(labelBytes(label)))
    .join('.')
}

/** Nearly every name, and a large zone has ten thousand: nothing in it is spelled in another way. */
const IS_PLAIN = /^[\w.-]*$/

function escapeByte(byte: number): string {
  const character = String.fromCharCode(byte)
  return /[A-Za-z0-9_-]/.test(character) ? character : `\\${byte.toString(8).padStart(3, '0')}`
}

function labelBytes(label: string): Buffer {
  const parts = [...label.matchAll(/\\([0-7]{3})|[^\\]+|\\/g)]
  return Buffer.concat(
    parts.map(([part, octal]) =>
      octal === undefined ? Buffer.from(part) : Buffer.of(Number.parseInt(octal, 8) & 255),
    ),
  )
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
