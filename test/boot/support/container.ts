import {type ChildProcess, execFileSync, spawn} from 'node:child_process'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import {join} from 'node:path'
import type {Guest} from '../../../src/sandbox/world/hypervisor.ts'
import type {World} from '../../../src/sandbox/world/world.ts'
import {SERVED_NAMES} from './certificates.ts'
import {openFiles, processesOf} from './leaks.ts'
import type {Machine} from './machine.ts'
import type {Network} from './network.ts'

export type ContainerOptions = {
  readonly guest: Guest
  readonly world: World
  readonly network: Network
  readonly rootfs: string
  /** In memory: what the container writes lies below it. */
  readonly folder: string
  readonly controlGroup: string
  readonly certificateAuthority: string
  /** Where the vendors' APIs answer. */
  readonly apiAddress: string
  /** How often the timer of the registration asks; as it is shipped where absent. */
  readonly checkEverySeconds?: number
}

/** systemd's signal for "power off". Source: systemd(1), SIGRTMIN+4. */
const POWER_OFF = 34 + 4

/**
 * A guest in systemd-nspawn: its own systemd, cloud-init, network card and packages; the machine's kernel. EC2's are told
 * nothing but which data source to ask; Triton's have a NoCloud seed, as its platform gives to images of 2026.
 */
export function container(options: ContainerOptions): Machine {
  const {guest, network, rootfs, folder, controlGroup} = options
  const [upper, work, root] = ['upper', 'work', 'root'].map(name => join(folder, name)) as [
    string,
    string,
    string,
  ]
  for (const path of [upper, work, root]) mkdirSync(path, {recursive: true})
  const layers = `lowerdir=${rootfs},upperdir=${upper},workdir=${work}`
  execFileSync('mount', ['-t', 'overlay', 'overlay', '-o', layers, root], {timeout: 10_000})
  const group = join(controlGroup, guest.id)
  mkdirSync(group)
  furnish(root, options)

  let nspawn: ChildProcess | undefined
  const card = network.newCard()
  let off: Promise<void> = Promise.resolve()

  /** On this side of its process namespace; undefined when it is off, or hardly on. */
  const init = (): number | undefined => {
    const pid = nspawn?.exitCode === null && nspawn.signalCode === null ? nspawn.pid : undefined
    if (pid === undefined) return undefined
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
    return Number(children[0]) || undefined
  }
  const signal = (number: number | NodeJS.Signals): boolean => {
    const pid = init()
    return pid !== undefined && process.kill(pid, number)
  }

  return {
    start() {
      network.plug(card, macOf(options))
      // A control group of its own: containers started from one would share it, and kill each other's services.
      const script = `echo $$ >${group}/cgroup.procs && exec systemd-nspawn "$@"`
      nspawn = spawn('sh', ['-c', script, 'nspawn', ...nspawnOptions(guest.id, root, card)], {
        stdio: 'ignore',
      })
      const ended = nspawn
      off = new Promise(resolve => {
        ended.once('exit', () => {
          network.unplug(card)
          resolve()
        })
      })
    },
    async shutdown() {
      if (!signal(POWER_OFF)) nspawn?.kill('SIGKILL')
      await off
    },
    async cut() {
      // nspawn's own end would leave the container running.
      if (!signal('SIGKILL')) nspawn?.kill('SIGKILL')
      await off
    },
    reach: port => ({host: guest.cloud === 'triton' ? guest.publicIp : guest.privateIp, port}),
    processes() {
      const pid = init()
      return pid === undefined ? [] : processesOf(pid)
    },
    openFiles(secrets) {
      const pid = init()
      // What it keeps in memory is gone once it is off.
      const memory = pid === undefined ? [] : openFiles(`/proc/${pid}/root/run`, secrets)
      return [...openFiles(upper, secrets), ...memory]
    },
    age(path, byMs) {
      const then = new Date(Date.now() - byMs)
      for (const name of readdirSync(join(root, path))) utimesSync(join(root, path, name), then, then)
    },
    read: path => read(join(upper, path)),
    story: () =>
      [
        ...['var/log/cloud-init-output.log', 'var/log/mcd-registration.log'].map(
          file => `-- ${file}\n${lastLines(read(join(upper, file)) ?? 'not there')}`,
        ),
        `-- journal\n${journal(upper)}`,
      ].join('\n'),
    async discard() {
      await this.cut()
      if (!existsSync(root)) return
      execFileSync('umount', ['--lazy', root], {timeout: 10_000})
      rmSync(folder, {recursive: true, force: true})
    },
  }
}

