import {describe, expect, test} from 'vitest'
import type {DnsName, Fleet} from '../../src/fleet/model.ts'
import {memoryJournal} from '../../src/journal/memory.ts'
import {define, join, leave, undefine} from '../../src/publish/publish.ts'
import {openServiceZone, type ServiceZone} from '../../src/publish/zone.ts'
import {dnsName, EAST, fleet, VIRGINIA, wish} from '../support/fleet-builder.ts'
import {expectExactly} from '../support/laws.ts'
import {machine, service} from '../support/published-zone.ts'
import {SimulatedFleet} from '../support/simulated-fleet.ts'
import {worldRoute53Dns} from '../support/world-route53.ts'

const SET = 'v1._http._tcp.example.com.'
const DISCOVERY = {service: '_http._tcp', instance: 'v1', txt: ['path=/', 'v=1']}

const discovered = (virginia: number, east: number, over: Partial<DnsName> = {}): Fleet =>
  fleet(
    [
      {name: 'virginia', count: virginia, place: VIRGINIA, wish: wish({open: [80]}), weight: 3, priority: 1},
      {name: 'east', count: east, place: EAST, wish: wish({types: ['g1.nano'], open: [80]})},
    ],
    {names: [dnsName({vendor: 'route53', discovery: DISCOVERY, ...over})]},
  )

const zoneOf = (sim: SimulatedFleet) => sim.world.route53.zone('example.com')
const bytes = (sim: SimulatedFleet) => JSON.stringify([...(zoneOf(sim)?.sets ?? [])])
const values = (sim: SimulatedFleet, name: string, type: string) =>
  (zoneOf(sim)?.sets.get(name) ?? []).flatMap(set => (set.type === type ? (set.values ?? []) : []))

/** Somebody's own SRV value beside ours, by hand. */
function plant(sim: SimulatedFleet): void {
  const before = zoneOf(sim)
    ?.sets.get(SET)
    ?.find(({type}) => type === 'SRV')
  const stranger = '9 9 9999 Theirs.Example.net'
  sim.world.route53.changeRecordSets({name: 'operator'}, zoneOf(sim)?.id ?? '', [
    ...(before
      ? [{action: 'DELETE' as const, recordSet: {...before, values: [...(before.values ?? [])]}}]
      : []),
    {
      action: 'CREATE',
      recordSet: {name: SET, type: 'SRV', ttlSeconds: 600, values: [...(before?.values ?? []), stranger]},
    },
  ])
}

describe.each(['mcd', 'self'] as const)('discovery with registration: %s', registration => {
  test('up publishes the living, counts are followed, and down leaves the zone as it was', async () => {
    const sim = new SimulatedFleet()
    const untouched = bytes(sim)
    const up = await sim.up(discovered(2, 1, {registration}))
    expect([up.converged, up.shortcomings]).toEqual([true, []])
    await expectExactly(sim, discovered(2, 1, {registration}))
    expect(values(sim, SET, 'TXT')).toEqual(['"path=/" "v=1"'])
    expect(values(sim, '_http._tcp.example.com.', 'PTR')).toEqual([SET])
    expect(values(sim, '_services._dns-sd._udp.example.com.', 'PTR')).toEqual(['_http._tcp.example.com.'])

    const again = await sim.up(discovered(2, 1, {registration}))
    expect([again.converged, again.actions]).toEqual([true, []])

    await sim.up(discovered(1, 2, {registration}))
    await expectExactly(sim, discovered(1, 2, {registration}))

    const down = await sim.down(discovered(1, 2, {registration}))
    expect([down.converged, down.shortcomings]).toEqual([true, []])
    await sim.time.advance(20 * 60_000)
    expect(bytes(sim)).toBe(untouched)
  })

  test('a stranger in the set stays, with the definition that finds it', async () => {
    const sim = new SimulatedFleet()
    plant(sim)
    const of = discovered(1, 1, {registration})
    const up = await sim.up(of)
    expect([up.converged, values(sim, SET, 'SRV').length]).toEqual([true, 3])
    const down = await sim.down(of)
    expect(down.converged).toBe(true)
    expect(values(sim, SET, 'SRV')).toEqual(['9 9 9999 Theirs.Example.net'])
    expect(values(sim, SET, 'TXT')).toHaveLength(1)
  })
})

test('two fleets of one service share its set, and each takes out its own', async () => {
  const sim = new SimulatedFleet()
  const one = discovered(1, 1, {registration: 'mcd'})
  const other: Fleet = {
    ...discovered(2, 0, {registration: 'mcd', name: 'api.example.com'}),
    name: 'api',
    dns: 'api.example.com',
  }
  const untouched = bytes(sim)
  await sim.up(one)
  const own = sim.journal
  sim.journal = memoryJournal()
  await sim.up(other)
  expect(values(sim, SET, 'SRV')).toHaveLength(4)
  const others = sim.journal
  sim.journal = own
  expect((await sim.down(one)).converged).toBe(true)
  expect(values(sim, SET, 'SRV')).toHaveLength(2)
  expect(values(sim, '_http._tcp.example.com.', 'PTR')).toEqual([SET])
  sim.journal = others
  expect((await sim.down(other)).converged).toBe(true)
  await sim.time.advance(20 * 60_000)
  expect(bytes(sim)).toBe(untouched)
})

