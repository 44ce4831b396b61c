import {ec2Error, invalidValue} from './errors.ts'
import type {Tags} from './model.ts'

/** One filter of a describe: any of the values may match; `*` and `?` are wildcards. */
export type Filter = {readonly name?: string | undefined; readonly values?: readonly string[] | undefined}

/** What each filter of a resource looks at. */
export type FilterTable<T> = Readonly<
  Record<string, (item: T) => string | number | boolean | undefined | readonly (string | undefined)[]>
>

/** The items every filter lets through. An unknown filter is refused, as EC2 does. */
export function applyFilters<T extends object>(
  items: readonly T[],
  filters: readonly Filter[] | undefined,
  table: FilterTable<T>,
): T[] {
  const tests = (filters ?? []).map(filter => compile(filter, table))
  return items.filter(item => tests.every(test => test(item)))
}

function compile<T extends object>({name, values}: Filter, table: FilterTable<T>): (item: T) => boolean {
  if (name === undefined)
    throw ec2Error('MissingParameter', 'The request must contain the parameter Filter.Name')
  const look = lookup(name, table)
  const patterns = (values ?? []).map(wildcard)
  return item => {
    const found = look(item)
    return [found]
      .flat()
      .some(value => value !== undefined && patterns.some(matches => matches(String(value))))
  }
}

const tagsOf = (item: object): Tags => ('tags' in item && item.tags instanceof Map ? item.tags : new Map())

function lookup<T extends object>(name: string, table: FilterTable<T>): FilterTable<T>[string] {
  if (name.startsWith('tag:')) return item => tagsOf(item).get(name.slice('tag:'.length))
  if (name === 'tag-key') return item => [...tagsOf(item).keys()]
  if (name === 'tag-value') return item => [...tagsOf(item).values()]
  const look = Object.hasOwn(table, name) ? table[name] : undefined
  if (!look) throw invalidValue(`The filter '${name}' is invalid`)
  return look
}

function wildcard(pattern: string): (value: string) => boolean {
  if (!/[*?\\]/.test(pattern)) return value => value === pattern
  const source = pattern.replace(/\\[*?\\]|[\s\S]/g, part => {
    if (part === '*') return '[\\s\\S]*'
    if (part === '?') return '[\\s\\S]'
    return (part.length === 2 ? part.slice(1) : part).replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  })
  const regex = new RegExp(`^${source}$`)
  return value => regex.test(value)
}
