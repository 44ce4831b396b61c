/**
 * Values as they stand in a document, so that none can break out of its place. Numbers and booleans stand bare: they hold
 * nothing that could.
 */
export type Quote = (value: string) => string

/**
 * A double-quoted YAML scalar in printable ASCII. YAML 1.1, which cloud-init reads, takes U+0085, U+2028 and U+2029 for line
 * breaks and refuses other characters outright, so everything beyond ASCII is escaped.
 */
export const quoteYaml: Quote = value => {
  const escaped = [...value].map(character => {
    const code = character.codePointAt(0) ?? 0
    if (character === '"' || character === '\\') return `\\${character}`
    if (character === '\n') return '\\n'
    if (code >= 0x20 && code < 0x7f) return character
    return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`
  })
  return `"${escaped.join('')}"`
}

/** One word of a POSIX shell. */
export const quoteShell: Quote = value => `'${value.replaceAll("'", "'\\''")}'`

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0')
