import {describe, expect, test} from 'vitest'
import {drawEndpoints, endpointsOf, resolveService} from '../../../src/dns/sd/resolve.ts'
import {dnsTable, SOUND} from '../../support/dns-table.ts'
import {mulberry32} from '../../support/virtual-runtime.ts'

const SERVICE = '_http._tcp.example.com'
const V1 = `v1.${SERVICE}`
const resolved = (records: string, name = V1) => resolveService(dnsTable(records), name, mulberry32(1))

describe('resolve', () => {
  test('follows an instance to every address of every target', async () => {
    const service = await resolved(SOUND)
    expect(
      endpointsOf(service)
        .map(({address}) => address)
        .sort(),
    ).toEqual(['192.0.2.1', '192.0.2.2', '2001:db8::2'])
    expect(service.instances).toEqual([{name: V1, attributes: {path: '/'}}])
  })

  test('follows a service to the targets of all its instances, by their priorities', async () => {
    const service = await resolved(
      `${SOUND}${SERVICE} PTR ${String.raw`v2\.0`}.${SERVICE}
       ${String.raw`v2\.0`}.${SERVICE} SRV 9 1 8080 i-3.www.example.com
       i-3.www.example.com A 192.0.2.3`,
      SERVICE,
    )
    expect(service.instances.map(({name}) => name)).toEqual([V1, String.raw`v2\.0.${SERVICE}`])
    expect(service.targets.at(-1)).toMatchObject({
      instance: String.raw`v2\.0.${SERVICE}`,
      port: 8080,
      addresses: ['192.0.2.3'],
    })
  })

  test('leaves out a target without an address', async () => {
    const {targets} = await resolved(SOUND.replace(/i-1\S* A .*/, ''))
    expect(targets.map(({target}) => target)).toEqual(['i-2.www.example.com'])
  })

  test('follows a host that is an alias, step by step, and no circle', async () => {
    const aliased = SOUND.replace(/^i-2.*$/gm, '')
    const {targets} = await resolved(`${aliased}
      i-2.www.example.com CNAME a.example.net
      a.example.net CNAME b.example.net
      b.example.net AAAA 2001:db8::9`)
    expect(targets.find(({target}) => target === 'i-2.www.example.com')?.addresses).toEqual(['2001:db8::9'])
    const circle = await resolved(`${aliased}
      i-2.www.example.com CNAME a.example.net
      a.example.net CNAME i-2.www.example.com`)
    expect(circle.targets.map(({target}) => target)).toEqual(['i-1.www.example.com'])
  })

  test('draws by weight, one of the addresses each time', async () => {
    const service = await resolved(SOUND.replace('0 1 80 i-1', '0 3 80 i-1'))
    const draws = drawEndpoints(service, 4_000, mulberry32(7))
    const share = (address: string) => draws.filter(draw => draw.address === address).length / draws.length
    expect(share('192.0.2.1')).toBeCloseTo(0.75, 1)
    expect(share('192.0.2.2')).toBeCloseTo(0.125, 1)
    expect(share('2001:db8::2')).toBeCloseTo(0.125, 1)
  })

  test.each([
    ['', SERVICE, 'it has no PTR record that names an instance'],
    [SOUND.replace(/.* SRV .*/g, ''), V1, 'it has no SRV record'],
    [SOUND.replace(/.* SRV .*/g, ''), SERVICE, `none of its instances (${V1}) has an SRV record`],
    [SOUND.replace(/i-\d\S* A+ .*/g, ''), V1, '(i-1.www.example.com, i-2.www.example.com) has an address'],
    [`${V1} SRV 0 0 0 .`, V1, 'its SRV record says that it is not available'],
  ])('says why it leads nowhere', async (records, name, reason) => {
    await expect(resolved(records, name)).rejects.toThrow(reason)
  })

  test('refuses a name that is neither a service nor an instance', async () => {
    await expect(resolved(SOUND, 'www.example.com')).rejects.toThrow('names no DNS-SD service')
  })
})
