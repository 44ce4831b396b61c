import {spawnSync} from 'node:child_process'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {Script} from './scripts.ts'

/** A complaint; its line counts from 1 in the text that was given, or it names a key of the document by its path. */
export type Complaint = {
  readonly message: string
  readonly line?: number
  readonly path?: readonly (string | number)[]
}

/** What a program says about a text; undefined where it is not installed. */
export type Answer = Complaint[] | undefined

const TIMEOUT_MS = 60_000

/** Whether the script's own shell can read it. */
export function parseWithShell({shell, text}: Script): Answer {
  const ran = run(shell, ['-n'], text)
  if (!ran || ran.status === 0) return ran && []
  const said = [...ran.stderr.matchAll(/^\S+: (?:line )?(\d+): (.*)$/gm)]
  if (said.length === 0) return [{message: ran.stderr.trim()}]
  return said.map(([, line, message = '']) => ({line: Number(line), message}))
}

/** What shellcheck warns of; not its matters of style, nor that it cannot follow files which are on the instance. */
export function shellcheck({shell, text}: Script): Answer {
  const args = [
    '--shell',
    shell,
    '--severity',
    'warning',
    '--exclude',
    'SC1090,SC1091',
    '--format',
    'json1',
    '-',
  ]
  const ran = run('shellcheck', args, text)
  if (!ran) return undefined
  const {comments = []} = JSON.parse(ran.stdout || '{}') as {
    comments?: {line: number; code: number; message: string}[]
  }
  return comments.map(({line, code, message}) => ({line, message: `${message} (SC${code})`}))
}

/** What cloud-init's own schema refuses. It reads files alone. */
export function cloudInitSchema(document: string): Answer {
  const folder = mkdtempSync(join(tmpdir(), 'mcd-check-'))
  try {
    const file = join(folder, 'user-data')
    writeFileSync(file, document, {mode: 0o600})
    const ran = run('cloud-init', ['schema', '--config-file', file], '')
    if (!ran || ran.status === 0) return ran && []
    const [, errors] = /schema errors: ([\s\S]*?)(?:\n\n|\nError|$)/.exec(ran.stdout + ran.stderr) ?? []
    const complaints = (errors ?? '').split(/, (?=[\w.-]+: )/).flatMap(readSchemaError)
    return complaints.length > 0 ? complaints : [{message: (ran.stderr || ran.stdout).trim()}]
  } finally {
    rmSync(folder, {recursive: true, force: true})
  }
}

/** `packages.0: 1 is not of type 'string'`, `format-l2.c11: … is not valid yaml. …` */
function readSchemaError(text: string): Complaint[] {
  const [, place = '', message = ''] = /^([\w.-]+): ([\s\S]*)$/.exec(text.trim()) ?? []
  if (place === '') return []
  const [, line] = /^format-l(\d+)\.c\d+$/.exec(place) ?? []
  if (line !== undefined) return [{line: Number(line), message}]
  const path = place.split('.').map(key => (/^\d+$/.test(key) ? Number(key) : key))
  return [{path, message: `${place}: ${message}`}]
}

type Ran = {readonly status: number | null; readonly stdout: string; readonly stderr: string}

function run(program: string, args: readonly string[], input: string): Ran | undefined {
  const ran = spawnSync(program, args, {
    input,
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    env: {...process.env, LC_ALL: 'C.UTF-8'},
  })
  return (ran.error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT' ? undefined : ran
}
