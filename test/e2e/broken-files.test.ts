import {existsSync} from 'node:fs'
import {createServer, type Server} from 'node:http'
import type {AddressInfo} from 'node:net'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import type {Problem} from '../../src/errors.ts'
import {type Outcome, type Workplace, workplaces} from '../support/cli.ts'

/** Correct but for its clouds, which it never comes to ask. */
const GOOD = `fleet: web
service:
  port: 80
  health: {path: /, interval: 5s, timeout: 2s}
userdata: {template: nginx}
groups:
  virginia:
    provider: aws
    region: us-east-1
    count: 2
    type: t3.micro
    image: ubuntu-24.04
  east:
    provider: joyent
    endpoint: https://us-central-1.api.mnx.io
    count: 2
    type: g1.nano
    image: ubuntu-24.04
dns:
  provider: cloudflare
  zone: example.com
  name: www
  ttl: 60s
  registration: mcd
`

/** What breaks the file, and all that is said about it. */
const BROKEN: [kind: string, change: [part: string, replacement: string], said: string[]][] = [
  [
    'YAML that cannot be read',
    ['health: {path: /, interval: 5s, timeout: 2s}', 'health: {path: /, interval: 5s'],
    ['bad.yaml:4:11: the { that stands here is not closed'],
  ],
  [
    'an unknown key, with the nearest right spelling',
    ['    count: 2\n    type: t3', '    cuont: 2\n    type: t3'],
    ['bad.yaml:10:5: unknown key "cuont" in groups.virginia (did you mean "count"?)'],
  ],
  [
    'a value of the wrong kind',
    ['count: 2', 'count: many'],
    ['bad.yaml:10:12: count must be a whole number from 0 to 10000, not "many"'],
  ],
  [
    'a missing key',
    ['  zone: example.com\n', ''],
    ['bad.yaml:20:3: "zone" is missing in dns (it must be a domain name such as "example.com")'],
  ],
  [
    'a duration without its unit',
    ['interval: 5s', 'interval: 5'],
    ['bad.yaml:4:31: interval needs a unit: write "5s" or "5m", not 5'],
  ],
  [
    'a name that cannot be in a mark',
    ['fleet: web', 'fleet: Web_Shop'],
    ['bad.yaml:1:8: fleet must be a DNS label of at most 24 characters'],
  ],
  [
    'a provider that there is not',
    ['provider: aws', 'provider: azure'],
    ['bad.yaml:8:15: provider must be aws, joyent or triton, not "azure"'],
  ],
  [
    'what the cloud does not have',
    ['    type: g1.nano', '    type: g1.nano\n    spot: true'],
    ['bad.yaml:18:5: "spot" does not exist on joyent (Triton has no spot market)'],
  ],
  [
    'a TTL the vendor does not take',
    ['ttl: 60s', 'ttl: 5s'],
    ['bad.yaml:23:8: ttl must be at least 30s on cloudflare, not "5s"'],
  ],
  [
    'an image nobody knows',
    ['image: ubuntu-24.04', 'image: ubunut-24.04'],
    ['bad.yaml:12:12: unknown image "ubunut-24.04" (did you mean "ubuntu-24.04"?)'],
  ],
  [
    'a template that is not there',
    ['template: nginx', 'template: ngnix'],
    [`bad.yaml:5:22: userdata.template "ngnix" is neither one of mcd's own templates (nginx, `],
  ],
  [
    'a value that the template does not have',
    ['template: nginx', 'template: ./site'],
    ['userdata.template ./site:2:14: undefined variable: vars.titel', 'Give it under userdata.vars'],
  ],
  [
    'a variable that is not set',
    ['zone: example.com', `zone: \${env:NOT_SET_ANYWHERE}`],
    ['bad.yaml:21:9: the environment variable NOT_SET_ANYWHERE is not set'],
  ],
  [
    'instances that are to register themselves and have nothing to do it with',
    ['registration: mcd', 'registration: self'],
    [
      'bad.yaml:24:17: www.example.com has "registration: self", but its instances have no credentials for cloudflare',
    ],
  ],
  [
    'several mistakes: all of them, in file order',
    ['port: 80\n  health: {path: /,', 'port: 99999\n  health: {path: x,'],
    [
      'bad.yaml:3:9: port must be a whole number from 1 to 65535, not 99999',
      'bad.yaml:4:18: path must be a path that begins with "/", not "x"',
    ],
  ],
]

