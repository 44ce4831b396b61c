import {writeFile} from 'node:fs/promises'
import {UsageError} from '../errors.ts'

/** Writes a file that a flag named. Throws UsageError where it cannot be written. */
export async function writeOutput(path: string, content: string): Promise<void> {
  try {
    await writeFile(path, content)
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? String(cause)
    throw new UsageError(`${path} cannot be written: ${why}.`, {
      cause,
      suggestions: ['Name a file in a folder that is there and that you may write to.'],
    })
  }
}
