import {open, readFile, realpath, rename, rm, stat} from 'node:fs/promises'
import {basename, dirname, join} from 'node:path'
import {McdError} from '../../errors.ts'
import {writeTrouble} from '../../file-trouble.ts'

/**
 * Puts a new text in place of the one that was read: all of it or nothing, whatever happens in between. Keeps the file's
 * mode, and writes to where a link points. Throws McdError when the file has changed since, or cannot be written.
 */
export async function saveFleetFile(path: string, before: string, after: string): Promise<void> {
  const target = await realpath(path)
  if ((await readFile(target, 'utf8')) !== before)
    throw new McdError(`${path} has changed since it was read: it is left as it is.`, {
      suggestions: ['Run the same command again.'],
    })
  const draft = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`)
  try {
    const {mode} = await stat(target)
    const file = await open(draft, 'wx', mode)
    try {
      await file.chmod(mode)
      await file.writeFile(after)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, target)
  } catch (cause) {
    await rm(draft, {force: true})
    throw new McdError(`${path} cannot be written: ${writeTrouble(target, cause).why}.`, {
      cause,
      suggestions: [`Make ${dirname(target)} a folder you may write to. The file is as it was.`],
    })
  }
}
