import {type Alias, isAlias, isMap, isScalar, isSeq, type Node, type Scalar, visit, type YAMLMap} from 'yaml'
import {nearest} from '../../nearest.ts'
import type {Mistake, Path} from './mistake.ts'
import {expandVariables, writeVariable} from './variables.ts'
import {readYaml, type Yaml} from './yaml.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Plain data, and where each piece of it is written: in one text, or in several that were laid over each other. */
export type WrittenData = {
  /** Mappings, lists and scalars, `${env:…}` replaced; undefined when the text is empty or too broken to read. */
  readonly data: unknown
  readonly mistakes: readonly Mistake[]
  /** Where a value begins; for one that is absent or empty, what should hold it. */
  offsetOf(path: Path): number
  /** Where the key of a value begins. */
  keyOffsetOf(path: Path): number
  /** Names of the variables a value was made of; empty when it stands in the file as it is. */
  variablesOf(path: Path): readonly string[]
  /** A value that was made of variables, as it is written. */
  writtenOf(path: Path): string | undefined
  /** True for a value that has a mistake already: whatever else is said about it would mislead. */
  isSpoilt(path: Path): boolean
}

/** One text. */
export type FileDocument = WrittenData & {
  /** Whether it could be made out at all; otherwise `mistakes` says why not. */
  readonly isReadable: boolean
  position: Yaml['position']
}

export type DocumentOptions = {
  /**
   * Says which values, by their place and as they are written, may do without their variables: such a one stays as it is written.
   * A pipeline sets what it does not have to nothing.
   */
  readonly mayBeUnset?: ((path: Path, raw: string) => boolean) | undefined
  /** It is laid over another: it may be empty, and a key with nothing after it is too dangerous a way to remove what stands there. */
  readonly isOverlay?: boolean
}

type Spot = {value: number; key: number}

/** `<<: *defaults`, as YAML 1.1 had it and people still write it. */
const MERGE = '<<'

/** Aliases can multiply a small file into an endless one. */
const MAX_NODES = 20_000

