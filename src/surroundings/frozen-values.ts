import {expandVariables} from '../fleet/file/variables.ts'
import type {Scalar} from '../fleet/model.ts'
import {Secret} from '../secret.ts'

/** A value of the fleet file as the journal may keep it: of a secret, how it is written, never what it is. */
export type FrozenValue = Scalar | {readonly origin: string; readonly written: string}

export function freezeValues(values: Readonly<Record<string, Scalar | Secret>>): Record<string, FrozenValue> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      value instanceof Secret ? {origin: value.origin, written: value.written ?? ''} : value,
    ]),
  )
}

/** Secrets with the value that their variables have now; names of those that have none are added to `unset`. */
export function thawValues(
  frozen: Readonly<Record<string, FrozenValue>>,
  env: Readonly<Record<string, string | undefined>>,
  unset: Set<string>,
): Record<string, Scalar | Secret> {
  return Object.fromEntries(
    Object.entries(frozen).map(([name, value]) => {
      if (typeof value !== 'object') return [name, value]
      const expanded = expandVariables(value.written, env)
      for (const variable of expanded.unset) unset.add(variable)
      return [name, new Secret(expanded.text, value.origin, value.written)]
    }),
  )
}
