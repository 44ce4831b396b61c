import {type ChildProcess, spawn} from 'node:child_process'
import {delimiter, join} from 'node:path'
import type {Duplex} from 'node:stream'

export type ScriptRun = {
  /** The script and its arguments, run by sh. */
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly cwd: string
  readonly timeoutMs: number
  /** Each piece of its output as it comes. */
  print(text: string): void
}

export type RunningScript = {
  /** Its exit status; undefined when it was cut off. */
  readonly ended: Promise<number | undefined>
  /** SIGTERM to the script and everything it started, as systemd stops a service; cut off after a while. */
  terminate(): void
  /** Power off: the script and everything it started, at once. */
  kill(): void
}

export type StartScript = (script: ScriptRun) => RunningScript

/**
 * Starts the script so that neither it nor anything it started can outlive it or us, however each ends: a watcher in its process
 * group reads our end of a pipe, and when that closes it kills the whole group. The script itself never sees the pipe. The
 * watcher ignores SIGTERM from its first moment; the line that comes back says that from now on a SIGTERM reaches the script.
 */
const WATCHED = `trap '' TERM
(read -r _ <&3; kill -9 "-$$") &
trap - TERM
echo ready >&3
exec sh "$@" 3<&-`

/** What a service that is told to stop while it starts may take: systemd's patience, shortened for the sandbox. */
const TERMINATE_MS = 15_000

export function runScript({command, environment, cwd, timeoutMs, print}: ScriptRun): RunningScript {
  const child = spawn('sh', ['-c', WATCHED, 'sh', ...command], {
    cwd,
    env: {...environment},
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  child.stdout?.setEncoding('utf8').on('data', print)
  child.stderr?.setEncoding('utf8').on('data', print)
  const leash = child.stdio[3] as Duplex
  leash.on('error', () => {})
  const ready = new Promise<void>(resolve => leash.once('data', () => resolve()))
  const kill = () => void leash.destroy()
  const terminate = async () => {
    setTimeout(kill, TERMINATE_MS).unref()
    await ready
    // Once it has ended its id may be another's.
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid, 'SIGTERM')
  }
  return {ended: ended(child, {timeoutMs, kill, print}), terminate: () => void terminate(), kill}
}

function ended(
  child: ChildProcess,
  {timeoutMs, kill, print}: {timeoutMs: number; kill: () => void; print(text: string): void},
): Promise<number | undefined> {
  return new Promise(resolve => {
    const timer = setTimeout(() => {
      print(`mcd sandbox: still running after ${timeoutMs / 1000} s, cut off\n`)
      kill()
    }, timeoutMs)
    const end = (status: number | null) => {
      clearTimeout(timer)
      resolve(status ?? undefined)
    }
    child.once('error', error => {
      print(`mcd sandbox: ${error.message}\n`)
      end(null)
    })
    // As systemd does with a control group: what the script left running goes with it, or it would hold the output open.
    child.once('exit', kill)
    child.once('close', end)
  })
}

/** What the guest's scripts see of this host: where programs are, and nothing of its user's credentials, proxies or habits. */
export function guestEnvironment(
  root: string,
  extra: Readonly<Record<string, string>>,
): Record<string, string> {
  return {
    PATH: [join(root, 'usr', 'sbin'), process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin'].join(delimiter),
    HOME: join(root, 'root'),
    LC_ALL: 'C',
    NO_PROXY: '*',
    no_proxy: '*',
    ...extra,
  }
}
