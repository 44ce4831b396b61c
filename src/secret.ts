import {inspect} from 'node:util'

const MASK = '***'

/**
 * A value that must never be printed, logged or journaled (law 8). It prints as `***` whichever way it is turned into
 * text; only `reveal()` gives the value, at the one place that sends it.
 */
export class Secret {
  readonly #value: string
  /** Where it came from, which may be shown: `env:WEB_DNS_TOKEN`. Stands in for the value in hashes and in the journal. */
  readonly origin: string
  /** As the fleet file has it, variables and all: `postgres://${env:USER}@db`. From it the value can be read again. */
  readonly written: string | undefined

  constructor(value: string, origin: string, written?: string) {
    this.#value = value
    this.origin = origin
    this.written = written
  }

  reveal(): string {
    return this.#value
  }

  toString(): string {
    return MASK
  }

  toJSON(): string {
    return MASK
  }

  [inspect.custom](): string {
    return MASK
  }
}

/** What a person is shown where a text may quote some of a secret: no line of it is left. For messages of others' making. */
export function conceal(text: string, values: Iterable<unknown>): string {
  let shown = text
  for (const value of values) {
    if (!(value instanceof Secret)) continue
    const lines = value
      .reveal()
      .split(/\r?\n/)
      .map(line => line.trim())
    for (const line of lines.sort((a, b) => b.length - a.length))
      if (line !== '') shown = shown.replaceAll(line, MASK)
  }
  return shown
}

/** Every secret in a value of the fleet file, wherever it stands: of the fleet itself, all of them. */
export function secretsIn(value: unknown): Secret[] {
  if (value instanceof Secret) return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(secretsIn)
}