describe('beside what people publish by hand', () => {
  const LISTING = '_services._dns-sd._udp.example.com.'
  const fleetFile = discovered(1, 0, {registration: 'mcd'})
  const openZone = (sim: SimulatedFleet) =>
    sim.time.run(() => openServiceZone(worldRoute53Dns(sim.world, sim.time.runtime()), 'example.com'))
  const byHand = (sim: SimulatedFleet, task: (zone: ServiceZone) => Promise<unknown>) =>
    openZone(sim).then(zone => sim.time.run(() => task(zone)))
  const leftOver = async (sim: SimulatedFleet) => {
    await sim.time.advance(20 * 60_000)
    return bytes(sim)
  }

  test('a definition made by hand outlives the fleet that used it', async () => {
    const sim = new SimulatedFleet()
    const untouched = bytes(sim)
    await byHand(sim, zone => define(zone, service(), ['path=/', 'v=1']))
    const defined = bytes(sim)
    await sim.up(fleetFile)
    expect((await sim.down(fleetFile)).converged).toBe(true)
    expect(await leftOver(sim)).toBe(defined)
    await byHand(sim, zone => undefine(zone, service(), {allowLost: false}))
    expect(bytes(sim)).toBe(untouched)
  })

  test("a machine that joined a fleet's service keeps its definition, and inherits it when the fleet ends", async () => {
    const sim = new SimulatedFleet()
    const untouched = bytes(sim)
    await sim.up(fleetFile)
    await byHand(sim, zone => join(zone, machine('db1')))
    expect(values(sim, SET, 'SRV')).toHaveLength(2)
    expect((await sim.up(fleetFile)).actions).toEqual([])
    expect((await sim.down(fleetFile)).converged).toBe(true)
    expect(values(sim, SET, 'SRV')).toEqual(['0 0 80 db1.example.com.'])
    expect([SET, '_http._tcp.example.com.', LISTING].map(name => values(sim, name, 'PTR').length)).toEqual([
      0, 1, 1,
    ])
    await byHand(sim, zone => leave(zone, machine('db1')))
    await byHand(sim, zone => undefine(zone, service({owner: 'db1-example-com'}), {allowLost: false}))
    expect(await leftOver(sim)).toBe(untouched)
  })

  test('the version that a fleet gives up stays defined for a machine that joined it', async () => {
    const sim = new SimulatedFleet()
    await sim.up(fleetFile)
    await byHand(sim, zone => join(zone, machine('db1')))
    const moved = discovered(1, 0, {registration: 'mcd', discovery: {...DISCOVERY, instance: 'v2'}})
    expect((await sim.up(moved)).converged).toBe(true)
    expect(values(sim, '_http._tcp.example.com.', 'PTR').sort()).toEqual([SET, 'v2._http._tcp.example.com.'])
    expect([values(sim, SET, 'SRV'), values(sim, SET, 'TXT').length]).toEqual([
      ['0 0 80 db1.example.com.'],
      1,
    ])
    expect((await sim.up(moved)).actions).toEqual([])
  })

  test('another version of the service keeps its listing when the fleet that made it ends', async () => {
    const sim = new SimulatedFleet()
    const untouched = bytes(sim)
    await sim.up(fleetFile)
    const v2 = service({instance: 'v2'})
    await byHand(sim, zone => define(zone, v2, []))
    expect((await sim.down(fleetFile)).converged).toBe(true)
    expect(values(sim, '_http._tcp.example.com.', 'PTR')).toEqual(['v2._http._tcp.example.com.'])
    expect(values(sim, LISTING, 'PTR')).toEqual(['_http._tcp.example.com.'])
    await byHand(sim, zone => undefine(zone, v2, {allowLost: false}))
    expect(await leftOver(sim)).toBe(untouched)
  })
})

test('what left the fleet file leaves the zone: another version, then none', async () => {
  const sim = new SimulatedFleet()
  await sim.up(discovered(1, 1, {registration: 'mcd'}))
  const v2 = discovered(1, 1, {registration: 'mcd', discovery: {...DISCOVERY, instance: 'Version 2.0'}})
  await sim.up(v2)
  expect(values(sim, SET, 'SRV')).toEqual([])
  await expectExactly(sim, v2)
  const {discovery: _, ...plain} = dnsName({vendor: 'route53', registration: 'mcd'})
  const none = {...v2, names: [plain]}
  expect((await sim.up(none)).converged).toBe(true)
  expect(bytes(sim)).not.toMatch(/SRV|PTR/)
})

test('CloudFlare is refused at plan, with the way out', async () => {
  const sim = new SimulatedFleet()
  await expect(sim.up(discovered(1, 1, {vendor: 'cloudflare'}))).rejects.toThrow(/SRV records under names/)
})
