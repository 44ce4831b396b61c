import {Secret} from '../secret.ts'

/** Every secret in a value of the fleet file, wherever it stands: of the fleet itself, all of them. */
export function secretsIn(value: unknown): Secret[] {
  if (value instanceof Secret) return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(secretsIn)
}
