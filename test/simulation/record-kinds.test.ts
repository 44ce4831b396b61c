import {describe, expect, test} from 'vitest'
import {EXIT, TransientError} from '../../src/errors.ts'
import type {DnsName, Fleet} from '../../src/fleet/model.ts'
import {SANDBOX} from '../../src/sandbox/world/credentials.ts'
import {watchDns} from '../support/dns-watch.ts'
import {dnsName, EAST, fleet, group, VIRGINIA, wish} from '../support/fleet-builder.ts'
import {SimulatedFleet} from '../support/simulated-fleet.ts'

/** Names of every kind, through the whole life of a fleet. */

const declared = (count: number, names: DnsName[], subnets: string[] = []): Fleet =>
  fleet(
    [
      group('virginia', count, {place: VIRGINIA, wish: wish({subnets})}),
      group('east', 1, {place: EAST, wish: wish({types: ['g1.nano']})}),
    ],
    {
      names,
    },
  )
const route53 = (over: Partial<DnsName> = {}) => dnsName({vendor: 'route53', ttlSeconds: 5, ...over})

/** Every set under the names of the fleet: `A simple 2` with the number of its values. */
const shapes = (sim: SimulatedFleet): string[] => {
  const sets = [...(sim.world.route53.zone(SANDBOX.zone)?.sets.values() ?? [])].flat()
  const seen = sets
    .filter(({name}) => name.includes('www.example.com'))
    .map(
      ({name, type, weight, multiValueAnswer, values = []}) =>
        `${name.startsWith('_mcd') ? '_mcd ' : ''}${type} ${multiValueAnswer ? 'multivalue' : weight === undefined ? 'simple' : `weight ${weight}`} ${values.length}`,
    )
  return [...new Set(seen)].sort()
}
const addresses = async (sim: SimulatedFleet, of: Fleet) =>
  (await sim.members(of))
    .filter(({type}) => type === 'A' || type === 'AAAA')
    .map(({value}) => value)
    .sort()

describe.each(['mcd', 'self'] as const)('registered by %s', registration => {
  test('a name goes from routing to routing and is never empty; the fleet leaves nothing', async () => {
    const sim = new SimulatedFleet()
    const named = (routing: DnsName['routing'], count = 2) =>
      declared(count, [route53({routing, registration})])
    const watch = watchDns(sim, named('simple'))
    const up = async (wanted: Fleet) => expect((await sim.up(wanted)).shortcomings).toEqual([])
    await up(named('simple'))
    expect(shapes(sim)).toEqual(['A simple 3', '_mcd TXT simple 3'])
    await up(named('simple', 1))
    expect(shapes(sim)).toEqual(['A simple 2', '_mcd TXT simple 2'])
    await up(named('multivalue'))
    expect(shapes(sim)).toEqual(['A multivalue 1'])
    watch.reset()
    await up(named('weighted'))
    expect(shapes(sim)).toEqual(['A weight 1 1'])
    await up(named('simple'))
    expect(shapes(sim)).toEqual(['A simple 3', '_mcd TXT simple 3'])
    expect(watch.fewest()).toBeGreaterThan(0)
    expect((await sim.down(named('simple'))).shortcomings).toEqual([])
    expect(shapes(sim)).toEqual([])
    expect(watch.early).toEqual([])
  })
})

test('sync moves a name to another routing without asking: nobody leaves it', async () => {
  const sim = new SimulatedFleet()
  const named = (routing: DnsName['routing']) => declared(3, [route53({routing})])
  await sim.up(named('multivalue'))
  for (const routing of ['simple', 'weighted', 'multivalue'] as const) {
    expect((await sim.sync(named(routing))).shortcomings).toEqual([])
    expect((await addresses(sim, named(routing))).length).toBe(4)
    expect((await sim.sync(named(routing))).actions).toEqual([])
  }
})

