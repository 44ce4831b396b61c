import {execFileSync} from 'node:child_process'
import {readFileSync, readlinkSync} from 'node:fs'
import {userInfo} from 'node:os'

/** One process of one boot of one host. A process id alone is reused; together with the start time it never is. */
export type ProcessIdentity = {
  readonly pid: number
  /** The system's own notation, to be compared and never computed with: clock ticks since boot on Linux, a date elsewhere. */
  readonly startedAt: string
  /** Of the host's running boot; empty where the system has none (start times are dates there). */
  readonly bootId: string
  /** Containers of one boot count their processes apart. Absent where the system does not. */
  readonly pidNamespace?: string
}

/** Who this is; undefined where the process has ended (a zombie has) or the system does not tell. */
export function identifyProcess(pid: number = process.pid): ProcessIdentity | undefined {
  const startedAt = process.platform === 'linux' ? linuxStart(pid) : portableStart(pid)
  if (startedAt === undefined) return undefined
  const namespace = pidNamespace()
  return {pid, startedAt, bootId: bootId(), ...(namespace === undefined ? {} : {pidNamespace: namespace})}
}

/** Whether exactly this process still runs. */
export function isRunning({pid, startedAt, bootId}: ProcessIdentity): boolean {
  const now = identifyProcess(pid)
  return now !== undefined && now.startedAt === startedAt && now.bootId === bootId
}

/** Under which name this runs, for people. Many containers run under a number that their list of users does not have. */
export function userName(): string {
  try {
    return userInfo().username
  } catch {
    return `user ${process.getuid?.() ?? 'unknown'}`
  }
}

/** proc(5): after the name in parentheses, which may hold anything, field 3 is the state and field 22 the start time. */
function linuxStart(pid: number): string | undefined {
  const stat = readOrUndefined(`/proc/${pid}/stat`)
  if (!stat) return undefined
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state] = fields
  return state === 'Z' || state === 'X' ? undefined : fields[19]
}

function portableStart(pid: number): string | undefined {
  try {
    const line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
    const [, state = '', started] = /^(\S+)\s+(.+)$/.exec(line) ?? []
    return state.startsWith('Z') ? undefined : started
  } catch {
    return undefined
  }
}

const bootId = (): string => readOrUndefined('/proc/sys/kernel/random/boot_id')?.trim() ?? ''

/** namespaces(7): `pid:[4026531836]`, the same for all that see each other by the same numbers. */
function pidNamespace(): string | undefined {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return undefined
  }
}

function readOrUndefined(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
