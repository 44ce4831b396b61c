import {spawnSync} from 'node:child_process'
import {chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import fc from 'fast-check'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {parse} from 'yaml'
import {scriptsOf} from '../../src/check/scripts.ts'
import {fillTemplate, reveal, templateValues} from '../../src/userdata/fill.ts'
import {loadTemplate} from '../../src/userdata/template.ts'
import {nasty} from '../support/nasty-text.ts'
import {AWS, groupIn, webFleet} from '../support/userdata-fleet.ts'

/** How many values each template meets: in CI fewer, all of them with MCD_LONG=1. */
const VALUES = process.env.MCD_LONG ? 10_000 : 500
/** Of what is rendered, how much is also run: each takes a process or two. */
const EXECUTED = process.env.MCD_LONG ? 300 : 25

const TIMEOUT_MS = process.env.MCD_LONG ? 300_000 : 60_000

const NGINX = ['title', 'text', 'page', 'site', 'sha256', 'certificate', 'key']
/** `command` of the program is not among them: it is there to be run. */
const TEMPLATES = [
  {name: 'nginx', given: NGINX, always: ['certificate', 'key']},
  {name: 'nginx/userdata.sh', given: NGINX, always: ['certificate', 'key']},
  {name: 'program', given: ['environment', 'packages', 'archive', 'sha256'], always: ['archive', 'sha256']},
  {name: 'shell', given: ['text'], always: []},
] as const

type Vars = Readonly<Record<string, string>>
const varsOf = ({given, always}: (typeof TEMPLATES)[number]): fc.Arbitrary<Vars> =>
  fc.record(Object.fromEntries(given.map(name => [name, nasty])), {
    requiredKeys: [...always],
  }) as fc.Arbitrary<Vars>

function render(name: string, vars: Vars) {
  const template = loadTemplate(name, '/fleets/web')
  const values = templateValues(webFleet({userdata: {template: name, vars}}), groupIn(AWS))
  return {kind: template.kind, filled: fillTemplate(template, values, reveal)}
}

/** A machine of stubs: programs that do nothing, files below a folder, and a canary that sings when a value runs. */
let root = ''
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'mcd-nasty-'))
  for (const folder of [
    'bin',
    'scripts',
    'var/www/html',
    'etc/nginx/conf.d',
    'etc/nginx/tls',
    'etc/systemd/system',
    'srv/hello',
  ])
    mkdirSync(join(root, folder), {recursive: true})
  const stub = (name: string, text: string) => {
    writeFileSync(join(root, 'bin', name), `#!/bin/sh\n${text}\n`)
    chmodSync(join(root, 'bin', name), 0o755)
  }
  for (const name of [
    'apt-get',
    'chmod',
    'curl',
    'install',
    'mkdir',
    'rm',
    'sed',
    'sha256sum',
    'systemctl',
    'tar',
  ])
    stub(name, ':')
  stub('mktemp', `echo ${join(root, 'fetched')}`)
  writeFileSync(join(root, 'fetched'), 'the site')
  stub('cat', 'exec /bin/cat "$@" 2>/dev/null')
  stub('touch', `: >${join(root, 'canary')}`)
})
afterAll(() => rmSync(root, {recursive: true, force: true}))

/** Its exit status. Where it writes to the machine it writes below the folder instead. */
function execute(text: string, args: readonly string[]): number | null {
  const script = text.replaceAll(/>("?)\//g, `>$1${root}/`)
  return spawnSync('/bin/sh', ['-c', script, 'sh', ...args], {
    cwd: root,
    env: {PATH: join(root, 'bin')},
    input: '',
  }).status
}
const written = (path: string) => readFileSync(join(root, path), 'utf8')

describe.each(TEMPLATES)('whatever the vars of $name hold', {timeout: TIMEOUT_MS}, template => {
  test('every script in what it renders to can be read by a shell', () => {
    const perRender = template.given.length
    const files: string[] = []
    fc.assert(
      fc.property(varsOf(template), vars => {
        const {kind, filled} = render(template.name, vars)
        for (const {text} of scriptsOf(kind, filled)) files.push(text)
      }),
      {numRuns: Math.ceil(VALUES / perRender)},
    )
    const folder = mkdtempSync(join(root, 'scripts', 'batch-'))
    for (const [index, text] of files.entries()) writeFileSync(join(folder, String(index)), text)
    // One process that forks: one from here for each would take minutes.
    const {stdout} = spawnSync(
      '/bin/sh',
      ['-c', 'for f in *; do (sh -n "$f") 2>/dev/null || echo "$f"; done'],
      {
        cwd: folder,
        encoding: 'utf8',
      },
    )
    expect(files.length).toBeGreaterThanOrEqual(VALUES / perRender)
    expect(
      stdout
        .split('\n')
        .filter(Boolean)
        .map(name => files[Number(name)]),
    ).toEqual([])
  })

  test('none of it runs, and all of it arrives', () => {
    fc.assert(
      fc.property(varsOf(template), vars => {
        const {kind, filled} = render(template.name, vars)
        if (kind === 'shell') expect(execute(filled, [])).toBe(0)
        else {
          const {write_files: files, runcmd} = parse(filled)
          const contentOf = (path: string) =>
            files.find((file: {path: string}) => file.path === path)?.content
          if ('environment' in vars) expect(contentOf('/etc/program/environment')).toBe(vars.environment)
          if ('page' in vars && !('site' in vars))
            expect(contentOf('/var/www/html/index.html')).toBe(vars.page)
          if ('key' in vars) expect(contentOf('/etc/nginx/tls/site.key')).toBe(vars.key)
          for (const [program, flag, text, , ...args] of runcmd)
            if (program === 'sh' && flag === '-c') expect(execute(text, args)).toBe(0)
        }
        if (template.name === 'nginx/userdata.sh') {
          if ('page' in vars && !('site' in vars)) expect(written('var/www/html/index.html')).toBe(vars.page)
          expect(written('etc/nginx/tls/site.key')).toBe(`${vars.key}\n`)
        }
        if (template.name === 'shell' && vars.text)
          expect(written('srv/hello/index.html')).toBe(`${vars.text}\n`)
        expect(existsSync(join(root, 'canary'))).toBe(false)
      }),
      {numRuns: EXECUTED},
    )
  })
})

test('the canary would sing: a value that is run leaves its file', () => {
  execute('$(touch canary)', [])
  expect(existsSync(join(root, 'canary'))).toBe(true)
  rmSync(join(root, 'canary'))
})
