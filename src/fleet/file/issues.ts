import * as z from 'zod'
import {nearest} from '../../nearest.ts'
import type {WrittenData} from './document.ts'
import {formatPath, labelOf, type Mistake, type Path, valueAt} from './mistake.ts'
import {anyDnsBlock} from './schema-dns.ts'
import {anyGroup} from './schema-group.ts'
import {otherWordFor, unavailable} from './unavailable.ts'
import {writeVariable} from './variables.ts'

type Issue = z.core.$ZodIssue

/** What the schema says of these data, as single issues at their own paths; `message` is empty where our own words are not known to it. */
export function issuesOf(schema: z.ZodType, data: unknown, at: Path = []): Issue[] {
  const result = schema.safeParse(data, {error: wordless})
  return (result.error?.issues ?? [])
    .flatMap(issue => flatten(issue, data))
    .map(issue => ({...issue, path: [...at, ...issue.path]}))
}

/** The mapping that complains about a key knows which keys it has, and only here: they travel as the message. */
function wordless({code, inst}: z.core.$ZodRawIssue): string {
  return code === 'unrecognized_keys' && inst instanceof z.ZodObject ? Object.keys(inst.shape).join(' ') : ''
}

/** A union that fits nowhere fails once per member: only what is said about the member that was meant helps. */
function flatten(issue: Issue, data: unknown): Issue[] {
  if (issue.code !== 'invalid_union') return [issue]
  if (issue.errors.length === 0) return [issue, ...besideProvider(issue, data)]
  const meant = issue.errors.filter(
    member =>
      !member.some(({code, path}) => code === 'invalid_type' && path.length === 0) &&
      !member.some(isOtherLiteral),
  )
  if (meant.length !== 1) return [issue]
  return (meant[0] ?? [])
    .map(inner => ({...inner, path: [...issue.path, ...inner.path]}) as Issue)
    .flatMap(inner => flatten(inner, data))
}

const isOtherLiteral = ({code, path}: Issue) => code === 'invalid_value' && path.length === 0

/** Without a known provider the schema looks no further: the keys that all providers share are checked all the same. */
function besideProvider(issue: Issue, data: unknown): Issue[] {
  const mapping = issue.path.slice(0, -1) as Path
  return issuesOf(mapping[0] === 'dns' ? anyDnsBlock() : anyGroup(), valueAt(data, mapping), mapping).filter(
    ({path}) => path.at(-1) !== 'provider',
  )
}

/** One issue in words a colleague would use, at its place. */
export function explain(issue: Issue, document: WrittenData): Mistake[] {
  const path = issue.path as Path
  if (document.isSpoilt(path)) return []
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map(key => unknownKey(issue, [...path, key], document))
  if (issue.code === 'invalid_key')
    return [
      {
        offset: document.keyOffsetOf(path),
        path,
        message: `"${path.at(-1)}" ${issue.issues[0]?.message ?? 'is no key'}`,
      },
    ]
  const value = valueAt(document.data, path)
  const offset = document.offsetOf(path)
  if (value === undefined) return [{offset, path, ...missing(issue, path)}]
  const [variable] = value === '' ? document.variablesOf(path) : []
  if (variable !== undefined) return [{offset, path, ...emptyVariable(variable)}]
  const {message, hint} = wrongValue(issue, value)
  const not = message.startsWith('must be') ? `, ${shown(value, path, document)}` : ''
  return [
    {offset, path, message: `${labelOf(path) || 'the fleet file'} ${message}${not}`, ...(hint ? {hint} : {})},
  ]
}

function unknownKey(issue: Issue, path: Path, document: WrittenData): Mistake {
  const mapping = path.slice(0, -1)
  const key = String(path.at(-1))
  const offset = document.keyOffsetOf(path)
  const reason = unavailable(mapping, key, valueAt(document.data, [...mapping, 'provider']))
  if (reason) return {offset, path, ...reason}
  const known = issue.message.split(' ')
  const meant = otherWordFor(key, known) ?? nearest(key, known)
  const where = mapping.length > 0 ? ` in ${formatPath(mapping)}` : ''
  const hint = meant ? `did you mean "${meant}"?` : `known here: ${known.join(', ')}`
  return {offset, path, message: `unknown key "${key}"${where}`, hint}
}

/** Whatever else is said about the value, this is why. */
const emptyVariable = (name: string): {message: string; hint: string} => ({
  message: `the environment variable ${name} is empty`,
  hint: `set it: export ${name}=…; a pipeline leaves a secret empty that it does not have`,
})

function missing(issue: Issue, path: Path): {message: string; hint?: string} {
  const mapping = path.slice(0, -1)
  const where = mapping.length > 0 ? ` in ${formatPath(mapping)}` : ''
  const hint = issue.message.startsWith('must be') ? `it ${issue.message}` : choices(issue)
  return {message: `"${path.at(-1)}" is missing${where}`, ...(hint ? {hint} : {})}
}

/** What a present value must be, beginning with "must be" where the value is worth repeating. */
function wrongValue(issue: Issue, value: unknown): {message: string; hint?: string} {
  const options = optionsOf(issue)
  if (options) {
    const meant = typeof value === 'string' ? nearest(value, options) : undefined
    return {message: `must be ${inWords(options)}`, ...(meant ? {hint: `did you mean "${meant}"?`} : {})}
  }
  const message = issue.message || `must be ${kindInWords(issue)}`
  if (issue.code !== 'invalid_type') return {message}
  if (issue.expected === 'boolean' && typeof value === 'string' && /^(?:yes|no|on|off|y|n)$/i.test(value))
    return {message, hint: `YAML writes it ${/^(?:y|yes|on)$/i.test(value) ? 'true' : 'false'}`}
  if (
    issue.expected === 'string' &&
    message.startsWith('must be text') &&
    ['number', 'boolean'].includes(typeof value)
  )
    return issue.path.includes('instanceCredentials') || issue.path[0] === 'notify'
      ? {message}
      : {message, hint: 'put it in quotes'}
  return {message}
}

function optionsOf(issue: Issue): string[] | undefined {
  if (issue.code === 'invalid_value' && !issue.message) return issue.values.map(String)
  if (issue.code === 'invalid_union' && issue.errors.length === 0)
    return ((issue as {options?: unknown[]}).options ?? []).map(String)
  return undefined
}

function choices(issue: Issue): string | undefined {
  const options = optionsOf(issue)
  return options && `it must be ${inWords(options)}`
}

const inWords = (options: readonly string[]): string =>
  [options.slice(0, -1).join(', '), ...options.slice(-1)].filter(Boolean).join(' or ')

function kindInWords(issue: Issue): string {
  const kind = issue.code === 'invalid_type' ? issue.expected : 'mapping'
  if (kind === 'array') return 'a list'
  return kind === 'object' || kind === 'record' ? 'a mapping of keys and values' : `a ${kind}`
}

/** The value as the file writes it: never what a variable holds, and never a credential. */
function shown(value: unknown, path: Path, document: WrittenData): string {
  if (value === null || value === '') return 'but is empty'
  const [name] = document.variablesOf(path)
  if (name !== undefined) return `not what ${writeVariable(name)} holds`
  if (Array.isArray(value)) return 'not a list'
  if (typeof value === 'object') return 'not a mapping'
  const text = String(value)
  if (path.includes('instanceCredentials') || path[0] === 'notify' || text.includes('@'))
    return 'not what stands here'
  return `not ${typeof value === 'string' ? JSON.stringify(text.length > 60 ? `${text.slice(0, 59)}…` : text) : text}`
}
