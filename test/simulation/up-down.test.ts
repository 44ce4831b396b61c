import {describe, expect, test} from 'vitest'
import {EXIT} from '../../src/errors.ts'
import type {DnsName, Fleet, Group} from '../../src/fleet/model.ts'
import type {RunResult} from '../../src/fleet/reconcile.ts'
import {memoryJournal} from '../../src/journal/memory.ts'
import type {Place} from '../../src/providers/compute.ts'
import {SANDBOX} from '../../src/sandbox/world/credentials.ts'
import {dnsName, EAST, fleet, VIRGINIA, wish} from '../support/fleet-builder.ts'
import {SimulatedFleet} from '../support/simulated-fleet.ts'

const aws = (count: number, over: Partial<Group> = {}): Group => ({
  name: 'virginia',
  count,
  place: VIRGINIA,
  wish: wish({open: [80]}),
  ...over,
})
const joyent = (count: number, over: Partial<Group> = {}): Group => ({
  name: 'east',
  count,
  place: EAST,
  wish: wish({types: ['g1.nano'], open: [80]}),
  ...over,
})
const mixed = (virginia: number, east: number, name: Partial<DnsName> = {}): Fleet =>
  fleet([aws(virginia), joyent(east)], {names: [dnsName(name)]})

const alive = ({observed}: RunResult) =>
  [...observed.places.values()].flatMap(place =>
    place.readable ? place.instances.filter(({state}) => state !== 'gone') : [],
  )

const addresses = async (sim: SimulatedFleet, of: Fleet) =>
  (await sim.members(of))
    .filter(({type}) => type === 'A')
    .map(({value}) => value)
    .sort()

const mutating = (sim: SimulatedFleet) =>
  [...sim.world.calls.counts].filter(([key]) =>
    /:(Run|Create|Terminate|Delete|Authorize|Change|Modify|POST|PUT|PATCH|DELETE)/.test(key),
  )

describe.each(['cloudflare', 'route53'] as const)('two clouds with %s', vendor => {
  describe.each(['mcd', 'self'] as const)('registration: %s', registration => {
    const name = {vendor, registration, ttlSeconds: 60}

    test('up makes the declared fleet, a second up changes nothing, down leaves nothing behind', async () => {
      const sim = new SimulatedFleet()
      const of = mixed(2, 2, name)
      const up = await sim.up(of)
      expect(up.shortcomings).toEqual([])
      expect(up.converged).toBe(true)
      expect(alive(up)).toHaveLength(4)
      expect(await addresses(sim, of)).toEqual(
        alive(up)
          .map(({publicIp}) => publicIp)
          .sort(),
      )

      const before = mutating(sim)
      const again = await sim.up(of)
      expect([again.converged, again.actions]).toEqual([true, []])
      expect(mutating(sim)).toEqual(before)

      const down = await sim.down(of)
      expect(down.shortcomings).toEqual([])
      expect(alive(down)).toEqual([])
      expect(await sim.members(of)).toEqual([])
      expect(
        [...down.observed.places.values()].flatMap(place => (place.readable ? place.network : [])),
      ).toEqual([])
    })

    test('counts raised and lowered in the file are followed', async () => {
      const sim = new SimulatedFleet()
      await sim.up(mixed(1, 1, name))
      const more = await sim.up(mixed(3, 2, name))
      expect([more.exit, alive(more).length, (await addresses(sim, mixed(3, 2, name))).length]).toEqual([
        EXIT.done,
        5,
        5,
      ])
      const fewer = await sim.up(mixed(1, 2, name))
      expect([fewer.exit, alive(fewer).length, (await addresses(sim, mixed(1, 2, name))).length]).toEqual([
        EXIT.done,
        3,
        3,
      ])
    })
  })
})

test('a hundred instances: one launch call per zone and two DNS writes at the most', async () => {
  const sim = new SimulatedFleet()
  sim.guests.servesAfterMs = id => 2_000 + (id.charCodeAt(id.length - 1) % 16) * 4_000
  const of = fleet([aws(100)], {names: [dnsName({vendor: 'route53'})]})
  const up = await sim.up(of)
  expect(up.shortcomings).toEqual([])
  const {counts} = sim.world.calls
  const zones = new Set(alive(up).map(({zone}) => zone))
  expect(zones.size).toBeGreaterThan(1)
  expect(counts.get('ec2:RunInstances')).toBe(zones.size)
  expect(counts.get('route53:ChangeResourceRecordSets')).toBeLessThanOrEqual(2)
})

test('an instance that never serves is reported, the others serve, and the exit says partly', async () => {
  const sim = new SimulatedFleet()
  const of = mixed(2, 1)
  const boot = sim.guests.boot.bind(sim.guests)
  let first = true
  sim.guests.boot = guest => {
    if (first) sim.guests.broken.add(guest.id)
    first = false
    boot(guest)
  }
  const up = await sim.up(of, {timeoutMs: 120_000})
  expect(up.exit).toBe(EXIT.partly)
  expect(up.shortcomings.map(({kind}) => kind)).toEqual(['unhealthy'])
  expect(up.shortcomings[0]?.text).toContain('HTTP 503')
  expect(await addresses(sim, of)).toHaveLength(2)
})

