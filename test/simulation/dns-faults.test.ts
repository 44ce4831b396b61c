import {expect, test} from 'vitest'
import type {DnsName, Fleet} from '../../src/fleet/model.ts'
import {lookAround} from '../../src/fleet/status/look.ts'
import type {FleetStatus} from '../../src/fleet/status/report.ts'
import {markToSetIdentifier} from '../../src/mark.ts'
import type {RecordSet} from '../../src/sandbox/world/route53/record-set.ts'
import {dnsName, fleet, group} from '../support/fleet-builder.ts'
import {type Hand, handsIn} from '../support/hand-in-zone.ts'
import {SimulatedFleet} from '../support/simulated-fleet.ts'

const NAME = 'www.example.com'
const SERVICE = '_http._tcp.example.com.'
const SET = `v1.${SERVICE}`
const BROWSE = '_services._dns-sd._udp.example.com.'
const DISCOVERY = {service: '_http._tcp', instance: 'v1', txt: ['path=/']}

const of = (...names: Partial<DnsName>[]): Fleet =>
  fleet([group('virginia', 2)], {names: names.map(name => dnsName(name))})
const CLOUDFLARE = of({})
const ROUTE53 = of({vendor: 'route53', discovery: DISCOVERY})
const WEIGHTED = of({vendor: 'route53', routing: 'weighted'})
const BOTH = of({}, {vendor: 'route53'})

/** A fleet of two that served, had a third one before, and shares its names with somebody. */
type Scene = {
  readonly sim: SimulatedFleet
  readonly hand: Hand
  readonly id: string
  readonly address: string
  readonly former: string
}

const THEIRS = '203.0.113.7'
const theirs: RecordSet = {
  name: `${NAME}.`,
  type: 'A',
  setIdentifier: 'theirs',
  multiValueAnswer: true,
  ttlSeconds: 300,
  values: [THEIRS],
}
/** Sets of one name route alike. */
const theirsIn = ({names: [{routing} = dnsName()]}: Fleet): RecordSet => {
  const {multiValueAnswer, ...plain} = theirs
  return routing === 'weighted'
    ? {...plain, weight: 3, ttlSeconds: 60}
    : {...plain, ...(multiValueAnswer && {multiValueAnswer})}
}
const ours = (instance: string, over: Partial<RecordSet> & Pick<RecordSet, 'name' | 'type'>): RecordSet =>
  ({
    setIdentifier: markToSetIdentifier({fleet: 'web', instance}),
    multiValueAnswer: true,
    ttlSeconds: 60,
    values: [],
    ...over,
  }) as RecordSet
const addressSet =
  (instance: string) =>
  ({name, type, setIdentifier}: RecordSet): boolean =>
    name === `${NAME}.` && type === 'A' && (setIdentifier?.endsWith(`:${instance}`) ?? false)
const setAt =
  (at: string, kind: RecordSet['type']) =>
  ({name, type}: RecordSet): boolean =>
    name === at && type === kind
const withValues = (set: RecordSet, values: readonly string[]): RecordSet => ({...set, values}) as RecordSet

async function scene(wanted: Fleet): Promise<Scene> {
  const sim = new SimulatedFleet()
  const [only] = wanted.groups
  const larger = {...wanted, groups: wanted.groups.map(each => ({...each, count: 3}))}
  expect(only).toBeDefined()
  await sim.up(larger)
  const before = (await status(sim, larger)).instances.map(({id}) => id)
  const up = await sim.up(wanted)
  expect(up.shortcomings).toEqual([])
  const hand = handsIn(sim)
  if (wanted.names.some(({vendor}) => vendor === 'cloudflare'))
    hand.cloudflare.add({type: 'A', name: NAME, content: THEIRS, ttl: 300})
  if (wanted.names.some(({vendor}) => vendor === 'route53')) hand.route53.add(theirsIn(wanted))
  await sim.time.advance(3_600_000)
  const {instances, differences} = await status(sim, wanted)
  expect(differences).toEqual([])
  const [{id = '', publicIp: address = ''} = {}] = instances
  const former = before.find(each => !instances.some(instance => instance.id === each)) ?? ''
  return {sim, hand, id, address, former}
}

const status = (sim: SimulatedFleet, wanted: Fleet): Promise<FleetStatus> =>
  sim.time.run(async () => (await lookAround(sim.outside(wanted), wanted)).status)

/** What is not mcd's, byte for byte. */
const foreign = ({cloudflare, route53}: Hand): string =>
  JSON.stringify([
    cloudflare.records().filter(({comment}) => !comment?.startsWith('mcd:v1 ')),
    route53
      .sets()
      .filter(({name, setIdentifier}) => name === `${NAME}.` && !setIdentifier?.startsWith('mcd:v1:')),
  ])

