import {describe, expect, test} from 'vitest'
import {UsageError} from '../../../src/errors.ts'
import {SANDBOX} from '../../../src/sandbox/world/credentials.ts'
import type {FaultKind, FaultOrder} from '../../../src/sandbox/world/faults/kinds.ts'
import {createWorld} from '../../../src/sandbox/world/world.ts'
import {VIRGINIA} from '../../support/fleet-builder.ts'
import {SimulatedGuests} from '../../support/simulated-guests.ts'
import {SOME_PUBLIC_KEY} from '../../support/triton-world.ts'
import {VirtualTime} from '../../support/virtual-runtime.ts'

const RUN = {imageId: '', instanceType: 't3.micro', minCount: 1, maxCount: 1}

/** A world in which requests are carried as a transport carries them. */
function stage() {
  const time = new VirtualTime()
  const guests = new SimulatedGuests(time.clock)
  const world = createWorld({clock: time.clock, random: time.random, hypervisor: guests})
  const {plan} = world.calls
  const region = world.ec2.region(VIRGINIA.region ?? '')
  const imageId = [...region.images.keys()][0] ?? ''
  world.triton.account().addKey(SOME_PUBLIC_KEY)
  const session = world.triton.session(SANDBOX.triton.account, {name: 'operator'})
  const caller = {principal: {name: 'operator'}, region: region.name}
  return {
    time,
    guests,
    world,
    plan,
    region,
    run: (over: object = {}, name = 'operator') =>
      plan.carry(`run ${JSON.stringify(over)}`, () =>
        world.ec2.call({...caller, principal: {name}}, 'RunInstances', {...RUN, imageId, ...over}),
      ),
    describe: () => plan.carry('describe', () => world.ec2.call(caller, 'DescribeInstances', {})),
    create: (name: string) =>
      plan.carry(`create ${name}`, () =>
        session.machines.create({
          name,
          image: world.triton.stock.images[0]?.id ?? '',
          package: 'g1.nano',
        }),
      ),
    launched: () => world.ec2.allInstances().length,
  }
}

/** How a call ends: its value, what it was refused with, or nothing within an hour. */
async function ended(time: VirtualTime, call: Promise<unknown>): Promise<string> {
  let end = 'silence'
  call.then(
    () => {
      end = 'answered'
    },
    error => {
      end = String((error as {code?: unknown}).code)
    },
  )
  await time.advance(3_600_000)
  return end
}

describe('what a caller hears, and whether the call took effect', () => {
  test.each<[FaultKind, string, number]>([
    ['throttle', 'RequestLimitExceeded', 0],
    ['error', 'InternalError', 0],
    ['error-after', 'InternalError', 1],
    ['lost-reply', 'ECONNRESET', 1],
    ['reset', 'ECONNRESET', 0],
    ['timeout', 'silence', 0],
    ['timeout-after', 'silence', 1],
    ['delay', 'answered', 1],
    ['hold-before', 'silence', 0],
    ['hold-after', 'silence', 1],
    ['capacity', 'InsufficientInstanceCapacity', 0],
  ])('%s: %s, %i launched, and the next call is served', async (kind, heard, effect) => {
    const {time, plan, run, launched} = stage()
    plan.add({target: 'aws:RunInstances', kind})
    expect(await ended(time, run())).toBe(heard)
    expect(launched()).toBe(effect)
    expect(plan.list()).toMatchObject([{kind, fired: 1, times: 1}])
    expect(await ended(time, run())).toBe('answered')
  })

  test.each([
    ['joyent:CreateMachine', 'throttle', 'TooManyRequestsError'],
    ['joyent:CreateMachine', 'capacity', 'InsufficientCapacity'],
    ['joyent', 'error', 'InternalError'],
  ] as const)('%s %s: %s', async (target, kind, heard) => {
    const {time, plan, create} = stage()
    plan.add({target, kind})
    expect(await ended(time, create('web'))).toBe(heard)
  })

  test('an outage is everybody’s, ends when it should, and is heard as no connection', async () => {
    const {time, plan, run} = stage()
    plan.add({target: 'aws', kind: 'outage', ms: 60_000})
    await expect(run()).rejects.toMatchObject({code: 'ECONNREFUSED'})
    await expect(run({}, 'instances')).rejects.toMatchObject({code: 'ECONNREFUSED'})
    await time.advance(60_000)
    await expect(run()).resolves.toBeDefined()
  })

  test('who is denied hears it until it is cleared, also for a dry run, and nothing is launched', async () => {
    const {time, plan, run, launched} = stage()
    plan.add({target: 'aws:RunInstances', kind: 'denied'})
    expect(await ended(time, run())).toBe('UnauthorizedOperation')
    expect(await ended(time, run({dryRun: true}))).toBe('UnauthorizedOperation')
    expect(launched()).toBe(0)
    plan.clear()
    expect(await ended(time, run({dryRun: true}))).toBe('DryRunOperation')
  })

  test('a denied launch on Triton is told in its words', async () => {
    const {time, plan, create} = stage()
    plan.add({target: 'joyent:CreateMachine', kind: 'denied'})
    expect(await ended(time, create('web'))).toBe('NotAuthorized')
  })

  test('the calls that it should let pass do', async () => {
    const {plan, run} = stage()
    plan.add({target: 'aws:RunInstances', kind: 'reset', skip: 1})
    await expect(run()).resolves.toBeDefined()
    await expect(run()).rejects.toMatchObject({code: 'ECONNRESET'})
    await expect(run()).resolves.toBeDefined()
  })

  test('only whose calls it was ordered for', async () => {
    const {plan, run} = stage()
    plan.add({target: 'aws', kind: 'reset', from: 'instances', times: 9})
    await expect(run()).resolves.toBeDefined()
    await expect(run({}, 'instances')).rejects.toMatchObject({code: 'ECONNRESET'})
    await expect(run({}, 'role:i-1')).rejects.toMatchObject({code: 'ECONNRESET'})
  })
})

