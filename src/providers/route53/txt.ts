/** Bytes a character string of the DNS holds (RFC 1035 §3.3). */
const STRING_MAX_BYTES = 255

/**
 * Plain text as Route53 takes a TXT value: a character string for each line, longer ones in parts of 255 bytes, each in
 * double quotes, what cannot be printed as octal escapes. Source: Route 53 Developer Guide, "TXT record type".
 */
export const quoteTxt = (text: string): string => text.split('\n').map(quoteLine).join(' ')

function quoteLine(line: string): string {
  const bytes = Buffer.from(line, 'utf8')
  const strings: string[] = []
  for (let at = 0; at === 0 || at < bytes.length; at += STRING_MAX_BYTES)
    strings.push(`"${[...bytes.subarray(at, at + STRING_MAX_BYTES)].map(escapeByte).join('')}"`)
  return strings.join(' ')
}

/** The plain text of a TXT value as Route53 shows it, its strings joined. */
export const unquoteTxt = (value: string): string => Buffer.concat(stringsOf(value)).toString('utf8')

/** What `quoteTxt` made of a text with lines, as it was. */
export function unquoteLines(value: string): string {
  const strings = stringsOf(value)
  const parts = strings.flatMap((string, at) => {
    const isContinued = strings[at - 1]?.length === STRING_MAX_BYTES
    return at === 0 || isContinued ? [string] : [Buffer.from('\n'), string]
  })
  return Buffer.concat(parts).toString('utf8')
}

function stringsOf(value: string): Buffer[] {
  return [...value.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, string = '']) =>
    Buffer.concat(
      [...string.matchAll(/\\([0-7]{3})|\\(.)|[^\\]+/g)].map(([part, octal, escaped]) =>
        octal === undefined
          ? Buffer.from(escaped ?? part, 'utf8')
          : Buffer.of(Number.parseInt(octal, 8) & 255),
      ),
    ),
  )
}

function escapeByte(byte: number): string {
  const character = String.fromCharCode(byte)
  if (character === '"' || character === '\\') return `\\${character}`
  return byte >= 0x20 && byte < 0x7f ? character : `\\${byte.toString(8).padStart(3, '0')}`
}
