import {afterEach, describe, expect, test} from 'vitest'
import {define, join, leave, undefine} from '../../src/publish/publish.ts'
import {recordText} from '../../src/publish/service.ts'
import {machine, type PublishedZone, publishedZone, service} from '../support/published-zone.ts'

const SET = 'v1._http._tcp.example.com'
const LISTING = '_services._dns-sd._udp.example.com'
const TXT = ['path=/', 'v=1']

let zone: PublishedZone
afterEach(() => zone.close())
const opened = async (way: 'in memory' | 'over the wire' = 'in memory') => {
  zone = await publishedZone(way)
  return zone.open()
}

describe.each(['in memory', 'over the wire'] as const)('a service by hand, %s', way => {
  test('join and leave return the zone to its bytes after define, undefine to the first ones', async () => {
    const at = await opened(way)
    zone.create({name: 'www.example.com', type: 'A', ttlSeconds: 60, values: ['192.0.2.200']})
    const first = zone.bytes()
    await zone.run(() => define(at, service(), TXT))
    const defined = zone.bytes()
    expect(zone.values(SET, 'TXT')).toEqual(['"path=/" "v=1"'])
    expect(zone.values('_http._tcp.example.com', 'PTR')).toEqual([`${SET}.`])
    expect(zone.values(LISTING, 'PTR')).toEqual(['_http._tcp.example.com.'])

    await zone.run(() => join(at, machine('db1')))
    const oneJoined = zone.bytes()
    await zone.run(() => join(at, machine('db2', {addresses: ['192.0.2.2', '2001:db8::2'], weight: 3})))
    expect(zone.values(SET, 'SRV')).toEqual(['0 0 80 db1.example.com.', '0 3 80 db2.example.com.'])
    expect(zone.values('db2.example.com', 'AAAA')).toEqual(['2001:db8::2'])
    await zone.run(() => leave(at, machine('db2')))
    expect(zone.bytes()).toBe(oneJoined)
    await zone.run(() => leave(at, machine('db1')))
    expect(zone.bytes()).toBe(defined)
    await zone.run(() => undefine(at, service(), {allowLost: false}))
    expect(zone.bytes()).toBe(first)
  })

  test('what is repeated changes nothing', async () => {
    const at = await opened(way)
    const twice = async (task: () => ReturnType<typeof join>) => {
      await zone.run(task)
      const once = zone.bytes()
      const {change} = await zone.run(task)
      expect(change).toEqual({create: [], remove: []})
      expect(zone.bytes()).toBe(once)
    }
    const named = service({instance: 'Größe 2.0 \\ "x"'})
    await twice(() => define(at, named, TXT))
    await twice(() => join(at, machine('db1', {instance: named.instance})))
    await twice(() => leave(at, machine('db1', {instance: named.instance})))
    await twice(() => undefine(at, named, {allowLost: false}))
  })
})