describe('requests on their way', () => {
  test('a delayed one takes effect in its time, whoever waits for it', async () => {
    const {time, plan, run, launched} = stage()
    plan.add({target: 'aws:RunInstances', kind: 'delay', ms: 10_000})
    void run()
    await time.advance(9_999)
    expect([launched(), plan.list()[0]?.waiting]).toEqual([0, 1])
    await time.advance(1)
    expect([launched(), plan.list()[0]?.waiting]).toEqual([1, 0])
  })

  test('a held one takes effect when it is let go', async () => {
    const {time, plan, run, launched} = stage()
    plan.add({target: 'aws:RunInstances', kind: 'hold-before'})
    void run()
    await time.advance(60_000)
    expect([launched(), plan.list()[0]?.waiting]).toEqual([0, 1])
    expect(plan.clear()).toBe(1)
    await time.advance(0)
    expect(launched()).toBe(1)
  })

  test('one that comes to a hold which is no more goes on', async () => {
    const {time, plan, run, launched} = stage()
    plan.add({target: 'aws:RunInstances', kind: 'delay', ms: 1_000})
    plan.add({target: 'aws:RunInstances', kind: 'hold-before'})
    void run()
    plan.clear('2')
    await time.advance(1_000)
    expect(launched()).toBe(1)
  })

  test('EC2 makes one launch of two requests with one token, in flight together', async () => {
    const {time, plan, run, launched} = stage()
    plan.add({target: 'aws:RunInstances', kind: 'delay', ms: 10_000})
    const [first, second] = [run({clientToken: 't'}), run({clientToken: 't'})]
    await time.advance(10_000)
    expect(await first).toMatchObject({reservationId: (await second).reservationId})
    expect(launched()).toBe(1)
  })

  test('Triton lets two creates of one name through when they arrive close together, and refuses a later one', async () => {
    const {time, plan, create, world} = stage()
    plan.add({target: 'joyent:CreateMachine', kind: 'delay', ms: 500})
    const first = create('web')
    await expect(create('web')).resolves.toBeDefined()
    await time.advance(500)
    await expect(first).resolves.toBeDefined()
    await time.advance(5_000)
    await expect(create('web')).rejects.toMatchObject({code: 'ValidationFailed'})
    expect(world.triton.machinesOf()).toHaveLength(2)
  })

  test('a listing may show an older state after a newer one', async () => {
    const {time, plan, run, describe: list} = stage()
    const shown = async () => (await list()).reservations.length
    expect(await shown()).toBe(0)
    await run()
    await time.advance(5_000)
    expect(await shown()).toBe(1)
    plan.add({target: 'aws:DescribeInstances', kind: 'stale', ms: 5_000})
    expect([await shown(), await shown()]).toEqual([0, 1])
  })
})

