import {fleetFileJsonSchema} from './json-schema.ts'
import {isMapping} from './piece.ts'

type Schema = Readonly<Record<string, unknown>>

/** The data of a fleet file with what holds where it says nothing, as one would write it there. What is empty stays away. */
export function withDefaults(data: unknown): unknown {
  const root: Schema = fleetFileJsonSchema()
  const definitions = isMapping(root.definitions) ? root.definitions : {}

  /** The one of several shapes that was meant: by its kind, and by keys that have one value alone, such as "provider". */
  function meant(schema: unknown, value: unknown): Schema {
    if (!isMapping(schema)) return {}
    if (typeof schema.$ref === 'string') return meant(definitions[schema.$ref.replace(/.*\//, '')], value)
    const shapes = schema.anyOf ?? schema.oneOf
    if (!Array.isArray(shapes)) return schema
    return shapes.map(shape => meant(shape, value)).find(shape => fits(shape, value)) ?? {}
  }

  function filled(schema: unknown, value: unknown): unknown {
    const shape = meant(schema, value)
    if (Array.isArray(value)) return value.map(item => filled(shape.items, item))
    if (!isMapping(value)) return value
    const properties = isMapping(shape.properties) ? shape.properties : {}
    const whole: Record<string, unknown> = Object.create(null)
    for (const [key, part] of Object.entries(value))
      whole[key] = filled(properties[key] ?? shape.additionalProperties, part)
    for (const [key, property] of Object.entries(properties)) {
      if (key in value || !isMapping(property) || !('default' in property)) continue
      const preset = filled(property, property.default)
      if (typeof preset !== 'object' || Object.keys(preset ?? {}).length > 0) whole[key] = preset
    }
    return whole
  }
  return filled(root, data)
}

function fits({type, properties}: Schema, value: unknown): boolean {
  if (type === 'array') return Array.isArray(value)
  if (!isMapping(properties) || !isMapping(value)) return false
  return Object.entries(properties).every(([key, property]) => {
    if (!isMapping(property) || !(key in value)) return true
    const only = property.const === undefined ? property.enum : [property.const]
    return !Array.isArray(only) || only.includes(value[key])
  })
}