describe('in one SRV set', () => {
  const stranger = '9 9 9999 Theirs.Example.net'
  const planted = {name: `${SET}.`, type: 'SRV', ttlSeconds: 600, values: [stranger]}

  test('strangers keep their bytes and their TTL, whoever joins and leaves', async () => {
    const at = await opened()
    zone.create(planted)
    const first = zone.bytes()
    await zone.run(() => join(at, machine('db1')))
    expect(zone.values(SET, 'SRV')).toEqual([stranger, '0 0 80 db1.example.com.'])
    await zone.run(() => leave(at, machine('db1')))
    expect(zone.bytes()).toBe(first)
  })

  test('a machine has one value: joining again with another port or address replaces the earlier one', async () => {
    const at = await opened()
    await zone.run(() => join(at, machine('db1')))
    await zone.run(() =>
      join(at, machine('db1', {addresses: ['192.0.2.77'], port: 8080, weight: 5, ttlSeconds: 30})),
    )
    expect(zone.values(SET, 'SRV')).toEqual(['0 5 8080 db1.example.com.'])
    expect(zone.values('db1.example.com', 'A')).toEqual(['192.0.2.77'])
    expect(zone.bytes()).not.toContain('"ttlSeconds":60')
  })

  test('twelve who join at once are all there, and all gone when they leave at once', async () => {
    const at = await opened()
    const first = zone.bytes()
    const all = Array.from({length: 12}, (_, i) => machine(`db${i + 1}`))
    const writers = await Promise.all(all.map(() => zone.open()))
    await zone.run(() => Promise.all(all.map((each, i) => join(writers[i] ?? at, each))))
    expect(zone.values(SET, 'SRV')).toHaveLength(12)
    await zone.run(() => Promise.all(all.map((each, i) => leave(writers[i] ?? at, each))))
    expect(zone.bytes()).toBe(first)
  })

  test('nobody takes out what another owner put in, and is told whose it is', async () => {
    const at = await opened()
    await zone.run(() => join(at, machine('db1', {owner: 'payments'})))
    const before = zone.bytes()
    await expect(zone.run(() => leave(at, machine('db1')))).rejects.toMatchObject({
      message: `SRV ${SET} 0 0 80 db1.example.com belongs to "payments".`,
      suggestions: ['If you are "payments": add --owner payments.'],
    })
    expect(zone.bytes()).toBe(before)
    await zone.run(() => leave(at, machine('db1', {owner: 'payments'})))
    expect(zone.values(SET, 'SRV')).toEqual([])
  })

  test('a host that leads elsewhere already is refused before anything is made', async () => {
    const at = await opened()
    zone.create({name: 'db1.example.com', type: 'A', ttlSeconds: 60, values: ['192.0.2.200']})
    const before = zone.bytes()
    await expect(zone.run(() => join(at, machine('db1')))).rejects.toThrow(
      'A db1.example.com 192.0.2.200 carries no mark',
    )
    expect(zone.bytes()).toBe(before)
  })

  test("an address that stands there as it should is used, and stays its owner's", async () => {
    const at = await opened()
    zone.create({name: 'db1.example.com', type: 'A', ttlSeconds: 600, values: ['192.0.2.1']})
    const before = zone.bytes()
    await zone.run(() => join(at, machine('db1')))
    await zone.run(() => leave(at, machine('db1')))
    expect(zone.bytes()).toBe(before)
  })

  test('a set that Route53 cannot change any more is refused with the count that fits', async () => {
    const at = await opened()
    const others = Array.from(
      {length: 120},
      (_, i) => `0 0 80 some-rather-long-name-of-a-host-${i}.example.net`,
    )
    zone.create({...planted, values: others})
    const before = zone.bytes()
    await expect(zone.run(() => join(at, machine('db1')))).rejects.toThrow(
      /carries an SRV set of \d+ values here, and 1 is wanted beside 120 of others/,
    )
    expect(zone.bytes()).toBe(before)
  })
})

