import {describe, expect, test} from 'vitest'
import {AuthError, EXIT, InterruptedError, LockedError, TransientError} from '../../src/errors.ts'
import type {DnsName, Fleet, Group} from '../../src/fleet/model.ts'
import type {RunResult} from '../../src/fleet/reconcile.ts'
import {fleetStatus} from '../../src/fleet/status/look.ts'
import {memoryJournal, memoryStore} from '../../src/journal/memory.ts'
import type {Call, Service} from '../../src/sandbox/world/calls.ts'
import {SANDBOX} from '../../src/sandbox/world/credentials.ts'
import {VendorError} from '../../src/sandbox/world/vendor-error.ts'
import {watchDns} from '../support/dns-watch.ts'
import {dnsName, EAST, fleet, group, VIRGINIA, wish} from '../support/fleet-builder.ts'
import {expectExactly, truth} from '../support/laws.ts'
import {SimulatedFleet} from '../support/simulated-fleet.ts'

const aws = (count: number, over: Partial<Group['wish']> = {}): Group =>
  group('virginia', count, {place: VIRGINIA, wish: wish({open: [80], ...over})})
const joyent = (count: number, over: Partial<Group['wish']> = {}): Group =>
  group('east', count, {place: EAST, wish: wish({types: ['g1.nano'], open: [80], ...over})})
const fleetOf = (groups: Group[], name: Partial<DnsName> = {}): Fleet =>
  fleet(groups, {names: [dnsName(name)]})

/** Addresses; the holds of whoever still lives stay at a name that was left. */
const standing = async (sim: SimulatedFleet, of: Fleet) =>
  (await sim.members(of)).filter(({type}) => type === 'A')
const texts = ({shortcomings}: RunResult) => shortcomings.map(({text}) => text)
const callsOf = (sim: SimulatedFleet, pattern: RegExp) =>
  [...sim.world.calls.counts].reduce((sum, [key, count]) => sum + (pattern.test(key) ? count : 0), 0)
const ENDING = /TerminateInstances|DeleteMachine/
const LAUNCHING = /RunInstances|CreateMachine/

/** No connection to these services, for mcd itself, while `isDown` says so. */
function cut(
  sim: SimulatedFleet,
  services: readonly Service[],
  isDown: (call: Call) => boolean = () => true,
) {
  sim.world.calls.faults = {
    before(call) {
      if (call.principal.name === 'operator' && services.includes(call.service) && isDown(call))
        throw new TransientError('no route to host', {effect: 'none'})
    },
    after: () => {},
  }
}
const mend = (sim: SimulatedFleet) => {
  sim.world.calls.faults = {before: () => {}, after: () => {}}
}

describe('a cloud that cannot be reached', () => {
  const AWS: Service[] = ['ec2', 'sts', 'ssm']

  test('is one cloud down: the other converges, its own instances and records stay, exit 3; back again, all is well', async () => {
    const sim = new SimulatedFleet()
    await sim.up(fleetOf([aws(2), joyent(1)]))
    const before = truth(sim, {name: 'web'}).filter(({group: of}) => of === 'virginia')
    cut(sim, AWS)
    const wanted = fleetOf([aws(3), joyent(2)])
    const half = await sim.up(wanted)
    expect([half.exit, half.shortcomings.map(({kind}) => kind)]).toEqual([EXIT.partly, ['unreachable']])
    expect(truth(sim, wanted).filter(({group: of}) => of === 'virginia')).toEqual(before)
    expect((await sim.members(wanted)).length).toBe(4)
    mend(sim)
    expect(texts(await sim.up(wanted))).toEqual([])
    await expectExactly(sim, wanted)
  })

  test('and answers a minute later is served in the same run', async () => {
    const sim = new SimulatedFleet()
    await sim.up(fleetOf([aws(1), joyent(1)]))
    const startMs = sim.time.now()
    sim.guests.servesAfterMs = () => 90_000
    cut(sim, AWS, () => sim.time.now() - startMs < 50_000)
    const wanted = fleetOf([aws(2), joyent(2)])
    expect(texts(await sim.up(wanted))).toEqual([])
    await expectExactly(sim, wanted)
  })

  test('from the middle of a first up on: what was launched is kept, the rest follows', async () => {
    const sim = new SimulatedFleet()
    let launched = false
    cut(sim, AWS, ({action}) => {
      if (action === 'RunInstances' && launched) return true
      launched ||= action === 'RunInstances'
      return false
    })
    const wanted = fleetOf([aws(3), joyent(1)])
    const half = await sim.up(wanted)
    expect(half.exit).toBe(EXIT.partly)
    // What came up serves, although the rest of its group could not be had.
    expect((await sim.members(wanted)).length).toBe(truth(sim, wanted).length)
    mend(sim)
    expect(texts(await sim.up(wanted))).toEqual([])
    await expectExactly(sim, wanted)
  })

  test('during down keeps its part, and one more down ends it', async () => {
    const sim = new SimulatedFleet()
    const of = fleetOf([aws(1), joyent(1)])
    await sim.up(of)
    cut(sim, ['cloudapi'])
    expect((await sim.down(of)).exit).toBe(EXIT.partly)
    expect(truth(sim, of).map(({group: name}) => name)).toEqual(['east'])
    expect((await sim.members(of)).filter(({type}) => type === 'A')).toHaveLength(1)
    mend(sim)
    expect(texts(await sim.down(of))).toEqual([])
    await expectExactly(sim, of, {})
  })
})

