import {readFileSync} from 'node:fs'
import {expect, test} from 'vitest'
import {fleetFileJsonSchema} from '../../../src/fleet/file/json-schema.ts'

test('the schema in the package is the one the file is checked with (npm run schema writes it)', () => {
  const committed = readFileSync(new URL('../../../schema/mcd.schema.json', import.meta.url), 'utf8')
  expect(JSON.parse(committed)).toEqual(fleetFileJsonSchema())
})

test('every key of the file is described', () => {
  const undescribed = (schema: unknown, path: string): string[] => {
    if (schema === null || typeof schema !== 'object') return []
    const {properties = {}} = schema as {properties?: Record<string, {description?: string}>}
    const here = Object.keys(properties).filter(key => !properties[key]?.description)
    return [
      ...here.map(key => `${path}.${key}`),
      ...Object.entries(schema).flatMap(([key, value]) => undescribed(value, `${path}.${key}`)),
    ]
  }
  expect(undescribed(fleetFileJsonSchema(), '')).toEqual([])
})

test('every kind of value may be a variable', () => {
  const {properties} = fleetFileJsonSchema() as {
    properties: {[key: string]: {properties: {[key: string]: unknown}}}
  }
  expect(properties.service?.properties.port).toMatchObject({
    anyOf: [{type: 'integer', minimum: 1, maximum: 65535}, {pattern: '\\$\\{env:'}],
  })
  expect(properties.fleet).toMatchObject({pattern: expect.stringMatching(/\|\\\$\\\{env:$/)})
})
