import {spawn} from 'node:child_process'
import {closeSync, openSync, readFileSync} from 'node:fs'
import * as nodeModule from 'node:module'
import {setTimeout as delay} from 'node:timers/promises'
import {McdError, UsageError} from '../errors.ts'
import {isRunning} from '../process-identity.ts'
import {
  ALREADY_RUNNING,
  discard,
  prepareStateFolder,
  readRecord,
  type SandboxRecord,
  sandboxPaths,
  takeLock,
} from './folder.ts'
import type {MachinesMode} from './machines/hypervisor.ts'
import {programPath} from './programs.ts'
import type {SandboxMap, SandboxStatus} from './status.ts'
import {SANDBOX} from './world/credentials.ts'
import type {FaultOrder, FaultReport} from './world/faults/kinds.ts'

/** A running sandbox: the endpoints and credentials that replace every one of the fleet file under --sandbox. */
export type Sandbox = {
  readonly id: string
  /** Of the fleet file it belongs to. */
  readonly folder: string
  readonly pid: number
  readonly machines: MachinesMode
  readonly idleMs: number
  readonly endpoints: SandboxEndpoints
  readonly credentials: SandboxCredentials
  /** Where a published address and port are really served (decision 37). What no machine serves leads to a closed port, and never out of the sandbox. */
  addressOf(ip: string, port: number): Promise<{host: string; port: number}>
}

export type SandboxEndpoints = {
  readonly aws: string
  /** The second EC2 face, with the path such clouds have. */
  readonly eucalyptus: string
  readonly triton: string
  /** With the path of API version 4. */
  readonly cloudflare: string
  readonly metadata: string
  readonly control: string
  readonly dns: {readonly cloudflare: DnsEndpoint; readonly route53: DnsEndpoint}
}

export type DnsEndpoint = {readonly host: string; readonly port: number}

/** Worth nothing outside the sandbox. */
export type SandboxCredentials = {
  readonly aws: {readonly accessKeyId: string; readonly secretAccessKey: string; readonly region: string}
  readonly cloudflare: {readonly apiToken: string}
  readonly triton: {
    readonly account: string
    /** MD5 fingerprint of the key. */
    readonly keyId: string
    /** PEM, for its owner only. */
    readonly keyFile: string
    /** An ssh agent that holds the key; none on Windows. */
    readonly agentSocket?: string
  }
  /** What the instances use (decision 24). */
  readonly instances: {
    readonly cloudflare: {readonly token: string}
    readonly route53: {readonly accessKeyId: string; readonly secretAccessKey: string}
    readonly instanceProfile: string
  }
}

export type SandboxOptions = {readonly machines?: MachinesMode; readonly idleMs?: number}

const DEFAULT_IDLE_MS = 30 * 60_000
const START_DEADLINE_MS = 30_000
const STOP_DEADLINE_MS = 15_000
const ANSWER_DEADLINE_MS = 5_000
const POLL_MS = 25

/** The sandbox of this folder, started when it is not running. Two callers at once get the same one. */
export async function ensureSandbox(folder: string, options: SandboxOptions = {}): Promise<Sandbox> {
  const running = await findSandbox(folder)
  if (running) return running
  prepareStateFolder(folder)
  const endsAtMs = Date.now() + START_DEADLINE_MS
  let starting = startDaemon(folder, options)
  while (Date.now() < endsAtMs) {
    const sandbox = await findSandbox(folder)
    if (sandbox) {
      // Ours came second. Left alone it could take over when the first is stopped, and nobody would know of it.
      if (sandbox.pid !== starting.pid) starting.kill()
      return sandbox
    }
    const status = starting.exitStatus()
    if (status !== undefined && status !== ALREADY_RUNNING) throw startFailed(folder, status)
    // Somebody else's was there and may be ending just now: then it is our turn again.
    if (status === ALREADY_RUNNING) starting = startDaemon(folder, options)
    await delay(POLL_MS)
  }
  starting.kill()
  throw startFailed(folder, undefined)
}

/** Undefined when this folder has none: whatever a killed one left behind does not count. */
export async function findSandbox(folder: string): Promise<Sandbox | undefined> {
  const record = readRecord(sandboxPaths(folder))
  if (!record || !isRunning(record.process)) return undefined
  try {
    const {id} = (await get(record, '/')) as {id: string}
    return id === record.id ? sandboxOf(folder, record) : undefined
  } catch {
    return undefined
  }
}

/** The running sandbox of this folder. Throws where there is none: what is asked of it makes no sense of a new one. */
export async function theSandbox(folder: string): Promise<Sandbox> {
  const sandbox = await findSandbox(folder)
  if (sandbox) return sandbox
  throw new McdError('No sandbox is running here.', {
    suggestions: ['Start one with "mcd sandbox start", or with any command and --sandbox.'],
  })
}

/** Ends the machines and discards world and journals. False when none was running; what a killed one left goes either way. */
export async function stopSandbox(folder: string): Promise<boolean> {
  const paths = sandboxPaths(folder)
  const record = readRecord(paths)
  const isAlive = record !== undefined && isRunning(record.process)
  if (isAlive) {
    // The reply may be cut off by the end it asks for.
    await post(record, '/stop').catch(() => undefined)
    const endsAtMs = Date.now() + STOP_DEADLINE_MS
    while (isRunning(record.process) && Date.now() < endsAtMs) await delay(POLL_MS)
    if (isRunning(record.process)) process.kill(record.process.pid, 'SIGKILL')
  }
  if (record) discardUnlessStarting(folder)
  return isAlive
}

