import {readFile} from 'node:fs/promises'
import {dirname, resolve} from 'node:path'
import {UsageError} from '../../errors.ts'
import {readTrouble} from '../../file-trouble.ts'
import type {Fleet} from '../model.ts'
import {type FileText, type ParseOptions, parseFleetFile} from './parse.ts'

export type ReadOptions = Partial<Omit<ParseOptions, 'directory' | 'overlays' | 'settings'>> & {
  /** What is to be checked and used is not what the files say but what this makes of it. */
  readonly edit?: (files: readonly FileText[]) => readonly FileText[]
}

/** The fleet file, or it and further files that are laid over it; and what `--set` lays over all of them. */
export type FleetSource = {
  readonly file: string | readonly string[]
  readonly set?: readonly string[] | undefined
}

/**
 * Reads and checks a fleet file. Throws UsageError when there is none or it cannot be read, FleetFileError with every
 * mistake in it otherwise. Under `sandbox` the instances' credentials are left out, since the sandbox supplies its own.
 */
export async function readFleetFile(
  source: string | FleetSource,
  {env = process.env, edit = files => files, ...options}: ReadOptions = {},
): Promise<Fleet> {
  const {file: paths, set: settings = []} = typeof source === 'string' ? {file: source} : source
  const [file, ...overlays] = edit(await readTexts(paths))
  if (!file) throw new UsageError('No fleet file is named.')
  const path = resolve(file.name)
  const fleet = parseFleetFile(file.text, file.name, {
    ...options,
    env,
    overlays,
    settings,
    directory: dirname(path),
  })
  return {...fleet, file: path}
}

/** Throws UsageError for the first that cannot be read, or is named twice: its second reading could only undo what lies between. */
export async function readTexts(paths: FleetSource['file']): Promise<FileText[]> {
  const names = typeof paths === 'string' ? [paths] : paths
  const again = names.find(
    (name, index) => names.findIndex(other => resolve(other) === resolve(name)) < index,
  )
  if (again !== undefined)
    throw new UsageError(`${again} is given twice with -f.`, {
      suggestions: ['Name each file once, later ones over earlier ones.'],
    })
  return Promise.all(names.map(async (name, index) => ({name, text: await readText(name, index > 0)})))
}

async function readText(path: string, isOverlay: boolean): Promise<string> {
  let bytes: Buffer
  try {
    bytes = await readFile(path)
  } catch (cause) {
    throw unreadable(path, cause, isOverlay)
  }
  try {
    return new TextDecoder('utf-8', {fatal: true}).decode(bytes)
  } catch (cause) {
    throw new UsageError(`${path} is not a text file in UTF-8.`, {cause, suggestions: ['Save it as UTF-8.']})
  }
}

function unreadable(path: string, cause: unknown, isOverlay: boolean): UsageError {
  const code = (cause as NodeJS.ErrnoException).code
  if (isOverlay && (code === 'ENOENT' || code === 'ENOTDIR'))
    return new UsageError(`There is no file at ${path} to lay over the fleet file.`, {
      cause,
      suggestions: ['Check the path after -f: it begins where mcd is called.'],
    })
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new UsageError(`There is no fleet file at ${path}.`, {
      cause,
      suggestions: ['Make one with "mcd init".', 'Name another one with --file.'],
    })
  if (code === 'EISDIR')
    return new UsageError(`${path} is a folder, not a fleet file.`, {
      cause,
      suggestions: [`Try --file ${path}/mcd.yaml.`],
    })
  return new UsageError(`${path} cannot be read: ${readTrouble(cause)}.`, {
    cause,
    suggestions: ['Check its permissions.'],
  })
}
