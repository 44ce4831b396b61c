import {expect, test} from 'vitest'
import {type StarterOptions, starterFleetFile, starterVariables} from '../../../src/fleet/file/starter.ts'
import {parse} from '../../support/fleet-file.ts'

const STARTER: StarterOptions = {
  fleet: 'my-shop',
  zone: 'example.com',
  name: 'www',
  dnsProvider: 'cloudflare',
  providers: ['aws', 'joyent'],
  template: './userdata',
  vars: {title: 'Hello from mcd'},
  schema: './node_modules/mcd/schema/mcd.schema.json',
}

test.each<[what: string, options: Partial<StarterOptions>]>([
  ['two clouds with CloudFlare', {}],
  ['two clouds with Route53', {dnsProvider: 'route53'}],
  ['AWS alone', {providers: ['aws']}],
  ['Triton alone', {providers: ['joyent']}],
  ['the apex of a zone', {name: '@'}],
  ['a fleet whose name YAML would read as something else', {fleet: 'true', name: 'null'}],
])('the file for %s is correct and asks for nothing that this version lacks', (_what, options) => {
  const starter = {...STARTER, ...options}
  const env = Object.fromEntries(starterVariables(starter).map(name => [name, 'secret']))
  const fleet = parse(starterFleetFile(starter), env)
  expect(fleet).toMatchObject({name: starter.fleet, warnings: [], userdata: {template: './userdata'}})
  expect(fleet.groups.map(({place}) => place.provider)).toEqual(starter.providers)
  expect(fleet.names[0]?.instanceCredentials).toBeDefined()
})

test('in the sandbox it needs no variable', () => {
  expect(parse(starterFleetFile(STARTER), {}, true).dns).toBe('www.example.com')
})

test('variables are named after the fleet, as a shell takes them', () => {
  expect(starterVariables(STARTER)).toEqual(['MY_SHOP_DNS_TOKEN'])
  expect(starterVariables({...STARTER, dnsProvider: 'route53'})).toEqual([
    'MY_SHOP_DNS_KEY_ID',
    'MY_SHOP_DNS_SECRET',
  ])
})

test('its first line tells editors where the schema is', () => {
  expect(starterFleetFile(STARTER).split('\n')[0]).toBe(
    '# yaml-language-server: $schema=./node_modules/mcd/schema/mcd.schema.json',
  )
})