test('foreign instances and records survive up, scaling and down', async () => {
  const sim = new SimulatedFleet()
  const of = mixed(2, 1)
  const session = {token: SANDBOX.cloudflare.operatorToken}
  const zone = sim.world.cloudflare.zone('example.com')
  if (!zone) throw new Error('The world has no zone.')
  sim.world.cloudflare.createRecord(session, zone.id, {
    type: 'A',
    name: 'www.example.com',
    content: '203.0.113.7',
    ttl: 300,
    proxied: false,
  })
  const before = (await sim.members(of)).filter(({mark}) => mark === undefined)
  await sim.up(of)
  await sim.up(mixed(1, 1))
  await sim.down(of)
  expect(await sim.members(of)).toEqual(before)
})

test('a group removed from the file is drained and ended, a renamed one after its successor serves', async () => {
  const sim = new SimulatedFleet()
  await sim.up(mixed(1, 1))
  const without = fleet([aws(1)])
  const up = await sim.up(without)
  expect([up.exit, alive(up).length]).toEqual([EXIT.done, 1])
  const renamed = fleet([aws(1, {name: 'ohio'})])
  const after = await sim.up(renamed)
  expect([after.exit, alive(after).length]).toEqual([EXIT.done, 1])
  expect(alive(after).map(({mark}) => mark.group)).toEqual(['ohio'])
})

test('two fleets of one name and different DNS names never touch each other', async () => {
  const sim = new SimulatedFleet()
  const www = mixed(1, 1)
  const api = fleet([aws(2)], {
    dns: 'api.example.com',
    names: [dnsName({name: 'api.example.com'})],
    file: '/fleet/api.yaml',
  })
  await sim.up(www)
  const own = sim.journal
  sim.journal = memoryJournal()
  const up = await sim.up(api)
  expect([up.exit, up.actions.some(({kind}) => kind === 'terminate')]).toEqual([EXIT.done, false])
  await sim.down(api)
  sim.journal = own
  expect((await sim.up(www)).actions).toEqual([])
})

test('another account behind a known place stops the run before any plan', async () => {
  const sim = new SimulatedFleet()
  const of = mixed(1, 1)
  await sim.up(of)
  sim.wrapCompute = provider => ({...provider, identify: async () => 'somebody else'})
  await expect(sim.up(of)).rejects.toThrow(/belongs to account somebody else/)
})

test('a changed DNS name is joined before the old one is left', async () => {
  const sim = new SimulatedFleet()
  const www = mixed(1, 1)
  await sim.up(www)
  const api = {...www, dns: 'api.example.com', names: [dnsName({name: 'api.example.com'})]}
  const up = await sim.up(api)
  expect(up.shortcomings).toEqual([])
  expect([up.exit, alive(up).length]).toEqual([EXIT.done, 2])
  expect(await addresses(sim, api)).toHaveLength(2)
  expect(await addresses(sim, www)).toEqual([])
})

test('one data centre under two place keys: each group keeps its own instances', async () => {
  const sim = new SimulatedFleet()
  const west: Place = {key: 'joyent:profile:west', provider: 'joyent', profile: 'west'}
  const of = fleet([joyent(1), joyent(2, {name: 'west', place: west})])
  const up = await sim.up(of)
  expect([
    up.exit,
    alive(up)
      .map(({mark}) => mark.group)
      .sort(),
  ]).toEqual([EXIT.done, ['east', 'west', 'west']])
  expect((await sim.up(of)).actions).toEqual([])
  const down = await sim.down(of)
  expect([down.exit, alive(down)]).toEqual([EXIT.done, []])
})

test.each([
  ['a subnet', VIRGINIA, /public address for www.example.com, and subnet/],
  ['a network', EAST, /My-Fabric-Network\) is public; add one/],
] as const)(
  '%s that gives no public address is refused before anything is launched, unless private ones are registered',
  async (_what, place, reason) => {
    const sim = new SimulatedFleet()
    const {id} = sim.world.ec2
      .region('us-east-1')
      .addSubnet({zone: 'us-east-1a', cidr: '172.31.200.0/24', defaultForZone: false, publicAddresses: false})
    const closed =
      place === VIRGINIA ? wish({subnets: [id]}) : wish({types: ['g1.nano'], networks: ['My-Fabric-Network']})
    const of = (address: 'public' | 'private') =>
      fleet([{name: 'closed', count: 1, place, wish: closed}], {names: [dnsName({address})]})
    await expect(sim.up(of('public'))).rejects.toThrow(reason)
    expect(mutating(sim)).toEqual([])
    // Guests of the simulation answer at their public address alone, so that this run ends short; it was not refused.
    expect((await sim.up(of('private'), {timeoutMs: 1_000})).exit).toBe(EXIT.partly)
    expect(mutating(sim)).not.toEqual([])
  },
)
