import {rmSync} from 'node:fs'
import {createServer, request} from 'node:http'
import type {AddressInfo} from 'node:net'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import type {FleetStatus} from '../../src/fleet/status/report.ts'
import {sandboxPaths} from '../../src/sandbox/folder.ts'
import {type Workplace, workplaces} from '../support/cli.ts'
import {aws, fleetText, joyent, MNX} from '../support/fleet-text.ts'
import {mutatingCalls} from '../support/request-log.ts'

const all = workplaces()
afterAll(() => all.endAll())

const idsIn = ({instances}: FleetStatus, group?: string) =>
  instances.filter(instance => group === undefined || instance.group === group).map(({id}) => id)
const answersOf = ({dns}: FleetStatus) => dns.records.map(({instance}) => instance).sort()

describe('what is no longer declared is led out, never forgotten', () => {
  let place: Workplace
  let first: FleetStatus
  const write = (groups: Readonly<Record<string, string>>, name = 'www') =>
    place.write(fleetText({name, groups}))
  /** What was changed by the requests after the first so many. */
  const since = async (count: number) =>
    (await place.sandbox()).requests.slice(count).flatMap(({effects}) => effects)
  const logged = async () => (await place.sandbox()).requests.length

  beforeAll(async () => {
    place = all.open()
    write({virginia: aws(1), east: joyent(1, MNX)})
    first = await place.up()
    expect(first).toMatchObject({converged: true})
  })

  test('a removed group is drained and ended, a renamed one serves under its new name first; both need --yes', async () => {
    write({carolina: aws(1)})
    const [removed = ''] = idsIn(first, 'east')
    const [renamed = ''] = idsIn(first, 'virginia')
    const refused = await place.mcd(['up', '--sandbox'])
    expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringContaining('Add --yes')])
    for (const id of [removed, renamed]) expect(refused.stderr).toContain(id.slice(0, 8))
    expect(idsIn(await place.status()).sort()).toEqual([removed, renamed].sort())

    const seen = await logged()
    const report = await place.up('--yes')
    expect(report).toMatchObject({
      converged: true,
      groups: [{name: 'carolina', live: 1}],
      instances: [{group: 'carolina', inDns: true}],
    })
    const [successor = ''] = idsIn(report)
    expect(answersOf(report)).toEqual([successor])
    const effects = await since(seen)
    const happened = (beginning: string) => {
      const at = effects.findIndex(effect => effect.startsWith(beginning))
      expect([beginning, at]).not.toEqual([beginning, -1])
      return at
    }
    const inOrder = (...beginnings: readonly string[]) => {
      const places = beginnings.map(happened)
      expect(places).toEqual(places.toSorted((a, b) => a - b))
    }
    const left = 'delete A www.example.com'
    inOrder(
      `launch ${successor}`,
      'create A www.example.com',
      left,
      `terminate ${renamed}`,
      'delete security group',
    )
    inOrder(left, `delete instance ${removed}`, 'delete firewall rule')
  })

  test('a lost journal costs nothing: the marks say what is ours, quietly where it fits, with --yes where it is too much', async () => {
    const before = await place.status()
    const calls = mutatingCalls(await place.sandbox())
    rmSync(join(sandboxPaths(place.folder).journals, 'web'), {recursive: true})
    expect(await place.up()).toMatchObject({converged: true, actions: []})
    expect(mutatingCalls(await place.sandbox())).toEqual(calls)
    expect(await place.status()).toEqual(before)

    rmSync(join(sandboxPaths(place.folder).journals, 'web'), {recursive: true})
    write({carolina: aws(0)})
    const refused = await place.mcd(['up', '--sandbox', '--allow-empty'])
    expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringContaining('--yes')])
    expect(mutatingCalls(await place.sandbox())).toEqual(calls)
  })

  test('a changed DNS name is joined before the old one is left, with the same instances', async () => {
    const living = idsIn(await place.status())
    write({carolina: aws(1)})
    await place.up()
    write({carolina: aws(1)}, 'shop')
    const seen = await logged()
    const report = await place.up()
    expect(report).toMatchObject({converged: true, dns: {name: 'shop.example.com'}})
    expect(idsIn(report)).toEqual(living)
    const effects = (await since(seen)).map(effect => effect.split(' ').slice(0, 3).join(' '))
    expect(effects.filter(effect => / A /.test(effect))).toEqual([
      'create A shop.example.com',
      'delete A www.example.com',
    ])
  })
})

