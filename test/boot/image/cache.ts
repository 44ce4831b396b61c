import {execFileSync} from 'node:child_process'
import {createHash} from 'node:crypto'
import {existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync} from 'node:fs'
import {join} from 'node:path'

const SCRIPT = join(import.meta.dirname, 'build.sh')
const BUILD_LIMIT_MS = 15 * 60_000
const WEEK_MS = 7 * 24 * 3_600_000

/**
 * With mounts and processes of its own, which end with it: what a build that was killed had mounted would stay in the
 * unfinished image, and whoever cleared that away would clear the machine's own /proc.
 */
const ALONE = [
  ...['--pdeathsig', 'KILL'],
  ...['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'],
]

/** The image's folder: `rootfs`, `disk.ext4`, `vmlinuz`, `initrd`. Built where it is missing, anew every week; the others are removed. */
export function findImage(cache: string): string {
  const sources = aptSources()
  const key = createHash('sha256')
    .update(JSON.stringify([SCRIPT, ...sources].map(file => readFileSync(file, 'utf8'))))
    .update(String(Math.floor(Date.now() / WEEK_MS)))
    .digest('hex')
    .slice(0, 12)
  const folder = join(cache, key)
  if (existsSync(folder)) return folder

  mkdirSync(cache, {recursive: true})
  for (const other of readdirSync(cache)) rmSync(join(cache, other), {recursive: true, force: true})
  const unfinished = join(cache, `unfinished-${process.pid}`)
  mkdirSync(unfinished)
  console.log('building the image to boot…')
  const startedAtMs = Date.now()
  try {
    execFileSync('setpriv', [...ALONE, 'sh', SCRIPT, unfinished, suite(), ...sources], {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: BUILD_LIMIT_MS,
      maxBuffer: 64 * 1024 * 1024,
    })
    renameSync(unfinished, folder)
  } catch (error) {
    rmSync(unfinished, {recursive: true, force: true})
    const said = String((error as {stderr?: Buffer}).stderr ?? '')
    throw new Error(`the image could not be built:\n${said.slice(-4_000)}`, {cause: error})
  }
  console.log(`built in ${Math.round((Date.now() - startedAtMs) / 1000)} s`)
  return folder
}

/** The machine's own sources of Debian, wherever its mirror is; third parties' are left out. */
function aptSources(): string[] {
  const folder = '/etc/apt/sources.list.d'
  const files = ['/etc/apt/sources.list', ...readdirSync(folder).map(name => join(folder, name))]
  return files.filter(
    file =>
      /\.(list|sources)$/.test(file) && existsSync(file) && /\/debian\b/.test(readFileSync(file, 'utf8')),
  )
}

function suite(): string {
  const [, name] = /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync('/etc/os-release', 'utf8')) ?? []
  if (name === undefined) throw new Error('/etc/os-release does not tell the release of Debian')
  return name
}
