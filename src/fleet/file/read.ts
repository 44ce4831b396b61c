import {readFile} from 'node:fs/promises'
import {dirname, resolve} from 'node:path'
import {UsageError} from '../../errors.ts'
import type {Fleet} from '../model.ts'
import {type ParseOptions, parseFleetFile} from './parse.ts'

export type ReadOptions = Partial<Omit<ParseOptions, 'directory'>> & {
  /** What is to be checked and used is not the file's text but what this makes of it. */
  readonly edit?: (text: string) => string
}

/**
 * Reads and checks a fleet file. Throws UsageError when there is none or it cannot be read, FleetFileError with every
 * mistake in it otherwise. Under `sandbox` the instances' credentials are left out, since the sandbox supplies its own.
 */
export async function readFleetFile(
  path: string,
  {env = process.env, edit = text => text, ...options}: ReadOptions = {},
): Promise<Fleet> {
  const text = edit(await readText(path))
  const file = resolve(path)
  return {...parseFleetFile(text, path, {...options, env, directory: dirname(file)}), file}
}

async function readText(path: string): Promise<string> {
  let bytes: Buffer
  try {
    bytes = await readFile(path)
  } catch (cause) {
    throw unreadable(path, cause)
  }
  try {
    return new TextDecoder('utf-8', {fatal: true}).decode(bytes)
  } catch (cause) {
    throw new UsageError(`${path} is not a text file in UTF-8.`, {cause, suggestions: ['Save it as UTF-8.']})
  }
}

function unreadable(path: string, cause: unknown): UsageError {
  const code = (cause as NodeJS.ErrnoException).code
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
  return new UsageError(`${path} cannot be read: ${code ?? String(cause)}.`, {
    cause,
    suggestions: ['Check its permissions.'],
  })
}
