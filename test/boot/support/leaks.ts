import {lstatSync, readdirSync, readFileSync, readlinkSync} from 'node:fs'
import {basename, join} from 'node:path'

/** What stands in /proc of one process, as `ps` shows it. */
export type Process = {readonly pid: number; readonly commandLine: string; readonly environment: string}

/** Every process of the namespace whose first process this is. */
export function processesOf(init: number): Process[] {
  const namespace = namespaceOf(init)
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .filter(pid => namespace !== undefined && namespaceOf(pid) === namespace)
    .map(pid => ({pid, commandLine: read(pid, 'cmdline'), environment: read(pid, 'environ')}))
}

/** A sentence for each secret on a command line or in an environment. */
export function shown(processes: readonly Process[], secrets: readonly string[]): string[] {
  return processes.flatMap(process =>
    secrets
      .filter(secret => process.commandLine.includes(secret) || process.environment.includes(secret))
      .map(() => `a secret stands where ps shows it: ${programOf(process)}`),
  )
}

/** `curl` for `/usr/bin/curl --config -`. */
export const programOf = ({commandLine}: Process): string => basename(commandLine.split(' ')[0] ?? '')

/** A sentence for each file below a folder that holds a secret and is not for root alone. Links are not followed. */
export function openFiles(folder: string, secrets: readonly string[], isHidden = false): string[] {
  const {mode} = lstatSync(folder)
  // Nobody else comes through a folder that is root's.
  const hidden = isHidden || (mode & 0o077) === 0
  return readdirSync(folder, {withFileTypes: true}).flatMap(entry => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return openFiles(path, secrets, hidden)
    if (!entry.isFile() || hidden || (lstatSync(path).mode & 0o077) === 0) return []
    const text = readFileSync(path, 'latin1')
    return secrets.some(secret => text.includes(secret))
      ? [`a secret stands in ${path}, which others may read`]
      : []
  })
}

function namespaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`)
  } catch {
    // It ended meanwhile.
    return undefined
  }
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}
