import {existsSync, mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {DatabaseSync} from 'node:sqlite'
import type {ProcessIdentity} from '../process-identity.ts'
import type {MachinesMode} from './machines/hypervisor.ts'

/** Where things lie in the folder of a fleet file (decision 32). */
export type SandboxPaths = {
  /** Everything of one sandbox's life, its journals included; discarded with it. */
  readonly root: string
  readonly record: string
  readonly journals: string
  readonly machines: string
  readonly tritonKey: string
  readonly agentSocket: string
  /** Beside the root: both outlive the sandbox. */
  readonly lock: string
  readonly log: string
}

export function sandboxPaths(folder: string): SandboxPaths {
  const state = join(folder, '.mcd')
  const root = join(state, 'sandbox')
  return {
    root,
    record: join(root, 'sandbox.json'),
    journals: join(root, 'journals'),
    machines: join(root, 'machines'),
    tritonKey: join(root, 'triton-key.pem'),
    agentSocket: join(root, 'agent.sock'),
    lock: join(state, 'sandbox.lock'),
    log: join(state, 'sandbox.log'),
  }
}

/** Makes `.mcd/`, which git never sees. */
export function prepareStateFolder(folder: string): void {
  const state = join(folder, '.mcd')
  mkdirSync(state, {recursive: true})
  const ignore = join(state, '.gitignore')
  if (!existsSync(ignore)) writeFileSync(ignore, '*\n')
}

/** How the CLI finds a running sandbox. */
export type SandboxRecord = {
  /** Its own, and never another's: what its control port answers with. */
  readonly id: string
  readonly process: ProcessIdentity
  readonly startedAtMs: number
  readonly machines: MachinesMode
  readonly idleMs: number
  readonly ports: SandboxPorts
  readonly triton: {readonly keyId: string; readonly keyFile: string; readonly agentSocket?: string}
}

/** All on 127.0.0.1. */
export type SandboxPorts = {
  readonly aws: number
  readonly triton: number
  readonly cloudflare: number
  readonly metadata: number
  readonly control: number
  readonly dns: {readonly cloudflare: number; readonly route53: number}
}

/** Whole or not at all, and for its owner only. */
export function writeRecord({record: path}: SandboxPaths, record: SandboxRecord): void {
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, `${JSON.stringify(record, undefined, 2)}\n`, {mode: 0o600})
  renameSync(draft, path)
}

/** Undefined when there is none that can be read: one half removed counts as none. */
export function readRecord({record}: SandboxPaths): SandboxRecord | undefined {
  try {
    return JSON.parse(readFileSync(record, 'utf8')) as SandboxRecord
  } catch {
    return undefined
  }
}

/** Removes what sandboxes keep, and nothing else: a fleet may be called "sandbox", and its journal would lie in the same folder. */
export function discard({root, record, journals, machines, tritonKey, agentSocket}: SandboxPaths): void {
  for (const path of [record, journals, machines, tritonKey, agentSocket])
    rmSync(path, {recursive: true, force: true, maxRetries: 3})
  try {
    rmdirSync(root)
  } catch {
    // It holds something of somebody else's, or was never there.
  }
}

/** Exit status of a sandbox process that finds another at work in its folder (EX_TEMPFAIL). */
export const ALREADY_RUNNING = 75

/**
 * Holds the folder's sandbox for one process; undefined while another holds it. The system itself lets go when the holder
 * ends, however it ends, so no lock is ever stale. SQLite knows how to hold a file on every system.
 */
export function takeLock({lock}: SandboxPaths): {release(): void} | undefined {
  const database = new DatabaseSync(lock)
  try {
    database.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE')
    return {release: () => database.close()}
  } catch {
    database.close()
    return undefined
  }
}