/** A fresh world behind the same endpoints, without journals. False when none was running. */
export async function resetSandbox(folder: string): Promise<boolean> {
  const record = (await findSandbox(folder)) && readRecord(sandboxPaths(folder))
  if (record) await post(record, '/reset')
  else if (readRecord(sandboxPaths(folder))) discardUnlessStarting(folder)
  return record !== undefined
}

export async function sandboxStatus({folder}: Sandbox): Promise<SandboxStatus> {
  return (await get(recordOf(folder), '/status')) as SandboxStatus
}

/** What an instance's leaked key needs: from now on no vendor accepts what instances use. A reset undoes it. */
export async function revokeInstanceCredentials({folder}: Sandbox): Promise<void> {
  await post(recordOf(folder), '/revoke-instance-credentials')
}

/** Throws UsageError for an order that can never fire. */
export async function addFault({folder}: Sandbox, order: FaultOrder): Promise<FaultReport> {
  return (await post(recordOf(folder), '/faults/add', order)) as FaultReport
}

export async function listFaults({folder}: Sandbox): Promise<FaultReport[]> {
  return (await get(recordOf(folder), '/faults')) as FaultReport[]
}

/** One, or all. What they held goes on. Returns how many there were. */
export async function clearFaults({folder}: Sandbox, id?: string): Promise<number> {
  const {cleared} = (await post(recordOf(folder), '/faults/clear', {id})) as {cleared: number}
  return cleared
}

function sandboxOf(folder: string, record: SandboxRecord): Sandbox {
  const {ports, triton} = record
  const url = (port: number) => `http://127.0.0.1:${port}`
  const {operator, instances, instanceProfile} = SANDBOX.aws
  return {
    id: record.id,
    folder,
    pid: record.process.pid,
    machines: record.machines,
    idleMs: record.idleMs,
    endpoints: {
      aws: url(ports.aws),
      eucalyptus: `${url(ports.aws)}/services/compute`,
      triton: url(ports.triton),
      cloudflare: `${url(ports.cloudflare)}/client/v4`,
      metadata: url(ports.metadata),
      control: url(ports.control),
      dns: {
        cloudflare: {host: '127.0.0.1', port: ports.dns.cloudflare},
        route53: {host: '127.0.0.1', port: ports.dns.route53},
      },
    },
    credentials: {
      aws: {...operator, region: SANDBOX.regions[0]},
      cloudflare: {apiToken: SANDBOX.cloudflare.operatorToken},
      triton: {account: SANDBOX.triton.account, ...triton},
      instances: {
        cloudflare: {token: SANDBOX.cloudflare.instancesToken},
        route53: instances,
        instanceProfile,
      },
    },
    addressOf: addressMap(record),
  }
}

/** Nothing listens on it: connecting is refused at once. (Port 0 would not do: clients take it for "the default".) */
const NOWHERE = {host: '127.0.0.1', port: 1}

/** One question for all that are asked at the same moment: a fleet of hundreds is probed at once. */
function addressMap(record: SandboxRecord): Sandbox['addressOf'] {
  let asked: Promise<SandboxMap> | undefined
  const ask = () => {
    asked ??= (get(record, '/map') as Promise<SandboxMap>).finally(() => {
      asked = undefined
    })
    return asked
  }
  return async (ip, servicePort) => {
    const found = (await ask()).find(entry => entry.ip === ip && entry.servicePort === servicePort)
    return found ? {host: found.host, port: found.port} : NOWHERE
  }
}

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

function startDaemon(
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

function startFailed(folder: string, status: number | undefined): McdError {
  const {log} = sandboxPaths(folder)
  const why =
    status === undefined
      ? `it did not answer within ${START_DEADLINE_MS / 1000} s`
      : `it ended with status ${status}`
  return new McdError(`The sandbox did not start: ${why}.${tail(log)}`, {
    suggestions: [`Look into ${log}.`, 'Run "mcd sandbox stop", then try again.'],
  })
}

function tail(file: string): string {
  try {
    const lines = readFileSync(file, 'utf8').trim().split('\n').slice(-5)
    return lines.join('') === '' ? '' : `\n${lines.join('\n')}`
  } catch {
    return ''
  }
}

/** A sandbox that is starting holds the lock, and clears the folder itself. */
function discardUnlessStarting(folder: string): void {
  const paths = sandboxPaths(folder)
  prepareStateFolder(folder)
  const lock = takeLock(paths)
  if (!lock) return
  discard(paths)
  lock.release()
}

function recordOf(folder: string): SandboxRecord {
  const record = readRecord(sandboxPaths(folder))
  if (!record) throw new McdError('The sandbox has ended.', {suggestions: ['Run "mcd sandbox start".']})
  return record
}

const get = (record: SandboxRecord, path: string): Promise<unknown> => ask(record, 'GET', path)
const post = (record: SandboxRecord, path: string, body?: object): Promise<unknown> =>
  ask(record, 'POST', path, body)

async function ask(
  {ports, id}: SandboxRecord,
  method: string,
  path: string,
  body?: object,
): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${ports.control}${path}`, {
    method,
    ...(body && {body: JSON.stringify(body)}),
    // A connection kept from before may have died while this process was busy elsewhere.
    headers: {'x-mcd-sandbox': id, connection: 'close'},
    signal: AbortSignal.timeout(ANSWER_DEADLINE_MS),
  })
  if (response.status === 422) {
    const {message, suggestions} = (await response.json()) as UsageError
    throw new UsageError(message, {suggestions})
  }
  if (!response.ok)
    throw new McdError(`The sandbox answered ${path} with HTTP ${response.status}: ${await response.text()}`)
  return response.json()
}
