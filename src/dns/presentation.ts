import {isUtf8} from 'node:buffer'
import {UsageError} from '../errors.ts'

/**
 * Names as people and zone files write them (RFC 1035 §5.1): labels joined by dots, a dot or backslash inside a label behind
 * a backslash, any byte as `\` and three decimal digits. UTF-8 stands as it is, as DNS-SD wants it (RFC 6763 §4.3). No final dot.
 */

/** RFC 1035 §3.1. */
export const LABEL_MAX_BYTES = 63
const NAME_MAX_BYTES = 255

/** The bytes of each label. Throws UsageError for what is no name. */
export function parseName(text: string): Buffer[] {
  if (text === '' || text === '.') return []
  const refuse = (why: string) =>
    new UsageError(`"${text}" is no DNS name: ${why}`, {
      suggestions: ['Write a dot or a backslash that is part of a label as "\\." or "\\\\".'],
    })
  const labels: Buffer[] = []
  let bytes: Buffer[] = []
  const end = () => {
    const label = Buffer.concat(bytes)
    if (label.length === 0) throw refuse('it has an empty label')
    if (label.length > LABEL_MAX_BYTES)
      throw refuse(`a label has ${label.length} bytes, and ${LABEL_MAX_BYTES} is the most`)
    labels.push(label)
    bytes = []
  }
  for (const [part, decimal, escaped] of text.matchAll(/\\(\d{3})|\\([^\d])|\\|\.|[^\\.]+/gsu)) {
    if (part === '.') end()
    else if (part === '\\' || Number(decimal ?? 0) > 255) throw refuse(`"${part}" is no escape`)
    else bytes.push(decimal === undefined ? Buffer.from(escaped ?? part) : Buffer.of(Number(decimal)))
  }
  // A final dot has ended the last one.
  if (bytes.length > 0) end()
  const lengthBytes = labels.reduce((sum, label) => sum + 1 + label.length, 1)
  if (lengthBytes > NAME_MAX_BYTES)
    throw refuse(`it has ${lengthBytes} bytes, and ${NAME_MAX_BYTES} is the most`)
  return labels
}

export const formatName = (labels: readonly Buffer[]): string => labels.map(formatLabel).join('.') || '.'

/** One label: dots and backslashes escaped, blanks and what cannot be printed as decimals. */
export function formatLabel(label: Buffer): string {
  const text = isUtf8(label) ? label.toString() : label.toString('latin1')
  const unprintable = isUtf8(label) ? /[\0-\x20\x7f]/g : /[\0-\x20\x7f-\xff]/g
  return text
    .replace(/[.\\]/g, '\\$&')
    .replace(unprintable, byte => `\\${String(byte.charCodeAt(0)).padStart(3, '0')}`)
}

/** Names are equal when they differ in the case of ASCII letters alone (RFC 4343). */
export const lowerCase = (name: string): string => name.replace(/[A-Z]+/g, letters => letters.toLowerCase())

/** A name however it is written, with the escapes that it must have and no final dot. Throws UsageError. */
export const plainName = (name: string): string => formatName(parseName(name))

/** How a name is compared. Throws UsageError. */
export const canonical = (name: string): string => lowerCase(plainName(name))
