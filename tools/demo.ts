import {spawnSync} from 'node:child_process'
import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {get} from 'node:http'
import {tmpdir} from 'node:os'
import {delimiter, join} from 'node:path'
import {query} from '../src/dns/query.ts'
import {realRuntime} from '../src/runtime.ts'
import {findSandbox, sandboxStatus} from '../src/sandbox/client.ts'
import type {Sandbox} from '../src/sandbox/running.ts'

/**
 * The main job on the sandbox, as a newcomer sees it: a two-cloud fleet comes up, answers round robin, serves a page from
 * every instance through its DNS name, and goes away without a trace. Runs the built CLI; asks DNS and HTTP like any client.
 */
const ROOT = join(import.meta.dirname, '..')
const NAME = 'www.example.com'
const PORT = 80
const MAX_REQUESTS = 40

const folder = mkdtempSync(join(tmpdir(), 'mcd-demo-'))
const startedAtMs = Date.now()
let status = 0

// Ctrl-C ends the command that runs; what it leaves is cleared away below, as after any other end.
process.on('SIGINT', () => {
  status = 130
})
try {
  await demo()
} catch (error) {
  status ||= 1
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
} finally {
  mcd(['sandbox', 'stop'], {quiet: true})
  rmSync(folder, {recursive: true, force: true})
}
process.exitCode = status

async function demo(): Promise<void> {
  let fleetFile = readFileSync(join(ROOT, 'examples', 'demo', 'mcd.yaml'), 'utf8')
  const canRegister = onPath('curl')
  if (!canRegister) {
    say('curl is not installed, and the registration script needs it: mcd registers the instances itself.')
    fleetFile = fleetFile.replace('registration: self', 'registration: mcd')
  }
  writeFileSync(join(folder, 'mcd.yaml'), fleetFile)
  say('A fleet file for two clouds and one DNS name:')
  process.stdout.write(indent(fleetFile))

  const registration = canRegister
    ? 'each instance registers itself once it serves'
    : 'mcd registers the instances once they serve'
  say(`It comes up. Booting takes 2 to 4 s here; ${registration}.`)
  mcd(['up', '--sandbox'])
  const sandbox = await findSandbox(folder)
  if (!sandbox) throw new Error('The sandbox is not running.')

  say(
    `DNS answers change from query to query (Route53's server in the sandbox, port ${sandbox.endpoints.dns.route53.port}):`,
  )
  for (let nth = 1; nth <= 4; nth++)
    process.stdout.write(`  ${NAME}  ${(await resolve(sandbox)).join('  ')}\n`)

  say(`A page through http://${NAME}/ from every instance:`)
  const {instances} = await sandboxStatus(sandbox)
  const pages = await visitAll(sandbox, instances.length)
  for (const [address, page] of pages) process.stdout.write(`  ${address.padEnd(16)} ${page}\n`)

  mcd(['status', '--sandbox'])

  say('It goes away: out of DNS first, then the drain, then the end.')
  mcd(['down', '--sandbox', '--yes'])
  const after = await sandboxStatus(sandbox)
  const answers = await resolve(sandbox)
  const left = after.instances.filter(({power}) => power !== 'off')
  if (left.length > 0 || answers.length > 0)
    throw new Error(`Left behind: ${left.length} instances, ${answers.length} addresses.`)
  say(
    `Nothing is left: no instance, no address. It took ${Math.round((Date.now() - startedAtMs) / 1000)} s. Next: "npx mcd init", then "npx mcd up --sandbox".`,
  )
}

async function resolve({endpoints}: Sandbox): Promise<string[]> {
  const reply = await query(endpoints.dns.route53, NAME, 'A', {timeoutMs: 2_000, runtime: realRuntime()})
  return reply.answers.flatMap(({type, value}) => (type === 'A' ? [value] : []))
}

/** Requests through the name, a fresh answer each time, until every instance has been met. */
async function visitAll(sandbox: Sandbox, wanted: number): Promise<Map<string, string>> {
  const pages = new Map<string, string>()
  for (let nth = 0; nth < MAX_REQUESTS && pages.size < wanted; nth++) {
    const [address] = await resolve(sandbox)
    if (address === undefined) throw new Error(`${NAME} has no address.`)
    const {host, port} = await sandbox.addressOf(address, PORT)
    const html = await fetchPage(host, port)
    pages.set(
      address,
      html
        .replace(/<(style|title)[\s\S]*?<\/\1>/g, '')
        .replace(/<[^>]*>/g, ' ')
        .replace(/\s+/g, ' ')
        .trim()
        .slice(0, 90),
    )
  }
  if (pages.size < wanted) throw new Error(`Only ${pages.size} of ${wanted} instances answered.`)
  return pages
}

function fetchPage(host: string, port: number): Promise<string> {
  return new Promise((done, fail) => {
    get({host, port, path: '/', headers: {host: NAME}, agent: false}, response => {
      let body = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk
      })
      response.on('end', () => done(body))
    }).on('error', fail)
  })
}

function mcd(args: string[], {quiet = false} = {}): void {
  if (!quiet) process.stdout.write(`\n$ mcd ${args.join(' ')}\n`)
  const {status: ended, signal} = spawnSync(process.execPath, [join(ROOT, 'bin', 'mcd.js'), ...args], {
    cwd: folder,
    stdio: quiet ? 'ignore' : 'inherit',
  })
  if (ended !== 0 && !quiet) throw new Error(`mcd ${args.join(' ')} ended with ${ended ?? signal}.`)
}

function say(text: string): void {
  process.stdout.write(`\n# ${text}\n`)
}

function indent(text: string): string {
  return `${text.trimEnd().replace(/^/gm, '  ')}\n`
}

function onPath(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some(place => existsSync(join(place, program)))
}
