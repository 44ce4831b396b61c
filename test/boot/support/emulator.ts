import {type ChildProcess, execFileSync, spawn} from 'node:child_process'
import {createHash} from 'node:crypto'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import {createConnection} from 'node:net'
import {join} from 'node:path'
import type {Guest} from '../../../src/sandbox/world/hypervisor.ts'
import {SERVED_NAMES} from './certificates.ts'
import {openFiles} from './leaks.ts'
import type {Machine} from './machine.ts'
import {METADATA_ADDRESS} from './network.ts'

export type EmulatorOptions = {
  readonly guest: Guest
  /** `disk.ext4`, `vmlinuz` and `initrd`. */
  readonly image: string
  /** In memory: the disk lies in it, for nobody but this guest. */
  readonly folder: string
  readonly certificateAuthority: string
  /** Ports of this side. */
  readonly ports: {
    readonly apis: number
    /** EC2: where instance metadata is served. */
    readonly metadata?: number
    /** SmartOS: where its second serial port is answered. */
    readonly serial?: number
    /** Free: leads to the guest's service. */
    readonly service: number
  }
  /** Triton's network cards have addresses that the platform knows. */
  readonly mac?: string
}

const LAST_LINES = 80
/** The user that the emulator runs as: it needs no root. */
const NOBODY = 65_534
const RELAY = join(import.meta.dirname, 'relay.sh')

/**
 * What a guest's network holds. QEMU serves it from within its own process, and these addresses must lie in one network of
 * at least four bits: so the vendors' APIs answer elsewhere on each cloud.
 */
const NETWORKS = {
  ec2: {net: '160.0.0.0/4', gateway: '172.31.0.1', names: '172.31.0.2', apis: '169.254.0.3'},
  triton: {net: '192.0.0.0/4', gateway: '198.18.0.1', names: '198.18.255.53', apis: '198.18.255.80'},
}

/**
 * A guest in QEMU, without hardware help and without root: a kernel of its own, SMBIOS that says which cloud this is, a power
 * button. What it can reach is what stands here.
 */
