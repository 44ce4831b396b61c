/** Keys and list indexes from the top of the file down to a value. */
export type Path = readonly (string | number)[]

/** One mistake before it has a line and column. `offset` counts characters from the start of the text. */
export type Mistake = {
  readonly offset: number
  readonly message: string
  readonly hint?: string
  /** The value it is about, where there is one. */
  readonly path?: Path
}

/** `groups.virginia`, `dns[1]`: how messages name a place in the file. */
export function formatPath(path: Path): string {
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`))
    .join('')
}

/** How a message names one value: its own key, with the list index after it; groups by their whole name. */
export function labelOf(path: Path): string {
  if (path[0] === 'groups' && path.length === 2) return formatPath(path)
  const key = path.findLastIndex(step => typeof step === 'string')
  return formatPath(path.slice(Math.max(key, 0)))
}

/** What stands at a path; undefined where nothing does. */
export function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  let value = data
  for (const step of path) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, step)) return undefined
    value = (value as Record<PropertyKey, unknown>)[step]
  }
  return value
}