describe('a DNS vendor that cannot be reached', () => {
  test.each(['cloudflare', 'route53'] as const)('ends nobody: %s', async vendor => {
    const sim = new SimulatedFleet()
    const of = fleetOf([aws(2), joyent(1)], {vendor})
    await sim.up(of)
    cut(sim, [vendor])
    const down = await sim.down(of)
    expect([down.exit, callsOf(sim, ENDING), truth(sim, of).length]).toEqual([EXIT.partly, 0, 3])
    const fewer = fleetOf([aws(1), joyent(1)], {vendor})
    expect([(await sim.up(fewer)).exit, callsOf(sim, ENDING)]).toEqual([EXIT.partly, 0])
    mend(sim)
    expect(texts(await sim.down(of))).toEqual([])
    await expectExactly(sim, of, {})
  })

  test('of two keeps everybody alive, since resolvers still hear the one', async () => {
    const sim = new SimulatedFleet()
    const of = fleet([aws(2)], {
      names: [dnsName(), dnsName({vendor: 'route53', name: 'example.com'})],
    })
    expect(texts(await sim.up(of))).toEqual([])
    await expectExactly(sim, of)
    cut(sim, ['route53'])
    expect([(await sim.down(of)).exit, callsOf(sim, ENDING)]).toEqual([EXIT.partly, 0])
    mend(sim)
    expect(texts(await sim.down(of))).toEqual([])
    await expectExactly(sim, of, {})
  })
})