export function emulator(options: EmulatorOptions): Machine {
  const {guest, folder, ports} = options
  const disk = join(folder, 'disk')
  const console = join(folder, 'console')
  const control = join(folder, 'control')
  prepare(options, disk)

  let qemu: ChildProcess | undefined
  let off: Promise<void> = Promise.resolve()
  let panics = 0
  const isOn = () => qemu !== undefined && qemu.exitCode === null && qemu.signalCode === null
  const hasPanicked = () => existsSync(console) && /Kernel panic/.test(readFileSync(console, 'utf8'))

  function powerOn(): void {
    rmSync(console, {force: true})
    const words = [
      '--reuid',
      String(NOBODY),
      '--regid',
      String(NOBODY),
      '--clear-groups',
      'qemu-system-x86_64',
    ]
    const child = spawn('setpriv', [...words, ...qemuOptions(options, {disk, console, control})], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    qemu = child
    off = new Promise(resolve => {
      child.once('exit', () => {
        // Known of a host that steals the emulator's time at the wrong moment: not the guest's doing, and tried once more.
        if (hasPanicked() && panics++ === 0) {
          powerOn()
          resolve(off)
        } else resolve()
      })
    })
  }

  return {
    start: powerOn,
    async shutdown() {
      await pressPowerButton(control).catch(() => qemu?.kill('SIGKILL'))
      await off
    },
    async cut() {
      panics++
      qemu?.kill('SIGKILL')
      await off
    },
    reach: port => (port === 80 ? {host: '127.0.0.1', port: ports.service} : {host: '127.0.0.1', port: 1}),
    processes: () => [],
    age() {
      throw new Error('nobody else may write on the disk of a running computer')
    },
    openFiles(secrets) {
      if (isOn()) throw new Error('of a disk in use nobody knows what is on it yet')
      const copy = join(folder, 'copy')
      mkdirSync(copy, {recursive: true})
      for (const part of ['/etc', '/var']) debugfs(disk, `rdump ${part} ${copy}`)
      return openFiles(copy, secrets)
    },
    // Of a disk in use nobody knows what is on it yet.
    read: path => (isOn() ? undefined : debugfs(disk, `cat /${path}`) || undefined),
    story: () =>
      existsSync(console)
        ? readFileSync(console, 'utf8').split('\n').slice(-LAST_LINES).join('\n')
        : `${guest.id}: no console`,
    async discard() {
      await this.cut()
      rmSync(folder, {recursive: true, force: true})
    },
  }
}

/** A copy of the image that trusts the test's authority and finds the vendors' names. */
function prepare({guest, image, folder, certificateAuthority}: EmulatorOptions, disk: string): void {
  mkdirSync(folder, {recursive: true})
  execFileSync('cp', ['--sparse=always', join(image, 'disk.ext4'), disk], {timeout: 120_000})
  for (const name of ['vmlinuz', 'initrd']) cpSync(join(image, name), join(folder, name))
  // From a place that everybody can reach, wherever the checkout lies.
  cpSync(RELAY, join(folder, 'relay.sh'))
  const bundle = 'etc/ssl/certs/ca-certificates.crt'
  const original = (path: string) => readFileSync(join(image, 'rootfs', path), 'utf8')
  const {apis} = networkOf(guest)
  const files = {
    [bundle]: original(bundle) + certificateAuthority,
    'etc/hosts': `127.0.0.1 localhost\n${apis} ${SERVED_NAMES.join(' ')}\n`,
    // Nobody answers for names here, and each that cloud-init tries would be waited for.
    'etc/nsswitch.conf': original('etc/nsswitch.conf').replace(/^hosts:.*$/m, 'hosts: files'),
  }
  for (const [path, text] of Object.entries(files)) {
    const source = join(folder, 'file')
    writeFileSync(source, text)
    debugfs(disk, `rm /${path}`, true)
    debugfs(disk, `write ${source} /${path}`, true)
  }
  for (const path of [folder, ...['disk', 'vmlinuz', 'initrd', 'relay.sh'].map(name => join(folder, name))])
    chownSync(path, NOBODY, NOBODY)
  chmodSync(folder, 0o700)
}

function qemuOptions(
  {guest, folder, ports, mac}: EmulatorOptions,
  {disk, console, control}: {disk: string; console: string; control: string},
): string[] {
  const kernel =
    'root=/dev/vda rw console=ttyS0 net.ifnames=0 quiet no_timer_check panic=-1 mitigations=off apparmor=0 audit=0'
  const {net, gateway, names, apis} = networkOf(guest)
  const isTriton = guest.cloud === 'triton'
  const address = isTriton ? guest.publicIp : guest.privateIp
  const forward = (to: string, port: number) =>
    `guestfwd=tcp:${to}-cmd:/bin/bash ${join(folder, 'relay.sh')} ${port}`
  const network = [
    `user,id=net,restrict=on,net=${net},host=${gateway},dns=${names},dhcpstart=${address}`,
    `hostfwd=tcp:127.0.0.1:${ports.service}-${address}:80`,
    forward(`${apis}:443`, ports.apis),
    ...(ports.metadata === undefined ? [] : [forward(`${METADATA_ADDRESS}:80`, ports.metadata)]),
  ]
  return [
    ...[
      '-nodefaults',
      '-display',
      'none',
      '-no-reboot',
      '-accel',
      'tcg,tb-size=512',
      // Newer ones have wider registers and deeper page tables, which are work to emulate: a fifth less of it.
      '-cpu',
      'Nehalem',
    ],
    ...['-smp', '1', '-m', '1024', '-kernel', join(folder, 'vmlinuz'), '-initrd', join(folder, 'initrd')],
    ...[
      '-append',
      kernel,
      '-drive',
      `file=${disk},format=raw,if=virtio,cache=unsafe`,
      '-device',
      'virtio-rng-pci',
    ],
    ...['-qmp', `unix:${control},server=on,wait=off`, '-serial', `file:${console}`],
    ...[
      '-netdev',
      network.join(','),
      '-device',
      `virtio-net-pci,netdev=net${mac === undefined ? '' : `,mac=${mac}`}`,
    ],
    ...(isTriton ? smartosOptions(ports.serial ?? 0) : ec2Options(guest)),
  ]
}

/** Source: EC2 User Guide, "Identify EC2 Linux instances": the system's UUID begins with ec2, and its serial is the same. */
function ec2Options({id}: Guest): string[] {
  const hex = `ec2${createHash('sha256').update(id).digest('hex')}`
  const uuid = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20, 32),
  ].join('-')
  return ['-smbios', `type=1,manufacturer=Amazon EC2,serial=${uuid},uuid=${uuid}`]
}

/** cloud-init knows the platform by the product's name, and asks it over the second serial port. */
function smartosOptions(port: number): string[] {
  const smbios = ['-smbios', 'type=1,manufacturer=Joyent,product=SmartDC HVM']
  return [
    ...smbios,
    '-chardev',
    `socket,id=metadata,host=127.0.0.1,port=${port}`,
    '-serial',
    'chardev:metadata',
  ]
}

const networkOf = ({cloud}: Guest) => (cloud === 'triton' ? NETWORKS.triton : NETWORKS.ec2)

/** QEMU's own control protocol: the ACPI button, as clouds press it. */
function pressPowerButton(control: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(control)
    socket.on('error', reject)
    socket.once('data', () => {
      socket.write('{"execute": "qmp_capabilities"}{"execute": "system_powerdown"}\n', () => resolve())
      socket.unref()
    })
    socket.once('close', () => resolve())
  })
}

function debugfs(disk: string, request: string, writing = false): string {
  const words = [...(writing ? ['-w'] : []), '-R', request, disk]
  return execFileSync('debugfs', words, {
    encoding: 'utf8',
    timeout: 60_000,
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 64 * 1024 * 1024,
  })
}