test('two fleets of one name and different DNS names, from two files of one folder, know nothing of each other', async () => {
  const place = all.open()
  for (const name of ['a', 'b']) place.write(fleetText({name, groups: {virginia: aws(1)}}), `${name}.yaml`)
  await place.startSandbox()
  const run = async (command: string, file: string) => {
    const {exitCode, json, stderr} = await place.mcd([
      command,
      '--sandbox',
      '--yes',
      '--json',
      '--file',
      file,
    ])
    return {exitCode, stderr, report: json<FleetStatus>()}
  }
  const [a, b] = [await run('up', 'a.yaml'), await run('up', 'b.yaml')]
  expect([a.exitCode, b.exitCode]).toEqual([0, 0])
  expect([idsIn(a.report).length, idsIn(b.report).length]).toEqual([1, 1])
  expect(idsIn(a.report)).not.toEqual(idsIn(b.report))
  const down = await run('down', 'b.yaml')
  expect(down).toMatchObject({exitCode: 0, report: {instances: []}})
  expect(down.stderr).toContain('! 1 instance belongs to another fleet "web" (a.example.com): left alone.')
  const calls = mutatingCalls(await place.sandbox())
  const again = await run('up', 'a.yaml')
  expect(again).toMatchObject({exitCode: 0, report: {converged: true, actions: []}})
  expect(idsIn(again.report)).toEqual(idsIn(a.report))
  expect(mutatingCalls(await place.sandbox())).toEqual(calls)
})

describe('another account behind a name that is known stops the run before any plan', () => {
  let place: Workplace
  let own: Record<string, string>

  beforeAll(async () => {
    place = all.open()
    await place.startSandbox()
    own = (await place.mcd(['sandbox', 'env', '--json'])).json()
    place.write(fleetText({vendor: 'cloudflare', groups: {virginia: aws(1), east: joyent(1)}}))
    const {exitCode, stderr} = await place.mcd(['up'], {env: own})
    expect({exitCode, stderr}).toMatchObject({exitCode: 0})
  })

  test.each([
    ['at AWS', 'AWS_ENDPOINT_URL_STS', 'AWS_ENDPOINT_URL', /<Account>(\d{12})/, 'aws:us-east-1'],
    ['at Triton', 'TRITON_URL', 'TRITON_URL', /"id":"([0-9a-f-]{36})","login":"sandbox"/, 'joyent:default'],
    [
      'at the DNS vendor',
      'CLOUDFLARE_BASE_URL',
      'CLOUDFLARE_BASE_URL',
      /"account":\{"id":"([0-9a-f]{32})"/,
      'cloudflare zone example.com',
    ],
  ])('%s', async (_where, variable, original, account, what) => {
    const stranger = await inFrontOf(own[original] ?? '', account, id =>
      id.replace(/^./, first => (first === '9' ? '8' : '9')),
    )
    try {
      const env = {...own, [variable]: stranger.url}
      const before = mutatingCalls(await place.sandbox())
      const outcomes = await Promise.all(
        [['plan'], ['up', '--yes'], ['down', '--yes']].map(command => place.mcd(command, {env})),
      )
      for (const {exitCode, stdout, stderr} of outcomes) {
        expect([exitCode, stdout]).toEqual([1, ''])
        const [said, advice] = stderr.split('\n')
        expect(said).toMatch(
          new RegExp(`^${what} belongs to account .* with these credentials, but this fleet lives in .*\\.$`),
        )
        expect(advice).toContain(
          'Use the credentials of the recorded account, then run again. Nothing was changed.',
        )
      }
      expect(mutatingCalls(await place.sandbox())).toEqual(before)
    } finally {
      stranger.close()
    }
  })
})

/** Passes everything on and back, but for the account that replies name: the same service as seen with other credentials. */
async function inFrontOf(
  target: string,
  account: RegExp,
  another: (id: string) => string,
): Promise<{url: string; close(): void}> {
  const {origin, pathname} = new URL(target)
  const server = createServer((incoming, outgoing) => {
    const {method, url = '/', headers} = incoming
    const onward = request(new URL(url, origin), {method, headers}, async reply => {
      let body = ''
      for await (const chunk of reply) body += chunk
      const {'content-length': _length, 'content-md5': _digest, ...rest} = reply.headers
      const changed = body.replace(account, (text, id) => text.replace(id, another))
      outgoing.writeHead(reply.statusCode ?? 500, rest).end(changed)
    })
    incoming.pipe(onward)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const {port} = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}${pathname.replace(/\/$/, '')}`,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
