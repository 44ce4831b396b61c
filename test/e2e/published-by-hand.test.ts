import {createServer, type Server} from 'node:http'
import type {AddressInfo} from 'node:net'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import type {PublishedReport} from '../../src/output/published-text.ts'
import {workplaces} from '../support/cli.ts'
import {dig} from '../support/clients.ts'
import {eventually} from '../support/eventually.ts'
import {has} from '../support/programs.ts'

const SERVICE = ['_http._tcp', 'Version 2.0', '--zone', 'example.com', '--sandbox'] as const
const NAME = String.raw`Version\0322\.0._http._tcp.example.com`

describe('a service that people publish by hand, without a fleet file', () => {
  const {open, endAll} = workplaces()
  const place = open()
  const sd = (command: string, ...flags: string[]) => place.mcd(['sd', command, ...SERVICE, ...flags])
  let web: Server
  let port: number

  beforeAll(async () => {
    web = createServer((request, response) => response.writeHead(request.url === '/ok' ? 200 : 503).end())
    await new Promise<void>(resolve => web.listen(0, '127.0.0.1', resolve))
    port = (web.address() as AddressInfo).port
    await place.startSandbox('shared')
  }, 60_000)
  afterAll(async () => {
    web.close()
    await endAll()
  })

  test('is defined, joined, resolved, left and undefined', async () => {
    const defined = await sd('define', '--txt', 'path=/', '--txt', 'token=hunter2')
    expect(defined.exitCode).toBe(0)
    expect(defined.stdout).toContain(`+ PTR _http._tcp.example.com ${NAME}`)
    expect(defined.stdout).toContain('has "token", which looks like a secret')
    expect(defined.stdout + defined.stderr).not.toContain('hunter2')

    const machine = ['--host', 'db1', '--address', '127.0.0.1', '--port', String(port)]
    const joined = await sd('join', ...machine, '--check', 'http://db1.example.com/ok')
    expect([joined.stdout, joined.exitCode]).toEqual([
      `+ A db1.example.com 127.0.0.1\n+ SRV ${NAME.toLowerCase()} 0 0 ${port} db1.example.com`,
      0,
    ])
    expect((await sd('join', ...machine)).stdout).toBe('Nothing to do: it is a target like this already.')

    const {dns} = (await place.sandbox()).endpoints
    const look = (command: string, ...server: string[]) =>
      place.mcd(['sd', command, '_http._tcp.example.com', ...server])
    const found = await eventually(async () => {
      const {stdout, exitCode} = await look('resolve', '--server', `127.0.0.1:${dns.route53.port}`)
      return exitCode === 0 && stdout
    })
    expect(found).toBe(`127.0.0.1 ${port}`)
    const checked = await look('check', '--sandbox')
    expect([checked.exitCode, checked.stdout.split('\n').length]).toEqual([0, 2])
    if (has('dig')) expect(await dig(dns.route53, '_http._tcp.example.com', 'PTR')).toEqual([`${NAME}.`])

    const early = await sd('undefine')
    expect([early.exitCode, early.stderr]).toEqual([1, expect.stringContaining('--allow-lost')])
    const left = (await sd('leave', '--host', 'db1', '--json')).json<PublishedReport>()
    expect(left.removed).toHaveLength(2)
    const undefined_ = (await sd('undefine', '--json')).json<PublishedReport>()
    expect(undefined_.removed).toHaveLength(3)
    expect((await sd('undefine')).stdout).toBe('Nothing to do: it is not defined here.')
  })

  test('is joined by nobody who does not serve', async () => {
    const machine = ['--host', 'db2', '--address', '127.0.0.1', '--timeout', '0s']
    const [closed, unwell] = await Promise.all([
      sd('join', ...machine, '--port', '1'),
      sd('join', ...machine, '--port', String(port), '--check', 'http://db2.example.com/'),
    ])
    expect([closed.exitCode, unwell.exitCode]).toEqual([1, 1])
    expect(closed.stderr).toContain('db2.example.com does not serve, and has not joined: connection refused')
    expect(unwell.stderr).toContain(`HTTP 503 from 127.0.0.1:${port}/`)
  })

  test('is refused with everything that is wrong at once, before anything is asked', async () => {
    const wrong = await place.mcd([
      'sd',
      'define',
      'http',
      'a\tb',
      '--zone',
      'example',
      '--owner',
      'Ann',
      '--sandbox',
    ])
    expect(wrong.exitCode).toBe(2)
    expect(wrong.stderr.split('\n').slice(0, 4)).toEqual([
      '"example" is no DNS zone such as example.com.',
      '"http" is no service such as _http._tcp.',
      'The name of the instance holds a control character.',
      '"Ann" is no owner: a DNS label of at most 24 characters.',
    ])
  })

  test('is refused on CloudFlare, with the way out', async () => {
    const {exitCode, stderr} = await sd('define', '--provider', 'cloudflare')
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('Use a zone in Route53')])
  })
})