describe('a name that moves', () => {
  const old = fleetOf([aws(1), joyent(1)])
  const moved = fleetOf([aws(1), joyent(1)], {vendor: 'route53'})

  test('from one vendor to the other is at both until all are in the new one', async () => {
    const sim = new SimulatedFleet()
    await sim.up(old)
    let fewest = 2
    const look = () => {
      const at = (vendor: 'cloudflare' | 'route53') =>
        sim.world[vendor].answer('www.example.com', 'A').answers.length
      fewest = Math.min(fewest, Math.max(at('cloudflare'), at('route53')))
      sim.time.clock.after(500, look)
    }
    look()
    expect(texts(await sim.up(moved))).toEqual([])
    expect(fewest).toBe(2)
    expect(await standing(sim, old)).toEqual([])
  })

  test.each(['cloudflare', 'route53'] as const)(
    'to %s, whose servers follow late, is answered all the time',
    async vendor => {
      const sim = new SimulatedFleet({delays: {dnsServedMs: 30_000}})
      const from = fleetOf([aws(1)], {vendor: vendor === 'route53' ? 'cloudflare' : 'route53'})
      const to = fleetOf([aws(1)], {vendor})
      await sim.up(from)
      const watch = watchDns(sim, {names: [...from.names, ...to.names]})
      expect(texts(await sim.up(to))).toEqual([])
      expect(watch.fewest()).toBe(1)
      expect(await standing(sim, from)).toEqual([])
    },
  )

  test('to a vendor that is silent stays where it is', async () => {
    const sim = new SimulatedFleet()
    await sim.up(old)
    await sim.up(fleet([aws(1), joyent(1)], {names: [dnsName(), dnsName({vendor: 'route53'})]}))
    cut(sim, ['route53'])
    expect((await sim.up(moved)).exit).toBe(EXIT.partly)
    expect(await sim.members(old)).toHaveLength(2)
    mend(sim)
    expect(texts(await sim.up(moved))).toEqual([])
    expect(await standing(sim, old)).toEqual([])
    await expectExactly(sim, moved)
  })

  test.each([
    ['cloudflare', 'route53'],
    ['route53', 'cloudflare'],
  ] as const)(
    'from %s to %s is forgotten by everybody before those end who follow it late',
    async (from, to) => {
      const sim = new SimulatedFleet({delays: {dnsServedMs: 30_000}})
      await sim.up(fleetOf([aws(1)], {vendor: from}))
      const wanted = fleetOf([aws(1, {types: ['t3.small']})], {vendor: to})
      const watch = watchDns(sim, {names: [dnsName(), dnsName({vendor: 'route53'})]})
      expect(texts(await sim.up({...wanted, rollout: {batch: {count: 1}, pauseMs: 20_000}}))).toEqual([])
      expect(watch.early).toEqual([])
    },
  )

  test('is left by whoever somebody else is ending: that one joins nothing any more', async () => {
    const sim = new SimulatedFleet({delays: {shutdownMs: 30_000}})
    await sim.up(fleetOf([aws(1)]))
    const [{id = ''} = {}] = truth(sim, old)
    sim.world.ec2.call({principal: {name: 'operator'}, region: 'us-east-1'}, 'TerminateInstances', {
      instanceIds: [id],
    })
    expect(texts(await sim.up(fleetOf([aws(0)], {vendor: 'route53'}), {allowEmpty: true}))).toEqual([])
    expect(await standing(sim, old)).toEqual([])
  })

  test('while its count moves to another group serves under the old name until the new one does', async () => {
    const sim = new SimulatedFleet()
    await sim.up(fleetOf([aws(1), joyent(0)]))
    const wanted = fleetOf([aws(0), joyent(1)], {name: 'api.example.com'})
    const watch = watchDns(sim, {names: [...old.names, ...wanted.names]})
    expect(texts(await sim.up(wanted))).toEqual([])
    expect(watch.fewest()).toBe(1)
    await expectExactly(sim, wanted)
  })

  test('and a TTL that goes up and down again is drained for the longest of them', async () => {
    const sim = new SimulatedFleet()
    await sim.up(fleetOf([aws(2)], {ttlSeconds: 60}))
    await sim.up(fleetOf([aws(2)], {ttlSeconds: 600}))
    const low = fleetOf([aws(2)], {ttlSeconds: 60})
    expect(texts(await sim.up(low))).toEqual([])
    await expectExactly(sim, low)
    const startMs = sim.time.now()
    await sim.down(low)
    expect(sim.time.now() - startMs).toBeGreaterThan(600_000)
  })
})

test('refused credentials are told with the place that refused them, of the several that a fleet has', async () => {
  const sim = new SimulatedFleet()
  sim.wrapCompute = provider =>
    provider.place.key === EAST.key
      ? {...provider, identify: () => Promise.reject(new AuthError('Refused.', {suggestions: ['Mend it.']}))}
      : provider
  await expect(sim.up(fleetOf([aws(1), joyent(1)]))).rejects.toMatchObject({
    name: 'AuthError',
    message: 'Refused.',
    suggestions: ['Mend it.', `Run "mcd doctor": it tells all that ${EAST.key} refuses.`],
  })
})

describe('who only looks', () => {
  const both = fleetOf([aws(1), joyent(1)])
  const look = (sim: SimulatedFleet) =>
    sim.time.run(() => fleetStatus(sim.outside(both), both, () => ({kind: 'free'})))
  const refusing = (sim: SimulatedFleet, ...keys: string[]) => {
    sim.wrapCompute = provider =>
      keys.includes(provider.place.key)
        ? {...provider, listInstances: () => Promise.reject(new AuthError('Refused.'))}
        : provider
  }

  test('sees what the other places show beside one that refuses its credentials, and what it says', async () => {
    const sim = new SimulatedFleet()
    await sim.up(both)
    refusing(sim, EAST.key)
    const {status} = await look(sim)
    expect(status.groups.map(({name, live, reachable}) => [name, live, reachable])).toEqual([
      ['virginia', 1, true],
      ['east', null, false],
    ])
    expect(status.differences[0]?.text).toMatch(/^joyent:\S+ could not be read: Refused\. "mcd doctor" tells/)
  })

  test('is refused where nothing at all is shown', async () => {
    const sim = new SimulatedFleet()
    await sim.up(both)
    refusing(sim, EAST.key, VIRGINIA.key)
    sim.wrapDns = provider => ({...provider, listMembers: () => Promise.reject(new AuthError('Refused.'))})
    await expect(look(sim)).rejects.toThrow('Refused.')
  })
})

