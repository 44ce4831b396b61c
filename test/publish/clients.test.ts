import {Resolver} from 'node:dns/promises'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import * as library from '../../src/dns/sd/library.ts'
import {define, join} from '../../src/publish/publish.ts'
import {type DnsServer, serveDns} from '../../src/sandbox/wire/dns.ts'
import type * as shipped from '../../types/dns-sd.d.cts'
import {dig} from '../support/clients.ts'
import {browse, hasNetBonjour} from '../support/net-bonjour.ts'
import {has} from '../support/programs.ts'
import {machine, type PublishedZone, publishedZone, service} from '../support/published-zone.ts'
import {DNS_SERVED_MS} from '../support/route53-world.ts'
import {mulberry32} from '../support/virtual-runtime.ts'

const HTTP = '_http._tcp.example.com'
const PRETTY = {service: '_ipp._tcp', instance: 'Farbdrucker 2.0 im Büro'}
const PRETTY_NAME = String.raw`Farbdrucker\0322\.0\032im\032Büro._ipp._tcp.example.com`
const WEIGHTS = [10, 20, 70]

/** Without what CommonJS adds. */
type Shipped = Omit<typeof shipped, 'default'>

/** What was published by hand is judged by clients that share no code with us. */
describe('what is published is found', () => {
  let published: PublishedZone
  let dns: DnsServer
  const at = () => ({host: '127.0.0.1', port: dns.port})
  const options = () => ({servers: [`127.0.0.1:${dns.port}`], random: mulberry32(6763)})

  beforeAll(async () => {
    published = await publishedZone('in memory')
    const zone = await published.open()
    await published.run(async () => {
      await define(zone, service(), ['path=/', 'tls'])
      await define(zone, service(PRETTY), ['rp=printers/büro'])
      for (const [index, weight] of WEIGHTS.entries())
        await join(zone, machine(`web${index + 1}`, {weight, priority: 1}))
      await join(zone, machine('spare9', {priority: 2, addresses: ['192.0.2.9', '2001:db8::9']}))
      await join(zone, machine('printer7', {...PRETTY, port: 631}))
    })
    await published.time.advance(DNS_SERVED_MS)
    dns = await serveDns((name, type) => published.world.route53.answer(name, type))
  })
  afterAll(() => Promise.all([dns.close(), published.close()]))

  test.skipIf(!hasNetBonjour())('by a DNS-SD library of Perl (needs Net::Bonjour)', async () => {
    const found = await browse('example.com', at())
    expect(found.map(({service: of, name}) => `${of} ${name}`).sort()).toEqual([
      '_http._tcp v1',
      '_ipp._tcp Farbdrucker 2.0 im Büro',
    ])
    expect(found.find(({name}) => name === 'v1')).toMatchObject({port: 80, txt: {path: '/', tls: null}})
    expect(found.find(({port}) => port === 631)).toMatchObject({
      host: 'printer7.example.com',
      address: '192.0.2.7',
    })
  })

  test.skipIf(!has('dig'))('by dig, name by name (needs dig)', async () => {
    expect((await dig(at(), '_services._dns-sd._udp.example.com', 'PTR')).sort()).toEqual([
      `${HTTP}.`,
      '_ipp._tcp.example.com.',
    ])
    expect(await dig(at(), HTTP, 'PTR')).toEqual([`v1.${HTTP}.`])
    expect(await dig(at(), `v1.${HTTP}`, 'TXT')).toEqual(['"path=/" "tls"'])
    const [escaped = ''] = await dig(at(), '_ipp._tcp.example.com', 'PTR')
    expect(await dig(at(), escaped, 'SRV')).toEqual(['0 0 631 printer7.example.com.'])
  })

  test('by c-ares, which Node asks with', async () => {
    const resolver = new Resolver()
    resolver.setServers([`127.0.0.1:${dns.port}`])
    expect(await resolver.resolvePtr(HTTP)).toEqual([`v1.${HTTP}`])
    const targets = await resolver.resolveSrv(`v1.${HTTP}`)
    expect(targets.map(({name, priority, weight}) => [name, priority, weight]).sort()).toEqual([
      ['spare9.example.com', 2, 0],
      ...WEIGHTS.map((weight, index) => [`web${index + 1}.example.com`, 1, weight]),
    ])
    expect(await resolver.resolveTxt(`v1.${HTTP}`)).toEqual([['path=/', 'tls']])
    expect(await resolver.resolve6('spare9.example.com')).toEqual(['2001:db8::9'])
  })

  test('by the library that mcd ships, whose types say what it does', async () => {
    // Neither says more than the other: what does not compile here would not compile for its users.
    const typed: Shipped = library
    const asShipped: typeof library = typed
    const {browseServices, browseInstances, resolve, endpointsOf} = asShipped
    expect(await browseServices('example.com', options())).toEqual(['_http._tcp', '_ipp._tcp'])
    expect(await browseInstances('_ipp._tcp', 'example.com', options())).toEqual([PRETTY_NAME])
    const found = await resolve(HTTP, options())
    expect(found.instances).toEqual([{name: `v1.${HTTP}`, attributes: {path: '/', tls: true}}])
    expect(endpointsOf(found).slice(-2)).toEqual([
      {address: '192.0.2.9', port: 80},
      {address: '2001:db8::9', port: 80},
    ])
    await expect(resolve(`v9.${HTTP}`, options())).rejects.toThrow('it has no SRV record')
  })

  test('and drawn by the shares of the weights, within one priority', async () => {
    const found = await library.resolve(`v1.${HTTP}`, options())
    const draws = library.draw(found, 20_000, options())
    const chiSquare = WEIGHTS.reduce((sum, weight, index) => {
      const count = draws.filter(({address}) => address === `192.0.2.${index + 1}`).length
      const expected = (draws.length * weight) / 100
      return sum + (count - expected) ** 2 / expected
    }, 0)
    // Two degrees of freedom, p = 0.001. The spare machine of the next priority is never drawn.
    expect(chiSquare).toBeLessThan(13.82)
    expect(draws.some(({address}) => address === '192.0.2.9')).toBe(false)
  })
})
