import {spawn} from 'node:child_process'
import {closeSync, openSync} from 'node:fs'
import * as nodeModule from 'node:module'
import {sandboxPaths} from './folder.ts'
import type {MachinesMode} from './machines/hypervisor.ts'
import {programPath} from './programs.ts'

export type SandboxOptions = {readonly machines?: MachinesMode; readonly idleMs?: number}

const DEFAULT_IDLE_MS = 30 * 60_000

type StartingDaemon = {
  readonly pid: number | undefined
  /** Undefined while it runs. */
  exitStatus(): number | undefined
  kill(): void
}

/** What the daemon may know of its starter: where programs and temporary files are, and no credentials. */
const KEPT_ENVIRONMENT = [
  'PATH',
  'HOME',
  'TMPDIR',
  'TEMP',
  'TMP',
  'LANG',
  'SystemRoot',
  'USERPROFILE',
  'LD_LIBRARY_PATH',
]

/** A process of its own, which outlives this one. */
export function startDaemon(
  folder: string,
  {machines = 'auto', idleMs = DEFAULT_IDLE_MS}: SandboxOptions,
): StartingDaemon {
  const log = openSync(sandboxPaths(folder).log, 'a', 0o600)
  const args = ['--folder', folder, '--idle', String(idleMs), '--machines', machines]
  const compileCache = nodeModule.getCompileCacheDir()
  const child = spawn(process.execPath, [programPath('sandboxd'), ...args], {
    detached: true,
    stdio: ['ignore', log, log],
    env: {
      ...Object.fromEntries(
        KEPT_ENVIRONMENT.flatMap(name => (process.env[name] ? [[name, process.env[name]]] : [])),
      ),
      ...(compileCache && {NODE_COMPILE_CACHE: compileCache}),
    },
  })
  closeSync(log)
  child.unref()
  let exitStatus: number | undefined
  child.once('error', () => {
    exitStatus = 1
  })
  child.once('exit', status => {
    exitStatus = status ?? 1
  })
  return {pid: child.pid, exitStatus: () => exitStatus, kill: () => void child.kill('SIGKILL')}
}
