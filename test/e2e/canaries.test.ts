import {execFileSync} from 'node:child_process'
import {mkdirSync, readdirSync, readFileSync} from 'node:fs'
import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'
import {join} from 'node:path'
import {text} from 'node:stream/consumers'
import {afterAll, expect, test} from 'vitest'
import {s3Objects} from '../../src/providers/s3/store.ts'
import {realRuntime} from '../../src/runtime.ts'
import {SANDBOX} from '../../src/sandbox/world/credentials.ts'
import {type Canary, canariesIn, canary} from '../support/canary.ts'
import {type Outcome, workplaces} from '../support/cli.ts'
import {type PostgresServer, postgresPrograms, startPostgres} from '../support/postgres.ts'

const all = workplaces()
let postgres: PostgresServer | undefined
let hooks: Awaited<ReturnType<typeof receiver>> | undefined
afterAll(async () => {
  hooks?.close()
  await all.endAll()
  await postgres?.close()
})

/** Every place of a fleet file that takes a secret, and the operator's own. */
const SECRETS = {
  VAR: canary('Var', ["a'b\\", ' "$(x)']),
  METADATA: canary('Metadata', ['"', "\\n'"]),
  TOKEN: canary('Token'),
  KEY_SECRET: canary('KeySecret'),
  DATABASE: canary('Database', ['p/w?', '#%']),
  HOOK_PATH: canary('HookPath'),
  HOOK_SECRET: canary('HookSecret'),
  WRONG_KEY: canary('WrongKey'),
  WRONG_TOKEN: canary('WrongToken'),
}
const ALL: readonly Canary[] = Object.values(SECRETS)
const fromEnvironment = Object.fromEntries(
  Object.entries(SECRETS).map(([name, {value}]) => [`OF_${name}`, value]),
)
const given = (name: keyof typeof SECRETS) => JSON.stringify(`\${env:OF_${name}}`)

const fleet = ({title = 'One', registration = 'mcd', state = 'local'} = {}) => `fleet: web
service: {port: 8080, health: {path: /, interval: 1s, timeout: 1s, healthy: 1}}
userdata: {template: ./site, vars: {title: ${title}, password: ${given('VAR')}}}
groups:
  virginia: {provider: aws, region: us-east-1, count: 1, type: t3.micro, image: ubuntu-24.04}
  east: {provider: joyent, count: 1, type: g1.nano, image: ubuntu-24.04, metadata: {token: ${given('METADATA')}}}
dns:
  - {provider: cloudflare, zone: example.com, name: www, ttl: 60s, registration: ${registration},
     instanceCredentials: {token: ${given('TOKEN')}}}
  - {provider: route53, zone: example.com, name: www, ttl: 5s, registration: ${registration},
     instanceCredentials: {accessKeyId: "\${env:OF_KEY_ID}", secretAccessKey: ${given('KEY_SECRET')}}}
drain: {wait: 0s}
notify:
  - {url: "\${env:OF_HOOK}", secret: ${given('HOOK_SECRET')}}
  - {url: "http://127.0.0.1:9/\${env:OF_HOOK_PATH}", secret: ${given('HOOK_SECRET')}}
state: ${JSON.stringify(state)}
`

const LONG = process.env.MCD_LONG === '1'

/** What is not mcd's: the disks of the sandbox's machines, and the credentials that it hands to its clients. */
const MAY_HOLD_SECRETS = /\.mcd\/sandbox\/(?:machines\/|sandbox\.json)/

