import type {CountConnections, Probe} from '../../src/fleet/outside.ts'
import type {Clock} from '../../src/sandbox/world/clock.ts'
import type {Guest, Hypervisor} from '../../src/sandbox/world/hypervisor.ts'

/** What a guest does by itself in the simulation: put its address into DNS, and take it out. */
export type GuestScript = {register(guest: Guest): Promise<void>; deregister(guest: Guest): Promise<void>}

const SERVES_AFTER_MS = 3_000
const SHUTDOWN_MS = 1_000
const TRY_AGAIN_MS = 30_000

/** Guests as a model: they boot, serve, register when their userdata says so, and go, all in virtual time. */
export class SimulatedGuests implements Hypervisor {
  /** What a guest that boots from now on carries in its userdata. */
  script: GuestScript | undefined
  readonly #scripts = new Map<string, GuestScript>()
  /** Ids of guests that never serve. */
  readonly broken = new Set<string>()
  /** How long after boot a guest serves. */
  servesAfterMs: (id: string) => number = () => SERVES_AFTER_MS
  /** How often each guest's timer puts a missing record of its own back; undefined: only `repair` does. */
  repairEveryMs: number | undefined
  readonly #clock: Clock
  readonly #serving = new Map<string, string>()
  readonly #guests = new Map<string, Guest>()
  readonly #free: string[] = []
  #next = 1

  constructor(clock: Clock) {
    this.#clock = clock
  }

  address(): string {
    return this.#free.shift() ?? `198.18.${this.#next >> 8}.${this.#next++ & 255}`
  }

  release(address: string): void {
    this.#free.push(address)
  }

  boot(guest: Guest): void {
    this.#guests.set(guest.id, guest)
    // Written at its launch: a boot after a stop reads the same.
    if (this.script && registersItself(guest) && !this.#scripts.has(guest.id))
      this.#scripts.set(guest.id, this.script)
    this.#clock.after(this.servesAfterMs(guest.id), () => {
      if (!this.#guests.has(guest.id) || this.broken.has(guest.id)) return
      this.#serving.set(guest.publicIp, guest.id)
      this.#registerPatiently(guest)
      this.#repairLater(guest)
    })
  }

  shutdown(id: string, down: () => void): void {
    const guest = this.#guests.get(id)
    if (!guest) {
      down()
      return
    }
    void this.#scripts
      .get(id)
      ?.deregister(guest)
      .catch(() => {})
    this.#clock.after(SHUTDOWN_MS, () => {
      this.kill(id)
      down()
    })
  }

  kill(id: string): void {
    const guest = this.#guests.get(id)
    this.#guests.delete(id)
    if (guest && this.#serving.get(guest.publicIp) === id) this.#serving.delete(guest.publicIp)
  }

  setServing(id: string, serves: boolean): void {
    if (serves) this.broken.delete(id)
    else this.broken.add(id)
    const guest = this.#guests.get(id)
    if (guest && !serves) this.#serving.delete(guest.publicIp)
    if (guest && serves) {
      this.#serving.set(guest.publicIp, id)
      this.#registerPatiently(guest)
    }
  }

  #repairLater(guest: Guest): void {
    if (this.repairEveryMs === undefined || !this.#scripts.has(guest.id)) return
    this.#clock.after(this.repairEveryMs, () => {
      if (!this.isUp(guest)) return
      void this.repair(guest.id, guest.publicIp).catch(() => {})
      this.#repairLater(guest)
    })
  }

  /** Until it went through, as the script's timer does. */
  #registerPatiently(guest: Guest): void {
    const script = this.#scripts.get(guest.id)
    if (!script || !this.isUp(guest)) return
    script.register(guest).catch(() => this.#clock.after(TRY_AGAIN_MS, () => this.#registerPatiently(guest)))
  }

  /** This boot of it: one that was started again is another. */
  isUp(guest: Guest): boolean {
    return this.#guests.get(guest.id) === guest
  }

  console(id: string): string {
    return this.#guests.has(id) ? `${id} booted\n` : ''
  }

  addressOf(id: string): string | undefined {
    return this.#guests.get(id)?.publicIp
  }

  /** The id of who has an address now, whether it serves or not. */
  holderOf(address: string): string | undefined {
    return [...this.#guests.values()].find(({publicIp}) => publicIp === address)?.id
  }

  /** The script's timer: it puts back what is missing, unless a hold tells it not to. */
  async repair(id: string, address: string | undefined): Promise<void> {
    const guest = this.#guests.get(id)
    if (guest && address !== undefined && this.serves(address)) await this.#scripts.get(id)?.register(guest)
  }

  serves(address: string): boolean {
    return this.#serving.has(address)
  }

  /** The id of who serves there. */
  servedBy(address: string): string | undefined {
    return this.#serving.get(address)
  }

  /** How many are connected to what serves at an address now. */
  connectionsTo: (address: string) => number = () => 0

  countConnections: CountConnections = async ({address, service: {port}}) =>
    this.serves(address)
      ? {connections: this.connectionsTo(address)}
      : {why: `ECONNREFUSED at ${address}:${port}`}

  readonly probe: Probe = async ({address, port}) =>
    this.serves(address)
      ? {ok: true}
      : this.#isBroken(address)
        ? {ok: false, answered: true, why: `HTTP 503 from ${address}:${port}`}
        : {ok: false, why: `connection refused at ${address}:${port}`}

  /** Something answers there, and not what it should. */
  #isBroken = (address: string): boolean =>
    [...this.broken].some(id => this.#guests.get(id)?.publicIp === address)
}

/** A secret in every guest's userdata, by which it is seen where it must not be. */
export const CANARY = 'canary-8d1f0c52a7'

/** The simulation's userdata: JSON that says whether the guest registers itself, the user's own part, and a secret. */
export const simulatedUserdata = (self: boolean, template = ''): Uint8Array =>
  Buffer.from(JSON.stringify({self, template, token: CANARY}))

function registersItself({userdata}: Guest): boolean {
  return Buffer.from(userdata).toString().includes('"self":true')
}
