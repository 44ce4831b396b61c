/** Bytes a character string of the DNS holds (RFC 1035 §3.3). */
const STRING_MAX_BYTES = 255

/**
 * Plain text as Route53 takes a TXT value: character strings of at most 255 bytes, each in double quotes, what cannot be
 * printed as octal escapes. Source: Route 53 Developer Guide, "TXT record type".
 */
export function quoteTxt(text: string): string {
  const bytes = Buffer.from(text, 'utf8')
  const strings: string[] = []
  for (let at = 0; at === 0 || at < bytes.length; at += STRING_MAX_BYTES)
    strings.push(`"${[...bytes.subarray(at, at + STRING_MAX_BYTES)].map(escapeByte).join('')}"`)
  return strings.join(' ')
}

/** The plain text of a TXT value as Route53 shows it, its strings joined. */
export function unquoteTxt(value: string): string {
  const parts: Buffer[] = []
  for (const [, string = ''] of value.matchAll(/"((?:[^"\\]|\\.)*)"/g)) {
    for (const [part, octal, escaped] of string.matchAll(/\\([0-7]{3})|\\(.)|[^\\]+/g))
      parts.push(
        octal === undefined
          ? Buffer.from(escaped ?? part, 'utf8')
          : Buffer.of(Number.parseInt(octal, 8) & 255),
      )
  }
  return Buffer.concat(parts).toString('utf8')
}

function escapeByte(byte: number): string {
  const character = String.fromCharCode(byte)
  if (character === '"' || character === '\\') return `\\${character}`
  return byte >= 0x20 && byte < 0x7f ? character : `\\${byte.toString(8).padStart(3, '0')}`
}
