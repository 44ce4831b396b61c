/**
 * The kinds of values a fleet file holds. Each says in words what it must be, since a mistake is answered with exactly
 * those words ("count must be a whole number from 0 to 10000"), and carries its description into the JSON schema.
 */
import {domainToASCII} from 'node:url'
import * as z from 'zod'
import {formatDuration, parseDuration} from '../../duration.ts'
import {LOCATION_WORDS, parseLocation} from '../../journal/location.ts'
import {parseBatch, parseRate, parseSizeGib} from './quantity.ts'

// Each file is checked once: compiling its checks would take longer than they do.
z.config({jitless: true})

export type About = {description: string; examples?: readonly unknown[]; title?: string}

/** zod wants its examples mutable. */
const meta = ({examples, ...about}: About) => ({...about, ...(examples ? {examples: [...examples]} : {})})

export function text(about: About) {
  const example = about.examples?.[0]
  const error = example === undefined ? 'must be text' : `must be text such as ${JSON.stringify(example)}`
  return z.string({error}).min(1, {error: 'must not be empty'}).register(z.globalRegistry, meta(about))
}

/** Text of one form; `words` completes "must be …". */
export const textLike = (pattern: RegExp, words: string, about: About) =>
  z
    .string({error: `must be ${words}`})
    .regex(pattern)
    .register(z.globalRegistry, meta(about))

/** Free keys, text values. */
export const textMap = (description: string, examples: unknown[]) =>
  z
    .record(z.string(), z.string({error: 'must be text'}))
    .default({})
    .register(z.globalRegistry, {description, examples})

export const flag = (about: About) =>
  z.boolean({error: 'must be true or false'}).register(z.globalRegistry, meta(about))

export function wholeNumber(min: number, max: number | undefined, words: string, about: About) {
  const atLeast = z.int({error: `must be ${words}`}).min(min)
  return (max === undefined ? atLeast : atLeast.max(max)).register(z.globalRegistry, meta(about))
}

export const port = (about: About) => wholeNumber(1, 65_535, 'a whole number from 1 to 65535', about)

export const oneOf = <const Names extends readonly [string, ...string[]]>(names: Names, about: About) =>
  z.enum(names).register(z.globalRegistry, meta(about))

/** Fleet and group names stand in marks, tags and DNS comments, where room is short (decision 2). */
export const LABEL = /^[a-z](?:[a-z0-9-]{0,22}[a-z0-9])?$/
export const LABEL_WORDS = 'a DNS label of at most 24 characters: a-z, 0-9 and "-", beginning with a letter'

/** In milliseconds, from text such as `5s`. `minWhy` says why it cannot be shorter. */
export function duration({
  minMs = 0,
  minWhy,
  words = 'must be a duration such as "5s", "2m" or "1h30m"',
  ...about
}: About & {minMs?: number; minWhy?: string; words?: string}) {
  return z
    .string({
      error: ({input}) =>
        typeof input === 'number' ? needsUnit(input, `"${input}s" or "${input}m"`) : words,
    })
    .register(z.globalRegistry, {...meta(about), pattern: '^(\\d+(\\.\\d+)?(ms|s|m|h|d))+$'})
    .transform((value, context) => {
      const ms = parseDuration(value)
      if (ms !== undefined && ms >= minMs) return ms
      const bareNumber = /^\d+(\.\d+)?$/.test(value)
      context.addIssue(
        ms !== undefined
          ? `must be at least ${formatDuration(minMs)}${minWhy === undefined ? '' : ` (${minWhy})`}`
          : bareNumber
            ? needsUnit(value, `"${value}s" or "${value}m"`)
            : words,
      )
      return z.NEVER
    })
}

