#!/usr/bin/env node
// Picks the right Node, answers --version, starts the bundle; nothing else.
// Only syntax and imports that Node 18 knows: it must still be able to say which Node it needs.
import * as nodeModule from 'node:module' // a namespace: older Nodes lack members named below
import {homedir} from 'node:os'
import {dirname, join} from 'node:path'
import {fileURLToPath} from 'node:url'

const require = nodeModule.createRequire(import.meta.url)
const {existsSync, readFileSync} = require('node:fs') // imported, it would load all of its streams and promises at once
const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const [major, minor] = process.versions.node.split('.').map(Number)
const EX_UNAVAILABLE = 69

if (major > 24 || (major === 24 && minor >= 15)) {
  start()
} else {
  const node24 = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node')
  if (existsSync(node24) && !process.env.MCD_REEXECUTED) {
    handOver(node24)
  } else {
    process.stderr.write(
      `mcd needs Node 24.15 or newer and this is Node ${process.versions.node}. Install Node 24, then run it again.\n`,
    )
    process.exitCode = EX_UNAVAILABLE
  }
}

/** Runs mcd on the right Node and ends as it ends, not before: on Ctrl-C it finishes the call in flight. */
async function handOver(node) {
  const {spawn} = await import('node:child_process')
  const {isatty} = await import('node:tty')
  // What is typed on a terminal reaches the child without us; a second Ctrl-C would stop it at once.
  const isTyped = signal => signal !== 'SIGTERM' && [0, 1, 2].some(isatty)
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  // Before the child is there, or a signal in between would end us and leave it behind.
  for (const signal of signals) process.on(signal, () => isTyped(signal) || child.kill(signal))
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: {...process.env, MCD_REEXECUTED: '1'},
    shell: process.platform === 'win32',
  })
  child.on('error', ({message}) => {
    process.stderr.write(`${node} does not start: ${message}. Run "npm ci" again in ${root}.\n`)
    process.exitCode = EX_UNAVAILABLE
  })
  child.on('exit', (status, signal) => {
    for (const each of signals) process.removeAllListeners(each)
    if (signal) process.kill(process.pid, signal)
    else process.exitCode = status ?? 1
  })
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
  require(bundle).run({root})
}
