import {spawn, spawnSync} from 'node:child_process'
import {constants} from 'node:os'
import {join} from 'node:path'
import {findImage} from './image/cache.ts'
import {missingForBoot} from './requirements.ts'

/**
 * `npm run test:boot [vitest options]`: builds the image where it is missing, then runs the boots in namespaces of their own:
 * processes, mounts and network end with the one process that made them, however it ends, and nothing leaves the machine.
 */

/** Far above what the boots take: a run that hangs ends by itself. */
const LIMIT_MS = 40 * 60_000

const here = import.meta.dirname

async function main(): Promise<number> {
  const missing = missingForBoot()
  if (missing !== undefined) {
    console.log(`The boot test was skipped: ${missing}`)
    return process.env.CI === 'true' ? 1 : 0
  }
  const image = findImage(join(here, '../../.cache/boot'))
  const group = `mcd-boot-${process.pid}`
  try {
    return await inNamespaces(
      [
        process.execPath,
        join(here, '../../node_modules/vitest/vitest.mjs'),
        'run',
        '--root',
        join(here, '../..'),
      ],
      {MCD_BOOT_IMAGE: image, MCD_BOOT_GROUP: group},
    )
  } finally {
    removeControlGroups(group)
  }
}

/** Its first process gets SIGKILL when this one ends, and takes everything inside the namespaces with it. */
function inNamespaces(command: readonly string[], env: Record<string, string>): Promise<number> {
  const options = ['--config', join(here, 'vitest.config.ts'), ...process.argv.slice(2)]
  const child = spawn(
    'setpriv',
    [
      ...[
        '--pdeathsig',
        'KILL',
        'unshare',
        '--net',
        '--mount',
        '--pid',
        '--fork',
        '--kill-child',
        '--mount-proc',
      ],
      ...['sh', join(here, 'enter.sh'), ...command, ...options],
    ],
    {stdio: 'inherit', env: {...process.env, ...env}, timeout: LIMIT_MS, killSignal: 'SIGKILL'},
  )
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
    process.on(signal, () => child.kill('SIGKILL'))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 1)))
  })
}

/** The only thing that outlives the namespaces: empty control groups. Those of runs that were killed go too. */
function removeControlGroups(own: string): void {
  const script = `mount -t cgroup2 cgroup2 /mnt && cd /mnt || exit
    for attempt in 1 2 3 4 5; do
      for group in mcd-boot-*; do
        [ "$group" = ${own} ] || ! [ -e "/proc/\${group#mcd-boot-}" ] || continue
        find "$group" -depth -type d -exec rmdir {} +
      done
      [ -e ${own} ] || exit 0
      sleep 1
    done`
  spawnSync('unshare', ['--mount', 'sh', '-c', script], {stdio: 'ignore', timeout: 20_000})
}

process.exitCode = await main()
