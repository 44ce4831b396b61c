import {expect, test} from 'vitest'
import {QuotaError, RefusedError} from '../../../src/errors.ts'
import type {LaunchOrder} from '../../../src/providers/compute.ts'
import {machineName} from '../../../src/providers/joyent/convert.ts'
import type {Call} from '../../../src/sandbox/world/calls.ts'
import {LAUNCH, mark, OWNER, PLACE, wish} from '../../contract/joyent-scenes.ts'
import {tritonStage} from '../../support/triton-world.ts'
import {worldTritonCompute} from '../../support/world-triton.ts'

async function ready(count: number, more: Partial<LaunchOrder> = {}) {
  const stage = tritonStage()
  const provider = worldTritonCompute(stage, PLACE, stage.time.runtime())
  const target = await stage.time.run(() => provider.resolveLaunch(wish()))
  const order: LaunchOrder = {
    mark: mark(),
    count,
    type: 'g1.nano',
    zone: target.zones[0] ?? {name: '', types: []},
    target,
    networkIds: [],
    userdata: Buffer.from('#cloud-config\n'),
    resumed: false,
    ...more,
  }
  const alive = () =>
    stage.triton.machinesOf().filter(({goneMs, destroying}) => goneMs === undefined && !destroying)
  /** The body of a create as an earlier run sent it. */
  const body = (index: number, launch = LAUNCH) => ({
    name: machineName(mark(), index),
    image: target.imageId,
    package: 'g1.nano',
    ...Object.fromEntries(
      Object.entries({...mark({launch})}).map(([key, value]) => [`tag.mcd_${key}`, value]),
    ),
  })
  const creates = () => stage.core.calls.counts.get('cloudapi:CreateMachine') ?? 0
  return {...stage, provider, order, alive, body, creates}
}

/** After `skip` others, throws once after the call took effect: its reply is lost. */
function losing(action: string, skip = 0) {
  let seen = 0
  return {
    before() {},
    after(call: Call) {
      if (call.action === action && seen++ === skip) throw new Error('socket hang up')
    },
  }
}

test('an undisturbed launch is one create for each instance and nothing else', async () => {
  const {provider, order, time, core, creates} = await ready(5)
  const before = core.calls.records.length
  const {instances} = await time.run(() => provider.launch(order))
  expect(instances.map(({name}) => name)).toEqual([0, 1, 2, 3, 4].map(index => machineName(mark(), index)))
  expect([creates(), core.calls.records.length - before]).toEqual([5, 5])
})

test('a create that never arrived is sent again under the same name, after looking three times', async () => {
  const {provider, order, time, core, alive, creates} = await ready(1)
  let lost = 0
  core.calls.faults = {
    before(call) {
      if (call.action === 'CreateMachine' && lost++ === 0) throw new Error('socket hang up')
    },
    after() {},
  }
  const {instances} = await time.run(() => provider.launch(order))
  expect(instances).toHaveLength(1)
  expect(alive()).toHaveLength(1)
  expect(creates()).toBe(2)
  expect(core.calls.records.filter(({action}) => action === 'ListMachines').length).toBeGreaterThanOrEqual(3)
})

test('a create whose reply was lost is found, not sent again', async () => {
  const {provider, order, time, core, alive, creates} = await ready(3)
  core.calls.faults = losing('CreateMachine', 1)
  const {instances} = await time.run(() => provider.launch(order))
  expect(new Set(instances.map(({id}) => id))).toEqual(new Set(alive().map(({id}) => id)))
  expect(creates()).toBe(3)
})

test('an instance that failed meanwhile was launched: it is reported gone, and not made again', async () => {
  const {provider, order, time, triton, core, creates} = await ready(1)
  triton.capacity = {machines: 0, shown: 'as-failed'}
  core.calls.faults = losing('CreateMachine')
  const {instances} = await time.run(() => provider.launch(order))
  expect(instances).toMatchObject([
    {state: 'gone', stateReason: expect.stringContaining('provisioning failed')},
  ])
  expect(creates()).toBe(1)
  expect(await time.run(() => provider.listInstances('web'))).toMatchObject([{state: 'gone'}])
})

test('a create of a dead run that arrives late makes a double: after the race window the surplus is ended', async () => {
  const {provider, order, time, session, alive, body} = await ready(2, {resumed: true})
  // The dead run's call comes in just after this run has looked twice and sends its own.
  time.clock.after(5_000, () => void session.machines.create(body(0)))
  const {instances} = await time.run(() => provider.launch(order))
  expect(instances).toHaveLength(2)
  await time.advance(5_000)
  expect(
    alive()
      .map(({id}) => id)
      .sort(),
  ).toEqual(instances.map(({id}) => id).sort())
  expect(new Set(alive().map(({name}) => name)).size).toBe(2)
})

