import {execFileSync, spawn} from 'node:child_process'
import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

/** Where the vendors' APIs answer in this network, and where they do so with a certificate that may be made to look bad. */
export const API_ADDRESS = '192.0.2.80'
export const DOUBTFUL_API_ADDRESS = '192.0.2.81'
export const METADATA_ADDRESS = '169.254.169.254'

/** The gateways of EC2's default network and of Triton's external one, as the sandbox's world has them. */
const GATEWAYS = ['172.31.0.1/16', '198.18.0.1/15']
const BRIDGE = 'cloud'
/** A bridge without one takes the lowest of its cards', and whoever had learned another is deaf to it for most of a minute. */
const BRIDGE_MAC = '02:00:00:00:00:01'

export type Network = {
  /** The name of a network card that nobody has yet. */
  newCard(): string
  /** Makes the card, with its other end in the bridge. A container takes it along when it ends. */
  plug(card: string, mac: string): void
  unplug(card: string): void
  /** From now on DHCP gives this address to that card. */
  lease(mac: string, address: string): void
  close(): void
}

const ip = (...words: string[]) => execFileSync('ip', words, {stdio: 'pipe', timeout: 10_000})

/** One wire for all containers of this process, in the namespace that the test runs in: DHCP, gateways, and no way out. */
export function openNetwork(folder: string): Network {
  const leases = join(folder, 'leases')
  mkdirSync(leases, {recursive: true})
  ip('link', 'add', BRIDGE, 'address', BRIDGE_MAC, 'type', 'bridge')
  for (const address of GATEWAYS) ip('address', 'add', address, 'dev', BRIDGE)
  ip('link', 'set', BRIDGE, 'up')
  // Triton has no such address: what its machines send there comes back as unreachable, before anything local is looked for.
  ip('rule', 'add', 'pref', '10', 'lookup', 'local')
  ip('rule', 'add', 'pref', '5', 'from', '198.18.0.0/15', 'to', METADATA_ADDRESS, 'unreachable')
  ip('rule', 'delete', 'pref', '0')
  for (const address of [API_ADDRESS, DOUBTFUL_API_ADDRESS, METADATA_ADDRESS])
    ip('address', 'add', `${address}/32`, 'dev', 'lo')

  // No ping before a lease (3 s each), and an answer to every name at once: there is none.
  const dnsmasq = spawn(
    'dnsmasq',
    [
      ...[
        '--keep-in-foreground',
        '--conf-file=/dev/null',
        '--user=root',
        '--pid-file',
        '--log-facility=/dev/null',
      ],
      ...[
        `--interface=${BRIDGE}`,
        '--bind-interfaces',
        '--no-resolv',
        '--no-hosts',
        '--local=/#/',
        '--no-ping',
      ],
      ...['--dhcp-range=172.31.0.0,static,255.255.0.0,1h', `--dhcp-hostsdir=${leases}`],
      `--dhcp-leasefile=${join(folder, 'given')}`,
    ],
    {stdio: 'ignore'},
  )
  let next = 1
  return {
    newCard: () => `ens${next++}`,
    plug(card, mac) {
      ip('link', 'add', `to-${card}`, 'type', 'veth', 'peer', 'name', card, 'address', mac)
      ip('link', 'set', `to-${card}`, 'master', BRIDGE, 'up')
    },
    unplug(card) {
      try {
        ip('link', 'delete', `to-${card}`)
      } catch {
        // It went with its container.
      }
    },
    lease: (mac, address) => writeFileSync(join(leases, address), `${mac},${address},1h\n`),
    close() {
      dnsmasq.kill('SIGKILL')
      ip('link', 'delete', BRIDGE)
    },
  }
}
