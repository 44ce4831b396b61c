import {DOT_IN_LABEL} from '../dns-answer.ts'

/**
 * Names as Route53 keeps them: lower case, a final dot, and every character but a–z, 0–9, `-` and `_` as a backslash with
 * three octal digits (`\052` for an asterisk). Source: Route 53 Developer Guide, "DNS domain name format".
 */

const NAME_MAX_BYTES = 255
const LABEL_MAX_BYTES = 63
const PLAIN = /[A-Za-z0-9_-]/

/** The stored form of a name, or what is wrong with it in Route53's words. A value keeps the case of its letters. */
export function storedName(
  input: string,
  {keepCase = false}: {keepCase?: boolean} = {},
): {name: string} | {problem: string} {
  const refuse = (problem: string) => ({problem: `FATAL problem: ${problem} encountered with '${input}'`})
  const labels: string[] = []
  let lengthBytes = 1
  const text = input.endsWith('.') ? input.slice(0, -1) : input
  for (const label of text.split('.')) {
    const bytes = labelBytes(label)
    if (!bytes) return refuse('UnsupportedCharacter (Value contains unsupported characters)')
    if (bytes.length === 0) return refuse('DomainLabelEmpty (Domain label is empty)')
    if (bytes.length > LABEL_MAX_BYTES) return refuse('DomainLabelTooLong (Domain label is too long)')
    lengthBytes += 1 + bytes.length
    const stored = bytes.map(escapeByte).join('')
    labels.push(keepCase ? stored : stored.toLowerCase())
  }
  if (lengthBytes > NAME_MAX_BYTES) return refuse('DomainNameTooLong (Domain name is too long)')
  return {name: `${labels.join('.')}.`}
}

/** Without escapes and final dot: how a name stands in an answer. */
export function plainName(stored: string): string {
  return stored
    .replace(/\.$/, '')
    .replaceAll('\\056', DOT_IN_LABEL)
    .replace(/(?:\\[0-3][0-7]{2})+/g, escapes =>
      Buffer.from(
        escapes
          .slice(1)
          .split('\\')
          .map(octal => Number.parseInt(octal, 8)),
      ).toString(),
    )
}

/** A name as a query has it, in the form that `storedName` takes. */
export const askedName = (name: string): string =>
  name.replace(/[^\w.-]/gu, letter =>
    [...Buffer.from(letter === DOT_IN_LABEL ? '.' : letter)]
      .map(byte => `\\${byte.toString(8).padStart(3, '0')}`)
      .join(''),
  )

/** Listings sort by this: labels reversed, the final dot counting (`com.example.www.`), in ASCII order. */
export function sortKey(stored: string): string {
  return `${stored.slice(0, -1).split('.').reverse().join('.')}.`
}

export const isWithin = (name: string, zone: string): boolean => name === zone || name.endsWith(`.${zone}`)

function labelBytes(label: string): number[] | undefined {
  const bytes: number[] = []
  for (let at = 0; at < label.length; at++) {
    const code = label.charCodeAt(at)
    if (label[at] === '\\') {
      const octal = /^[0-3][0-7]{2}/.exec(label.slice(at + 1))?.[0]
      if (!octal) return undefined
      bytes.push(Number.parseInt(octal, 8))
      at += 3
    } else if (code > 0x20 && code < 0x7f) bytes.push(code)
    else return undefined
  }
  return bytes
}

function escapeByte(byte: number): string {
  const character = String.fromCharCode(byte)
  return PLAIN.test(character) ? character : `\\${byte.toString(8).padStart(3, '0')}`
}