/** In whole GiB, from text such as `20GB`. */
export function size(about: About) {
  const words = 'must be a size such as "20GB" or "20GiB"'
  return z
    .string({
      error: ({input}) =>
        typeof input === 'number' ? needsUnit(input, `"${input}GB" or "${input}GiB"`) : words,
    })
    .register(z.globalRegistry, {...meta(about), pattern: '^\\d+(\\.\\d+)? ?(GB|GiB|TB|TiB)$'})
    .transform((value, context) => {
      const gib = parseSizeGib(value)
      if (gib !== undefined && gib > 0) return gib
      context.addIssue(/^\d+$/.test(value) ? needsUnit(value, `"${value}GB" or "${value}GiB"`) : words)
      return z.NEVER
    })
}

/** In calls per second, from text such as `5/s`. */
export function rate(about: About) {
  const words = 'must be a rate above 0 such as "5/s" or "300/m"'
  return z
    .string({
      error: ({input}) =>
        typeof input === 'number' ? needsUnit(input, `"${input}/s" or "${input}/m"`) : words,
    })
    .register(z.globalRegistry, {...meta(about), pattern: '^\\d+(\\.\\d+)? ?/ ?[smh]$'})
    .transform((value, context) => {
      const perSecond = parseRate(value)
      if (perSecond !== undefined && perSecond > 0) return perSecond
      context.addIssue(words)
      return z.NEVER
    })
}

/** A number of instances, or a share of them in percent from text such as `25%`. */
export function batch(about: About) {
  const words = 'must be a whole number of at least 1, or a percentage such as "25%"'
  return z
    .union(
      [
        z.int({error: words}).min(1, {error: words}).max(10_000, {error: words}),
        z.string().register(z.globalRegistry, {pattern: '^([1-9][0-9]?|100)%$'}),
      ],
      {error: words},
    )
    .register(z.globalRegistry, meta(about))
    .transform((value, context) => {
      if (typeof value === 'number') return {count: value}
      // A number that comes from a variable is text.
      const parsed = parseBatch(value)
      if (parsed) return parsed
      context.addIssue(words)
      return z.NEVER
    })
}

/** A place for the journal. */
export const stateLocation = (about: About) =>
  z
    .string({error: LOCATION_WORDS})
    .register(z.globalRegistry, {...meta(about), pattern: '^(local$|s3://|postgres(ql)?://)'})
    .transform((value, context) => {
      const location = parseLocation(value)
      if (!('problem' in location)) return location
      context.addIssue(location.problem)
      return z.NEVER
    })

const needsUnit = (amount: number | string, examples: string) =>
  `needs a unit: write ${examples}, not ${amount}`

/** A domain name in lower case without final dot, in Punycode; undefined when it is none. */
export function normaliseDomain(name: string): string | undefined {
  const ascii = domainToASCII(name.replace(/\.$/, '')).toLowerCase()
  const labels = ascii.split('.')
  const valid = labels.every(label => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label))
  return valid && ascii.length <= 253 ? ascii : undefined
}

export function domain(about: About) {
  const words = 'must be a domain name such as "example.com"'
  return z
    .string({error: words})
    .register(z.globalRegistry, meta(about))
    .transform((value, context) => {
      const name = normaliseDomain(value)
      if (name?.includes('.')) return name
      context.addIssue(words)
      return z.NEVER
    })
}

/** A URL without final slash; undefined unless it is plain http(s): no query, and no credentials, which no file should hold. */
export function normaliseEndpoint(value: string): string | undefined {
  const url = /^https?:\/\//.test(value) ? URL.parse(value) : null
  if (!url || url.search || url.hash || url.username || url.password) return undefined
  return `${url.protocol}//${url.host}${url.pathname}`.replace(/\/+$/, '')
}

export function endpoint(about: About) {
  const words = 'must be a URL such as "https://cloud.example.com", without credentials'
  return z
    .string({error: words})
    .register(z.globalRegistry, {...meta(about), pattern: '^https?://'})
    .transform((value, context) => {
      const url = normaliseEndpoint(value)
      if (url !== undefined) return url
      context.addIssue(words)
      return z.NEVER
    })
}
