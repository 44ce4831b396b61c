import {describe, expect, test} from 'vitest'
import type {RegistrationService} from '../../src/userdata/registration/names.ts'
import {type DnsVendors, dnsVendors, guest, metadataService, webServer} from '../support/guest.ts'
import {has} from '../support/programs.ts'

const V1 = 'v1._http._tcp.example.com'
const MINE = '0 5 80 i-0abc.www.example.com.'
const ENTRY = '"srv web i-0abc 0 5 80 i-0abc.www.example.com"'
const OTHER = '0 5 80 i-0zzz.www.example.com.'
const OTHER_ENTRY = '"srv web i-0zzz 0 5 80 i-0zzz.www.example.com"'
const ADDRESSES = [
  'A i-0abc.www.example.com. 192.0.2.10 5 mcd:v1:web:i-0abc',
  'A www.example.com. 192.0.2.10 5 mcd:v1:web:i-0abc',
]
/** Made by mcd, and never the instances' affair. */
const DEFINITION: [name: string, type: string, value: string][] = [
  ['_http._tcp.example.com', 'PTR', `${V1}.`],
  [V1, 'TXT', '"path=/"'],
]

const SHELLS = [
  {shell: ['dash'], program: 'dash'},
  {shell: ['busybox', 'sh'], program: 'busybox'},
].filter(({program}) => has(program))

/** `TYPE name. values`, with the values in order: where they stand in a set says nothing. */
const sets = ({route53}: Pick<DnsVendors, 'route53'>) =>
  route53
    .sets()
    .map(({type, name, values}) => `${type} ${name} ${[...(values ?? [])].sort().join(', ')}`)
    .sort()
const srvSets = (world: Pick<DnsVendors, 'route53'>) => sets(world).filter(set => /^SRV |_mcd\.v1/.test(set))

