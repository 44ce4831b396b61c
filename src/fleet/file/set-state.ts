import {isMap, isScalar, type Pair} from 'yaml'
import {readYaml} from './yaml.ts'

/**
 * The text of a fleet file with another place for its journal: the value is exchanged where it stands, or the key added as the
 * last line; not a byte beside it changes. Undefined where that cannot be done, since the value is no plain text of the file's
 * own (an alias, a variable, a mapping in braces).
 */
export function setState(text: string, to: string): string | undefined {
  const {document} = readYaml(text)
  const {contents} = document ?? {}
  if (!isMap(contents) || contents.flow) return undefined
  const written = JSON.stringify(to)
  const own = contents.items.find(isState)
  if (!own) {
    const newline = text.includes('\r\n') ? '\r\n' : '\n'
    return `${text}${text === '' || text.endsWith('\n') ? '' : newline}state: ${written}${newline}`
  }
  const {value} = own
  if (!isScalar(value) || typeof value.value !== 'string' || value.value.includes('${') || !value.range)
    return undefined
  const [start, end] = value.range
  if (/^[|>]/.test(text.slice(start))) return undefined
  return text.slice(0, start) + written + text.slice(end)
}

export function givesState(text: string): boolean {
  const contents = readYaml(text, {mayBeEmpty: true}).document?.contents
  return isMap(contents) && contents.items.some(isState)
}

const isState = ({key}: Pair): boolean => isScalar(key) && key.value === 'state'
