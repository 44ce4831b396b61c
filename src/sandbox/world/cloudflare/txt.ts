/** TXT content in presentation form: one or more quoted character strings of at most 255 bytes (RFC 1035 §3.3.14 and §5.1). */

const STRING_MAX_BYTES = 255

/** The character strings of this content; undefined when its quoting is broken. Unquoted text is one string. */
export function txtStrings(content: string): Buffer[] | undefined {
  const text = content.trim()
  if (!text.startsWith('"')) return split(Buffer.from(text))
  const strings: Buffer[] = []
  let rest = text
  while (rest !== '') {
    const match = /^"((?:[^"\\]|\\\d{3}|\\\D)*)"\s*/.exec(rest)
    if (!match) return undefined
    strings.push(...split(bytesOf(match[1] ?? '')))
    rest = rest.slice(match[0].length)
  }
  return strings
}

/** How CloudFlare stores and shows it: always quoted, long strings split. */
export function quoted(strings: readonly Buffer[]): string {
  return strings.map(string => `"${escaped(string)}"`).join(' ')
}

function bytesOf(text: string): Buffer {
  const bytes: Buffer[] = []
  for (const [part, code, char] of text.matchAll(/\\(\d{3})|\\(\D)|[^\\]+/g)) {
    if (code !== undefined) bytes.push(Buffer.of(Number(code) & 255))
    else bytes.push(Buffer.from(char ?? part))
  }
  return Buffer.concat(bytes)
}

/** Byte for byte: a long string may be cut inside a character. */
function escaped(string: Buffer): string {
  return [...string]
    .map(byte => {
      const char = String.fromCharCode(byte)
      if (char === '"' || char === '\\') return `\\${char}`
      return byte >= 32 && byte < 127 ? char : `\\${String(byte).padStart(3, '0')}`
    })
    .join('')
}

function split(bytes: Buffer): Buffer[] {
  const strings: Buffer[] = []
  for (let at = 0; at === 0 || at < bytes.length; at += STRING_MAX_BYTES)
    strings.push(bytes.subarray(at, at + STRING_MAX_BYTES))
  return strings
}