describe('a broken fleet file is told apart from the world: exit 2, every place in it named, nobody called', () => {
  const all = workplaces()
  let place: Workplace
  let everyVendor: Server
  let requests = 0
  let env: Record<string, string>

  beforeAll(async () => {
    place = all.open()
    place.write('#cloud-config\nhostname: {{ vars.titel }}\n', 'site/userdata.yaml')
    everyVendor = createServer((_request, response) => {
      requests++
      response.writeHead(500).end()
    })
    await new Promise<void>(resolve => everyVendor.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(everyVendor.address() as AddressInfo).port}`
    env = {
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: 'AKIA',
      AWS_SECRET_ACCESS_KEY: 'secret',
      CLOUDFLARE_BASE_URL: `${url}/client/v4`,
      CLOUDFLARE_API_TOKEN: 'token',
      TRITON_URL: url,
      TRITON_ACCOUNT: 'account',
      TRITON_KEY_ID: 'aa:bb',
    }
  })
  afterAll(async () => {
    everyVendor.closeAllConnections()
    everyVendor.close()
    await all.endAll()
  })

  const breakFile = ([part, replacement]: [string, string]) => {
    if (!GOOD.includes(part)) throw new Error(`the fleet file has no ${part}`)
    place.write(
      GOOD.replace(part, () => replacement),
      'bad.yaml',
    )
  }

  test.each(BROKEN)('%s', async (_kind, change, said) => {
    breakFile(change)
    const {exitCode, stdout, stderr} = await place.mcd(['plan', '--file', 'bad.yaml'], {env})
    const lines = stderr.split('\n')
    expect({exitCode, stdout, lines}).toEqual({
      exitCode: 2,
      stdout: '',
      lines: said.map(line => expect.stringContaining(line)),
    })
    expect(requests).toBe(0)
  })

  test('an up that is refused has opened no journal', async () => {
    for (const change of [
      ['registration: mcd', 'registration: self'],
      ['template: nginx', 'template: ./site'],
    ] as const) {
      breakFile([...change])
      expect((await place.mcd(['up', '--file', 'bad.yaml'], {env})).exitCode).toBe(2)
    }
    expect(existsSync(join(place.folder, '.mcd'))).toBe(false)
    expect(requests).toBe(0)
  })

  test('programs get the same from every command, each mistake with its line and column', async () => {
    breakFile(['count: 2', 'count: many'])
    const problem = {file: 'bad.yaml', line: 10, column: 12}
    const commands = [['up'], ['plan'], ['status'], ['down', '--yes'], ['render']]
    const outcomes = await Promise.all(
      commands.map(command => place.mcd([...command, '--json', '--file', 'bad.yaml'], {env})),
    )
    for (const {exitCode, json} of outcomes) {
      const {error} = json<{error: {name: string; exit: number; problems: Problem[]}}>()
      expect(error).toMatchObject({
        name: 'FleetFileError',
        exit: 2,
        problems: [expect.objectContaining(problem)],
      })
      expect(exitCode).toBe(2)
    }
    expect(requests).toBe(0)
  })

  test('the counting works: the corrected file asks its vendors', async () => {
    place.write(GOOD, 'bad.yaml')
    const run = place.begin(['plan', '--file', 'bad.yaml'], {env})
    await expect.poll(() => requests, {timeout: 10_000}).toBeGreaterThan(0)
    run.kill('SIGKILL')
    const {exitCode}: Outcome = await run.ended
    expect(exitCode).not.toBe(2)
  })

  test('under --sandbox neither: a sandbox that runs is asked nothing', async () => {
    await place.startSandbox()
    breakFile(['provider: aws', 'provider: azure'])
    for (const command of ['up', 'plan']) {
      const {exitCode} = await place.mcd([command, '--sandbox', '--file', 'bad.yaml'])
      expect(exitCode).toBe(2)
    }
    expect((await place.sandbox()).calls).toEqual({})
  })
})