describe('what the file has given up', () => {
  const before = fleetOf([aws(1), joyent(1)])
  const after = fleetOf([aws(1)], {vendor: 'route53'})
  const refuse = (sim: SimulatedFleet) => {
    sim.wrapCompute = provider =>
      provider.place.key === EAST.key
        ? {...provider, identify: () => Promise.reject(new AuthError('The key was given back.'))}
        : provider
    sim.wrapDns = provider =>
      provider.vendor === 'cloudflare'
        ? {...provider, findZone: () => Promise.reject(new AuthError('The token was given back.'))}
        : provider
  }

  test('may take its credentials with it once nothing of ours is left there', async () => {
    const sim = new SimulatedFleet()
    await sim.up(before)
    expect(texts(await sim.up(after))).toEqual([])
    // The hold of the instance that still lives goes with it.
    expect(texts(await sim.up({...after, groups: [aws(1, {types: ['t3.small']})]}))).toEqual([])
    refuse(sim)
    expect(texts(await sim.down(after))).toEqual([])
    await expectExactly(sim, after, {})
  })

  test('and still holds something of ours ends nobody and stops nobody: the rest goes on, and it is named', async () => {
    const sim = new SimulatedFleet()
    await sim.up(before)
    refuse(sim)
    const up = await sim.up({...after, groups: [aws(2)]})
    expect([up.exit, [...new Set(up.shortcomings.map(({kind}) => kind))], callsOf(sim, ENDING)]).toEqual([
      EXIT.partly,
      ['unreachable'],
      0,
    ])
    expect(await standing(sim, after)).toHaveLength(2)
  })

  test('and is taken up again is looked after again, in the same account', async () => {
    const sim = new SimulatedFleet()
    const alone = fleetOf([aws(1)])
    await sim.up(before)
    await sim.up(alone)
    expect(texts(await sim.up(before))).toEqual([])
    expect(texts(await sim.up(alone))).toEqual([])
    await expectExactly(sim, alone)
    sim.wrapCompute = provider => ({...provider, identify: async () => 'somebody else'})
    await expect(sim.up(before)).rejects.toThrow(/somebody else/)
  })
})

test('a group that moves to another region is drained there after it serves here', async () => {
  const sim = new SimulatedFleet()
  await sim.up(fleetOf([aws(2)]))
  const west = fleetOf([{...aws(2), place: {key: 'aws:us-west-2', provider: 'aws', region: 'us-west-2'}}])
  expect(texts(await sim.up(west))).toEqual([])
  await expectExactly(sim, west)
  expect(
    sim.world.ec2
      .allInstances()
      .filter(({state}) => state !== 'terminated')
      .map(({region}) => region),
  ).toEqual(['us-west-2', 'us-west-2'])
})

describe('the last serving address', () => {
  test.each([
    ['count 0', (sim: SimulatedFleet, allowEmpty: boolean) => sim.up(fleetOf([aws(0)]), {allowEmpty})],
    [
      'down --group',
      (sim: SimulatedFleet, allowEmpty: boolean) =>
        sim.down(fleetOf([aws(2)]), {groups: ['virginia']}, {allowEmpty}),
    ],
  ] as const)('is taken by %s only when that is allowed', async (_rule, act) => {
    const sim = new SimulatedFleet()
    await sim.up(fleetOf([aws(2)]))
    await expect(act(sim, false)).rejects.toThrow(/last serving address/)
    expect(callsOf(sim, ENDING)).toBe(0)
    expect(texts(await act(sim, true))).toEqual([])
    await expectExactly(sim, fleetOf([aws(0)]))
  })

  test('goes on serving while its count moves to a cloud without room', async () => {
    const sim = new SimulatedFleet()
    await sim.up(fleetOf([aws(2), joyent(0)]))
    sim.world.triton.capacity = {machines: 0, shown: 'at-create'}
    const moved = fleetOf([aws(0), joyent(2)])
    expect((await sim.up(moved)).exit).toBe(EXIT.partly)
    expect((await sim.members(moved)).filter(({type}) => type === 'A')).toHaveLength(2)
    sim.world.triton.capacity = {machines: 100, shown: 'at-create'}
    expect(texts(await sim.up(moved))).toEqual([])
    await expectExactly(sim, moved)
  })
})