function nspawnOptions(id: string, root: string, card: string): string[] {
  return [
    ...['--boot', '--quiet', '--register=no', '--keep-unit', `--machine=${id}`, `--directory=${root}`],
    ...[
      `--network-interface=${card}`,
      '--resolv-conf=off',
      '--timezone=off',
      '--link-journal=no',
      '--console=pipe',
    ],
  ]
}

/** What the cloud side provides to the disk before the first boot. */
function furnish(
  root: string,
  {guest, world, network, certificateAuthority, apiAddress, checkEverySeconds}: ContainerOptions,
): void {
  appendFileSync(join(root, 'etc/ssl/certs/ca-certificates.crt'), certificateAuthority)
  writeFileSync(join(root, 'etc/hosts'), `127.0.0.1 localhost\n${apiAddress} ${SERVED_NAMES.join(' ')}\n`)
  if (checkEverySeconds !== undefined) {
    const dropIn = join(root, 'etc/systemd/system/mcd-registration-check.timer.d')
    mkdirSync(dropIn, {recursive: true})
    const calendar = `OnCalendar=\nOnCalendar=*:*:0/${checkEverySeconds}\nRandomizedDelaySec=0\n`
    writeFileSync(join(dropIn, 'boot-test.conf'), `[Timer]\n${calendar}`)
  }
  const source = guest.cloud === 'triton' ? 'NoCloud' : 'Ec2'
  writeFileSync(join(root, 'etc/cloud/cloud.cfg.d/99_source.cfg'), `datasource_list: [ ${source} ]\n`)
  if (guest.cloud === 'triton') seed(root, guest, world)
  else network.lease(ec2Mac(guest), guest.privateIp)
}

/** Triton's NoCloud disk: user-data, instance id, host name and network, and nothing else (smartos-docs, nocloud). */
function seed(root: string, {id, userdata}: Guest, {triton}: World): void {
  const folder = join(root, 'var/lib/cloud/seed/nocloud')
  mkdirSync(folder, {recursive: true, mode: 0o700})
  const nics = triton.machine(id)?.nics ?? []
  const ethernets = nics.map(({mac, ip, gateway, primary}, index) => [
    `net${index}`,
    {
      match: {macaddress: mac},
      addresses: [`${ip}/15`],
      nameservers: {addresses: [gateway]},
      ...(primary ? {routes: [{to: '0.0.0.0/0', via: gateway}]} : {}),
    },
  ])
  const write = (name: string, text: string | Uint8Array) =>
    writeFileSync(join(folder, name), text, {mode: 0o600})
  write('user-data', userdata)
  write('meta-data', JSON.stringify({'instance-id': id, 'local-hostname': id}))
  write('network-config', JSON.stringify({version: 2, ethernets: Object.fromEntries(ethernets)}))
}

const macOf = ({guest, world}: ContainerOptions): string =>
  guest.cloud === 'triton' ? (world.triton.machine(guest.id)?.nics[0]?.mac ?? '') : ec2Mac(guest)

/** Locally administered, out of the private address. */
const ec2Mac = ({privateIp}: Guest): string =>
  `02:00:${privateIp
    .split('.')
    .map(part => Number(part).toString(16).padStart(2, '0'))
    .join(':')}`

const LAST_LINES = 40

const lastLines = (text: string): string => text.trimEnd().split('\n').slice(-LAST_LINES).join('\n')

const read = (file: string): string | undefined => (existsSync(file) ? readFileSync(file, 'utf8') : undefined)

function journal(upper: string): string {
  const folder = join(upper, 'var/log/journal')
  const words = ['--directory', folder, '--no-pager', '--output=short-precise', '--lines=60']
  try {
    return execFileSync('journalctl', words, {
      encoding: 'utf8',
      timeout: 20_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  } catch {
    return 'no journal'
  }
}
