import {writeFileSync} from 'node:fs'
import {parseArgs} from 'node:util'
import {ALREADY_RUNNING, prepareStateFolder, sandboxPaths, takeLock} from './folder.ts'
import type {MachinesMode} from './machines/hypervisor.ts'
import {serveSandbox} from './server.ts'

/** The sandbox's background process: `sandboxd --folder DIR --idle MILLISECONDS --machines auto|processes|shared`. */

/** A machine or a client that will not let go must not keep it alive. */
const END_MS = 10_000

const {values} = parseArgs({
  options: {
    folder: {type: 'string', default: '.'},
    idle: {type: 'string', default: '1800000'},
    machines: {type: 'string', default: 'auto'},
  },
})

void main(values.folder)

async function main(folder: string): Promise<void> {
  const paths = sandboxPaths(folder)
  prepareStateFolder(folder)
  const lock = takeLock(paths)
  if (!lock) process.exit(ALREADY_RUNNING)
  // What the sandbox before this one said; our own output is appended to the same file.
  writeFileSync(paths.log, '')

  const sandbox = await serveSandbox({
    folder,
    machines: values.machines as MachinesMode,
    idleMs: Number(values.idle),
  })
  const signal = new Promise<void>(resolve => {
    for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(name, () => resolve())
  })
  await Promise.race([sandbox.over, signal])
  setTimeout(() => process.exit(1), END_MS).unref()
  await sandbox.end()
  lock.release()
  process.exit(0)
}
