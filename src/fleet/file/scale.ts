import {isAlias, isMap, isScalar, type Node, type Pair, type YAMLMap} from 'yaml'
import {FleetFileError, type Problem, UsageError} from '../../errors.ts'
import {nearest} from '../../nearest.ts'
import {type Environment, readDocument, type WrittenData} from './document.ts'
import {valueAt} from './mistake.ts'
import {writeVariable} from './variables.ts'
import {readYaml} from './yaml.ts'

/** `from` is absent where the file had no count of its own. */
export type CountChange = {readonly group: string; readonly from?: number; readonly to: number}

type Splice = {readonly offset: number; readonly end: number; readonly text: string}
type Refusal = {readonly offset: number; readonly message: string; readonly hint: string}

/**
 * The text of a fleet file with these counts: the numbers are exchanged where they stand, and not a byte beside them
 * changes. Throws UsageError for a group that there is not, FleetFileError where a count stands in no place of its own.
 * Whether the result is a good fleet file is for its reader to say.
 */
export function setCounts(
  text: string,
  fileName: string,
  counts: ReadonlyMap<string, number>,
  env: Environment,
): {text: string; changes: CountChange[]} {
  const {document, position} = readYaml(text)
  const groups = isMap(document?.contents) ? document.contents.get('groups', true) : undefined
  // What cannot be read is no better for another count: whoever reads the file says what is wrong with it.
  if (!isMap(groups)) return {text, changes: []}
  const before = readDocument(text, env)
  checkGroups(Object.keys(asRecord(valueAt(before.data, ['groups']))), counts)

  const refusals: Refusal[] = []
  const splices: Splice[] = []
  const changes: CountChange[] = []
  for (const [group, to] of counts) {
    const from = countIn(before.data, group)
    if (from === to) continue
    const edit = countEdit(text, groups, group, to)
    if ('message' in edit) refusals.push(edit)
    else splices.push(edit)
    changes.push({group, to, ...(from === undefined ? {} : {from})})
  }
  let edited = text
  for (const {offset, end, text: added} of splices.toSorted((a, b) => b.offset - a.offset))
    edited = edited.slice(0, offset) + added + edited.slice(end)
  const after = readDocument(edited, env)
  for (const {group} of refusals.length > 0 ? [] : changes)
    refusals.push(...otherGroups(group, before, after, counts))
  if (refusals.length > 0)
    throw new FleetFileError(
      refusals.map(
        ({offset, message, hint}): Problem => ({file: fileName, ...position(offset), message, hint}),
      ),
    )
  return {text: edited, changes}
}

/** Throws UsageError for groups that there are not. */
export function checkGroups(known: readonly string[], counts: ReadonlyMap<string, number>): void {
  const unknown = [...counts.keys()].filter(group => !known.includes(group))
  if (unknown.length === 0) return
  const texts = unknown.map(group => {
    const meant = nearest(group, known)
    return `The fleet file has no group "${group}"${meant === undefined ? '.' : `; did you mean "${meant}"?`}`
  })
  throw new UsageError(texts.join('\n'), {suggestions: [`Its groups: ${known.join(', ')}.`]})
}

/** Where the new number goes, or why it cannot. */
function countEdit(text: string, groups: YAMLMap, name: string, to: number): Splice | Refusal {
  const entry = pairOf(groups, name)
  const group = entry?.value
  if (!entry || !isMap(group)) {
    const offset = startOf(group) ?? startOf(entry?.key) ?? startOf(groups) ?? 0
    const message = `group ${name} is written by an alias, and has no count of its own here`
    return {offset, message, hint: 'write the group out, then scale it'}
  }
  const own = pairOf(group, 'count')
  if (!own) return insertion(text, name, group, to)
  const {value} = own
  const offset = startOf(value) ?? startOf(own.key) ?? 0
  if (isAlias(value))
    return {
      offset,
      message: `the count of group ${name} is the alias "*${value.source}"`,
      hint: `change the number where "&${value.source}" stands, or write one here`,
    }
  if (isScalar(value) && typeof value.value === 'string' && value.value.includes('${'))
    return {
      offset,
      message: `the count of group ${name} comes from the environment`,
      hint: `set the variable, or write a number in place of ${writeVariable('…')}`,
    }
  if (!isScalar(value) || !value.range || /^[|>]/.test(text.slice(offset)))
    return {offset, message: `the count of group ${name} is no number`, hint: 'write one, such as count: 2'}
  const [start, end] = value.range
  if (start < end) return {offset: start, end, text: String(to)}
  const colon = text.lastIndexOf(':', start) + 1
  return {offset: colon, end: colon, text: ` ${to}`}
}

/** A group without a count of its own gets one as its first key, which also outdoes one that is merged in by `<<`. */
function insertion(text: string, name: string, group: YAMLMap, to: number): Splice | Refusal {
  const [first] = group.items
  const start = startOf(group) ?? 0
  if (group.flow) {
    const after = start + 1
    return {offset: after, end: after, text: first ? `count: ${to}, ` : `count: ${to}`}
  }
  const offset = startOf(first?.key) ?? start
  const indent = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset)
  if (indent.trim() !== '')
    return {
      offset,
      message: `group ${name} has no count, and none can be added to the way it is written`,
      hint: `add the line "count: ${to}" to it`,
    }
  const newline = text.includes('\r\n') ? '\r\n' : '\n'
  return {offset, end: offset, text: `count: ${to}${newline}${indent}`}
}

/** Anchors and merged mappings let one number stand for several groups: nobody asked for the others. */
function otherGroups(
  group: string,
  before: {readonly data: unknown},
  after: WrittenData,
  counts: ReadonlyMap<string, number>,
): Refusal[] {
  const path = ['groups', group, 'count']
  const others = Object.keys(asRecord(valueAt(after.data, ['groups']))).filter(name => {
    const count = countIn(after.data, name)
    return name !== group && count !== countIn(before.data, name) && count !== counts.get(name)
  })
  if (others.length === 0) return []
  return [
    {
      offset: after.offsetOf(path),
      message: `the count of group ${group} is also that of ${others.join(', ')}`,
      hint: `give ${others.length === 1 ? 'it a count' : 'them counts'} of ${others.length === 1 ? 'its' : 'their'} own, or scale all of them to the same`,
    },
  ]
}

function countIn(data: unknown, group: string): number | undefined {
  const count = valueAt(data, ['groups', group, 'count'])
  return typeof count === 'number' ? count : undefined
}

const pairOf = (map: YAMLMap, name: string): Pair | undefined =>
  map.items.find(({key}) => isScalar(key) && String(key.value) === name)

const startOf = (node: unknown): number | undefined => (node as Node | null | undefined)?.range?.[0]

const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}
