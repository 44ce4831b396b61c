import {mkdtempSync, realpathSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {stopSandbox} from '../../src/sandbox/client.ts'

/** Folders for fleet files; `removeAll` ends the sandboxes of them and removes them. */
export function temporaryFolders(): {make(): string; removeAll(): Promise<void>} {
  const folders: string[] = []
  return {
    make() {
      const folder = realpathSync(mkdtempSync(join(tmpdir(), 'mcd-test-')))
      folders.push(folder)
      return folder
    },
    async removeAll() {
      for (const folder of folders.splice(0)) {
        await stopSandbox(folder)
        rmSync(folder, {recursive: true, force: true})
      }
    },
  }
}

/** Long enough for any test, and short enough that a killed test run leaves nothing for long. */
export const TEST_IDLE_MS = 120_000
