import {gunzipSync} from 'node:zlib'
import {LineCounter, parseDocument} from 'yaml'

/** A file as cloud-init's write_files would make it. */
export type WantedFile = {readonly path: string; readonly content: Buffer; readonly mode: number}

export type CloudConfig = {
  readonly files: readonly WantedFile[]
  /** What cloud-init would stumble over, one sentence each. */
  readonly problems: readonly string[]
  /** What the sandbox leaves out, one sentence each: nothing a user's template says runs on this host (decision 35). */
  readonly notes: readonly string[]
}

/** Reads a `#cloud-config` document. Never throws: a document cloud-init could not read gives problems and no files. */
export function readCloudConfig(text: string): CloudConfig {
  const lines = new LineCounter()
  const document = parseDocument(text, {lineCounter: lines, prettyErrors: false})
  if (document.errors.length > 0) {
    const problems = document.errors.map(({message, pos}) => `line ${lines.linePos(pos[0]).line}: ${message}`)
    return {files: [], problems, notes: []}
  }
  const config: unknown = document.toJS()
  if (!isRecord(config)) return {files: [], problems: ['not a mapping of keys to values'], notes: []}

  const problems: string[] = []
  const files = list(config, 'write_files', problems).flatMap((entry, index) => {
    const read = readFile(entry)
    if (typeof read !== 'string') return [read]
    problems.push(`write_files[${index}]: ${read}`)
    return []
  })
  const commands = [...list(config, 'bootcmd', problems), ...list(config, 'runcmd', problems)].length
  const packages = list(config, 'packages', problems).length
  const notes = [
    ...(packages > 0 ? [`${count(packages, 'package')} not installed in the sandbox`] : []),
    ...(commands > 0 ? [`${count(commands, 'command')} not run in the sandbox`] : []),
  ]
  return {files, problems, notes}
}

function list(config: Record<string, unknown>, key: string, problems: string[]): unknown[] {
  const value = config[key]
  if (value === undefined || value === null) return []
  if (Array.isArray(value)) return value
  problems.push(`${key}: not a list`)
  return []
}

/** The file, or what is wrong with it. */
function readFile(entry: unknown): WantedFile | string {
  if (!isRecord(entry)) return 'not a mapping'
  const {path, content = '', encoding = 'text/plain', permissions = '0644'} = entry
  if (typeof path !== 'string' || !path.startsWith('/')) return 'path must be absolute'
  if (typeof content !== 'string') return `content of ${path} is not text`
  const mode = Number.parseInt(String(permissions), 8)
  if (Number.isNaN(mode)) return `permissions of ${path} are not octal: ${permissions}`
  const bytes = decode(content, String(encoding))
  return bytes ? {path, content: bytes, mode: mode & 0o777} : `content of ${path} is not ${encoding}`
}

/** cloud-init's spellings: `b64`, `base64`, `gz`, `gzip`, and both with a plus. */
function decode(content: string, encoding: string): Buffer | undefined {
  try {
    const bytes = /(?:b64|base64)$/.test(encoding) ? Buffer.from(content, 'base64') : Buffer.from(content)
    return /^gz/.test(encoding) ? gunzipSync(bytes) : bytes
  } catch {
    return undefined
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const count = (amount: number, noun: string): string => `${amount} ${noun}${amount === 1 ? '' : 's'}`
