import {createServer} from 'node:net'

/** The public addresses of one sandbox's machines. */
export type Addresses = {
  /** Whether each address is a loopback address that the machine itself serves on; otherwise all serve on 127.0.0.1 (decision 37). */
  readonly own: boolean
  take(): string
  release(address: string): void
  /** Whether a caller with this address is one of the machines. */
  isMachine(address: string): boolean
  close(): Promise<void>
}

/** 127.64.0.0/10 in blocks of 4096: one block for each sandbox of this host. */
const FIRST_BLOCK = ipv4(127, 64, 0, 0)
const BLOCKS = 1024
const BLOCK_SIZE = 4096
/** RFC 2544's benchmarking range, which no real host answers for. */
const PUBLISHED = ipv4(198, 18, 0, 0)
const PUBLISHED_SIZE = 131_072
/** Held open on a block's last address for as long as the sandbox lives, so that two sandboxes never share a block. */
const CLAIM_PORT = 27_127

/**
 * Claims a block of loopback addresses, beginning the search at `seed` so that a sandbox tends to keep its block. Where the
 * system has no address but 127.0.0.1 (macOS), or `own` is false, addresses are only published and mapped.
 */
export async function claimAddresses(seed: number, {own = true}: {own?: boolean} = {}): Promise<Addresses> {
  for (let tried = 0; own && tried < BLOCKS; tried++) {
    const base = FIRST_BLOCK + ((seed + tried) % BLOCKS) * BLOCK_SIZE
    const claim = await bind(formatIpv4(base + BLOCK_SIZE - 1))
    if (claim === 'impossible') break
    if (claim !== 'taken') return pool({base, size: BLOCK_SIZE - 2, own: true, close: claim.close})
  }
  return pool({base: PUBLISHED, size: PUBLISHED_SIZE - 2, own: false, close: async () => {}})
}

type Block = {base: number; size: number; own: boolean; close(): Promise<void>}

/** Hands addresses out round robin, so that a released one rests as long as possible: an old DNS answer must not find a new machine. */
function pool({base, size, own, close}: Block): Addresses {
  const used = new Set<string>()
  let next = 0
  return {
    own,
    close,
    take() {
      if (used.size >= size) throw new Error(`The sandbox has no more than ${size} addresses.`)
      for (;;) {
        const address = formatIpv4(base + 1 + next)
        next = (next + 1) % size
        if (used.has(address)) continue
        used.add(address)
        return address
      }
    },
    release: address => void used.delete(address),
    isMachine: address => own && contains({base, size}, address),
  }
}

function contains({base, size}: {base: number; size: number}, address: string): boolean {
  const octets = address.split('.').map(Number)
  if (octets.length !== 4) return false
  const [a = 0, b = 0, c = 0, d = 0] = octets
  const offset = ipv4(a, b, c, d) - base
  return offset > 0 && offset <= size
}

async function bind(host: string): Promise<{close(): Promise<void>} | 'taken' | 'impossible'> {
  const server = createServer(socket => socket.destroy()).unref()
  return new Promise(resolve => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code === 'EADDRINUSE' ? 'taken' : 'impossible'),
    )
    server.listen(CLAIM_PORT, host, () =>
      resolve({close: () => new Promise(closed => server.close(() => closed()))}),
    )
  })
}

function ipv4(a: number, b: number, c: number, d: number): number {
  return ((a * 256 + b) * 256 + c) * 256 + d
}

function formatIpv4(address: number): string {
  return [24, 16, 8, 0].map(shift => Math.floor(address / 2 ** shift) % 256).join('.')
}