test('down of one instance leaves the others, and the same command again is content', async () => {
  const sim = new SimulatedFleet()
  const of = fleetOf([aws(2), joyent(1)])
  await sim.up(of)
  const [victim] = truth(sim, of)
  const target = {instances: [victim?.id ?? '']}
  expect(texts(await sim.down(of, target))).toEqual([])
  await expectExactly(sim, of, {virginia: 1, east: 1})
  await sim.time.advance(2 * 3_600_000)
  expect(texts(await sim.down(of, target))).toEqual([])
})

test('deletion protection that mcd set, mcd lifts', async () => {
  const sim = new SimulatedFleet()
  const of = fleetOf([aws(2, {deletionProtection: true}), joyent(1, {deletionProtection: true})])
  await sim.up(of)
  expect(texts(await sim.down(of))).toEqual([])
  await expectExactly(sim, of, {})
})

describe('short capacity', () => {
  const zones = ['us-east-1a', 'us-east-1b', 'us-east-1c', 'us-east-1d', 'us-east-1e', 'us-east-1f']

  test('is filled from the next type and other zones, each instance once', async () => {
    const sim = new SimulatedFleet()
    const region = sim.world.ec2.region('us-east-1')
    for (const zone of zones) region.setCapacity(zone, 't3.micro', zone === 'us-east-1b' ? 1 : 0)
    const of = fleetOf([aws(5, {types: ['t3.micro', 't3.small']})])
    expect(texts(await sim.up(of))).toEqual([])
    await expectExactly(sim, of)
  })

  test('that stays short is said, and what could be had serves', async () => {
    const sim = new SimulatedFleet()
    const region = sim.world.ec2.region('us-east-1')
    for (const zone of zones) region.setCapacity(zone, 't3.micro', zone === 'us-east-1b' ? 2 : 0)
    const of = fleetOf([aws(5), joyent(1)])
    const up = await sim.up(of)
    expect([up.exit, texts(up).join()]).toEqual([EXIT.partly, expect.stringContaining('3 short')])
    await expectExactly(sim, of, {virginia: 2, east: 1})
  })

  test('of quota is not asked for twice', async () => {
    const sim = new SimulatedFleet()
    sim.world.ec2.region('us-east-1').vcpuQuota = 2
    const of = fleetOf([aws(4, {types: ['t3.micro', 't3.small']})])
    const up = await sim.up(of)
    expect([up.exit, texts(up).join().includes('vCPU')]).toEqual([EXIT.partly, true])
    expect(callsOf(sim, /RunInstances/)).toBeLessThanOrEqual(6)
    await expectExactly(sim, of, {virginia: truth(sim, of).length})
  })
})

