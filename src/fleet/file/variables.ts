/** What `${env:NAME}` became inside one value. */
export type Expansion = {
  readonly text: string
  /** Names that were read, in order, each once. */
  readonly names: readonly string[]
  /** Names that have no value. */
  readonly unset: readonly string[]
  /** A `${env:` that does not go on as it should, as it stands in the text. */
  readonly malformed: readonly string[]
}

/** `${env:NAME}`, as messages and generated files write it. */
export const writeVariable = (name: string): string => `\${env:${name}}`

/** Whether a text is one `${env:NAME}` and nothing else: whatever the value is, nothing of it stands there. */
export const isVariable = (text: string | undefined): text is string =>
  text !== undefined && /^\$\{env:[A-Za-z_][A-Za-z0-9_]*\}$/.test(text)

/** What stands for a variable that need not be set, and is not: nothing is to be done with it. */
export const isUnset = (value: string): boolean => value.includes(`$\{env:`)

/** `$${` is a written-out `${`; any other `$` stands for itself, so that shell text passes through. */
const PATTERN = /\$\$\{|\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}|\$\{env:[^}\s]*\}?/g

/** Replaces every `${env:NAME}`. Values are never looked at: a value that holds `${env:…}` itself is taken as it is. */
export function expandVariables(text: string, env: Readonly<Record<string, string | undefined>>): Expansion {
  const names = new Set<string>()
  const unset = new Set<string>()
  const malformed: string[] = []
  const expanded = text.replace(PATTERN, (match, name: string | undefined) => {
    if (match === `$$\{`) return `$\{`
    if (name === undefined) {
      malformed.push(match)
      return match
    }
    names.add(name)
    const value = Object.hasOwn(env, name) ? env[name] : undefined
    if (value === undefined) unset.add(name)
    return value ?? ''
  })
  return {text: expanded, names: [...names], unset: [...unset], malformed}
}
