import {spawnSync} from 'node:child_process'
import {readFileSync} from 'node:fs'
import {has} from '../support/programs.ts'

/** Programs by the Debian packages that bring them. */
const PROGRAMS: Readonly<Record<string, string>> = {
  mmdebstrap: 'mmdebstrap',
  'systemd-nspawn': 'systemd-container',
  'qemu-system-x86_64': 'qemu-system-x86',
  dnsmasq: 'dnsmasq-base',
  ip: 'iproute2',
  mke2fs: 'e2fsprogs',
  debugfs: 'e2fsprogs',
  openssl: 'openssl',
}

/** Why this machine cannot boot instances, in one sentence; undefined when it can. */
export function missingForBoot(): string | undefined {
  if (process.platform !== 'linux') return `it boots Linux in containers, and this is ${process.platform}.`
  if (process.getuid?.() !== 0) return 'it needs root, to build an image and to boot it in a container.'
  if (!isDebian()) return 'it builds its image from the apt sources of the machine, which must be Debian.'
  const absent = Object.entries(PROGRAMS).filter(([program]) => !has(program))
  if (absent.length > 0) {
    const packages = [...new Set(absent.map(([, name]) => name))]
    return `${absent.map(([program]) => program).join(', ')} is not installed; run: apt-get install --no-install-recommends ${packages.join(' ')}`
  }
  if (spawnSync('unshare', ['--net', '--mount', '--pid', '--fork', 'true']).status !== 0)
    return 'this root may not make namespaces (a container without privileges?).'
  return undefined
}

function isDebian(): boolean {
  try {
    return /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'))
  } catch {
    return false
  }
}
