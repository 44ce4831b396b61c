import {mkdirSync, writeFileSync} from 'node:fs'
import {homedir} from 'node:os'
import {dirname, join} from 'node:path'
import {execa} from 'execa'
import type {FleetStatus} from '../../src/fleet/status/report.ts'
import type {RunReport} from '../../src/runs/run-flags.ts'
import type {MachinesMode} from '../../src/sandbox/machines/hypervisor.ts'
import type {SandboxEndpoints} from '../../src/sandbox/running.ts'
import type {SandboxStatus} from '../../src/sandbox/status.ts'
import {TEST_IDLE_MS, temporaryFolders} from './sandbox.ts'

/** What one run of mcd ended with. */
export type Outcome = {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
  /** stdout as `--json` printed it; throws with everything that was said when it is no JSON. */
  json<T>(): T
}

export type RunOptions = {
  /** Beside a small environment of its own: no credential or endpoint of whoever runs the tests reaches mcd. */
  readonly env?: Readonly<Record<string, string>>
}

/** A run that goes on; `ended` resolves whatever its end. */
export type Running = {
  readonly ended: Promise<Outcome>
  kill(signal: NodeJS.Signals): void
  /** Its progress so far: what it wrote to stderr. */
  said(): string
}

export type RunningSandbox = SandboxStatus & {readonly endpoints: SandboxEndpoints}

/** A folder with fleet files, mcd as a process in it, and its sandbox. */
export type Workplace = {
  readonly folder: string
  /** Writes a file of the folder, `mcd.yaml` unless told otherwise, with the folders on its way. */
  write(text: string, file?: string): void
  mcd(args: readonly string[], options?: RunOptions): Promise<Outcome>
  begin(args: readonly string[], options?: RunOptions): Running
  /** A bash script in the folder, in which `mcd` is this build: what a user types who has other clients too. */
  bash(script: string, options?: RunOptions): Promise<Outcome>
  /** `up` and `down --yes` in the sandbox: the report, once it tells the exit status that the process really had. */
  up(...flags: readonly string[]): Promise<RunReport>
  down(...flags: readonly string[]): Promise<RunReport>
  status(): Promise<FleetStatus>
  startSandbox(machines?: MachinesMode): Promise<void>
  /** What `sandbox status --json` tells. */
  sandbox(): Promise<RunningSandbox>
}

const MCD = join(import.meta.dirname, '..', '..', 'bin', 'mcd.js')
/** Stops at the first failure. */
const BASH_PROLOGUE = `set -euo pipefail; mcd() { '${process.execPath}' '${MCD}' "$@"; }`
/** Longer than any run of a test may take; mcd is ended then, so that nothing is left behind. */
const RUN_LIMIT_MS = 180_000

/** Workplaces for the tests of one file; `endAll` ends their sandboxes and removes the folders. */
export function workplaces(): {open(): Workplace; endAll(): Promise<void>} {
  const folders = temporaryFolders()
  const runs = new Set<Running>()
  return {
    open: () => workplace(folders.make(), runs),
    async endAll() {
      for (const {kill} of runs) kill('SIGKILL')
      await Promise.all([...runs].map(({ended}) => ended))
      await folders.removeAll()
    },
  }
}

function workplace(folder: string, runs: Set<Running>): Workplace {
  function start(program: string, args: readonly string[], {env = {}}: RunOptions = {}): Running {
    const child = execa(program, args, {
      cwd: folder,
      env: {...quietEnvironment(folder), ...env},
      extendEnv: false,
      stdin: 'ignore',
      reject: false,
      timeout: RUN_LIMIT_MS,
      // mcd takes its time to end: what it does with it is what is tested.
      forceKillAfterDelay: 20_000,
    })
    let heard = ''
    child.stderr?.setEncoding('utf8').on('data', text => {
      heard += text
    })
    const run: Running = {
      said: () => heard,
      ended: child.then(({exitCode = -1, stdout, stderr}) => {
        runs.delete(run)
        return outcome([program, ...args], exitCode, stdout, stderr)
      }),
      kill: signal => void child.kill(signal),
    }
    runs.add(run)
    return run
  }
  const begin = (args: readonly string[], options?: RunOptions) =>
    start(process.execPath, [MCD, ...args], options)
  const mcd = (args: readonly string[], options?: RunOptions) => begin(args, options).ended
  const ask = async <T>(...args: readonly string[]) => (await mcd([...args, '--json'])).json<T>()
  const converge = async (...args: readonly string[]): Promise<RunReport> => {
    const {exitCode, stdout, stderr, json} = await mcd([...args, '--sandbox', '--json'])
    const report = json<RunReport>()
    if (report.exit !== exitCode)
      throw new Error(`mcd ${args.join(' ')} exited with ${exitCode} and reported:\n${stdout}\n${stderr}`)
    return report
  }
  return {
    folder,
    begin,
    mcd,
    bash: (script, options) => start('bash', ['-c', `${BASH_PROLOGUE}\n${script}`], options).ended,
    write(text, file = 'mcd.yaml') {
      mkdirSync(dirname(join(folder, file)), {recursive: true})
      writeFileSync(join(folder, file), text)
    },
    up: (...flags) => converge('up', ...flags),
    down: (...flags) => converge('down', '--yes', ...flags),
    status: () => ask('status', '--sandbox'),
    async startSandbox(machines = 'auto') {
      await ask('sandbox', 'start', '--machines', machines, '--idle', `${TEST_IDLE_MS / 1_000}s`)
    },
    sandbox: () => ask('sandbox', 'status'),
  }
}

/** Programs are found, and the compile cache is the user's own for speed; the home is empty, so no profile is. */
function quietEnvironment(folder: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    HOME: folder,
    XDG_CACHE_HOME: process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
  }
}

function outcome(args: readonly string[], exitCode: number, stdout: string, stderr: string): Outcome {
  return {
    exitCode,
    stdout,
    stderr,
    json<T>() {
      try {
        return JSON.parse(stdout) as T
      } catch (cause) {
        const said = `${args.join(' ')} exited with ${exitCode} and printed no JSON:\n${stdout}\n${stderr}`
        throw new Error(said, {cause})
      }
    },
  }
}
