import {secretLike} from './public-text.ts'

/**
 * The attributes of a service in its TXT record (RFC 6763 §6): `key=value` strings of at most 255 bytes. Keys are compared
 * without case, the first of equal ones counts, and one without `=` is simply there.
 */

/** RFC 1035 §3.3. */
const STRING_MAX_BYTES = 255
/** One record within an Ethernet packet (RFC 6763 §6.2). */
const TXT_MAX_BYTES = 1_300

/** What clients are promised to cope with (RFC 6763 §6.4): longer keys work, and cost room in every answer. */
const KEY_ADVISED_CHARACTERS = 9

/** Key as first written → value; `true` where there is no `=`. */
export type Attributes = ReadonlyMap<string, string | true>

/** What the strings say; what RFC 6763 §6.4 tells clients to pass over is passed over. */
export function readAttributes(strings: readonly string[]): Attributes {
  const attributes = new Map<string, string | true>()
  const seen = new Set<string>()
  for (const string of strings) {
    const [key, value] = split(string)
    if (key === '' || seen.has(key.toLowerCase())) continue
    seen.add(key.toLowerCase())
    attributes.set(key, value)
  }
  return attributes
}

/** As strings of one TXT record: one empty string where there is nothing to say (§6.1). */
export function writeAttributes(attributes: Iterable<readonly [string, string | true]>): string[] {
  const strings = [...attributes].map(([key, value]) => (value === true ? key : `${key}=${value}`))
  return strings.length > 0 ? strings : ['']
}

/** What is wrong with these strings, one clause each: "has …". */
export function attributeProblems(strings: readonly string[]): string[] {
  const problems: string[] = []
  const seen = new Set<string>()
  for (const string of strings) {
    const [key] = split(string)
    const bytes = Buffer.byteLength(string)
    if (bytes > STRING_MAX_BYTES)
      problems.push(`has "${key}" with ${bytes} bytes, and a string holds ${STRING_MAX_BYTES}`)
    if (key === '' && string !== '') problems.push('has "=…" without a key')
    if (string === '' && strings.length > 1) problems.push('has an empty string beside others')
    if (!/^[\x20-\x3c\x3e-\x7e]*$/.test(key))
      problems.push(`has the key ${JSON.stringify(key)} with characters that are not printable ASCII`)
    if (key !== '' && seen.has(key.toLowerCase())) problems.push(`has "${key}" twice: only the first counts`)
    seen.add(key.toLowerCase())
  }
  const totalBytes = strings.reduce((sum, string) => sum + 1 + Buffer.byteLength(string), 0)
  if (totalBytes > TXT_MAX_BYTES)
    problems.push(`has ${totalBytes} bytes, and ${TXT_MAX_BYTES} is what fits one packet`)
  return problems
}

/** What is allowed and worth a thought, one clause each: "has …". No value is repeated: it may be a secret. */
export function attributeWarnings(strings: readonly string[]): string[] {
  return strings.flatMap(string => {
    const [key, value] = split(string)
    const secret = secretLike(key, value)
    return [
      ...(secret === undefined
        ? []
        : [`has "${key}", which looks like ${secret}: everybody can read a TXT record`]),
      ...(key.length > KEY_ADVISED_CHARACTERS
        ? [
            `has the key "${key}" of ${key.length} characters; RFC 6763 advises ${KEY_ADVISED_CHARACTERS} at most`,
          ]
        : []),
    ]
  })
}

/** For logs: the value of what looks like a secret is left out. */
export function shownAttribute(string: string): string {
  const [key, value] = split(string)
  return secretLike(key, value) === undefined ? string : `${key}=…`
}

function split(string: string): [key: string, value: string | true] {
  const at = string.indexOf('=')
  return at < 0 ? [string, true] : [string.slice(0, at), string.slice(at + 1)]
}
