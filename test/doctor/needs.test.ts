import {expect, test} from 'vitest'
import {placeNeeds, zoneNeeds} from '../../src/doctor/needs.ts'
import {Secret} from '../../src/secret.ts'
import {dnsName, EAST, fleet, group} from '../support/fleet-builder.ts'

const token = (value: string) => ({kind: 'token' as const, token: new Secret(value, 'env:T')})
const self = (name: string, value: string) =>
  dnsName({name, registration: 'self', instanceCredentials: token(value)})

test('groups of one place are looked at together', () => {
  const needs = placeNeeds(fleet([group('a', 1), group('b', 2), group('c', 3, {place: EAST})]))
  expect(needs.map(({place, needs: {groups}}) => [place.key, groups.map(({name}) => name)])).toEqual([
    ['aws:us-east-1', ['a', 'b']],
    [EAST.key, ['c']],
  ])
})

test('names of one zone are looked at together, and with each credential of instances once', () => {
  const names = [
    self('www.example.com', 'one'),
    self('api.example.com', 'one'),
    self('www2.example.com', 'two'),
    dnsName({name: 'quiet.example.com'}),
  ]
  const [zone, ...others] = zoneNeeds(fleet([group('a', 2)], {names}))
  expect(others).toEqual([])
  expect(zone?.needs.names.map(({name, members}) => `${name} ${members}`)).toEqual([
    'www.example.com 2',
    'api.example.com 2',
    'www2.example.com 2',
    'quiet.example.com 2',
  ])
  expect(zone?.registrations.map(({names}) => names.map(({name}) => name))).toEqual([
    ['www.example.com', 'api.example.com'],
    ['www2.example.com'],
  ])
})

test('a name that mcd registers needs no credentials of instances', () => {
  const names = [dnsName({registration: 'mcd', instanceCredentials: token('one')})]
  expect(zoneNeeds(fleet([group('a', 1)], {names}))[0]?.registrations).toEqual([])
})

test('credentials whose variable is not set are tried out on nobody', () => {
  const names = [self('www.example.com', '${env:WEB_DNS_TOKEN}')]
  expect(zoneNeeds(fleet([group('a', 1)], {names}))[0]?.registrations).toEqual([])
})