describe('versions side by side', () => {
  const v2 = {instance: 'v2'}

  test('the listing of the service stays until the last of them is undefined', async () => {
    const at = await opened()
    const first = zone.bytes()
    await zone.run(() => define(at, service(), TXT))
    const one = zone.bytes()
    await zone.run(() => define(at, service(v2), ['path=/v2']))
    await zone.run(() => undefine(at, service(v2), {allowLost: false}))
    expect(zone.bytes()).toBe(one)
    await zone.run(() => define(at, service(v2), ['path=/v2']))
    await zone.run(() => undefine(at, service(), {allowLost: false}))
    expect(zone.values(LISTING, 'PTR')).toHaveLength(1)
    await zone.run(() => undefine(at, service(v2), {allowLost: false}))
    expect(zone.bytes()).toBe(first)
  })

  test('whoever stays inherits the listing, and takes it away at the end', async () => {
    const at = await opened()
    const first = zone.bytes()
    await zone.run(() => define(at, service({owner: 'ann'}), TXT))
    await zone.run(() => define(at, service({...v2, owner: 'bob'}), TXT))
    await zone.run(() => undefine(at, service({owner: 'ann'}), {allowLost: false}))
    expect(zone.values(LISTING, 'PTR')).toHaveLength(1)
    await zone.run(() => undefine(at, service({...v2, owner: 'bob'}), {allowLost: false}))
    expect(zone.bytes()).toBe(first)
  })

  test('two who are undefined at once leave nothing', async () => {
    const [at, other] = [await opened(), await zone.open()]
    const first = zone.bytes()
    await zone.run(() => Promise.all([define(at, service(), TXT), define(other, service(v2), TXT)]))
    await zone.run(() =>
      Promise.all([
        undefine(at, service(), {allowLost: false}),
        undefine(other, service(v2), {allowLost: false}),
      ]),
    )
    expect(zone.bytes()).toBe(first)
  })

  test('a machine in two of them keeps its address until it leaves the second', async () => {
    const at = await opened()
    await zone.run(() => define(at, service(), TXT))
    await zone.run(() => define(at, service(v2), TXT))
    const defined = zone.bytes()
    await zone.run(() => join(at, machine('db1')))
    await zone.run(() => join(at, machine('db1', {...v2, port: 8080})))
    const {notes} = await zone.run(() => leave(at, machine('db1')))
    expect(notes).toEqual([
      expect.stringContaining('SRV v2._http._tcp.example.com 0 0 8080 db1.example.com'),
      'Resolvers may lead clients there for another 1m: let it serve so long.',
    ])
    expect(zone.values('db1.example.com', 'A')).toEqual(['192.0.2.1'])
    await zone.run(() => leave(at, machine('db1', v2)))
    expect(zone.bytes()).toBe(defined)
  })

  test("the address that another owner's target needs is handed over to it", async () => {
    const at = await opened()
    await zone.run(() => define(at, service(), TXT))
    await zone.run(() => define(at, service({service: '_metrics._tcp'}), TXT))
    const defined = zone.bytes()
    await zone.run(() => join(at, machine('db1', {owner: 'ann'})))
    await zone.run(() => join(at, machine('db1', {service: '_metrics._tcp', owner: 'bob', port: 9100})))
    await zone.run(() => leave(at, machine('db1', {owner: 'ann'})))
    expect(zone.values('db1.example.com', 'A')).toEqual(['192.0.2.1'])
    await zone.run(() => leave(at, machine('db1', {service: '_metrics._tcp', owner: 'bob'})))
    expect(zone.bytes()).toBe(defined)
  })
})

describe('a definition', () => {
  test('with other attributes replaces its own TXT record, and never somebody else’s', async () => {
    const at = await opened()
    await zone.run(() => define(at, service(), TXT))
    await zone.run(() => define(at, service(), ['path=/new']))
    expect(zone.values(SET, 'TXT')).toEqual(['"path=/new"'])
    await expect(zone.run(() => define(at, service({owner: 'ann'}), TXT))).rejects.toMatchObject({
      message: `${SET} has another TXT record already, which belongs to "by-hand".`,
    })
    expect(zone.values(SET, 'TXT')).toEqual(['"path=/new"'])
  })

  test('that stands is used as it is where no attributes are given', async () => {
    const at = await opened()
    await zone.run(() => define(at, service(), TXT))
    const {change, notes} = await zone.run(() => define(at, service({owner: 'ann'}), undefined))
    expect(change.create).toEqual([])
    expect(notes).toHaveLength(3)
  })

  test('without attributes has one empty string', async () => {
    const at = await opened()
    await zone.run(() => define(at, service(), undefined))
    expect(zone.values(SET, 'TXT')).toEqual(['""'])
  })

  test('is kept while machines stand in its set, unless they may be lost', async () => {
    const at = await opened()
    await zone.run(() => define(at, service(), TXT))
    await zone.run(() => join(at, machine('db1')))
    const before = zone.bytes()
    await expect(zone.run(() => undefine(at, service(), {allowLost: false}))).rejects.toThrow(
      'db1.example.com belongs to "db1-example-com", and stands in the set still.',
    )
    expect(zone.bytes()).toBe(before)
    const {change} = await zone.run(() => undefine(at, service(), {allowLost: true}))
    expect(change.remove.map(({type}) => type).sort()).toEqual(['PTR', 'PTR', 'TXT'])
  })

  test('says of a value that looks like a secret that it is public, and shows it nowhere', async () => {
    const at = await opened()
    const {change, notes} = await zone.run(() => define(at, service(), ['token=hunter2']))
    expect(notes).toEqual([
      'The TXT record has "token", which looks like a secret by its key: everybody can read a TXT record.',
    ])
    expect(change.create.map(recordText).join()).not.toContain('hunter2')
  })
})