describe('machines', () => {
  test('partial fill: EC2 launches as many as there is room for', async () => {
    const {plan, run} = stage()
    plan.add({target: 'aws:RunInstances', kind: 'partial-fill', count: 2})
    expect((await run({maxCount: 5})).instances).toHaveLength(2)
  })

  test('invisible ones show late', async () => {
    const {time, plan, run, describe: list} = stage()
    plan.add({target: 'aws', kind: 'invisible', ms: 20_000})
    await run()
    await time.advance(19_999)
    expect((await list()).reservations).toEqual([])
    await time.advance(1)
    expect((await list()).reservations).toHaveLength(1)
  })

  test('one of two fails its launch; on Triton likewise', async () => {
    const {time, plan, run, create, world} = stage()
    plan.add({target: 'aws', kind: 'machine-dies'})
    plan.add({target: 'joyent', kind: 'machine-dies'})
    await run({maxCount: 2})
    await create('web')
    await time.advance(10_000)
    expect(world.ec2.allInstances().map(({state, stateReason}) => [state, stateReason?.code])).toEqual([
      ['terminated', 'Server.InternalError'],
      ['running', undefined],
    ])
    expect(world.triton.machinesOf().map(({state}) => state)).toEqual(['failed'])
  })

  test('a running one halts or is sick by its id, and recovers when the fault is cleared', async () => {
    const {time, plan, run, create, world, guests} = stage()
    await run({instanceInitiatedShutdownBehavior: 'terminate'})
    await create('web')
    await time.advance(10_000)
    const [instance] = world.ec2.allInstances()
    const [machine] = world.triton.machinesOf()
    const serves = () => guests.serves(machine?.nics.find(nic => nic.public)?.ip ?? '')
    plan.add({target: instance?.id ?? '', kind: 'machine-dies'})
    // As "mcd status" shows it, and people copy it.
    const short = machine?.id.slice(0, 8) ?? ''
    const {id, target} = plan.add({target: short, kind: 'machine-unhealthy'})
    expect(target).toBe(machine?.id)
    await time.advance(0)
    expect([instance?.state, instance?.stateReason?.code]).toEqual([
      'terminated',
      'Client.InstanceInitiatedShutdown',
    ])
    expect(serves()).toBe(false)
    plan.clear(id)
    expect(serves()).toBe(true)
  })

  test('slow and sick from the start', async () => {
    const {time, plan, run, guests, world} = stage()
    plan.add({target: 'aws', kind: 'slow-boot', ms: 120_000})
    plan.add({target: 'aws', kind: 'machine-unhealthy'})
    await run()
    await time.advance(119_999)
    expect(world.ec2.allInstances().map(({state}) => state)).toEqual(['pending'])
    await time.advance(60_000)
    const [instance] = world.ec2.allInstances()
    expect([instance?.state, guests.serves(instance?.publicIp ?? '')]).toEqual(['running', false])
  })
})

describe('an order that can never fire is refused', () => {
  test.each<[Partial<FaultOrder>, RegExp, string]>([
    [{target: 'aws:RunInstance'}, /no call "RunInstance"/, 'Did you mean "aws:RunInstances"?'],
    [{target: 'asw:RunInstances'}, /no vendor/, 'Did you mean "aws:RunInstances"?'],
    [{target: 'i-0123456789abcdef0'}, /no running instance/, 'Write VENDOR:CALL'],
    [{kind: 'capacity', target: 'aws:DescribeInstances'}, /concerns launches/, 'fault add --help'],
    [{kind: 'outage', target: 'aws:RunInstances'}, /whole vendor/, 'fault add --help'],
    [{kind: 'partial-fill'}, /needs a count/, 'fault add --help'],
    [{kind: 'reset', ms: 5}, /takes no duration/, 'fault add --help'],
    [{kind: 'wrong-clock'}, /whole vendor/, 'fault add --help'],
    [{kind: 'wrong-clock', target: 'cloudflare'}, /signed with a time/, 'fault add --help'],
    [{kind: 'wrong-clock', target: 'aws', times: 2}, /until the fault is cleared/, 'fault add --help'],
    [{kind: 'denied', target: 'sts'}, /need a permission/, 'fault add --help'],
    [{times: 0}, /counts from 1/, 'fault add --help'],
  ])('%o', (order, message, suggestion) => {
    const {plan} = stage()
    const add = () => plan.add({target: 'aws:RunInstances', kind: 'throttle', ...order})
    expect(add).toThrow(UsageError)
    expect(add).toThrow(message)
    try {
      add()
    } catch (error) {
      expect((error as UsageError).suggestions.join()).toContain(suggestion)
    }
    expect(plan.list()).toEqual([])
  })

  test.each([
    'aws',
    'joyent:*',
    'AWS:describe*',
    'cloudflare:POST *',
    'ec2:RunInstances',
    'route53:GetChange',
  ])('%s is a target', target => {
    expect(stage().plan.add({target, kind: 'reset'})).toMatchObject({target})
  })
})
