import type {DnsVendor} from '../../src/providers/dns.ts'
import type {SimulatedFleet} from '../support/simulated-fleet.ts'
import {mulberry32} from '../support/virtual-runtime.ts'

/** How a resolver treats a TTL: as it should, never below half an hour, or not at all. */
export type Resolver = 'honest' | 'stretching' | 'rogue'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
const KEEPS_MS: Readonly<Record<Resolver, (ttlMs: number) => number>> = {
  honest: ttlMs => ttlMs,
  stretching: ttlMs => Math.max(ttlMs, 30 * MINUTE_MS),
  rogue: () => DAY_MS,
}

/** After its request a connection is kept alive, or stays with the server in TIME-WAIT: a minute either way (Linux, TCP_TIMEWAIT_LEN). */
const LINGERS_MS = MINUTE_MS

type ClientOptions = {
  readonly vendor: DnsVendor
  readonly name: string
  readonly resolver: Resolver
  readonly seed: number
  /** Which of the addresses it was told it uses: the same until its resolver asks anew, as connection pools do, or any. */
  readonly picks?: 'one' | 'any'
  /** From the end of a request to the next one, and how long one lasts: drawn between these. */
  readonly everyMs?: readonly [least: number, most: number]
  readonly lastsMs?: readonly [least: number, most: number]
}

type Failure = {
  readonly resolver: Resolver
  readonly address: string
  readonly atMs: number
  /** Nobody answered, or somebody stopped in the middle. */
  readonly how: 'refused' | 'cut'
}

/** Clients of a simulated fleet: each asks its own resolver for an address, makes a request there, and comes again. */
export class Clients {
  readonly failures: Failure[] = []
  /** Requests that went well, by the kind of resolver. */
  readonly served: Record<Resolver, number> = {honest: 0, stretching: 0, rogue: 0}
  /** By address: until when each of its connections can be seen there. */
  readonly #seenUntilMs = new Map<string, number[]>()
  readonly #sim: SimulatedFleet
  #isOver = false

  constructor(sim: SimulatedFleet) {
    this.#sim = sim
    sim.guests.connectionsTo = address => {
      const now = sim.time.now()
      const seen = (this.#seenUntilMs.get(address) ?? []).filter(untilMs => untilMs > now)
      this.#seenUntilMs.set(address, seen)
      return seen.length
    }
  }

  add({
    vendor,
    name,
    resolver,
    seed,
    picks = 'one',
    everyMs = [20_000, 60_000],
    lastsMs = [100, 4_000],
  }: ClientOptions): void {
    const random = mulberry32(seed)
    const between = ([least, most]: readonly [number, number]) => least + random() * (most - least)
    const {clock} = this.#sim.time
    let known: {addresses: string[]; staleAtMs: number} = {addresses: [], staleAtMs: 0}
    let pick = 0

    const resolve = (): string | undefined => {
      const isStale = clock.now() >= known.staleAtMs
      if (isStale) known = lookUp(this.#sim, vendor, name, KEEPS_MS[resolver])
      if (isStale || picks === 'any') pick = Math.floor(random() * known.addresses.length)
      return known.addresses[pick]
    }
    const visit = (): void => {
      if (this.#isOver) return
      const address = resolve()
      const lastMs = between(lastsMs)
      if (address !== undefined) this.#request(resolver, address, lastMs)
      clock.after(lastMs + between(everyMs), visit)
    }
    clock.after(between(everyMs), visit)
  }

  /** They make no further request; those under way have their end. */
  end(): void {
    this.#isOver = true
  }

  failed(resolver: Resolver): number {
    return this.failures.filter(failure => failure.resolver === resolver).length
  }

  #request(resolver: Resolver, address: string, lastMs: number): void {
    const {time, guests} = this.#sim
    const server = guests.servedBy(address)
    if (server === undefined) {
      this.failures.push({resolver, address, atMs: time.now(), how: 'refused'})
      return
    }
    const seen = this.#seenUntilMs.get(address) ?? []
    seen.push(time.now() + lastMs + LINGERS_MS)
    this.#seenUntilMs.set(address, seen)
    time.clock.after(lastMs, () => {
      if (guests.servedBy(address) === server) this.served[resolver] += 1
      else this.failures.push({resolver, address, atMs: time.now(), how: 'cut'})
    })
  }
}

/** What the vendor's servers answer now, and how long this resolver will say so. */
export function lookUp(
  {time, world}: SimulatedFleet,
  vendor: DnsVendor,
  name: string,
  keepsMs: (ttlMs: number) => number = KEEPS_MS.honest,
): {addresses: string[]; staleAtMs: number} {
  const answers = world[vendor].answer(name, 'A').answers.filter(({type}) => type === 'A')
  const ttlMs = 1_000 * Math.min(...answers.map(({ttlSeconds}) => ttlSeconds))
  return {
    addresses: answers.map(({data}) => String(data)),
    // An empty name is asked for again soon, as its SOA has it.
    staleAtMs: time.now() + (answers.length > 0 ? keepsMs(ttlMs) : MINUTE_MS),
  }
}
