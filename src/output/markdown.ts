import {completed} from './call.ts'

/** GitHub takes comments of 65,536 characters; what encloses a text there needs some of them. GitLab takes more. */
const MAX_CHARACTERS = 60_000

/**
 * Text as text: nothing in it is markup, a table, HTML, a formula, or calls a person by name. Nor is what its commands are
 * completed with: a path may hold a star, and what stands for a value looks like HTML.
 */
export const escaped = (text: string): string =>
  completed(text)
    .replaceAll(/[\\<>*_`[\]|~&$#]/g, '\\$&')
    .replaceAll(/@(?=\w)/g, '@\u200B')

/** A remark that is seen first. GitHub has words of its own for that; elsewhere they read as a quotation. */
export const remark = (kind: 'NOTE' | 'WARNING', text: string): string[] => [
  '',
  `> [!${kind}]`,
  ...text.split('\n').map(line => `> ${escaped(line)}`),
]

/** Text as it stands, letter by letter, under a title by which it can be folded up. */
export function folded(title: string, language: string, text: string): string[] {
  const fence = '`'.repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)))
  return [
    '',
    '<details open>',
    `<summary>${title}</summary>`,
    '',
    `${fence}${language}`,
    text,
    fence,
    '',
    '</details>',
  ]
}

/** A page of these lines that fits a comment. What does not is left out from the end, and the page says so. */
export function page(lines: readonly string[]): string {
  const text = lines.join('\n')
  if (text.length <= MAX_CHARACTERS) return text
  const all = text.split('\n')
  const kept: string[] = []
  let room = MAX_CHARACTERS
  for (const line of all) {
    room -= line.length + 1
    if (room < 0) break
    kept.push(line)
  }
  const left = all.length - kept.length
  return [
    ...kept,
    ...stillOpen(kept),
    ...remark('WARNING', `${left} more lines do not fit here. Without --format markdown all of it is shown.`),
    '',
  ].join('\n')
}

/** What closes the fence and the folded part that these lines end in. */
function stillOpen(lines: readonly string[]): string[] {
  let fence: string | undefined
  let isFolded = false
  for (const line of lines) {
    if (fence !== undefined) {
      if (line === fence) fence = undefined
    } else if (/^`{3,}/.test(line)) fence = /^`+/.exec(line)?.[0]
    else if (line === '<details open>') isFolded = true
    else if (line === '</details>') isFolded = false
  }
  return [...(fence === undefined ? [] : [fence]), ...(isFolded ? ['', '</details>'] : [])]
}
