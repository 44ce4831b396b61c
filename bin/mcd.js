#!/usr/bin/env node
// Picks the right Node, answers --version, starts the bundle; nothing else.
// Only syntax and imports that Node 18 knows: it must still be able to say which Node it needs.
import {spawnSync} from 'node:child_process'
import {existsSync, readFileSync} from 'node:fs'
import * as nodeModule from 'node:module' // a namespace: older Nodes lack members named below
import {homedir} from 'node:os'
import {dirname, join} from 'node:path'
import {fileURLToPath} from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const [major, minor] = process.versions.node.split('.').map(Number)
const EX_UNAVAILABLE = 69

if (major > 24 || (major === 24 && minor >= 15)) {
  start()
} else {
  const node24 = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node')
  if (existsSync(node24) && !process.env.MCD_REEXECUTED) {
    const child = spawnSync(node24, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
      stdio: 'inherit',
      env: {...process.env, MCD_REEXECUTED: '1'},
      shell: process.platform === 'win32',
    })
    if (child.signal) process.kill(process.pid, child.signal)
    process.exitCode = child.status ?? 1
  } else {
    process.stderr.write(
      `mcd needs Node 24.15 or newer and this is Node ${process.versions.node}. Install Node 24, then run it again.\n`,
    )
    process.exitCode = EX_UNAVAILABLE
  }
}

function start() {
  const [, , first, second] = process.argv
  if (first === '--version' && second === undefined) {
    const {name, version} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    process.stdout.write(`${name}/${version} ${process.platform}-${process.arch} node-${process.version}\n`)
    return
  }
  // A library under smartdc-auth still makes buffers the old way; that is not the user's concern.
  process.noDeprecation = true
  try {
    const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
    nodeModule.enableCompileCache(join(cache, 'mcd', 'compile'))
  } catch {
    // A home that cannot be written costs speed, nothing else.
  }
  const bundle = join(root, 'dist', 'main.cjs')
  if (!existsSync(bundle)) {
    process.stderr.write('mcd is not built yet: run "npm run build" in its folder.\n')
    process.exitCode = 1
    return
  }
  nodeModule
    .createRequire(import.meta.url)(bundle)
    .run({root})
}
