/** Writes schema/mcd.schema.json from the schema the fleet file is checked with: `npm run schema`. */
import {writeFileSync} from 'node:fs'
import {fleetFileJsonSchema} from '../src/fleet/file/json-schema.ts'

writeFileSync(
  new URL('../schema/mcd.schema.json', import.meta.url),
  `${JSON.stringify(fleetFileJsonSchema(), null, 2)}\n`,
)
