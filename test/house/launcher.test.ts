import {spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {delimiter, join} from 'node:path'
import {expect, test} from 'vitest'
import {ROOT} from './source.ts'

/** A Node older than ours, where the machine has one. */
const oldNode = (process.env.PATH ?? '')
  .split(delimiter)
  .map(folder => join(folder, 'node'))
  .find(node => {
    const major = Number(/^v(\d+)/.exec(spawnSync(node, ['--version'], {encoding: 'utf8'}).stdout ?? '')?.[1])
    return major >= 18 && major < 24
  })

/** mcd's launcher as installed somewhere else, without the Node that development has. */
function installed(): {launcher: string; folder: string} {
  const folder = mkdtempSync(join(tmpdir(), 'mcd-launcher-'))
  mkdirSync(join(folder, 'bin'))
  copyFileSync(join(ROOT, 'bin/mcd.js'), join(folder, 'bin/mcd.js'))
  copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'))
  return {launcher: join(folder, 'bin/mcd.js'), folder}
}

const run = (node: string, ...words: string[]) =>
  spawnSync(node, words, {encoding: 'utf8', env: {...process.env, MCD_REEXECUTED: ''}})

test.skipIf(!oldNode)('an old Node hands over to ours where it is installed (needs an older Node)', () => {
  const {status, stdout} = run(oldNode ?? '', join(ROOT, 'bin/mcd.js'), '--version')
  expect(stdout).toMatch(/^mcd\/\d+\.\d+\.\d+ \S+ node-v24\.\d+\.\d+\n$/)
  expect(status).toBe(0)
})

test.skipIf(!oldNode)('an old Node alone is refused in one line, with 69 (needs an older Node)', () => {
  const {launcher, folder} = installed()
  const {status, stdout, stderr} = run(oldNode ?? '', launcher, 'status')
  rmSync(folder, {recursive: true})
  expect(stderr).toMatch(/^mcd needs Node 24\.15 or newer and this is Node \d+\.\d+\.\d+\. [^\n]+\n$/)
  expect(stdout).toBe('')
  expect(status).toBe(69)
})

test.skipIf(!oldNode)(
  'a Node that claims to be ours and is not does not start itself for ever (needs an older Node)',
  () => {
    const {launcher, folder} = installed()
    mkdirSync(join(folder, 'node_modules/.bin'), {recursive: true})
    symlinkSync(oldNode ?? '', join(folder, 'node_modules/.bin/node'))
    const {status, stderr} = run(oldNode ?? '', launcher, 'status')
    rmSync(folder, {recursive: true})
    expect(stderr).toContain('mcd needs Node 24.15')
    expect(status).toBe(69)
  },
)

test.skipIf(!oldNode).each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)(
  'an old Node that handed over passes %s on, waits for the end, and ends with %i itself (needs an older Node)',
  async (signal, status) => {
    const {launcher, folder} = installed()
    mkdirSync(join(folder, 'node_modules/.bin'), {recursive: true})
    const name = signal.slice('SIG'.length)
    writeFileSync(
      join(folder, 'node_modules/.bin/node'),
      // A loop of short sleeps, since a shell's "wait" misses a signal that comes in the instant before it.
      `#!/bin/sh\ntrap 'echo finished; exit ${status}' ${name}\necho begun\nfor each in $(seq 400); do sleep 0.05; done\n`,
      {mode: 0o755},
    )
    const child = spawn(oldNode ?? '', [launcher, 'up'], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: {...process.env, MCD_REEXECUTED: ''},
    })
    let said = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text
      if (text.includes('begun')) child.kill(signal)
    })
    const [exitCode] = await once(child, 'close')
    rmSync(folder, {recursive: true})
    expect(said).toBe('begun\nfinished\n')
    expect(exitCode).toBe(status)
  },
)

test('--version is answered without the bundle', () => {
  const {launcher, folder} = installed()
  const {status, stdout} = run(process.execPath, launcher, '--version')
  rmSync(folder, {recursive: true})
  expect(stdout).toMatch(/^mcd\/\d/)
  expect(status).toBe(0)
})

test('without a bundle it says how to build one', () => {
  const {launcher, folder} = installed()
  const {status, stderr} = run(process.execPath, launcher, 'status')
  rmSync(folder, {recursive: true})
  expect(stderr).toBe('mcd is not built yet: run "npm run build" in its folder.\n')
  expect(status).toBe(1)
})