test('strangers in a simple set stay as they are, from the first launch to the last end', async () => {
  const sim = new SimulatedFleet()
  const zone = sim.world.route53.zone(SANDBOX.zone)
  const set = {name: 'www.example.com', type: 'A', ttlSeconds: 300, values: ['203.0.113.9', '203.0.113.7']}
  sim.world.route53.changeRecordSets({name: 'operator'}, zone?.id ?? '', [{action: 'CREATE', recordSet: set}])
  const before = JSON.stringify(zone?.sets.get('www.example.com.'))
  const wanted = declared(2, [route53({routing: 'simple'})])
  expect((await sim.up(wanted)).shortcomings).toEqual([])
  expect(shapes(sim)).toEqual(['A simple 5', '_mcd TXT simple 3'])
  expect((await sim.down(wanted)).shortcomings).toEqual([])
  expect(JSON.stringify(zone?.sets.get('www.example.com.'))).toBe(before)
  expect(shapes(sim)).toEqual(['A simple 2'])
})

test('under multivalue answers they are refused before anything is launched', async () => {
  const sim = new SimulatedFleet()
  const zone = sim.world.route53.zone(SANDBOX.zone)
  const set = {name: 'www.example.com', type: 'A', ttlSeconds: 300, values: ['203.0.113.9']}
  sim.world.route53.changeRecordSets({name: 'operator'}, zone?.id ?? '', [{action: 'CREATE', recordSet: set}])
  await expect(sim.up(declared(1, [route53()]))).rejects.toThrow('Set "routing: simple"')
  expect(sim.world.ec2.region('us-east-1').instances.size).toBe(0)
})

test('instances in a subnet with IPv6 answer by both addresses, and leave with both', async () => {
  const sim = new SimulatedFleet()
  const dual =
    [...sim.world.ec2.region('us-east-1').subnets.values()].find(({ipv6Cidr}) => ipv6Cidr)?.id ?? ''
  const wanted = declared(2, [route53({routing: 'simple'}), dnsName()], [dual])
  expect((await sim.up(wanted)).shortcomings).toEqual([])
  expect((await addresses(sim, wanted)).filter(value => value.includes(':'))).toHaveLength(4)
  expect(shapes(sim)).toEqual(['A simple 3', 'AAAA simple 2', '_mcd TXT simple 5'])
  expect((await sim.up(wanted)).actions).toEqual([])
  expect((await sim.down(wanted)).shortcomings).toEqual([])
  expect(await addresses(sim, wanted)).toEqual([])
})

describe('one name at two vendors', () => {
  const both = (count: number) => declared(count, [dnsName(), route53()])
  const at = async (sim: SimulatedFleet, vendor: 'cloudflare' | 'route53', of: Fleet) =>
    addresses(sim, {...of, names: of.names.filter(name => name.vendor === vendor)})
  const silent = (sim: SimulatedFleet, vendor: 'cloudflare' | 'route53') => {
    sim.world.calls.faults = {
      before({service}) {
        if (service === vendor) throw new TransientError('no route to host', {effect: 'none'})
      },
      after: () => {},
    }
  }
  const mend = (sim: SimulatedFleet) => {
    sim.world.calls.faults = {before: () => {}, after: () => {}}
  }

  test.each(['cloudflare', 'route53'] as const)(
    'stays equal, and goes on at one while %s is silent',
    async down => {
      const other = down === 'cloudflare' ? 'route53' : 'cloudflare'
      const sim = new SimulatedFleet()
      expect((await sim.up(both(2))).shortcomings).toEqual([])
      const before = await at(sim, down, both(2))
      expect(before).toHaveLength(3)
      expect(await at(sim, other, both(2))).toEqual(before)

      silent(sim, down)
      const half = await sim.up(both(3))
      expect([half.exit, half.shortcomings.map(({text}) => text).join(' ')]).toEqual([
        EXIT.partly,
        expect.stringContaining(down),
      ])
      mend(sim)
      expect(await at(sim, other, both(3))).toHaveLength(4)
      expect(await at(sim, down, both(3))).toEqual(before)

      expect((await sim.up(both(3))).shortcomings).toEqual([])
      expect(await at(sim, down, both(3))).toEqual(await at(sim, other, both(3)))

      // Who stands where nobody can look stays alive (law 5).
      silent(sim, down)
      expect((await sim.up(both(1))).exit).toBe(EXIT.partly)
      mend(sim)
      expect(await at(sim, other, both(1))).toHaveLength(2)
      expect(await at(sim, down, both(1))).toHaveLength(4)
      expect((await sim.up(both(1))).shortcomings).toEqual([])
      expect(await at(sim, down, both(1))).toEqual(await at(sim, other, both(1)))
    },
  )
})
