import {readFileSync} from 'node:fs'
import {fileURLToPath} from 'node:url'

/** As much of OpenAPI 3.0's schema language as fixtures/cloudflare/openapi.json uses. */
type Schema = {
  $ref?: string
  allOf?: Schema[]
  anyOf?: Schema[]
  oneOf?: Schema[]
  type?: string
  nullable?: boolean
  enum?: unknown[]
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  pattern?: string
  minimum?: number
  maximum?: number
  maxLength?: number
}
type Content = {content: Record<string, {schema: Schema}>}
type Document = {
  paths: Record<string, Record<string, {requestBody?: Content; responses: Record<string, Content>}>>
  components: {schemas: Record<string, Schema>}
}

const document = JSON.parse(
  readFileSync(fileURLToPath(new URL('../../fixtures/cloudflare/openapi.json', import.meta.url)), 'utf8'),
) as Document

/** Where a reply differs from what CloudFlare publishes for this operation; empty when it fits. */
export function replyFaults(method: string, path: string, status: number, body: unknown): string[] {
  const responses = document.paths[path]?.[method.toLowerCase()]?.responses
  const schema = (responses?.[String(status)] ?? responses?.[`${String(status)[0]}XX`])?.content[
    'application/json'
  ]?.schema
  return schema ? faults(schema, body, '') : [`no response ${status} is published for ${method} ${path}`]
}

/** The same for a request's body. */
export function requestFaults(method: string, path: string, body: unknown): string[] {
  const schema =
    document.paths[path]?.[method.toLowerCase()]?.requestBody?.content['application/json']?.schema
  return schema ? faults(schema, body, '') : [`no body is published for ${method} ${path}`]
}

function faults(schema: Schema, value: unknown, at: string): string[] {
  if (schema.$ref)
    return faults(document.components.schemas[schema.$ref.split('/').at(-1) ?? ''] as Schema, value, at)
  if (value === null && schema.nullable) return []
  const alternatives = schema.anyOf ?? schema.oneOf
  if (alternatives?.every(one => faults(one, value, at).length > 0)) return [`${at} fits no alternative`]
  return [
    ...(schema.allOf ?? []).flatMap(part => faults(part, value, at)),
    ...typeFaults(schema, value, at),
    ...(schema.enum && !schema.enum.includes(value) ? [`${at} is not one of ${schema.enum.join(', ')}`] : []),
    ...(typeof value === 'string' ? textFaults(schema, value, at) : []),
    ...(typeof value === 'number' ? numberFaults(schema, value, at) : []),
    ...(Array.isArray(value)
      ? value.flatMap((item, i) => faults(schema.items ?? {}, item, `${at}[${i}]`))
      : objectFaults(schema, value, at)),
  ]
}

function typeFaults({type}: Schema, value: unknown, at: string): string[] {
  const actual = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value
  const fits = type === undefined || actual === type || (type === 'integer' && Number.isInteger(value))
  return fits ? [] : [`${at} is ${actual} instead of ${type}`]
}

function objectFaults({properties = {}, required = []}: Schema, value: unknown, at: string): string[] {
  if (typeof value !== 'object' || value === null) return []
  const held = value as Record<string, unknown>
  return [
    ...required.filter(key => !(key in held)).map(key => `${at}.${key} is missing`),
    ...Object.entries(properties).flatMap(([key, schema]) =>
      key in held ? faults(schema, held[key], `${at}.${key}`) : [],
    ),
  ]
}

function textFaults({maxLength, pattern}: Schema, value: string, at: string): string[] {
  return [
    ...(maxLength !== undefined && value.length > maxLength ? [`${at} is longer than ${maxLength}`] : []),
    ...(pattern && !new RegExp(pattern).test(value) ? [`${at} does not match ${pattern}`] : []),
  ]
}

function numberFaults({minimum, maximum}: Schema, value: number, at: string): string[] {
  const fits = (minimum === undefined || value >= minimum) && (maximum === undefined || value <= maximum)
  return fits ? [] : [`${at} is out of range`]
}