export function readDocument(
  text: string,
  env: Environment,
  {mayBeUnset = () => false, isOverlay = false}: DocumentOptions = {},
): FileDocument {
  const {document, mistakes: yamlMistakes, position} = readYaml(text, {mayBeEmpty: isOverlay})
  const mistakes: Mistake[] = [...yamlMistakes]
  const spots = new Map<string, Spot>()
  const variables = new Map<string, {readonly names: readonly string[]; readonly written: string}>()
  const spoilt = new Set<string>()
  /** Nodes being read right now, so that an alias inside its own anchor is noticed. */
  const open = new Set<Node>()
  let nodes = 0

  const spoil = (path: Path, mistake: Omit<Mistake, 'path'>): undefined => {
    mistakes.push({...mistake, path})
    spoilt.add(keyOf(path))
  }

  function read(node: unknown, path: Path, keyOffset: number): unknown {
    const offset = offsetOfNode(node) ?? keyOffset
    variables.delete(keyOf(path))
    spots.set(keyOf(path), {value: isEmpty(node) ? keyOffset : offset, key: keyOffset})
    if (++nodes > MAX_NODES)
      return nodes === MAX_NODES + 1
        ? spoil(path, {offset, message: 'the aliases in this file repeat too much'})
        : undefined
    if (isOverlay && isEmpty(node) && typeof path.at(-1) === 'string')
      return spoil(path, {
        offset: keyOffset,
        message: `"${path.at(-1)}" has no value here`,
        hint: `write "${path.at(-1)}: ~" to remove it, or leave the key out`,
      })
    if (isAlias(node)) return readAlias(node, path, offset)
    if (isMap(node)) return guarded(node, path, offset, () => readMap(node, path, offset))
    if (isSeq(node))
      return guarded(node, path, offset, () =>
        node.items.map((item, index) => read(item, [...path, index], offsetOfNode(item) ?? offset)),
      )
    if (isScalar(node))
      return typeof node.value === 'string' ? readText(node.value, node, path, offset) : asWritten(node)
    return null
  }

  function guarded<T>(node: Node, path: Path, offset: number, inner: () => T): T | undefined {
    if (open.has(node)) return spoil(path, {offset, message: 'this alias stands inside what it repeats'})
    open.add(node)
    const result = inner()
    open.delete(node)
    return result
  }

  function readAlias(node: Alias, path: Path, offset: number): unknown {
    const target = document && node.resolve(document)
    if (target) return read(target, path, offset)
    const meant = nearest(node.source, anchorsOf(document?.contents))
    const hint = meant ? `did you mean "*${meant}"?` : `there is no "&${node.source}" before it`
    return spoil(path, {offset, message: `unknown alias "*${node.source}"`, hint})
  }

  function readMap(map: YAMLMap, path: Path, offset: number): Record<string, unknown> {
    // Without a prototype, a key such as "constructor" is a key like any other.
    const own: Record<string, unknown> = Object.create(null)
    const merged: Record<string, unknown> = Object.create(null)
    const pairs = map.items.flatMap(({key, value}) => {
      const keyOffset = offsetOfNode(key) ?? offset
      if (isScalar(key)) return [{name: String(key.value ?? ''), value, keyOffset}]
      mistakes.push({offset: keyOffset, message: 'a key must be plain text'})
      return []
    })
    // What is merged comes first, so that the places of what overrides it are the ones remembered.
    for (const {name, value, keyOffset} of pairs)
      if (name === MERGE)
        for (const part of isSeq(value) ? value.items : [value]) merge(merged, part, path, keyOffset)
    for (const {name, value, keyOffset} of pairs)
      if (name !== MERGE && !(name in own)) own[name] = read(value, [...path, name], keyOffset)
    return Object.assign(Object.create(null), merged, own)
  }

  function merge(into: Record<string, unknown>, part: unknown, path: Path, keyOffset: number): void {
    const source = isAlias(part) && document ? part.resolve(document) : part
    if (isMap(source)) {
      const values = guarded(source, path, keyOffset, () => readMap(source, path, keyOffset))
      for (const [name, value] of Object.entries(values ?? {})) if (!(name in into)) into[name] = value
    } else if (isAlias(part) && !source) readAlias(part, path, offsetOfNode(part) ?? keyOffset)
    else mistakes.push({offset: keyOffset, message: '"<<" takes an alias of a mapping, or a list of them'})
  }

  function readText(raw: string, node: Node, path: Path, offset: number): unknown {
    const {text: expanded, names, unset, malformed} = expandVariables(raw, env)
    // A long text shows where inside it the variable stands, as far as the file writes it out.
    const at = (part: string) => {
      const found = text.indexOf(part, offset)
      return found >= 0 && found < (node.range?.[1] ?? 0) ? found : offset
    }
    for (const part of malformed)
      spoil(path, {
        offset: at(part),
        message: `"${part}" is not a variable`,
        hint: `write ${writeVariable('NAME')}, or $$\{ for a plain $\{`,
      })
    const mayLack = mayBeUnset(path, raw)
    for (const name of mayLack ? [] : unset) {
      const meant = nearest(name, Object.keys(env))
      const hint = meant ? `did you mean "${meant}"?` : `set it: export ${name}=…`
      spoil(path, {
        offset: at(writeVariable(name)),
        message: `the environment variable ${name} is not set`,
        hint,
      })
    }
    if (names.length > 0) variables.set(keyOf(path), {names, written: raw})
    if (spoilt.has(keyOf(path))) return undefined
    return mayLack && names.some(name => !env[name]) ? raw : expanded
  }

  const data = document?.contents ? read(document.contents, [], 0) : undefined

  const spotOf = (path: Path): Spot => {
    for (let length = path.length; length > 0; length--) {
      const spot = spots.get(keyOf(path.slice(0, length)))
      if (spot) return spot
    }
    return spots.get(keyOf([])) ?? {value: 0, key: 0}
  }
  return {
    data,
    mistakes,
    isReadable: document !== undefined || yamlMistakes.length === 0,
    position,
    offsetOf: path => spotOf(path).value,
    keyOffsetOf: path => spotOf(path).key,
    variablesOf: path => variables.get(keyOf(path))?.names ?? [],
    writtenOf: path => variables.get(keyOf(path))?.written,
    isSpoilt: path =>
      path.some((_, index) => spoilt.has(keyOf(path.slice(0, index + 1)))) || spoilt.has(keyOf([])),
  }
}

/** A key's dots would make paths of joined names ambiguous. */
const keyOf = (path: Path): string => JSON.stringify(path)

const offsetOfNode = (node: unknown): number | undefined => (node as Node | null | undefined)?.range?.[0]

/**
 * What YAML reads as a number and would write otherwise was meant as it stands: the version 1.10, the build 20260101123456789012,
 * the commit 12e4567.
 */
const asWritten = ({value, source}: Scalar): unknown =>
  typeof value === 'number' && source !== undefined && String(value) !== source ? source : value

/** `dns:` with nothing after it. */
const isEmpty = (node: unknown): boolean => isScalar(node) && node.value === null && !node.source

function anchorsOf(node: Node | null | undefined): string[] {
  const anchors: string[] = []
  visit(node ?? null, {Value: (_, value) => void (value.anchor && anchors.push(value.anchor))})
  return anchors
}
