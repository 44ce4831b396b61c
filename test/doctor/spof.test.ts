import {describe, expect, test} from 'vitest'
import type {Seen, SeenPlace} from '../../src/doctor/spof/component.ts'
import {components} from '../../src/doctor/spof/components.ts'
import type {Fleet} from '../../src/fleet/model.ts'
import type {Place} from '../../src/providers/compute.ts'
import {dnsName, EAST, fleet, group, VIRGINIA, wish} from '../support/fleet-builder.ts'

const NOTHING: Seen = {places: new Map()}
const OREGON: Place = {key: 'aws:us-west-2', provider: 'aws', region: 'us-west-2'}
const WEST: Place = {
  key: 'joyent:us-west-1.api.mnx.io',
  provider: 'joyent',
  endpoint: 'https://us-west-1.api.mnx.io',
}
const CENTRAL: Place = {
  ...WEST,
  key: 'joyent:us-central-1.api.mnx.io',
  endpoint: 'https://us-central-1.api.mnx.io',
}

const seen = (over: Partial<SeenPlace> = {}, key = VIRGINIA.key): Seen => ({
  places: new Map([[key, {account: '123456789012', zonesInUse: [], zonesOfLaunch: new Map(), ...over}]]),
})
const singles = (of: Fleet, by: Seen = NOTHING) =>
  components(of, by).flatMap(({component, single}) => (single ? [component] : []))
const remedyOf = (component: string, of: Fleet, by: Seen = NOTHING) =>
  components(of, by).find(each => each.component === component)?.single?.remedy

/** Three instances in three zones: nothing but these is single. */
const LARGE = seen({zonesInUse: ['us-east-1a', 'us-east-1b']})

test('everything of which the smallest fleet has one', () => {
  const small = fleet([group('virginia', 1, {wish: wish({zones: ['us-east-1a']})})])
  expect(singles(small)).toEqual([
    'instance',
    'group',
    'cloud',
    'account',
    'region',
    'availability zone',
    'DNS vendor',
    'zone',
    'state store',
  ])
})

test('nothing but the store, where everything else is there twice', () => {
  const names = [
    dnsName({vendor: 'cloudflare'}),
    dnsName({vendor: 'route53'}),
    dnsName({vendor: 'cloudflare', zone: 'example.org', name: 'www.example.org'}),
    dnsName({vendor: 'route53', zone: 'example.org', name: 'www.example.org'}),
  ]
  const large = fleet([group('virginia', 2), group('east', 1, {place: EAST})], {names})
  expect(singles(large, LARGE)).toEqual(['state store'])
})

test.each<[string, Place[], string[]]>([
  ['two regions of one cloud', [VIRGINIA, OREGON], ['cloud', 'account']],
  ['two data centres of one Triton cloud', [WEST, CENTRAL], ['cloud', 'account']],
  ['two accounts of one cloud', [VIRGINIA, {...OREGON, profile: 'other'}], ['cloud']],
  ['two clouds', [VIRGINIA, WEST], []],
])('%s', (_what, places, expected) => {
  const groups = places.map((place, index) => group(`g${index}`, 2, {place}))
  const found = singles(fleet(groups)).filter(component => /cloud|account|region/.test(component))
  expect(found).toEqual(expected)
})

test('a group without instances is no copy, unless another one fails over to it', () => {
  const empty = group('east', 0, {place: EAST})
  expect(singles(fleet([group('virginia', 2), empty]))).toContain('cloud')
  const failover = {to: 'east', floor: 2, afterMs: 60_000}
  expect(singles(fleet([group('virginia', 2, {failover}), empty]))).not.toContain('cloud')
})

describe('availability zones', () => {
  const ZONES = ['us-east-1a', 'us-east-1b', 'us-east-1c']
  const launching = (zones: string[], zonesInUse: string[] = []) =>
    seen({zonesInUse, zonesOfLaunch: new Map([['virginia', zones]])})
  const zoneOf = (of: Fleet, by: Seen) =>
    components(of, by).find(({component}) => component === 'availability zone')

  test.each<[string, number, string[], string[], number]>([
    ['those that a launch would use, and no more than there are instances', 2, ZONES, [], 2],
    ['those that living instances are in', 2, ZONES, ['us-east-1c'], 1],
  ])('%s', (_which, count, launch, inUse, copies) => {
    expect(zoneOf(fleet([group('virginia', count)]), launching(launch, inUse))?.copies).toHaveLength(copies)
  })

  test('a cloud that could not be asked is not blamed for one', () => {
    const found = zoneOf(fleet([group('virginia', 2)]), NOTHING)
    expect([found?.single, found?.unknown]).toEqual([undefined, expect.stringMatching(/aws:us-east-1/)])
  })

  test.each<[string, Partial<ReturnType<typeof wish>>, number, string[], RegExp]>([
    ['the file names one', {zones: ['us-east-1a']}, 2, ['us-east-1a'], /second zone in "zones"/],
    ['the file fills one after the other', {spread: false}, 2, ZONES, /Take "spread: false" out/],
    ['there is one instance', {}, 1, ZONES, /Raise "count"/],
    ['one zone alone offers the type', {}, 2, ['us-east-1a'], /Choose a type/],
  ])('one, where %s', (_why, over, count, zones, remedy) => {
    expect(
      remedyOf('availability zone', fleet([group('virginia', count, {wish: wish(over)})]), launching(zones)),
    ).toMatch(remedy)
  })

  test('one, where living instances are all in one though they need not be', () => {
    expect(
      remedyOf('availability zone', fleet([group('virginia', 2)]), launching(ZONES, ['us-east-1b'])),
    ).toMatch(/mcd replace/)
  })
})

test.each([
  [{kind: 'local' as const}, /mcd state migrate/],
  [{kind: 's3' as const, bucket: 'b', prefix: ''}, /replication/],
  [{kind: 'postgres' as const, host: 'db', database: 'd', sslmode: 'disable' as const}, /standby/],
])('what would make two of the store %o', (state, remedy) => {
  expect(remedyOf('state store', fleet([group('virginia', 2)], {state}))).toMatch(remedy)
})
