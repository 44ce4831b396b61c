import {writeFile} from 'node:fs/promises'
import {UsageError} from '../errors.ts'
import {writeTrouble} from '../file-trouble.ts'

/** Writes a file that a flag named. Throws UsageError where it cannot be written. */
export async function writeOutput(path: string, content: string): Promise<void> {
  try {
    await writeFile(path, content)
  } catch (cause) {
    const {why, suggestion} = writeTrouble(path, cause)
    throw new UsageError(`${path} cannot be written: ${why}.`, {cause, suggestions: [suggestion]})
  }
}
