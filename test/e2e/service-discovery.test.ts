import {execa} from 'execa'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {type DnsServer, serveDns} from '../../src/sandbox/wire/dns.ts'
import {realClock} from '../../src/sandbox/world/clock.ts'
import {SANDBOX} from '../../src/sandbox/world/credentials.ts'
import {idleHypervisor} from '../../src/sandbox/world/hypervisor.ts'
import {createWorld} from '../../src/sandbox/world/world.ts'
import {workplaces} from '../support/cli.ts'
import {has} from '../support/programs.ts'

const SERVICE = '_http._tcp.example.com'
const V1 = `v1.${SERVICE}`
/** More hosts than one datagram holds. */
const HOSTS = Array.from({length: 40}, (_, i) => `i-${i + 10}.www.example.com.`)

describe('a service in a zone of Route53', () => {
  const {open, endAll} = workplaces()
  const {mcd} = open()
  let dns: DnsServer
  let server: string[]

  beforeAll(async () => {
    const world = createWorld({
      clock: realClock,
      random: Math.random,
      hypervisor: idleHypervisor(),
      delays: {dnsServedMs: 0},
    })
    const sets: [name: string, type: string, values: string[]][] = [
      ['_services._dns-sd._udp.example.com', 'PTR', [`${SERVICE}.`]],
      [SERVICE, 'PTR', [`${V1}.`]],
      [V1, 'TXT', ['"path=/" "tls"']],
      [V1, 'SRV', HOSTS.map((host, i) => `${i === 7 ? 0 : 10} 0 80 ${host}`)],
      ...HOSTS.map((host, i): [string, string, string[]] => [host, 'A', [`192.0.2.${i}`]]),
    ]
    world.route53.changeRecordSets(
      {name: 'operator'},
      world.route53.zone(SANDBOX.zone)?.id ?? '',
      sets.map(([name, type, values]) => ({
        action: 'CREATE',
        recordSet: {name, type, ttlSeconds: 60, values},
      })),
    )
    dns = await serveDns((name, type) => world.route53.answer(name, type))
    server = ['--server', `127.0.0.1:${dns.port}`]
  })
  afterAll(async () => {
    await endAll()
    await dns.close()
  })

  test('is browsed from its domain to its instances', async () => {
    const services = await mcd(['sd', 'browse', 'example.com', ...server])
    const instances = await mcd(['sd', 'browse', '_http._tcp', 'example.com', ...server])
    expect([services.stdout, instances.stdout]).toEqual([SERVICE, V1])
  })

  test('where nothing is listed, that is said, and scripts still read nothing', async () => {
    const services = await mcd(['sd', 'browse', 'www.example.com', ...server])
    const instances = await mcd(['sd', 'browse', '_ipp._tcp', 'example.com', ...server])
    expect([services.stdout, instances.stdout]).toEqual(['', ''])
    expect(services.stderr).toBe('www.example.com lists no services.')
    expect(instances.stderr).toBe('example.com lists no instances of _ipp._tcp.')
  })

  test('is resolved to "ADDRESS PORT" lines, those of the first priority first', async () => {
    const {stdout, exitCode} = await mcd(['sd', 'resolve', SERVICE, ...server])
    expect(exitCode).toBe(0)
    const lines = stdout.split('\n')
    expect(lines[0]).toBe('192.0.2.7 80')
    expect([...lines].sort()).toEqual(HOSTS.map((_host, i) => `192.0.2.${i} 80`).sort())
    const drawn = await mcd(['sd', 'resolve', V1, '--count', '3', '--json', ...server])
    expect(drawn.json()).toMatchObject({
      instances: [{name: V1, attributes: {path: '/', tls: true}}],
      endpoints: Array(3).fill({address: '192.0.2.7', port: 80}),
    })
  })

  test.skipIf(!has('dig'))('is what dig sees (needs dig)', async () => {
    const {stdout} = await execa('dig', ['+short', `-p${dns.port}`, '@127.0.0.1', 'SRV', V1])
    const {targets} = (await mcd(['sd', 'resolve', V1, '--json', ...server])).json<{
      targets: {priority: number; weight: number; port: number; target: string}[]
    }>()
    const ours = targets.map(({priority, weight, port, target}) => `${priority} ${weight} ${port} ${target}.`)
    expect(ours.sort()).toEqual(stdout.split('\n').sort())
  })

  test('is checked: an answer for TCP alone is a finding, and an instance that nobody lists', async () => {
    const service = await mcd(['sd', 'check', SERVICE, '--json', ...server])
    expect(service.exitCode).toBe(10)
    expect(service.json()).toMatchObject({findings: [{kind: 'large-answer', name: V1}]})
    const {stdout, exitCode} = await mcd(['sd', 'check', `v2.${SERVICE}`, ...server])
    expect(exitCode).toBe(10)
    expect(stdout).toContain(`${SERVICE} has no PTR record for v2.${SERVICE}.\n  Whoever knows its name`)
  })

  test('is asked for with exit 2 for what is no service, and 1 for what leads nowhere', async () => {
    const [wrong, nowhere] = await Promise.all([
      mcd(['sd', 'resolve', 'www.example.com', ...server]),
      mcd(['sd', 'resolve', `v2.${SERVICE}`, ...server]),
    ])
    expect([wrong.exitCode, nowhere.exitCode]).toEqual([2, 1])
    expect(nowhere.stderr).toContain(`v2.${SERVICE} leads to no address: it has no SRV record.`)
  })
})