describe('what others do to the zone', () => {
  const session = {token: SANDBOX.cloudflare.operatorToken}
  const zoneId = (sim: SimulatedFleet) => sim.world.cloudflare.zone('example.com')?.id ?? ''
  const ourRecord = (sim: SimulatedFleet) =>
    [...(sim.world.cloudflare.zone('example.com')?.records.values() ?? [])].find(
      ({name}) => name === 'www.example.com',
    )

  test.each(['cloudflare', 'route53'] as const)(
    'a record of ours taken away by hand is answered for a while yet, and ends nobody early: %s',
    async vendor => {
      const sim = new SimulatedFleet({delays: {dnsServedMs: 30_000}})
      const of = fleetOf([aws(1)], {vendor})
      await sim.up(of)
      await sim.time.advance(60_000)
      const watch = watchDns(sim, of)
      await sim.time.run(async () => {
        const provider = sim.outside(of).dns(vendor)
        const zone = await provider.findZone('example.com')
        const remove = await provider.listMembers(zone, ['www.example.com'])
        await provider.change(zone, {create: [], remove})
      })
      expect(texts(await sim.down(of))).toEqual([])
      expect(watch.early).toEqual([])
    },
  )

  test('a record of ours edited by hand is set right, and its longer TTL waited out', async () => {
    const sim = new SimulatedFleet()
    const of = fleetOf([aws(2)])
    await sim.up(of)
    const record = ourRecord(sim)
    sim.world.cloudflare.patchRecord(session, zoneId(sim), record?.id ?? '', {ttl: 3600})
    const startMs = sim.time.now()
    expect(texts(await sim.down(of))).toEqual([])
    expect(sim.time.now() - startMs).toBeGreaterThan(3_600_000)
    await expectExactly(sim, of, {})
  })

  test('a record of ours pointed elsewhere by hand is repaired', async () => {
    const sim = new SimulatedFleet()
    const of = fleetOf([aws(2)])
    await sim.up(of)
    sim.world.cloudflare.patchRecord(session, zoneId(sim), ourRecord(sim)?.id ?? '', {
      content: '203.0.113.99',
    })
    expect(texts(await sim.up(of))).toEqual([])
    await expectExactly(sim, of)
  })

  test('a hold that nobody explains is lifted', async () => {
    const sim = new SimulatedFleet()
    const of = fleetOf([aws(2)], {registration: 'self'})
    const up = await sim.up(of)
    const id = truth(sim, of)[0]?.id ?? ''
    sim.world.cloudflare.createRecord(session, zoneId(sim), {
      type: 'TXT',
      name: '_mcd.www.example.com',
      content: `"out ${id}"`,
      ttl: 60,
      comment: `mcd:v1 f=web g=virginia i=${id}`,
    })
    expect(up.converged).toBe(true)
    expect(texts(await sim.up(of))).toEqual([])
    await expectExactly(sim, of)
  })

  test('somebody who removes our records again and again ends the run, not the patience of both', async () => {
    const sim = new SimulatedFleet()
    const of = fleetOf([aws(2)])
    await sim.up(of)
    const wipe = () => {
      for (const {id, name} of sim.world.cloudflare.zone('example.com')?.records.values() ?? [])
        if (name === 'www.example.com') sim.world.cloudflare.deleteRecord(session, zoneId(sim), id)
    }
    wipe()
    sim.wrapDns = provider => ({
      ...provider,
      async change(zone, change) {
        const receipt = await provider.change(zone, change)
        wipe()
        return receipt
      },
    })
    const up = await sim.up(of)
    expect([up.exit, texts(up).join()]).toEqual([EXIT.partly, expect.stringContaining('undone')])
  })
})

test('a foreign record with our own address is left, and stands for ours', async () => {
  const sim = new SimulatedFleet()
  const of = fleetOf([aws(1)])
  await sim.up(of)
  const id = sim.world.cloudflare.zone('example.com')?.id ?? ''
  const session = {token: SANDBOX.cloudflare.operatorToken}
  const record = [...(sim.world.cloudflare.zone('example.com')?.records.values() ?? [])].find(
    ({name}) => name === 'www.example.com',
  )
  sim.world.cloudflare.patchRecord(session, id, record?.id ?? '', {comment: 'mine now'})
  expect(texts(await sim.up(of))).toEqual([])
  const down = await sim.down(of)
  expect(down.exit).toBe(EXIT.done)
  expect((await sim.members(of)).map(({mark}) => mark)).toEqual([undefined])
})

test('another run that writes first ends this one before its next call', async () => {
  const sim = new SimulatedFleet()
  const store = memoryStore()
  const own = memoryJournal(store)
  let appends = 0
  let callsThen = 0
  sim.journal = {
    ...own,
    async append(expected, events) {
      if (++appends === 6) {
        store.lines.push(store.lines.at(-1) ?? '')
        callsThen = callsOf(sim, /./)
      }
      return own.append(expected, events)
    },
  }
  const of = fleetOf([aws(2), joyent(2)])
  await expect(sim.up(of)).rejects.toThrow(LockedError)
  // Only what was under way already may still come in.
  expect(callsOf(sim, LAUNCHING)).toBeLessThanOrEqual(2)
  expect(callsOf(sim, /./) - callsThen).toBeLessThan(10)
})

test('replies that are lost six times over leave the launch open, and the next run finds what it made', async () => {
  const sim = new SimulatedFleet({delays: {visibleMs: 60_000}})
  const of = fleetOf([aws(2), joyent(1)])
  let lost = 0
  sim.world.calls.faults = {
    before({action}) {
      if (action === 'RunInstances' && lost > 0 && lost++ < 6)
        throw new TransientError('connection refused', {effect: 'none'})
    },
    after({action}) {
      if (action === 'RunInstances' && lost === 0) {
        lost = 1
        throw new VendorError(503, 'ServiceUnavailable', 'lost')
      }
    },
  }
  await sim.up(of)
  mend(sim)
  expect(texts(await sim.up(of))).toEqual([])
  await expectExactly(sim, of)
})

