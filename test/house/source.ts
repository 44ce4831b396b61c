import {readdirSync, readFileSync} from 'node:fs'
import {dirname, join, posix, relative, sep} from 'node:path'
import {fileURLToPath} from 'node:url'

export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

type Import = {readonly target: string; readonly typeOnly: boolean}
/** One source file: its path from the root with forward slashes, its code without comments, and what it imports of ours. */
export type Source = {readonly path: string; readonly code: string; readonly imports: readonly Import[]}

/** Every file under a folder of the repository, as paths from the root. */
export function filesUnder(folder: string): string[] {
  return readdirSync(join(ROOT, folder), {recursive: true, withFileTypes: true})
    .filter(entry => entry.isFile())
    .map(entry => relative(ROOT, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort()
}

export function readSource(path: string): Source {
  const code = withoutComments(readFileSync(join(ROOT, path), 'utf8'))
  return {
    path,
    code,
    imports: [...importsOf(code)].map(each => ({...each, target: posix.join(dirname(path), each.target)})),
  }
}

/** Relative imports and re-exports, static and dynamic. */
function* importsOf(code: string): Iterable<Import> {
  for (const [, type, target] of code.matchAll(/^(?:import|export)\s+(type\s)?[^'"]*?from\s+'(\.[^']+)'/gm)) {
    yield {target: target ?? '', typeOnly: type !== undefined}
  }
  for (const [, target] of code.matchAll(/\bimport\s*\(?\s*'(\.[^']+)'/g))
    yield {target: target ?? '', typeOnly: false}
}

/** Comments may speak of what code must not do. A `//` after a colon is a URL. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"`\\])\/\/.*$/gm, '$1')
}
