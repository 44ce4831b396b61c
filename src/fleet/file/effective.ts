import {withDefaults} from './defaults.ts'
import type {LayeredDocument} from './layers.ts'
import {type Mistake, type Path, valueAt} from './mistake.ts'
import {isMapping} from './piece.ts'
import {isVariable} from './variables.ts'

/** Where a value comes from. `env` is one that variables have a part in, wherever it is written. */
export type Origin =
  | {readonly kind: 'file'; readonly file: string; readonly line: number; readonly column: number}
  | {readonly kind: 'set'}
  | {
      readonly kind: 'env'
      readonly variables: readonly string[]
      readonly file?: string
      readonly line?: number
      readonly column?: number
    }
  | {readonly kind: 'default'}

/**
 * A value that holds: a scalar, a list of them, or something empty. Variables stand in it as they are written, so that nothing
 * secret does and what is shown could be a fleet file itself; what has a mistake may be a secret in the wrong place, and is masked
 * unless it is a variable and nothing else.
 */
export type EffectiveValue = {
  readonly path: Path
  readonly value: unknown
  readonly origin: Origin
  readonly masked?: 'mistake' | 'private'
}

const MASK = '***'

/** Every value in file order; with `defaults` also those that hold because nothing is said. */
export function effectiveValues(
  document: LayeredDocument,
  mistakes: readonly Mistake[],
  {defaults}: {defaults: boolean},
): EffectiveValue[] {
  const wrong = new Set(mistakes.flatMap(({path}) => (path ? [JSON.stringify(path)] : [])))
  const isWrong = (path: Path) => path.some((_, index) => wrong.has(JSON.stringify(path.slice(0, index + 1))))
  const placeOf = (path: Path) => document.position(document.offsetOf(path))

  function shown(path: Path, value: unknown): Pick<EffectiveValue, 'value' | 'masked'> {
    const written = document.writtenOf(path)
    if (document.isSpoilt(path) || isWrong(path))
      return {value: isVariable(written) ? written : MASK, masked: 'mistake'}
    if (Array.isArray(value)) {
      const items = value.map((item, index) => shown([...path, index], item))
      const [masked] = items.flatMap(item => item.masked ?? [])
      return {value: items.map(item => item.value), ...(masked ? {masked} : {})}
    }
    if (path[0] === 'notify' && path.at(-1) === 'url') return address(written ?? String(value))
    return {value: written ?? escaped(value)}
  }

  function originOf(path: Path, value: unknown): Origin {
    if (valueAt(document.data, path) === undefined && !document.isSpoilt(path)) return {kind: 'default'}
    const items = Array.isArray(value) ? [...value.keys()].map(index => [...path, index]) : []
    const variables = [...new Set([path, ...items].flatMap(each => document.variablesOf(each)))]
    const {file, line, column} = placeOf(path)
    const at = line === undefined || column === undefined ? undefined : {file, line, column}
    if (variables.length > 0) return {kind: 'env', variables, ...at}
    return at ? {kind: 'file', ...at} : {kind: 'set'}
  }

  function values(value: unknown, path: Path): EffectiveValue[] {
    const parts = partsOf(value)
    if (parts) return parts.flatMap(([step, part]) => values(part, [...path, step]))
    const origin = originOf(path, value)
    return [{path, origin, ...(origin.kind === 'default' ? {value} : shown(path, value))}]
  }
  return values(defaults ? withDefaults(document.data) : document.data, [])
}

/** A list of scalars is one value: it is replaced as a whole. */
function partsOf(value: unknown): (readonly [string | number, unknown])[] | undefined {
  if (Array.isArray(value)) return value.some(isMapping) ? [...value.entries()] : undefined
  return isMapping(value) && Object.keys(value).length > 0 ? Object.entries(value) : undefined
}

/** `https://hooks.example.com:8443`, variables included: alone, as URLs are written, and neither with a user nor before a "\\". */
const ORIGIN = /^\w+:\/\/(?:[\w.-]|\$\{env:\w+\})+(?::(?:\d+|\$\{env:\w+\}))?(?=[/?#]|$)/

/** The address of a webhook is often its only secret: of what stands in the file itself its host is shown. */
function address(written: string): Pick<EffectiveValue, 'value' | 'masked'> {
  const [origin = ''] = ORIGIN.exec(written) ?? []
  const rest = written.slice(origin.length).split(/(\$\{env:\w+\})/)
  const shown = rest.map((part, index) =>
    index % 2 === 1 || part === '' || part === '/' ? part : `${part.startsWith('/') ? '/' : ''}${MASK}`,
  )
  const value = [origin, ...shown].join('')
  return {value, ...(value === written ? {} : {masked: 'private'})}
}

/** Text that would be a variable where it is written. */
const escaped = (value: unknown): unknown =>
  typeof value === 'string' && /\$\{env:|\$\$\{/.test(value) ? value.replaceAll(`$\{`, `$$$\{`) : value
