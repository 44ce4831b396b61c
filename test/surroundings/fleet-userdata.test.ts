import {afterEach, expect, test, vi} from 'vitest'
import type {Group} from '../../src/fleet/model.ts'
import {fleetUserdata} from '../../src/surroundings/fleet-userdata.ts'
import {fleetFile, parse} from '../support/fleet-file.ts'

afterEach(() => void vi.unstubAllEnvs())

const VALUE = 'what-nobody-may-see'
const file = (title: string) =>
  fleetFile(
    ['vars: {title: Hello from mcd}', `vars: {title: ${title}, token: "pre-\${env:APP_TOKEN}"}`],
    ['type: g1.nano', 'type: g1.nano\n    metadata: {key: "${env:APP_KEY}"}'],
  )

test('what is frozen holds no secret, and gives the same userdata again with the secrets of today', () => {
  const fleet = parse(file('First'), {APP_TOKEN: VALUE, APP_KEY: VALUE})
  const east = fleet.groups.find(({name}) => name === 'east') as Group
  const before = fleetUserdata(fleet)
  const text = JSON.stringify(before.freeze(east))
  expect(text).not.toContain(VALUE)

  const now = fleetUserdata(parse(file('Second'), {APP_TOKEN: VALUE, APP_KEY: VALUE}))
  vi.stubEnv('APP_TOKEN', 'renewed')
  vi.stubEnv('APP_KEY', 'key')
  const thawed = now.thaw(JSON.parse(text))
  expect(thawed.unset).toEqual([])
  expect(thawed.userdata.spec(east)).toEqual(before.spec(east))
  expect(thawed.userdata.spec(east)).not.toEqual(now.spec(east))
  expect(JSON.parse(JSON.stringify(thawed.userdata.freeze(east)))).toEqual(JSON.parse(text))
  expect(String(thawed.metadata.key)).toBe('***')
  const {key} = thawed.metadata
  expect(typeof key === 'object' && [key.origin, key.reveal()]).toEqual(['env:APP_KEY', 'key'])
})

test('a variable that is no longer set is named', () => {
  const fleet = parse(file('First'), {APP_TOKEN: VALUE, APP_KEY: VALUE})
  const east = fleet.groups.find(({name}) => name === 'east') as Group
  const userdata = fleetUserdata(fleet)
  vi.stubEnv('APP_TOKEN', undefined)
  vi.stubEnv('APP_KEY', undefined)
  expect(userdata.thaw(userdata.freeze(east)).unset).toEqual(['APP_TOKEN', 'APP_KEY'])
})