test('of a double every run keeps the older one', async () => {
  const {provider, order, time, session, alive, body} = await ready(1, {resumed: true})
  const first = session.machines.create(body(0))
  await time.advance(500)
  session.machines.create({...body(0), deletion_protection: true})
  await time.advance(5_000)
  const {instances} = await time.run(() => provider.launch(order))
  expect(instances.map(({id}) => id)).toEqual([first.id])
  await time.advance(5_000)
  expect(alive().map(({id}) => id)).toEqual([first.id])
})

test('an order resumed after all was made adopts it with one look', async () => {
  const {provider, order, time, session, body, core, creates} = await ready(2, {resumed: true})
  for (const index of [0, 1]) session.machines.create(body(index))
  await time.advance(5_000)
  const before = core.calls.records.length
  const {instances} = await time.run(() => provider.launch(order))
  expect(instances).toHaveLength(2)
  expect([creates(), core.calls.records.length - before]).toEqual([2, 1])
})

test('a name that somebody else has is an error that names it, and the other is left alone', async () => {
  const {provider, order, time, session, alive, body} = await ready(1)
  const theirs = session.machines.create(body(0, 'another launch'))
  await time.advance(5_000)
  await expect(time.run(() => provider.launch(order))).rejects.toThrow(
    `${theirs.name} exists already and is not of this launch`,
  )
  expect(alive().map(({id}) => id)).toEqual([theirs.id])
})

test('a name that is taken by nobody who shows leaves the launch open: most likely it is ours', async () => {
  const {provider, order, time, session, body, core} = await ready(1, {resumed: true})
  core.delays.visibleMs = 600_000
  session.machines.create(body(0))
  await time.advance(5_000)
  await expect(time.run(() => provider.launch(order))).rejects.toMatchObject({
    name: 'NotShownError',
    effect: 'unknown',
  })
})

test('a quota that ends on the way gives what fits, and says why not more', async () => {
  const {provider, order, time, triton} = await ready(4)
  triton.account().quota = 3
  const {instances, shortfall} = await time.run(() => provider.launch(order))
  expect(instances).toHaveLength(3)
  expect(shortfall).toMatchObject({kind: 'quota', message: expect.stringContaining('Quota exceeded')})
  triton.account().quota = 0
  const next = {...order, mark: mark({launch: 'another'})}
  await expect(time.run(() => provider.launch(next))).rejects.toThrow(QuotaError)
})

test('a hundred instances keep to the bucket: nobody is throttled', async () => {
  const {provider, order, time, core} = await ready(100)
  const {instances} = await time.run(() => provider.launch(order))
  expect(instances).toHaveLength(100)
  expect(core.calls.records.filter(({refused}) => refused !== undefined)).toEqual([])
})

test('userdata that is no text, or makes the request too large, is refused before anything is sent', async () => {
  const {provider, order, time, creates} = await ready(1)
  for (const userdata of [Buffer.from([0x1f, 0x8b, 0xff]), Buffer.from('"'.repeat(60_000))])
    await expect(time.run(() => provider.launch({...order, userdata}))).rejects.toThrow(RefusedError)
  expect(creates()).toBe(0)
})

test('a rule whose reply was lost is not made twice, and one that came twice is made one', async () => {
  const {provider, time, core, session} = await ready(1)
  core.calls.faults = losing('CreateFirewallRule')
  const network = {...OWNER, open: [80]}
  await time.run(() => provider.ensureNetwork(network))
  expect(session.firewall.list()).toHaveLength(1)
  const [rule] = session.firewall.list()
  session.firewall.create({...rule})
  await time.run(() => provider.ensureNetwork(network))
  expect(session.firewall.list()).toHaveLength(1)
})

test('other ports change the rule that is there', async () => {
  const {provider, time, session} = await ready(1)
  for (const open of [[80], [443, 80]]) await time.run(() => provider.ensureNetwork({...OWNER, open}))
  expect(session.firewall.list()).toMatchObject([
    {rule: expect.stringContaining('(PORT 80 AND PORT 443)'), enabled: true},
  ])
})

test('the rule of a group reaches the instances that were launched in it', async () => {
  const {provider, order, time, session} = await ready(1)
  await time.run(() => provider.ensureNetwork({...OWNER, open: [80]}))
  const {instances} = await time.run(() => provider.launch(order))
  expect(session.firewall.ofMachine(instances[0]?.id ?? '')).toHaveLength(1)
  expect(session.machines.get(instances[0]?.id ?? '').machine.firewall_enabled).toBe(true)
})

test('protection that somebody else set on an instance without our mark is not lifted', async () => {
  const {provider, order, time, session, alive} = await ready(1)
  const {id} = session.machines.create({
    name: 'theirs',
    image: order.target.imageId,
    package: 'g1.nano',
    deletion_protection: true,
  })
  await time.advance(5_000)
  await expect(time.run(() => provider.terminate([id]))).rejects.toThrow(/deletion_protection/)
  expect(alive()).toHaveLength(1)
})