test('an order whose answer came late is not launched a second time while its instances hide', async () => {
  const sim = new SimulatedFleet({delays: {visibleMs: 200_000}})
  const of = fleetOf([aws(2)])
  const own = sim.journal
  let gone = false
  sim.world.calls.faults = {
    before({action}) {
      if (action === 'RunInstances' && !gone) throw new Error('cut off')
    },
    after: () => {},
  }
  await expect(sim.up(of)).rejects.toThrow('cut off')
  gone = true
  sim.journal = own
  await sim.time.advance(3_600_000)
  expect(texts(await sim.up(of))).toEqual([])
  expect(sim.world.ec2.allInstances()).toHaveLength(2)
  await expectExactly(sim, of)
})

test('down right after an up that was cut off finds what hides', async () => {
  const sim = new SimulatedFleet({delays: {visibleMs: 120_000}})
  const of = fleetOf([aws(2), joyent(1)])
  sim.world.calls.faults = {
    before: () => {},
    after({action}) {
      if (action === 'RunInstances') throw new Error('cut off')
    },
  }
  await expect(sim.up(of)).rejects.toThrow('cut off')
  mend(sim)
  expect(texts(await sim.down(of))).toEqual([])
  await expectExactly(sim, of, {})
})

test('a third of all calls throttled is only slower', async () => {
  const sim = new SimulatedFleet({seed: 7})
  let number = 0
  sim.world.calls.faults = {
    before({service, principal}) {
      if (principal.name !== 'operator' || number++ % 3 !== 1) return
      if (service === 'cloudapi') throw new VendorError(429, 'TooManyRequestsError', 'slow down')
      if (service === 'cloudflare')
        throw new VendorError(429, 971, 'slow down', {headers: {'retry-after': '5'}})
      throw new VendorError(
        service === 'route53' ? 400 : 503,
        service === 'ec2' ? 'RequestLimitExceeded' : 'Throttling',
        'slow down',
      )
    },
    after: () => {},
  }
  for (const vendor of ['cloudflare', 'route53'] as const) {
    const of = fleetOf([aws(3), joyent(2)], {vendor})
    expect(texts(await sim.up(of, {timeoutMs: 3_600_000}))).toEqual([])
    expect(texts(await sim.down(of, {}, {timeoutMs: 3_600_000}))).toEqual([])
    await expectExactly(sim, of, {})
  }
})

describe('an instance that somebody else', () => {
  const caller = {principal: {name: 'operator'}, region: 'us-east-1'}
  const by = (
    sim: SimulatedFleet,
    action: 'StopInstances' | 'TerminateInstances' | 'StartInstances',
    id = '',
  ) => sim.world.ec2.call(caller, action, {instanceIds: [id]})
  const of = fleetOf([aws(2), joyent(1)])
  const first = (sim: SimulatedFleet) => truth(sim, of).find(({group: name}) => name === 'virginia')?.id

  test('ends while it runs is replaced, and its record with it', async () => {
    const sim = new SimulatedFleet()
    await sim.up(of)
    by(sim, 'TerminateInstances', first(sim))
    expect(texts(await sim.up(of))).toEqual([])
    await expectExactly(sim, of)
  })

  test('ends while it boots is reported, and replaced by the next run', async () => {
    const sim = new SimulatedFleet()
    sim.time.clock.after(3_500, () => void by(sim, 'TerminateInstances', first(sim)))
    expect((await sim.up(of)).exit).toBe(EXIT.partly)
    expect(texts(await sim.up(of))).toEqual([])
    await expectExactly(sim, of)
  })

  test('ends while it drains is no obstacle', async () => {
    const sim = new SimulatedFleet()
    await sim.up(of)
    const id = first(sim)
    sim.time.clock.after(20_000, () => void by(sim, 'TerminateInstances', id))
    expect(texts(await sim.down(of))).toEqual([])
    await expectExactly(sim, of, {})
  })

  test('stops leaves DNS and is reported; started again, with another address, it is back', async () => {
    const sim = new SimulatedFleet()
    await sim.up(of)
    const id = first(sim)
    by(sim, 'StopInstances', id)
    await sim.time.advance(30_000)
    // Somebody else gets the address meanwhile.
    sim.guests.address()
    const stopped = await sim.up(of)
    expect(stopped.shortcomings.map(({kind}) => kind)).toEqual(['stopped'])
    expect((await sim.members(of)).some(({mark}) => mark?.instance === id)).toBe(false)
    by(sim, 'StartInstances', id)
    expect(texts(await sim.up(of))).toEqual([])
    await expectExactly(sim, of)
  })

  test('is stopping has nobody bought in its place', async () => {
    const sim = new SimulatedFleet({delays: {shutdownMs: 30_000}})
    await sim.up(of)
    by(sim, 'StopInstances', first(sim))
    const launches = callsOf(sim, LAUNCHING)
    const stopping = await sim.up(of)
    expect(stopping.shortcomings.map(({kind}) => kind)).toEqual(['stopped'])
    expect(callsOf(sim, LAUNCHING)).toBe(launches)
  })

  test('is stopping while the fleet goes down is ended with it', async () => {
    const sim = new SimulatedFleet()
    await sim.up(of)
    by(sim, 'StopInstances', first(sim))
    expect(texts(await sim.down(of))).toEqual([])
    await expectExactly(sim, of, {})
  })
})

