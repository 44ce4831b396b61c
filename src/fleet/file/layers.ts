import type {FileDocument, WrittenData} from './document.ts'
import type {Mistake, Path} from './mistake.ts'
import {dataOf, isMapping, laidAt, laidOver, type Piece, pieceOf} from './piece.ts'

/** One text of several that make a fleet: a file, or what one `--set` gives, which belongs at `mount`. */
export type Layer = {
  /** How its mistakes name it. */
  readonly name: string
  readonly text: string
  readonly document: FileDocument
  readonly mount?: Path
}

/** Where a value is written; without line and column it was given by `--set`. */
export type TextPlace = {readonly file: string; readonly line?: number; readonly column?: number}

/** Several layers as one, the later over the earlier. An offset tells the layer, too, as in a compiler's source map. */
export type LayeredDocument = WrittenData & {
  position(offset: number): TextPlace
  /** Whether a layer after the first brought this value. */
  isAdded(path: Path): boolean
  /** Groups that a layer after the first removes although none before it has them. */
  readonly idleRemovals: readonly {readonly name: string; readonly offset: number}[]
}

/** The first layer is the fleet file itself. */
export function layered(layers: readonly [Layer, ...Layer[]]): LayeredDocument {
  const [first] = layers
  const begins: number[] = []
  let end = 0
  for (const {text} of layers) {
    begins.push(end)
    end += text.length + 1
  }
  const shifted = (index: number, mistake: Mistake): Mistake => ({
    ...mistake,
    offset: (begins[index] ?? 0) + mistake.offset,
  })

  const mistakes: Mistake[] = []
  const mounts = layers.map(({mount = []}) => mount)
  const idleRemovals: LayeredDocument['idleRemovals'][number][] = []
  const root = pieceOf(first.document.data, 0)
  for (const [index, layer] of layers.entries()) {
    if (index === 0 || root.kind !== 'mapping') continue
    for (const name of removedGroups(layer))
      if (!root.parts.get('groups')?.parts.has(name)) {
        const within = layer.mount ? 0 : layer.document.keyOffsetOf(['groups', name])
        idleRemovals.push({name, offset: (begins[index] ?? 0) + within})
      }
    const mistake = layOver(root, layer, index, mounts)
    if (mistake) mistakes.push(shifted(index, mistake))
  }
  const isReadable = layers.every(({document}) => document.isReadable)

  /** The document that has the last word about a path, and the path in it. */
  function ownerOf(path: Path): {index: number; document: FileDocument; local: Path} {
    let piece: Piece = root
    for (const step of path) piece = piece.parts.get(step) ?? {...piece, parts: new Map()}
    const {document} = layers[piece.layer] ?? first
    return {index: piece.layer, document, local: path.slice(mounts[piece.layer]?.length)}
  }
  for (const [index, {document}] of layers.entries())
    for (const mistake of document.mistakes) {
      const path = mistake.path && [...(mounts[index] ?? []), ...mistake.path]
      // What a later layer has replaced is no matter any more.
      if (path && isReadable && ownerOf(path).index !== index) continue
      mistakes.push({...shifted(index, mistake), ...(path ? {path} : {})})
    }
  return {
    data: isReadable && first.document.data !== undefined ? dataOf(root) : undefined,
    mistakes,
    offsetOf(path) {
      const {index, document, local} = ownerOf(path)
      return (begins[index] ?? 0) + document.offsetOf(local)
    },
    keyOffsetOf(path) {
      const {index, document, local} = ownerOf(path)
      return (begins[index] ?? 0) + document.keyOffsetOf(local)
    },
    variablesOf(path) {
      const {document, local} = ownerOf(path)
      return document.variablesOf(local)
    },
    writtenOf(path) {
      const {document, local} = ownerOf(path)
      return document.writtenOf(local)
    },
    isSpoilt(path) {
      const {document, local} = ownerOf(path)
      return document.isSpoilt(local)
    },
    position(offset) {
      const index = begins.findLastIndex(begin => begin <= offset)
      const {name: file, document, mount} = layers[index] ?? first
      return mount ? {file} : {file, ...document.position(offset - (begins[index] ?? 0))}
    },
    isAdded: path => ownerOf(path).index > 0,
    idleRemovals,
  }
}

/** `east: ~` in a file, `groups.east=null` of `--set`. */
function removedGroups({document: {data}, mount}: Layer): string[] {
  if (mount) return data === null && mount[0] === 'groups' && mount.length === 2 ? [String(mount[1])] : []
  const groups = isMapping(data) && isMapping(data.groups) ? data.groups : {}
  return Object.keys(groups).filter(name => groups[name] === null)
}

/** Resolves the mount as the data have it. */
function layOver(
  root: Piece,
  {document, mount}: Layer,
  index: number,
  mounts: Path[],
): Omit<Mistake, 'path'> | undefined {
  const {data} = document
  if (mount) {
    const at = laidAt(root, mount, data, index)
    if ('message' in at) return {offset: 0, message: at.message, ...(at.hint ? {hint: at.hint} : {})}
    mounts[index] = at
  } else if (isMapping(data)) laidOver(root, data, index)
  else if (data !== undefined && data !== null)
    return {offset: 0, message: 'a file that is laid over another must be a mapping of keys and values'}
  return undefined
}
