import {expect, test} from 'vitest'
import {createObserver} from '../../../src/fleet/observe/observe.ts'
import type {Outside} from '../../../src/fleet/outside.ts'
import {plan} from '../../../src/fleet/plan/plan.ts'
import type {ComputeProvider, Instance} from '../../../src/providers/compute.ts'
import type {DnsProvider, Member} from '../../../src/providers/dns.ts'
import {desired, fleet, group, instance, record, recorded} from '../../support/fleet-builder.ts'
import {VirtualTime} from '../../support/virtual-runtime.ts'

/** A cloud and a zone that answer after these times with what is there then. */
function outsideOf(answersAfterMs: {cloud: number; zone: number}, time: VirtualTime) {
  const there: {instance: Instance; members: Member[]} = {instance: instance('i-1'), members: []}
  const runtime = time.runtime()
  const after = async <T>(ms: number, answer: () => T): Promise<T> => {
    await runtime.sleep(ms)
    return answer()
  }
  const cloud: Pick<ComputeProvider, 'identify' | 'listInstances' | 'listNetwork'> = {
    identify: async () => 'account',
    listInstances: () => after(answersAfterMs.cloud, () => [there.instance]),
    listNetwork: async () => [],
  }
  const zone: Pick<DnsProvider, 'findZone' | 'listMembers'> = {
    findZone: async name => ({id: 'zone', name, account: 'account', nameServers: []}),
    listMembers: () => after(answersAfterMs.zone, () => there.members),
  }
  const outside: Pick<Outside, 'runtime' | 'compute' | 'dns' | 'probe'> = {
    runtime,
    compute: () => cloud as ComputeProvider,
    dns: () => zone as DnsProvider,
    probe: async () => ({ok: true}),
  }
  return {there, outside: outside as Outside}
}

test('an instance that starts while mcd looks is not taken for dead by the record it makes', async () => {
  const time = new VirtualTime()
  const {there, outside} = outsideOf({cloud: 1_000, zone: 60_000}, time)
  there.instance = instance('i-1', {state: 'stopped'})
  time.clock.after(30_000, () => {
    there.instance = instance('i-1')
    there.members = [record(there.instance)]
  })
  const web = fleet([group('virginia', 1)])
  const seen = await time.run(() => createObserver(outside, web, () => recorded()).look())
  expect(seen.names.values().next().value).toMatchObject({members: there.members})
  const {actions} = plan(desired(web), recorded(), seen, 'run')
  expect(actions.filter(({kind}) => kind === 'deregister')).toEqual([])
})
