import * as z from 'zod'
import {fileSchema} from './schema.ts'

type Json = {[key: string]: unknown}

/** Any value may come from the environment, whatever kind it is of. */
const VARIABLE = {type: 'string', pattern: '\\$\\{env:'}

/**
 * The JSON schema of the fleet file, for editors: what may stand where, in which unit, with which default. It knows no
 * rule that joins several keys; mcd itself has the last word.
 */
export function fleetFileJsonSchema(): Json {
  // Of the drafts, 7 is the one every editor reads.
  return allowVariables(z.toJSONSchema(fileSchema, {target: 'draft-07', io: 'input'})) as Json
}

function allowVariables(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(allowVariables)
  if (schema === null || typeof schema !== 'object') return schema
  const {properties, propertyNames, examples, default: preset, ...rest} = schema as Json
  const inner = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, allowVariables(value)]))
  // Keys and examples stay as they are: a variable cannot name a key.
  const kept = Object.fromEntries(
    Object.entries({propertyNames, default: preset, examples}).filter(([, value]) => value !== undefined),
  )
  if (properties !== undefined) return {...inner, properties: mapProperties(properties as Json), ...kept}
  return {...orVariable(inner), ...kept}
}

const mapProperties = (properties: Json): Json =>
  Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, allowVariables(value)]))

function orVariable(schema: Json): Json {
  const {type, pattern, enum: choices} = schema
  if (type === 'string' && typeof pattern === 'string')
    return {...schema, pattern: `${pattern}|${VARIABLE.pattern}`}
  const isClosed = type === 'integer' || type === 'number' || type === 'boolean' || choices !== undefined
  if (!isClosed) return schema
  const {title, description, ...kind} = schema
  return {...(title ? {title} : {}), ...(description ? {description} : {}), anyOf: [kind, VARIABLE]}
}
