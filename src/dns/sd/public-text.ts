/**
 * TXT records are public: everybody on the Internet can read them, and archives keep what once stood there. What looks like a
 * secret is worth a word before it is published. Nothing here gives a value back.
 */

const SECRET_KEY =
  /(?:^|[-_.])(?:token|pass(?:word|wd|phrase)?|pw|secret|(?:api|access|private|auth|secret)?key|credentials?)(?:$|[-_.])/i
/** Formats that say of themselves what they are. */
const FORMATS: readonly [pattern: RegExp, what: string][] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----/, 'a private key'],
  [/\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/, 'an AWS access key id'],
  [/\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*/, 'a JSON web token'],
  [/\bgh[pousr]_[A-Za-z0-9]{30,}\b|\bgithub_pat_\w{30,}/, 'a GitHub token'],
  [/\bxox[abprs]-[\w-]{10,}/, 'a Slack token'],
  [/^[a-z][a-z0-9+.-]*:\/\/[^/\s:@]+:[^/\s@]+@/i, 'an address with a password in it'],
]
/** A password made by chance has some 4 bits a character and more; words, versions and addresses stay below or are shorter. */
const RANDOM_MIN_CHARACTERS = 20
const RANDOM_MIN_BITS = 3.7

/** Why this attribute looks like a secret, to follow "looks like"; undefined where it does not. */
export function secretLike(key: string, value: string | true): string | undefined {
  if (value === true || value === '') return undefined
  const format = FORMATS.find(([pattern]) => pattern.test(value))
  if (format) return format[1]
  if (SECRET_KEY.test(key.replace(/([a-z])([A-Z])/g, '$1-$2'))) return 'a secret by its key'
  return looksRandom(value) ? 'a password or token made by chance' : undefined
}

/** Long, of one piece, with letters and digits mixed, and hardly a character more often than another. */
function looksRandom(value: string): boolean {
  if (value.length < RANDOM_MIN_CHARACTERS || !/^[\w+/=~!$%^&*-]+$/.test(value)) return false
  if (!/\d/.test(value) || !/[A-Za-z]/.test(value)) return false
  const counts = new Map<string, number>()
  for (const character of value) counts.set(character, (counts.get(character) ?? 0) + 1)
  const bits = [...counts.values()].reduce((sum, count) => {
    const share = count / value.length
    return sum - share * Math.log2(share)
  }, 0)
  // Hexadecimal digits carry 4 bits at most: a UUID or a digest is random, too, but most often no secret.
  return bits >= RANDOM_MIN_BITS && !/^[0-9a-f-]+$/i.test(value)
}
