import {expect, test} from 'vitest'
import type {ZoneNeeds} from '../../../src/providers/examine.ts'
import {route53Api} from '../../../src/providers/route53/api.ts'
import {route53Client} from '../../../src/providers/route53/client.ts'
import {examineRoom} from '../../../src/providers/route53/examine/room.ts'
import {examineRoute53} from '../../../src/providers/route53/examine.ts'
import type {Runtime} from '../../../src/runtime.ts'
import {replay} from '../../support/replay.ts'
import {VirtualTime} from '../../support/virtual-runtime.ts'

const credentials = {accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'secret'}
const zoneId = 'Z1D633PJN98FT9'
const needs: ZoneNeeds = {
  zone: 'example.com',
  names: [{name: 'www.example.com', ttlSeconds: 60, proxied: false, members: 3}],
}

async function recorded<T>(folder: string, look: (runtime: Runtime) => Promise<T>): Promise<T> {
  const time = new VirtualTime()
  const exchanges = replay(`route53/${folder}`)
  const stop = time.attend()
  const found = await look(time.runtime())
  stop()
  exchanges.finish()
  return found
}

test('recorded: what instances may, and what they may not', async () => {
  const found = await recorded('examine-instances', runtime =>
    examineRoute53({credentials, runtime})({...needs, forInstances: {zoneId}}),
  )
  expect(found.map(({subject, outcome}) => [subject, outcome])).toEqual([
    ['route53 example.com', 'ok'],
    ['route53:ListResourceRecordSets example.com', 'ok'],
    ['route53:ChangeResourceRecordSets A www.example.com', 'ok'],
    ['route53:GetChange example.com', 'failed'],
  ])
})

test('recorded: how full a zone is', async () => {
  const found = await recorded('examine-room', runtime =>
    examineRoom(route53Api(route53Client({credentials}), runtime), zoneId, needs),
  )
  expect(found.detail).toBe('The zone holds 6 of 10000 record sets, and this fleet adds up to 3.')
})
