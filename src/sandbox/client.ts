import {readFileSync} from 'node:fs'
import {setTimeout as delay} from 'node:timers/promises'
import {McdError} from '../errors.ts'
import {isRunning} from '../process-identity.ts'
import {get, post, recordOf} from './control.ts'
import {ALREADY_RUNNING, discard, prepareStateFolder, readRecord, sandboxPaths, takeLock} from './folder.ts'
import {type Sandbox, sandboxOf} from './running.ts'
import {type SandboxOptions, startDaemon} from './start-daemon.ts'
import type {SandboxStatus} from './status.ts'
import type {FaultOrder, FaultReport} from './world/faults/kinds.ts'

const START_DEADLINE_MS = 30_000
const STOP_DEADLINE_MS = 15_000
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