type Fault = {
  readonly what: string
  readonly in: Fleet
  /** What happens to the zone, or beside it. */
  breaks(scene: Scene): Promise<unknown> | unknown
  readonly kind: string
  readonly text: RegExp
  readonly fix?: 'mcd up'
}

const markOf = (instance: string, over = {}) => ({fleet: 'web', group: 'virginia', instance, ...over})

const FAULTS: readonly Fault[] = [
  {
    what: 'a dead address of ours',
    in: CLOUDFLARE,
    breaks: ({hand, former}) =>
      hand.cloudflare.add({type: 'A', name: NAME, content: '192.0.2.99', mark: markOf(former)}),
    kind: 'dead-record',
    text: /^www\.example\.com still holds 192\.0\.2\.99 of \S+ \(the instance is gone\)$/,
  },
  {
    what: 'a longer TTL by hand',
    in: CLOUDFLARE,
    breaks: ({hand, id}) => hand.cloudflare.edit(id, {ttl: 3_600}),
    kind: 'wrong-ttl',
    text: /has a TTL of 3600 s and should have 60 s$/,
  },
  {
    what: 'a shorter TTL by hand',
    in: ROUTE53,
    breaks: ({hand, id}) => hand.route53.edit(addressSet(id), set => ({...set, ttlSeconds: 5}) as RecordSet),
    kind: 'wrong-ttl',
    text: /has a TTL of 5 s and should have 60 s$/,
  },
  {
    what: 'another address in our record',
    in: CLOUDFLARE,
    breaks: ({hand, id}) => hand.cloudflare.edit(id, {content: '198.51.100.1'}),
    kind: 'wrong-value',
    text: /198\.51\.100\.1 of \S+ should be [\d.]+ \(edited/,
  },
  {
    what: 'another address in our record set',
    in: ROUTE53,
    breaks: ({hand, id}) => hand.route53.edit(addressSet(id), set => withValues(set, ['198.51.100.1'])),
    kind: 'wrong-value',
    text: /198\.51\.100\.1 of \S+ should be [\d.]+ \(edited/,
  },
  {
    what: 'the proxied flag set',
    in: CLOUDFLARE,
    breaks: ({hand, id}) => hand.cloudflare.edit(id, {proxied: true}),
    kind: 'wrong-proxied',
    text: /is proxied and should not be$/,
  },
  {
    what: 'a second record of ours',
    in: CLOUDFLARE,
    breaks: ({hand, id}) =>
      hand.cloudflare.add({type: 'A', name: NAME, content: '198.51.100.1', mark: markOf(id)}),
    kind: 'duplicate-record',
    text: /holds 198\.51\.100\.1 of \S+ beside the one that is right$/,
  },
  {
    what: 'a missing record',
    in: ROUTE53,
    breaks: ({hand, id}) => hand.route53.edit(addressSet(id), () => undefined),
    kind: 'missing-in-dns',
    text: /^www\.example\.com lacks [\d.]+ of \S+ \(healthy and not in DNS yet\)$/,
  },
  {
    what: 'a record with the mark of another group',
    in: CLOUDFLARE,
    breaks: ({hand, id}) => hand.cloudflare.edit(id, {comment: `mcd:v1 f=web g=other i=${id}`}),
    kind: 'wrong-mark',
    text: /is marked as of group other and should be of virginia$/,
  },
  {
    what: 'another weight by hand',
    in: WEIGHTED,
    breaks: ({hand, id}) => hand.route53.edit(addressSet(id), set => ({...set, weight: 0}) as RecordSet),
    kind: 'wrong-weight',
    text: /has a weight of 0 and should have 1$/,
  },
  {
    what: 'a hold that is left over',
    in: ROUTE53,
    breaks: ({hand, id}) =>
      hand.route53.add(ours(id, {name: `_mcd.${NAME}.`, type: 'TXT', values: [`"out ${id}"`]})),
    kind: 'stale-hold',
    text: /^_mcd\.www\.example\.com still keeps \S+ out of DNS/,
  },
  {
    what: 'the hold of one that has ended',
    in: CLOUDFLARE,
    breaks: ({hand, former}) =>
      hand.cloudflare.add({
        type: 'TXT',
        name: `_mcd.${NAME}`,
        content: `"out ${former}"`,
        mark: markOf(former),
      }),
    kind: 'stale-hold',
    text: /^_mcd\.www\.example\.com still keeps \S+ out of DNS/,
  },
  {
    what: 'the hold of a drained one lost',
    in: CLOUDFLARE,
    async breaks({sim, hand, id}) {
      await sim.sync(CLOUDFLARE, {request: {kind: 'drain', until: 'forgotten', instances: [id]}})
      hand.cloudflare.edit(id, 'delete')
    },
    kind: 'missing-hold',
    text: /^nothing in _mcd\.www\.example\.com keeps \S+ out \(drained/,
  },
  {
    what: 'the record of a drained one put back',
    in: CLOUDFLARE,
    async breaks({sim, hand, id, address}) {
      await sim.sync(CLOUDFLARE, {request: {kind: 'drain', until: 'forgotten', instances: [id]}})
      hand.cloudflare.add({type: 'A', name: NAME, content: address, mark: markOf(id)})
    },
    kind: 'unwanted-in-dns',
    text: /still holds [\d.]+ of \S+ \(drained/,
  },
  {
    what: 'the companion of an SRV set lost',
    in: ROUTE53,
    breaks: ({hand}) => hand.route53.edit(setAt(`_mcd.${SET}`, 'TXT'), () => undefined),
    kind: 'missing-mark',
    text: /^v1\._http\._tcp\.example\.com: SRV 0 0 80 \S+ of \S+ stands without its mark in _mcd\.v1/,
  },
  {
    what: 'a stale SRV value',
    in: ROUTE53,
    breaks({hand, former}) {
      const value = `0 0 80 ${former}.${NAME}`
      hand.route53.edit(setAt(SET, 'SRV'), set => withValues(set, [...(set.values ?? []), `${value}.`]))
      hand.route53.edit(setAt(`_mcd.${SET}`, 'TXT'), set =>
        withValues(set, [...(set.values ?? []), `"srv web ${former} ${value}"`]),
      )
    },
    kind: 'dead-record',
    text: /still holds SRV 0 0 80 \S+ of \S+ \(the instance is gone\)$/,
  },
  {
    what: 'an SRV set with another TTL',
    in: ROUTE53,
    breaks: ({hand}) => hand.route53.edit(setAt(SET, 'SRV'), set => ({...set, ttlSeconds: 5}) as RecordSet),
    kind: 'wrong-ttl',
    text: /SRV 0 0 80 \S+ of \S+ has a TTL of 5 s and should have 60 s$/,
  },
  {
    what: 'a lost PTR record',
    in: ROUTE53,
    breaks: ({hand}) => hand.route53.edit(setAt(SERVICE, 'PTR'), () => undefined),
    kind: 'missing-definition',
    text: /^_http\._tcp\.example\.com lacks PTR v1\._http\._tcp\.example\.com/,
  },
  {
    what: 'a lost browse PTR record',
    in: ROUTE53,
    breaks: ({hand}) => hand.route53.edit(setAt(BROWSE, 'PTR'), () => undefined),
    kind: 'missing-definition',
    text: /^_services\._dns-sd\._udp\.example\.com lacks PTR _http\._tcp\.example\.com/,
  },
  {
    what: 'a PTR record with another TTL',
    in: ROUTE53,
    breaks: ({hand}) =>
      hand.route53.edit(setAt(SERVICE, 'PTR'), set => ({...set, ttlSeconds: 5}) as RecordSet),
    kind: 'wrong-ttl',
    text: /PTR v1\._http\._tcp\.example\.com has a TTL of 5 s and should have 60 s$/,
  },
  {
    what: 'other attributes of the service',
    in: ROUTE53,
    breaks: ({hand}) => hand.route53.edit(setAt(SET, 'TXT'), set => withValues(set, ['"path=/old"'])),
    kind: 'wrong-value',
    text: /TXT "path=\/old" should be TXT path=\/ /,
  },
  {
    what: 'the attributes of the service lost',
    in: ROUTE53,
    breaks: ({hand}) => hand.route53.edit(setAt(SET, 'TXT'), () => undefined),
    kind: 'missing-definition',
    text: /lacks TXT "path=\/"/,
  },
  {
    what: 'the host address of a discovered one wrong',
    in: ROUTE53,
    breaks: ({hand, id}) =>
      hand.route53.edit(setAt(`${id}.${NAME}.`, 'A'), set => withValues(set, ['198.51.100.1'])),
    kind: 'wrong-value',
    text: /^i-\w+\.www\.example\.com: 198\.51\.100\.1 of \S+ should be [\d.]+/,
  },
  {
    what: 'the name gone from one of two vendors',
    in: BOTH,
    breaks: ({hand}) =>
      hand.route53.edit(
        ({name, setIdentifier}) => name === `${NAME}.` && (setIdentifier?.startsWith('mcd:') ?? false),
        () => undefined,
      ),
    kind: 'missing-in-dns',
    text: /^www\.example\.com lacks [\d.]+ of \S+/,
  },
  {
    what: 'an instance ended by somebody else',
    in: CLOUDFLARE,
    async breaks({sim, id}) {
      const region = sim.world.ec2.region('us-east-1').name
      sim.world.ec2.call({principal: {name: 'operator'}, region}, 'TerminateInstances', {instanceIds: [id]})
      await sim.time.advance(600_000)
    },
    kind: 'dead-record',
    text: /still holds [\d.]+ of \S+ \(the instance is gone\)$/,
    fix: 'mcd up',
  },
]

test.each(FAULTS)('$what: status says what and why, and its fix mends it', async fault => {
  const {kind, text, fix} = fault
  const found = await scene(fault.in)
  const {sim, hand} = found
  const untouched = foreign(hand)
  await fault.breaks(found)
  await sim.time.advance(5_000)

  const broken = await status(sim, fault.in)
  const difference = broken.differences.find(each => each.kind === kind)
  expect(broken.differences.map(each => each.kind)).toContain(kind)
  expect(difference?.text).toMatch(text)
  expect([broken.converged, difference?.fix]).toEqual([false, 'mcd sync'])

  const mended = fix === 'mcd up' ? await sim.up(fault.in) : await sim.sync(fault.in)
  expect(mended.shortcomings).toEqual([])
  await sim.time.advance(5_000)
  const {differences} = await status(sim, fault.in)
  expect(differences.map(each => each.text)).toEqual([])
  expect(foreign(hand)).toBe(untouched)
})

test('an address for which somebody else answers is a remark: it serves, and nothing of theirs is changed', async () => {
  const found = await scene(CLOUDFLARE)
  found.hand.cloudflare.edit(found.id, {comment: 'moved here by ann', ttl: 3_600})
  const untouched = foreign(found.hand)
  const {converged, remarks} = await status(found.sim, CLOUDFLARE)
  expect([converged, remarks]).toEqual([true, [expect.stringMatching(/by a record that is not mcd's/)]])
  expect((await found.sim.up(CLOUDFLARE)).converged).toBe(true)
  expect(foreign(found.hand)).toBe(untouched)
})

test('a set of another routing in place of ours is named; once it is gone the fix puts ours back', async () => {
  const {sim, hand} = await scene(ROUTE53)
  const isHere = setAt(`${NAME}.`, 'A')
  hand.route53.edit(isHere, () => undefined)
  hand.route53.add({name: `${NAME}.`, type: 'A', ttlSeconds: 300, values: [THEIRS]})
  const {differences} = await status(sim, ROUTE53)
  expect(differences).toContainEqual(
    expect.objectContaining({
      kind: 'warning',
      text: expect.stringMatching(/simple A record set that is not/),
    }),
  )
  await expect(sim.up(ROUTE53)).rejects.toThrow(/simple A record set that is not this fleet's/)
  hand.route53.edit(isHere, () => undefined)
  expect((await sim.sync(ROUTE53)).shortcomings).toEqual([])
  await sim.time.advance(5_000)
  expect((await status(sim, ROUTE53)).differences).toEqual([])
})

test('an address under a name that the file no longer has is told, and left by up', async () => {
  const {sim} = await scene(CLOUDFLARE)
  const moved: Fleet = {...CLOUDFLARE, names: [dnsName({name: 'api.example.com'})]}
  const {differences} = await status(sim, moved)
  expect(differences).toContainEqual(
    expect.objectContaining({
      kind: 'dead-record',
      text: expect.stringMatching(
        /^www\.example\.com still holds .* \(www\.example\.com is no longer in the/,
      ),
      fix: 'mcd up',
    }),
  )
  expect((await sim.up(moved)).shortcomings).toEqual([])
  await sim.time.advance(5_000)
  expect((await status(sim, moved)).differences).toEqual([])
})

test('a record of ours whose instance nobody can name stays, and is told as what a person must look at', async () => {
  const {sim, hand} = await scene(CLOUDFLARE)
  hand.cloudflare.add({type: 'A', name: NAME, content: '192.0.2.99', mark: markOf('i-0nobody')})
  await sim.time.advance(5_000)
  const untouched = hand.cloudflare.records().length
  const {differences} = await status(sim, CLOUDFLARE)
  expect(differences.map(({kind}) => kind)).toEqual(['unknown-instance'])
  await sim.sync(CLOUDFLARE)
  expect(hand.cloudflare.records()).toHaveLength(untouched)
})
