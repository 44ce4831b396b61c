import {formatPath, type Mistake, type Path} from './mistake.ts'

/** A value that knows which of several layers it is from, as its parts do. What was removed stays, to tell who removed it. */
export type Piece = {
  readonly layer: number
  readonly kind: 'mapping' | 'list' | 'scalar' | 'removed'
  /** Of a mapping by key, of a list by index, in order; of anything else none. */
  readonly parts: Map<string | number, Piece>
  readonly value?: unknown
}

/** In a layer after the first, null says that there is to be nothing. */
export function pieceOf(value: unknown, layer: number): Piece {
  if (value === null && layer > 0) return {layer, kind: 'removed', parts: new Map()}
  if (Array.isArray(value)) {
    // A list comes as a whole: null among its items removes nothing.
    const items = value.map(item => (item === null ? scalar(item, layer) : pieceOf(item, layer)))
    return {layer, kind: 'list', parts: new Map(items.entries())}
  }
  if (isMapping(value))
    return {
      layer,
      kind: 'mapping',
      parts: new Map(Object.entries(value).map(([key, part]) => [key, pieceOf(part, layer)])),
    }
  return scalar(value, layer)
}

const scalar = (value: unknown, layer: number): Piece => ({layer, kind: 'scalar', parts: new Map(), value})

/** Mappings are merged key by key, everything else is replaced, null removes: a JSON Merge Patch (RFC 7396). */
export function laidOver(below: Piece | undefined, value: unknown, layer: number): Piece {
  if (below?.kind !== 'mapping' || !isMapping(value)) return pieceOf(value, layer)
  for (const [key, part] of Object.entries(value))
    below.parts.set(key, laidOver(below.parts.get(key), part, layer))
  return below
}

/**
 * Lays a value over what stands at a path, making the mappings on the way that are not there. Answers with the path as the
 * data have it (`dns.0` of a list is its first item), or with why there is no such place.
 */
export function laidAt(
  root: Piece,
  path: Path,
  value: unknown,
  layer: number,
): Path | Omit<Mistake, 'offset'> {
  let holder = root
  const found: (string | number)[] = []
  for (const [index, step] of path.entries()) {
    const key = stepInto(holder, step, found, path.slice(index + 1))
    if (typeof key === 'object') return key
    found.push(key)
    const part = holder.parts.get(key)
    if (index === path.length - 1) {
      if (holder.kind === 'list' && value === null)
        return {message: 'an item of a list cannot be removed by itself', hint: 'give the whole list anew'}
      holder.parts.set(key, laidOver(part, value, layer))
    } else if (part && part.kind !== 'removed' && part.value !== null) holder = part
    else {
      const made: Piece = {layer, kind: 'mapping', parts: new Map()}
      holder.parts.set(key, made)
      holder = made
    }
  }
  return found
}

function stepInto(
  {kind, parts}: Piece,
  step: string | number,
  at: Path,
  rest: Path,
): string | number | Omit<Mistake, 'offset'> {
  const where = formatPath(at)
  if (kind === 'list') {
    const index = /^\d+$/.test(String(step)) ? Number(step) : undefined
    if (index !== undefined && parts.has(index)) return index
    const first = formatPath([...at, 0, ...(index === undefined ? [step] : []), ...rest])
    return index === undefined
      ? {message: `${where} is a list here`, hint: `write ${first}=… for its first item`}
      : {message: `${where} has no item ${index}: it has ${parts.size}, counted from 0`}
  }
  if (kind !== 'mapping') return {message: `${where} is one value here, and holds no others`}
  return typeof step === 'number'
    ? {
        message: `${where || 'the fleet file'} is no list here`,
        hint: `write ${formatPath([...at, ...rest])}=…`,
      }
    : step
}

/** Plain data again. Mappings have no prototype, so that a key such as "constructor" is a key like any other. */
export function dataOf({kind, parts, value}: Piece): unknown {
  if (kind === 'list') return [...parts.values()].map(dataOf)
  if (kind !== 'mapping') return value
  const data: Record<string, unknown> = Object.create(null)
  for (const [key, part] of parts) if (part.kind !== 'removed') data[key] = dataOf(part)
  return data
}

export const isMapping = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value)
