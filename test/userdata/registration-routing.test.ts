import {describe, expect, test} from 'vitest'
import type {RegistrationName} from '../../src/userdata/registration/names.ts'
import {type DnsVendors, dnsVendors, guest, metadataService, webServer} from '../support/guest.ts'
import {has} from '../support/programs.ts'

const NAME = 'www.example.com'
const IPV6 = '2001:db8::10'

const SHELLS = [
  {shell: ['dash'], program: 'dash'},
  {shell: ['busybox', 'sh'], program: 'busybox'},
].filter(({program}) => has(program))

/** `A simple 5 192.0.2.10`, values in order. */
const sets = ({route53}: Pick<DnsVendors, 'route53'>) =>
  route53
    .sets()
    .map(({type, name, weight, multiValueAnswer, ttlSeconds, values = []}) =>
      [
        `${name.startsWith('_mcd.') ? '_mcd ' : ''}${type}`,
        multiValueAnswer ? 'multivalue' : weight === undefined ? 'simple' : `weight ${weight}`,
        ttlSeconds,
        [...values].sort().join(' '),
      ].join(' '),
    )
    .sort()

describe.skipIf(!has('curl'))('the registration script by the routing of its name (needs curl)', () => {
  async function instances(
    more: Partial<RegistrationName>,
    {ids = ['i-0abc'], shell = ['sh'], ipv6 = false}: {ids?: string[]; shell?: string[]; ipv6?: boolean} = {},
  ) {
    const vendors = await dnsVendors({pace: 8})
    const service = await webServer()
    const machines = await Promise.all(
      ids.map(async (id, at) => {
        const metadata = await metadataService({
          'instance-id': id,
          'public-ipv4': `192.0.2.${10 + at}`,
          ...(ipv6 && {ipv6: `2001:db8::1${at}`}),
        })
        const names = [{...vendors.route53.name, ...more}]
        return guest({names, metadataUrl: metadata.url, servicePort: service.port, shell})
      }),
    )
    const [machine] = machines
    if (!machine) throw new Error('an instance is wanted')
    return {...vendors, machine, machines}
  }

  test.each(SHELLS)('shares one set in $program with strangers, and leaves it as it was', async ({shell}) => {
    const world = await instances({routing: 'simple'}, {shell, ipv6: true})
    world.route53.change('CREATE', NAME, 'A', ['192.0.2.200'], {ttlSeconds: 300})
    const before = sets(world)
    expect(await world.machine.run('register')).toMatchObject({status: 0})
    expect(sets(world)).toEqual([
      'A simple 300 192.0.2.10 192.0.2.200',
      `AAAA simple 5 ${IPV6}`,
      `_mcd TXT simple 5 "a web i-0abc 192.0.2.10" "aaaa web i-0abc ${IPV6}"`,
    ])
    const seen = world.route53.seen.length
    expect(await world.machine.run('check')).toMatchObject({status: 0, output: ''})
    expect(world.route53.seen.slice(seen).map(({method}) => method)).toEqual(['GET'])
    expect(await world.machine.run('deregister')).toMatchObject({status: 0})
    expect(sets(world)).toEqual(before)
  })

  test('instances that share a set at once lose no value, and a hold among the marks keeps one out', async () => {
    const world = await instances({routing: 'simple'}, {ids: ['i-0a', 'i-0b', 'i-0c']})
    const held = ['"out i-0c drained"', '"txt web i-0c out i-0c drained"']
    world.route53.change('CREATE', `_mcd.${NAME}`, 'TXT', held)
    await Promise.all(world.machines.map(machine => machine.run('register')))
    expect(sets(world)).toEqual([
      'A simple 5 192.0.2.10 192.0.2.11',
      `_mcd TXT simple 5 "a web i-0a 192.0.2.10" "a web i-0b 192.0.2.11" ${held.join(' ')}`,
    ])
    await Promise.all(world.machines.map(machine => machine.run('deregister')))
    expect(sets(world)).toEqual([`_mcd TXT simple 5 ${held.join(' ')}`])
  })

  test('a foreign value that equals ours stays when we leave, and check leaves it in peace', async () => {
    const world = await instances({routing: 'simple'})
    world.route53.change('CREATE', NAME, 'A', ['192.0.2.10'])
    const before = sets(world)
    expect(await world.machine.run('register')).toMatchObject({status: 0})
    expect(await world.machine.run('check')).toMatchObject({status: 0, output: ''})
    expect(await world.machine.run('deregister')).toMatchObject({status: 0})
    expect(sets(world)).toEqual(before)
  })

  test.each(SHELLS)(
    'enters weighted sets for both addresses in $program, and leaves again',
    async ({shell}) => {
      const world = await instances({routing: {weight: 7}}, {shell, ipv6: true})
      expect(await world.machine.run('register')).toMatchObject({status: 0})
      expect(sets(world)).toEqual(['A weight 7 5 192.0.2.10', `AAAA weight 7 5 ${IPV6}`])
      expect(await world.machine.run('check')).toMatchObject({status: 0, output: ''})
      expect(await world.machine.run('deregister')).toMatchObject({status: 0})
      expect(sets(world)).toEqual([])
    },
  )

  test('leaves IPv6 out where the name takes none', async () => {
    const world = await instances({ipv6: false}, {ipv6: true})
    await world.machine.run('register')
    expect(sets(world)).toEqual(['A multivalue 5 192.0.2.10'])
  })

  test('an IPv6 address that was lost from DNS comes back with the other', async () => {
    const world = await instances({}, {ipv6: true})
    await world.machine.run('register')
    const whole = sets(world)
    world.route53.change('DELETE', NAME, 'AAAA', [IPV6], {
      multiValueAnswer: true,
      setIdentifier: 'mcd:v1:web:i-0abc',
    })
    expect(await world.machine.run('check')).toMatchObject({status: 0})
    expect(sets(world)).toEqual(whole)
  })

  test('follows its name to another routing and back, and leaves by that', async () => {
    const world = await instances({})
    await world.machine.run('register')
    const own = {multiValueAnswer: true, setIdentifier: 'mcd:v1:web:i-0abc'}
    world.route53.change('DELETE', NAME, 'A', ['192.0.2.10'], own)
    world.route53.change('CREATE', NAME, 'A', ['192.0.2.10', '192.0.2.77'])
    world.route53.change('CREATE', `_mcd.${NAME}`, 'TXT', ['"a web i-0abc 192.0.2.10"'])
    const moved = sets(world)
    expect(await world.machine.run('check')).toMatchObject({status: 0})
    expect(sets(world)).toEqual(moved)
    expect(await world.machine.run('check')).toMatchObject({status: 0, output: ''})
    expect(await world.machine.run('deregister')).toMatchObject({status: 0})
    expect(sets(world)).toEqual(['A simple 5 192.0.2.77'])

    world.route53.change('DELETE', NAME, 'A', ['192.0.2.77'])
    world.route53.change('CREATE', NAME, 'A', ['192.0.2.88'], {weight: 1, setIdentifier: 'by hand'})
    expect(await world.machine.run('register')).toMatchObject({status: 0})
    expect(sets(world)).toEqual(['A weight 1 5 192.0.2.10', 'A weight 1 5 192.0.2.88'])
  })

  test('who leaves without having looked again leaves the shared set, too', async () => {
    const world = await instances({})
    await world.machine.run('register')
    world.route53.change('DELETE', NAME, 'A', ['192.0.2.10'], {
      multiValueAnswer: true,
      setIdentifier: 'mcd:v1:web:i-0abc',
    })
    world.route53.change('CREATE', NAME, 'A', ['192.0.2.10'])
    world.route53.change('CREATE', `_mcd.${NAME}`, 'TXT', ['"a web i-0abc 192.0.2.10"'])
    expect(await world.machine.run('deregister')).toMatchObject({status: 0})
    expect(sets(world)).toEqual([])
  })

  test('a boot costs two calls, four with DNS-SD', async () => {
    const srv = {set: 'v1._http._tcp.example.com', priority: 0, weight: 0, port: 80}
    for (const [more, calls] of [
      [{}, 2],
      [{routing: {weight: 1}}, 2],
      [{discovery: srv}, 4],
      [{routing: 'simple'}, 3],
    ] as const) {
      const world = await instances(more, {ipv6: true})
      expect(await world.machine.run('register')).toMatchObject({status: 0})
      expect(world.route53.seen).toHaveLength(calls)
    }
  })

  test('on CloudFlare each address is a record of its own', async () => {
    const {cloudflare, ...vendors} = await dnsVendors()
    const service = await webServer()
    const metadata = await metadataService({ipv6: '2001:0DB8:0:0::10'})
    const machine = await guest({
      names: [cloudflare.name],
      metadataUrl: metadata.url,
      servicePort: service.port,
    })
    expect(vendors.route53.sets()).toEqual([])
    expect(await machine.run('register')).toMatchObject({status: 0})
    expect(cloudflare.records().map(record => record.split(' ').slice(0, 3).join(' '))).toEqual([
      'A www.example.com 192.0.2.10',
      'AAAA www.example.com 2001:db8::10',
    ])
    expect(await machine.run('check')).toMatchObject({status: 0, output: ''})
    expect(await machine.run('deregister')).toMatchObject({status: 0})
    expect(cloudflare.records()).toEqual([])
  })
})
