/** What a booting guest may know, whichever cloud it is in. */
export type Guest = {
  readonly id: string
  readonly cloud: 'ec2' | 'eucalyptus' | 'triton'
  readonly name: string
  readonly publicIp: string
  readonly privateIp: string
  /** Exactly the bytes the launch carried: EC2's decoded UserData; on Triton `cloud-init:user-data`, or `user-script` alone. */
  readonly userdata: Uint8Array
}

/**
 * What runs the guests of the world: processes in the sandbox, a model in the simulation. The world decides when an
 * instance boots and ends; the hypervisor says when its guest has really gone.
 */
export type Hypervisor = {
  /** A public address for a new guest, its own for as long as it lives. */
  address(id: string): string
  release(address: string): void
  boot(guest: Guest): void
  /** Begins a graceful shutdown; `down` is called once, when the guest is off (the world forces it after a while). */
  shutdown(id: string, down: () => void): void
  /** Power off, no last words. */
  kill(id: string): void
  /** Whether the guest answers what it is asked: a broken one runs on and serves nothing useful. Forgotten at power off. */
  setServing(id: string, serves: boolean): void
  /** What the guest printed so far. */
  console(id: string): string
}

/** Guests that are on and do nothing: for tests of the wire and the adapters. Addresses from 198.18.0.0/15 (RFC 2544). */
export function idleHypervisor(): Hypervisor {
  let next = 1
  const free: string[] = []
  return {
    address: () => free.pop() ?? `198.${18 + (next >> 16)}.${(next >> 8) & 255}.${next++ & 255}`,
    release: address => void free.push(address),
    boot: () => {},
    shutdown: (_id, down) => down(),
    kill: () => {},
    setServing: () => {},
    console: () => '',
  }
}
