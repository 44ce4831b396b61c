import {expect, test} from 'vitest'
import {examineAccounts} from '../../src/doctor/accounts.ts'
import {UnreachableError} from '../../src/errors.ts'
import type {ComputeProvider} from '../../src/providers/compute.ts'
import type {Zone} from '../../src/providers/dns.ts'
import {fleet, group, recorded, VIRGINIA, ZONE} from '../support/fleet-builder.ts'

const OURS = {id: 'zone-1', name: 'example.com', account: 'acme', nameServers: []}
const before = recorded(
  {type: 'place-recorded', place: VIRGINIA, account: '111111111111'},
  {type: 'zone-recorded', vendor: 'cloudflare', zone: 'example.com', id: 'zone-1', account: 'acme'},
)
const look = async (identify: () => Promise<string>, zone?: Zone, journal = before) => {
  const compute = () => ({identify}) as ComputeProvider
  const zones = new Map(zone ? [[ZONE, zone]] : [])
  const findings = await examineAccounts({compute}, fleet([group('a', 1)]), journal, zones)
  return findings.map(({place, zone: key, outcome}) => [place ?? key, outcome])
}

test('the account of the runs before is in order, another one fails', async () => {
  expect(await look(async () => '111111111111', OURS)).toEqual([
    ['aws:us-east-1', 'ok'],
    [ZONE, 'ok'],
  ])
  expect(await look(async () => '222222222222', {...OURS, id: 'zone-2'})).toEqual([
    ['aws:us-east-1', 'failed'],
    [ZONE, 'failed'],
  ])
})

test('who cannot be asked has said so elsewhere, and nobody is asked whom no run has met', async () => {
  const silent = () => Promise.reject(new UnreachableError('AWS is silent.'))
  expect(await look(silent)).toEqual([])
  const never = () => Promise.reject(new Error('asked for nothing'))
  expect(await look(never, OURS, recorded())).toEqual([])
})
