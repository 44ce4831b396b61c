import {accessSync, constants} from 'node:fs'
import {delimiter, join} from 'node:path'

/**
 * Whether a program is on PATH. A test that needs an absent one skips by name:
 * `test.skipIf(!has('dig'))('answers as DNS does (needs dig)', …)`. In CI all of them are installed, and such a skip is a failure.
 */
export function has(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some(folder => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return folder !== ''
    } catch {
      return false
    }
  })
}