/** The repair timer of the registration script, on every instance. */
function repairing(sim: SimulatedFleet, of: Fleet) {
  for (const {id, address} of truth(sim, of)) void sim.guests.repair(id, address)
  sim.time.clock.after(20_000, () => repairing(sim, of))
}

test('an instance that repairs its own record is taken out once, and stays out', async () => {
  const sim = new SimulatedFleet()
  const of = fleetOf([aws(2), joyent(1)], {registration: 'self'})
  await sim.up(of)
  repairing(sim, of)
  const watch = watchDns(sim, of)
  const down = await sim.down(of)
  expect(texts(down)).toEqual([])
  expect(down.actions.filter(({key}) => key === 'deregister cloudflare/example.com')).toHaveLength(1)
  expect(watch.early).toEqual([])
})

test('who registered itself is held out although the file has left registration to mcd since', async () => {
  const sim = new SimulatedFleet()
  await sim.up(fleetOf([aws(2)], {registration: 'self'}))
  const byMcd = fleetOf([aws(2)], {registration: 'mcd'})
  expect(texts(await sim.up(byMcd))).toEqual([])
  repairing(sim, byMcd)
  const watch = watchDns(sim, byMcd)
  expect(texts(await sim.down(byMcd))).toEqual([])
  expect(watch.early).toEqual([])
})

test('Ctrl-C while a lost launch waits to be asked for again leaves it open', async () => {
  const sim = new SimulatedFleet({delays: {visibleMs: 60_000}})
  const of = fleetOf([aws(2)])
  const interrupt = new AbortController()
  sim.world.calls.faults = {
    before: () => {},
    after({action}) {
      if (action !== 'RunInstances') return
      sim.time.clock.after(10, () => interrupt.abort(new InterruptedError()))
      throw new VendorError(503, 'ServiceUnavailable', 'lost')
    },
  }
  await expect(sim.up(of, {signal: interrupt.signal})).rejects.toThrow(InterruptedError)
  mend(sim)
  expect(texts(await sim.up(of))).toEqual([])
  expect(sim.world.ec2.allInstances()).toHaveLength(2)
  await expectExactly(sim, of)
})

test('a batch that would put more addresses under one name than Route53 holds is refused before anything is launched', async () => {
  const sim = new SimulatedFleet()
  const rolling = (count: number): Fleet => ({
    ...fleetOf([aws(98, {types: ['t3.small']})], {vendor: 'route53'}),
    rollout: {batch: {count}, pauseMs: 0},
  })
  await sim.up(fleetOf([aws(98)], {vendor: 'route53'}))
  const launches = callsOf(sim, LAUNCHING)
  await expect(sim.up(rolling(3))).rejects.toThrow(/at most 100/)
  expect(callsOf(sim, LAUNCHING)).toBe(launches)
  expect((await sim.up(rolling(2), {timeoutMs: 0})).shortcomings.map(({kind}) => kind)).not.toEqual([])
  expect(callsOf(sim, LAUNCHING)).toBeGreaterThan(launches)
})
