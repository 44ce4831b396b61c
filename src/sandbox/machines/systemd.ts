import {existsSync, readFileSync} from 'node:fs'
import {join} from 'node:path'

/** One service as its unit file describes it: what systemd would run, and how long it would wait. */
export type Service = {
  /** Program and arguments, the program as a path on this host. */
  readonly start: readonly string[]
  readonly stop?: readonly string[]
  readonly startTimeoutMs: number
  readonly stopTimeoutMs: number
}

/** systemd's own DefaultTimeoutStartSec and DefaultTimeoutStopSec. */
const DEFAULT_TIMEOUT_SECONDS = 90

/** Reads a unit that userdata installed; undefined where there is none with an ExecStart. Source: systemd.service(5). */
export function readService(root: string, name: string): Service | undefined {
  const file = join(root, 'etc', 'systemd', 'system', name)
  if (!existsSync(file)) return undefined
  const settings = readSettings(readFileSync(file, 'utf8'))
  const start = commandLine(root, settings.get('ExecStart'))
  const stop = commandLine(root, settings.get('ExecStop'))
  if (!start) return undefined
  return {
    start,
    ...(stop && {stop}),
    startTimeoutMs: seconds(settings.get('TimeoutStartSec')) * 1000,
    stopTimeoutMs: seconds(settings.get('TimeoutStopSec')) * 1000,
  }
}

function readSettings(text: string): Map<string, string> {
  const lines = text.matchAll(/^([A-Za-z]+)=(.*)$/gm)
  return new Map([...lines].map(([, name = '', value = '']) => [name, value.trim()]))
}

/** The prefixes (`-` and its like) say what a failure means, which is the caller's affair here. */
function commandLine(root: string, setting: string | undefined): string[] | undefined {
  const [program, ...args] = (setting ?? '').replace(/^[-@:+!|]+/, '').split(/\s+/)
  return program?.startsWith('/') ? [join(root, program), ...args] : undefined
}

const seconds = (setting: string | undefined): number =>
  /^\d+$/.test(setting ?? '') ? Number(setting) : DEFAULT_TIMEOUT_SECONDS
