import {describe, expect, test} from 'vitest'
import {EXIT, TransientError} from '../../src/errors.ts'
import type {DnsName, Fleet} from '../../src/fleet/model.ts'
import type {RunResult} from '../../src/fleet/reconcile.ts'
import type {Call, Service} from '../../src/sandbox/world/calls.ts'
import {SANDBOX} from '../../src/sandbox/world/credentials.ts'
import {VendorError} from '../../src/sandbox/world/vendor-error.ts'
import {watchDns} from '../support/dns-watch.ts'
import {dnsName, EAST, fleet, group, VIRGINIA, wish} from '../support/fleet-builder.ts'
import {expectExactly, truth} from '../support/laws.ts'
import {SimulatedFleet} from '../support/simulated-fleet.ts'

/** One cloud down is one cloud down (law 7), and what cannot be read stays as it is (law 6): each way of being down, in each command. */

const CLOUDS = {
  virginia: {services: ['ec2', 'sts', 'ssm'], other: 'east'},
  east: {services: ['cloudapi'], other: 'virginia'},
} as const satisfies Record<string, {services: readonly Service[]; other: string}>
type Name = keyof typeof CLOUDS

const declared = (virginia: number, east: number, name: Partial<DnsName> = {}): Fleet =>
  fleet(
    [
      group('virginia', virginia, {place: VIRGINIA, wish: wish({open: [80]})}),
      group('east', east, {place: EAST, wish: wish({types: ['g1.nano'], open: [80]})}),
    ],
    {names: [dnsName(name)]},
  )

const readsOnly = (action: string) => /^(Describe|List|Get)/.test(action)
const unreachable = () => {
  throw new TransientError('no route to host', {effect: 'none'})
}
const broken = () => {
  throw new VendorError(500, 'InternalError', 'An internal error has occurred')
}

/** How a cloud can be down, as its callers meet it. */
const WAYS = {
  'cannot be reached': unreachable,
  'answers every call with 500': broken,
  'shows its instances and launches and ends none': ({action}: Call) => {
    if (!readsOnly(action)) broken()
  },
  'would launch and cannot show': ({action}: Call) => {
    if (readsOnly(action)) broken()
  },
  'throttles for ever': ({service}: Call) => {
    throw service === 'cloudapi'
      ? new VendorError(429, 'TooManyRequestsError', 'slow down')
      : new VendorError(503, 'RequestLimitExceeded', 'slow down')
  },
} as const

function strike(sim: SimulatedFleet, name: Name, way: (call: Call) => void) {
  const services: readonly Service[] = CLOUDS[name].services
  sim.world.calls.faults = {
    before(call) {
      if (call.principal.name === 'operator' && services.includes(call.service)) way(call)
    },
    after: () => {},
  }
}
const mend = (sim: SimulatedFleet) => {
  sim.world.calls.faults = {before: () => {}, after: () => {}}
}

const of = (sim: SimulatedFleet, name: string) =>
  truth(sim, {name: 'web'})
    .filter(({group: its, state}) => its === name && state === 'running')
    .map(({id}) => id)
/** Those of these instances that stand in DNS. */
const inDns = async (sim: SimulatedFleet, wanted: Fleet, ids: readonly string[]) => {
  const marked = new Set(
    (await sim.members(wanted)).flatMap(({type, mark}) => (type === 'A' && mark ? [mark.instance] : [])),
  )
  return ids.filter(id => marked.has(id))
}
const texts = ({shortcomings}: RunResult) => shortcomings.map(({text}) => text)

const VENDORS = [
  {vendor: 'cloudflare', registration: 'self'},
  {vendor: 'route53', registration: 'mcd', ttlSeconds: 5},
] as const satisfies Partial<DnsName>[]

