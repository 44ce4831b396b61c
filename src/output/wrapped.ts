/** One text in lines of at most so many columns, broken between words; later lines are indented. A longer word stays whole. */
export function wrapped(text: string, columns: number, indent = 0): string[] {
  const lines: string[] = []
  let line = /^ */.exec(text)?.[0] ?? ''
  let isEmpty = true
  for (const word of text.trim().split(' ')) {
    if (!isEmpty && line.length + 1 + word.length > columns) {
      lines.push(line)
      line = ' '.repeat(indent)
      isEmpty = true
    }
    line += isEmpty ? word : ` ${word}`
    isEmpty = false
  }
  return [...lines, line]
}

/**
 * Every line of a text that is no table, broken like this for a terminal; what follows stands two columns further in. Nothing
 * is broken without a width, or with one of 0 (under expect, script).
 */
export function wrappedLines(text: string, columns: number | undefined): string {
  const margin = (line: string) => (/^ */.exec(line)?.[0].length ?? 0) + 2
  return text
    .split('\n')
    .flatMap(line => wrapped(line, columns || Number.POSITIVE_INFINITY, margin(line)))
    .join('\n')
}