describe.skipIf(!has('curl'))('the registration script with DNS-SD (needs curl)', () => {
  /** An instance on EC2, or several with one zone, whose name has a service at Route53. */
  async function instances({
    ids = ['i-0abc'],
    shell = ['sh'],
    discovery = {},
  }: {
    ids?: string[]
    shell?: string[]
    discovery?: Partial<RegistrationService>
  } = {}) {
    const vendors = await dnsVendors({pace: 8})
    const service = await webServer()
    const srv = {set: V1, priority: 0, weight: 5, port: 80}
    const boot = async (id: string, more: Partial<RegistrationService> = {}) => {
      const metadata = await metadataService({'instance-id': id})
      const names = [{...vendors.route53.name, discovery: {...srv, ...discovery, ...more}}]
      return guest({names, metadataUrl: metadata.url, servicePort: service.port, shell})
    }
    for (const [name, type, value] of DEFINITION) vendors.route53.change('CREATE', name, type, [value])
    const defined = sets(vendors)
    const machines = await Promise.all(ids.map(id => boot(id)))
    const [machine] = machines
    if (!machine) throw new Error('an instance is wanted')
    return {...vendors, service, machine, machines, boot, defined}
  }
  type World = Awaited<ReturnType<typeof instances>>
  const stands = ({route53}: World, values: string[], entries: string[]) => {
    route53.change('CREATE', V1, 'SRV', values)
    if (entries.length > 0) route53.change('CREATE', `_mcd.${V1}`, 'TXT', entries)
  }
  /** Runs once, in the moment before the zone gets the first change of the SRV set. */
  const beforeTheChange = ({route53}: World, act: () => void) => {
    let done = false
    route53.tamper = ({method, body}) => {
      if (method === 'POST' && body.includes('<Type>SRV</Type>') && !done) {
        done = true
        act()
      }
      return undefined
    }
  }

  test.each(SHELLS)(
    'joins in $program, the host before its value, and leaves the other way round; the definition stays',
    async ({shell}) => {
      const world = await instances({shell})
      expect(await world.machine.run('register')).toMatchObject({status: 0})
      expect(world.route53.records().filter(set => set.startsWith('A '))).toEqual(
        expect.arrayContaining(ADDRESSES),
      )
      expect(srvSets(world)).toEqual([`SRV ${V1}. ${MINE}`, `TXT _mcd.${V1}. ${ENTRY}`])
      expect(await world.machine.run('deregister')).toMatchObject({status: 0})
      expect(sets(world)).toEqual(world.defined)
      const changes = world.route53.seen.filter(({method}) => method === 'POST')
      expect(
        changes.map(({body}) => /<Action>(\w+)<.*?<Name>([^<]+)\.</.exec(body)?.slice(1).join(' ')),
      ).toEqual([
        // The host's address comes in the same call.
        'UPSERT www.example.com',
        `CREATE ${V1}`,
        `DELETE ${V1}`,
        'DELETE i-0abc.www.example.com',
        'DELETE www.example.com',
      ])
    },
  )

  test('keeps the values of others, byte for byte, in set and companion', async () => {
    const world = await instances()
    const odd = ['"a \\"b\\" & <c>"', '"x" "y"', OTHER_ENTRY]
    stands(world, [OTHER, '10 0 8080 OLD.example.net'], odd)
    const before = sets(world)
    await world.machine.run('register')
    expect(srvSets(world)[0]).toBe(`SRV ${V1}. ${[MINE, OTHER, '10 0 8080 OLD.example.net'].join(', ')}`)
    await world.machine.run('deregister')
    expect(sets(world)).toEqual(before)
  })

  test.each(['register', 'deregister'])(
    '%s loses nothing of whoever writes between its read and its change',
    async command => {
      const world = await instances()
      if (command === 'deregister') await world.machine.run('register')
      beforeTheChange(world, () => {
        const mine = command === 'deregister' ? [[MINE], [ENTRY]] : [[], []]
        world.route53.change('UPSERT', V1, 'SRV', [...(mine[0] ?? []), OTHER])
        world.route53.change('UPSERT', `_mcd.${V1}`, 'TXT', [...(mine[1] ?? []), OTHER_ENTRY])
      })
      expect(await world.machine.run(command)).toMatchObject({status: 0})
      const joined = command === 'register'
      expect(srvSets(world)).toEqual([
        `SRV ${V1}. ${joined ? `${MINE}, ` : ''}${OTHER}`,
        `TXT _mcd.${V1}. ${joined ? `${ENTRY}, ` : ''}${OTHER_ENTRY}`,
      ])
    },
  )

  test('no value stands without its entry when somebody takes the entry away meanwhile', async () => {
    const world = await instances()
    stands(world, [OTHER], [OTHER_ENTRY, ENTRY])
    beforeTheChange(world, () => world.route53.change('UPSERT', `_mcd.${V1}`, 'TXT', [OTHER_ENTRY]))
    expect(await world.machine.run('register')).toMatchObject({status: 0})
    expect(srvSets(world)).toEqual([
      `SRV ${V1}. ${MINE}, ${OTHER}`,
      `TXT _mcd.${V1}. ${ENTRY}, ${OTHER_ENTRY}`,
    ])
  })

  test('no entry leaves its value behind when somebody puts the value back meanwhile', async () => {
    const world = await instances()
    await world.machine.run('register')
    world.route53.change('UPSERT', V1, 'SRV', [OTHER])
    world.route53.change('UPSERT', `_mcd.${V1}`, 'TXT', [OTHER_ENTRY, ENTRY])
    let done = false
    world.route53.tamper = ({method, body}) => {
      if (method === 'POST' && body.includes(`_mcd.${V1}`) && !done) {
        done = true
        world.route53.change('UPSERT', V1, 'SRV', [MINE, OTHER])
      }
      return undefined
    }
    expect(await world.machine.run('deregister')).toMatchObject({status: 0})
    expect(srvSets(world)).toEqual([`SRV ${V1}. ${OTHER}`, `TXT _mcd.${V1}. ${OTHER_ENTRY}`])
  })

  test('what another fleet left behind without its value does not claim it', async () => {
    const world = await instances()
    stands(world, [OTHER], [OTHER_ENTRY, ENTRY.replace('srv web ', 'srv shop ')])
    expect(await world.machine.run('register')).toMatchObject({status: 0})
    expect(srvSets(world)).toEqual([
      `SRV ${V1}. ${MINE}, ${OTHER}`,
      `TXT _mcd.${V1}. ${[ENTRY, OTHER_ENTRY].sort().join(', ')}`,
    ])
  })

  test('an entry without its value leaves with the set’s next change, and not while there is no set', async () => {
    const world = await instances()
    await world.machine.run('register')
    world.route53.change('DELETE', V1, 'SRV', [MINE])
    expect(await world.machine.run('deregister')).toMatchObject({status: 0})
    expect(srvSets(world)).toEqual([`TXT _mcd.${V1}. ${ENTRY}`])
    await world.machine.run('register')
    await world.machine.run('deregister')
    expect(sets(world)).toEqual(world.defined)
  })

  test('instances that join and leave at once lose no value, and leave nothing', async () => {
    const ids = ['i-0a', 'i-0b', 'i-0c']
    const world = await instances({ids})
    const joined = await Promise.all(world.machines.map(machine => machine.run('register')))
    expect(joined.map(({status}) => status)).toEqual([0, 0, 0])
    expect(srvSets(world)[0]).toBe(`SRV ${V1}. ${ids.map(id => `0 5 80 ${id}.www.example.com.`).join(', ')}`)
    await Promise.all(world.machines.map(machine => machine.run('deregister')))
    expect(sets(world)).toEqual(world.defined)
  })

  test('a value without an entry is somebody else’s, also when it equals its own', async () => {
    const world = await instances()
    const equal = '00 5 80 I-0ABC.www.example.com'
    stands(world, [equal], [])
    const before = sets(world)
    expect(await world.machine.run('register')).toMatchObject({status: 0})
    expect(srvSets(world)).toEqual([`SRV ${V1}. ${equal}`])
    await world.machine.run('deregister')
    expect(sets(world)).toEqual(before)
  })

  test('another weight takes the place of its earlier value', async () => {
    const world = await instances()
    await world.machine.run('register')
    const again = await world.boot('i-0abc', {weight: 9})
    expect(await again.run('register')).toMatchObject({status: 0})
    expect(srvSets(world)).toEqual([
      `SRV ${V1}. ${MINE.replace(' 5 ', ' 9 ')}`,
      `TXT _mcd.${V1}. ${ENTRY.replace(' 5 ', ' 9 ')}`,
    ])
  })

  test('check puts back what was lost of it, once the service answers, and is otherwise quiet', async () => {
    const world = await instances()
    const {machine, service, route53} = world
    await machine.run('register')
    const joined = sets(world)
    route53.change('DELETE', V1, 'SRV', [MINE])
    route53.change('DELETE', 'i-0abc.www.example.com', 'A', ['192.0.2.10'], {
      multiValueAnswer: true,
      setIdentifier: 'mcd:v1:web:i-0abc',
    })
    const lost = sets(world)
    service.tamper = () => ({status: 503})
    await machine.run('check')
    expect(sets(world)).toEqual(lost)
    service.tamper = () => undefined
    expect(await machine.run('check')).toMatchObject({status: 0})
    expect(sets(world)).toEqual(joined)
    route53.change('DELETE', V1, 'SRV', [MINE])
    await machine.run('check')
    expect(sets(world)).toEqual(joined)
    const before = route53.seen.length
    await machine.run('check')
    expect(route53.seen.slice(before).filter(({method}) => method !== 'GET')).toEqual([])
  })

  test('joins nothing while mcd holds it out', async () => {
    const world = await instances()
    world.route53.change('CREATE', '_mcd.www.example.com', 'TXT', ['"out i-0abc"'])
    const before = sets(world)
    await world.machine.run('register')
    await world.machine.run('check')
    expect(sets(world)).toEqual(before)
  })

  test('its address leaves also where its value cannot', async () => {
    const world = await instances()
    await world.machine.run('register')
    world.route53.tamper = ({method, body}) =>
      method === 'POST' && body.includes('<Type>SRV</Type>')
        ? {
            status: 403,
            body: '<ErrorResponse><Error><Code>AccessDenied</Code><Message>no SRV for you</Message></Error></ErrorResponse>',
          }
        : undefined
    const {status, output} = await world.machine.run('deregister')
    expect(status).toBe(1)
    expect(output).toContain('no SRV for you')
    expect(sets(world).filter(set => set.startsWith('A '))).toEqual([])
  })

  test('says at once when the set is full', async () => {
    const world = await instances()
    const full = Array.from({length: 400}, (_, i) => `0 0 80 h${i}.example.net.`)
    stands(world, full, [])
    const {status, output} = await world.machine.run('register')
    expect(status).toBe(1)
    expect(output).toContain('Cannot have more than 400 records')
  })

  test('writes names as Route53 shows them: a set with blanks and dots in a label, a host with capitals in its id', async () => {
    const set = 'version\\0401\\0560._http._tcp.example.com'
    const world = await instances({ids: ['I-0ABC'], discovery: {set}})
    expect(await world.machine.run('register')).toMatchObject({status: 0})
    expect(await world.machine.run('check')).toMatchObject({status: 0, output: ''})
    expect(sets(world)).toContain(`SRV ${set}. ${MINE}`)
    expect(await world.machine.run('deregister')).toMatchObject({status: 0})
    expect(sets(world)).toEqual(world.defined)
  })
})
