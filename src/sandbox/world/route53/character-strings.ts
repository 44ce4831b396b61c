const STRING_MAX_BYTES = 255

/**
 * The character strings of a TXT value: each in double quotes, several separated by blanks, `\"` for a quote and three
 * octal digits for bytes that cannot be printed. Or what is wrong, in Route53's words.
 * Source: Route 53 Developer Guide, "TXT record type".
 */
export function characterStrings(value: string): {strings: Buffer[]} | {problem: string} {
  const strings: Buffer[] = []
  let rest = value.trim()
  while (rest !== '') {
    const match = /^"((?:[^"\\]|\\[0-3][0-7]{2}|\\\D)*)"(?:\s+|$)/.exec(rest)
    if (!match) return {problem: 'InvalidCharacterString (Value should be enclosed in quotation marks)'}
    const bytes = unescapedBytes(match[1] ?? '')
    if (!bytes) return {problem: 'InvalidCharacterString (Value contains unsupported characters)'}
    if (bytes.length > STRING_MAX_BYTES) return {problem: 'CharacterStringTooLong (Value is too long)'}
    strings.push(bytes)
    rest = rest.slice(match[0].length)
  }
  return strings.length > 0
    ? {strings}
    : {problem: 'InvalidCharacterString (Value should be enclosed in quotation marks)'}
}

function unescapedBytes(text: string): Buffer | undefined {
  const parts: Buffer[] = []
  for (const [part, octal, escaped] of text.matchAll(/\\([0-3][0-7]{2})|\\(\D)|[^\\]+/g)) {
    if (octal !== undefined) parts.push(Buffer.of(Number.parseInt(octal, 8)))
    else {
      const plain = escaped ?? part
      // What is not printable ASCII must be escaped.
      if (!/^[\x20-\x7e\t]*$/.test(plain)) return undefined
      parts.push(Buffer.from(plain, 'latin1'))
    }
  }
  return Buffer.concat(parts)
}