describe.each(Object.entries(WAYS))('a cloud that %s', (how, way) => {
  describe.each(VENDORS)('with $vendor', name => {
    test.each([
      ['counts raised', 'virginia', [3, 3]],
      ['counts lowered', 'virginia', [1, 1]],
      ['counts raised', 'east', [3, 3]],
      ['counts lowered', 'east', [1, 1]],
    ] as const)('from the beginning: %s, %s down', async (_change, down, [virginia, east]) => {
      const sim = new SimulatedFleet()
      await sim.up(declared(2, 2, name))
      const before = of(sim, down)
      const wanted = declared(virginia, east, name)
      const {other} = CLOUDS[down]
      const watch = watchDns(sim, wanted)
      strike(sim, down, way)
      const half = await sim.up(wanted)
      expect([half.exit, texts(half).join(' ')]).toEqual([
        EXIT.partly,
        expect.stringMatching(/aws|joyent|virginia|east/),
      ])
      expect(of(sim, other)).toHaveLength(wanted.groups.find(each => each.name === other)?.count ?? -1)
      expect(await inDns(sim, wanted, of(sim, other))).toEqual(of(sim, other))
      expect(of(sim, down)).toEqual(before)
      // What can be seen to be too many has left DNS, and waits for its end.
      if (how !== 'shows its instances and launches and ends none')
        expect(await inDns(sim, wanted, before)).toEqual(before)
      mend(sim)
      expect(texts(await sim.up(wanted))).toEqual([])
      await expectExactly(sim, wanted)
      expect([watch.early, watch.fewest()]).toEqual([[], expect.any(Number)])
    })

    test.each(['virginia', 'east'] as const)('while the fleet goes down: %s', async down => {
      const sim = new SimulatedFleet()
      const wanted = declared(2, 2, name)
      await sim.up(wanted)
      const before = of(sim, down)
      const watch = watchDns(sim, wanted)
      strike(sim, down, way)
      const half = await sim.down(wanted)
      expect([half.exit, of(sim, CLOUDS[down].other), of(sim, down)]).toEqual([EXIT.partly, [], before])
      mend(sim)
      expect(texts(await sim.down(wanted))).toEqual([])
      await expectExactly(sim, wanted, {})
      expect(watch.early).toEqual([])
    })

    test.each(['virginia', 'east'] as const)('from the middle of a run on: %s', async down => {
      const sim = new SimulatedFleet()
      await sim.up(declared(1, 1, name))
      const wanted = declared(3, 3, name)
      const {other} = CLOUDS[down]
      let launches = 0
      strike(sim, down, call => {
        if (launches > 0) way(call)
        if (/RunInstances|CreateMachine/.test(call.action)) launches++
      })
      const half = await sim.up(wanted)
      expect([half.exit, of(sim, other).length]).toEqual([EXIT.partly, 3])
      expect(await inDns(sim, wanted, of(sim, other))).toEqual(of(sim, other))
      mend(sim)
      expect(texts(await sim.up(wanted))).toEqual([])
      await expectExactly(sim, wanted)
    })
  })
})

test('whoever began to leave while nobody could see that it is the last serves until another one does', async () => {
  const sim = new SimulatedFleet()
  const both = fleet([group('virginia', 1)], {names: [dnsName({vendor: 'route53'}), dnsName()]})
  await sim.up(both)
  const {cloudflare} = sim.world
  cloudflare.createRecord(
    {token: SANDBOX.cloudflare.operatorToken},
    cloudflare.zone('example.com')?.id ?? '',
    {
      type: 'A',
      name: 'www.example.com',
      content: '203.0.113.7',
      ttl: 300,
      proxied: false,
    },
  )
  const watch = watchDns(sim, {names: both.names.slice(0, 1)})
  const [last] = truth(sim, both)
  sim.world.calls.plan.add({target: 'route53', kind: 'outage', ms: 3_600_000})
  const down = await sim.down(both, {instances: [last?.id ?? '']})
  expect(down.exit).toBe(EXIT.partly)
  sim.world.calls.plan.clear()
  await sim.time.advance(600_000)
  expect((await sim.up(both)).shortcomings).toEqual([])
  expect(truth(sim, both).map(({id}) => id === last?.id)).toEqual([false])
  expect([watch.early, watch.fewest() > 0]).toEqual([[], true])
  await expectExactly(sim, both)
})
