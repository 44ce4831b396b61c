import {expect, test} from 'vitest'
import type {LaunchOrder} from '../../../src/providers/compute.ts'
import {mark, PLACE, wish} from '../../contract/joyent-scenes.ts'
import {tritonStage} from '../../support/triton-world.ts'
import {worldTritonCompute} from '../../support/world-triton.ts'

/** A provider that has just launched one instance. */
async function launched(prepare: (stage: ReturnType<typeof tritonStage>) => void = () => {}) {
  const stage = tritonStage()
  prepare(stage)
  const provider = worldTritonCompute(stage, PLACE, stage.time.runtime())
  const target = await stage.time.run(() => provider.resolveLaunch(wish()))
  const [zone = {name: '', types: []}] = target.zones
  const order: LaunchOrder = {
    mark: mark(),
    count: 1,
    type: 'g1.nano',
    zone,
    target,
    networkIds: [],
    userdata: Buffer.from('x'),
    resumed: false,
  }
  const [instance] = (await stage.time.run(() => provider.launch(order))).instances
  const list = () => stage.time.run(() => provider.listInstances('web'))
  const asked = () => stage.core.calls.counts.get('cloudapi:GetMachine') ?? 0
  return {...stage, provider, id: instance?.id ?? '', list, asked}
}

test('what was launched is shown at once, though the listing lags', async () => {
  const {id, list, asked} = await launched()
  expect(await list()).toMatchObject([{id, state: 'pending'}])
  expect(asked()).toBe(1)
})

test('what failed is shown as gone with its reason, and asked after once', async () => {
  const {id, time, list, asked} = await launched(({triton}) => {
    triton.capacity = {machines: 0, shown: 'as-failed'}
  })
  await time.advance(5_000)
  for (let poll = 0; poll < 3; poll++)
    expect(await list()).toMatchObject([
      {id, state: 'gone', stateReason: expect.stringContaining('provisioning failed')},
    ])
  expect(asked()).toBe(1)
})

test('what we ended is shown as gone without asking, what somebody else ended by asking once', async () => {
  const ours = await launched()
  await ours.time.advance(5_000)
  expect(await ours.list()).toMatchObject([{state: 'running'}])
  await ours.time.run(() => ours.provider.terminate([ours.id]))
  await ours.time.advance(5_000)
  expect(await ours.list()).toMatchObject([{id: ours.id, state: 'gone'}])
  expect(ours.asked()).toBe(0)

  const theirs = await launched()
  await theirs.time.advance(5_000)
  theirs.session.machines.delete(theirs.id)
  await theirs.time.advance(5_000)
  for (let poll = 0; poll < 3; poll++)
    expect(await theirs.list()).toMatchObject([{id: theirs.id, state: 'gone'}])
  expect(theirs.asked()).toBe(1)
})

test('what has lost its mark since is neither listed nor taken for gone', async () => {
  const {triton, time, list, id} = await launched()
  await time.advance(5_000)
  expect(await list()).toMatchObject([{state: 'running'}])
  const tags = triton.machine(id)?.tags ?? {}
  for (const key of Object.keys(tags)) delete tags[key]
  expect(await list()).toEqual([])
  expect(await list()).toEqual([])
})

test('what cannot be asked after fails the listing: it is unknown, not gone', async () => {
  const {core, list} = await launched()
  core.calls.faults = {
    before(call) {
      if (call.action === 'GetMachine') throw new Error('socket hang up')
    },
    after() {},
  }
  await expect(list()).rejects.toThrow(/GetMachine/)
})

test('no listing brings the history of the account', async () => {
  const {time, list, provider, id, calls, triton, session} = await launched()
  await time.advance(5_000)
  await time.run(() => provider.terminate([id]))
  await time.advance(5_000)
  const fresh = worldTritonCompute({calls, triton}, PLACE, time.runtime())
  expect(await time.run(() => fresh.listInstances('web'))).toEqual([])
  expect(session.machines.list({tombstone: true}).machines).toHaveLength(1)
  expect(await list()).toHaveLength(1)
})