test.skipIf(postgresPrograms() === undefined)(
  'no secret is in anything that mcd says or writes, with its journal on this machine, in S3 and in PostgreSQL (needs postgresql)',
  async () => {
    postgres = await startPostgres()
    const place = all.open()
    await place.startSandbox('shared')
    const sandbox = (await place.mcd(['sandbox', 'env', '--json'])).json<Record<string, string>>()
    hooks = await receiver()
    mkdirSync(join(place.folder, 'tmp'))
    const env = {
      ...sandbox,
      ...fromEnvironment,
      OF_KEY_ID: 'AKIACANARY',
      OF_HOOK: `${hooks.url}/${SECRETS.HOOK_PATH.value}`,
      TMPDIR: join(place.folder, 'tmp'),
      DEBUG: '*',
      GITHUB_ACTIONS: 'true',
    }
    const said: Outcome[] = []
    const mcd = async (
      ending: 'well' | 'refused' | 'either',
      args: string,
      over: Record<string, string> = {},
    ) => {
      const outcome = await place.mcd(args.split(' '), {env: {...env, ...over}})
      const isWell = outcome.exitCode === 0
      const why = isWell ? '' : outcome.stderr
      expect({args, isWell, why}).toMatchObject({
        args,
        ...(ending === 'either' ? {} : {isWell: ending === 'well'}),
      })
      said.push(outcome)
    }
    /** The short form looks twice. */
    const looks = (...commands: readonly string[]) =>
      Promise.all((LONG ? commands : commands.slice(0, 2)).map(args => mcd('well', args)))
    const site = (line: string) => place.write(`#cloud-config\nwrite_files:\n${line}\n`, 'site/userdata.yaml')
    const whole =
      '  - {path: /etc/password, content: {{ vars.password }}}\n  - {path: /t, content: {{ vars.title }}}'

    site(whole)
    place.write(fleet({registration: 'self'}))
    await looks('render --json', 'config --json', 'plan', 'config', 'render --check', 'policy')
    if (LONG) await mcd('either', 'doctor --json')
    // Shared machines run no script: nobody registers.
    if (LONG) await mcd('refused', 'up --json --timeout 4s')
    place.write(fleet())
    await mcd('well', 'up --json')
    await looks(
      'status --json',
      'history --timeline runs.svg',
      'status',
      'history --json',
      'state show --json',
    )

    place.write(fleet({title: 'Two'}))
    await looks('plan --json', 'plan --out saved.json', 'plan', 'plan --format markdown')
    site('  - {path: /etc/password, content: "a{{ vars.password | raw }}{{ vars.title }}"}')
    await mcd('refused', 'plan --json')
    site(`${whole}\n  - {path: /u, content: {% render vars.password %}}`)
    await mcd('refused', 'render')
    site(whole)
    place.write(fleet())

    await mcd('refused', 'plan', {AWS_SECRET_ACCESS_KEY: SECRETS.WRONG_KEY.value})
    await mcd('well', 'status --json', {CLOUDFLARE_API_TOKEN: SECRETS.WRONG_TOKEN.value})
    await mcd('refused', 'plan', {OF_VAR: '', OF_KEY_ID: ''})

    await mcd('well', 'state migrate s3://states/team')
    await looks('state show --json', 'plan', 'history')
    await mcd('refused', 'plan', {AWS_SECRET_ACCESS_KEY: SECRETS.WRONG_KEY.value})
    await mcd('well', 'sync --json')
    const address = `127.0.0.1:${postgres.port}/postgres`
    await mcd('well', `state migrate postgres://${postgres.user}@${address}`, {
      PGPASSWORD: SECRETS.DATABASE.value,
    })
    place.write(fleet({state: `postgres://mcd:\${env:OF_DATABASE}@${address}`}))
    await looks('history --json', 'plan', 'state show', 'policy --format cli')
    place.write(fleet({state: `postgres://nobody:\${env:OF_DATABASE}@${address}`}))
    await mcd('refused', 'plan --json')
    place.write(fleet({state: `postgres://mcd:\${env:OF_DATABASE}@${address}?sslmode=no`}))
    await mcd('refused', 'plan')
    place.write(fleet({state: `postgres://mcd:\${env:OF_DATABASE}@${address}`}))
    if (LONG) await mcd('well', 'down --yes --now --json')
    await mcd('well', 'sandbox status --json')

    const spoken = said.map(({stdout, stderr}) => [stdout, stderr].join('\n')).join('\n')
    expect(canariesIn(Buffer.from(spoken), ALL)).toEqual([])
    const files = filesBelow(place.folder).filter(file => !MAY_HOLD_SECRETS.test(file))
    expect(files.map(file => file.slice(place.folder.length + 1))).toEqual(
      expect.arrayContaining(['saved.json', 'runs.svg', '.mcd/web/journal.sqlite', '.mcd/sandbox.log']),
    )
    expect(
      files.flatMap(file => canariesIn(readFileSync(file), ALL).map(found => `${file}: ${found}`)),
    ).toEqual([])
    expect(hooks.heard().length).toBeGreaterThan(0)
    expect(canariesIn(Buffer.from(hooks.heard().join('\n')), ALL)).toEqual([])
    const objects = await objectsOf(sandbox.AWS_ENDPOINT_URL ?? '')
    expect(objects.length).toBeGreaterThan(5)
    expect(canariesIn(Buffer.from(objects.join('\n')), ALL)).toEqual([])
    const tables = dump(postgres)
    expect(tables.toString()).toContain('run-started')
    expect(canariesIn(tables, ALL)).toEqual([])
  },
)

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, {recursive: true, withFileTypes: true})
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))

async function objectsOf(endpoint: string): Promise<string[]> {
  const store = s3Objects({
    bucket: 'states',
    prefix: '',
    endpoint,
    credentials: SANDBOX.aws.operator,
    runtime: realRuntime(),
  })
  const keys = await store.list('')
  return Promise.all(keys.map(async key => `${key}\n${(await store.get(key))?.text}`))
}

const dump = ({port, user}: PostgresServer): Buffer =>
  execFileSync(join(postgresPrograms() ?? '', 'pg_dump'), [
    '-h',
    '127.0.0.1',
    '-p',
    String(port),
    '-U',
    user,
    'postgres',
  ])

/** A receiver of `notify`, and what it was sent beside the path, which is its secret. */
async function receiver() {
  const heard: string[] = []
  const server = createServer(async (request, reply) => {
    heard.push(JSON.stringify(request.headers), await text(request))
    reply.writeHead(204).end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const {port} = server.address() as AddressInfo
  return {url: `http://127.0.0.1:${port}`, heard: () => heard, close: () => server.close()}
}
