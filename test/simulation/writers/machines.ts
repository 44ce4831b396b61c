import type {DnsName, Fleet} from '../../../src/fleet/model.ts'
import type {JournalEvent} from '../../../src/journal/events.ts'
import {foldEvent} from '../../../src/journal/fold.ts'
import {type Folding, startFold} from '../../../src/journal/folding.ts'
import type {Recorded} from '../../../src/journal/recorded.ts'
import type {Instance} from '../../../src/providers/compute.ts'
import {dnsName, fleet, group, SPEC, VIRGINIA} from '../../support/fleet-builder.ts'

/** What kind of sets the writers share. */
export const KINDS = ['cloudflare', 'multivalue', 'simple', 'srv'] as const
export type Kind = (typeof KINDS)[number]

export const NAME = 'www.example.com'
/** How Route53 writes the SRV set that both fleets join. */
export const SERVICE = 'v1._http._tcp.example.com'
export const TTL_SECONDS = 60
export const PORT = 80

export type Machine = {
  readonly id: string
  readonly fleet: string
  readonly launchedAtMs: number
  /** As the cloud shows it. */
  state: 'running' | 'stopping' | 'stopped' | 'gone'
  /** Another one after each start, and by then the old one may be anybody's. */
  address: string
  /** Whether its service answers. */
  serves: boolean
  /** mcd has said that it is to end. */
  isDoomed: boolean
}

/** A fleet with its machines, and the one journal that all its mcd processes write. */
export class SharedFleet {
  readonly fleet: Fleet
  readonly machines = new Map<string, Machine>()
  readonly #journal: Folding = startFold()
  readonly #now: () => number
  #sequence = 0

  constructor(name: string, kind: Kind, now: () => number) {
    this.#now = now
    const published: Partial<DnsName> = {
      vendor: kind === 'cloudflare' ? 'cloudflare' : 'route53',
      name: NAME,
      ttlSeconds: TTL_SECONDS,
      registration: 'self',
      ...(kind === 'simple' && {routing: 'simple'}),
      ...(kind === 'srv' && {discovery: {service: '_http._tcp', instance: 'v1', txt: ['path=/']}}),
    }
    this.fleet = fleet([group('virginia', 0)], {
      name,
      dns: NAME,
      names: [dnsName(published)],
      service: {
        port: PORT,
        health: {protocol: 'http', path: '/', intervalMs: 0, timeoutMs: 2_000, healthy: 1, unhealthy: 1},
      },
    })
  }

  get recorded(): Recorded {
    return this.#journal.recorded
  }

  append(event: JournalEvent): void {
    foldEvent(this.#journal, {sequence: ++this.#sequence, run: 'run', atMs: this.#now(), event})
  }

  launch(id: string, address: string): Machine {
    const launchedAtMs = this.#now()
    const machine: Machine = {
      id,
      fleet: this.fleet.name,
      launchedAtMs,
      state: 'running',
      address,
      serves: true,
      isDoomed: false,
    }
    this.machines.set(id, machine)
    this.append({
      type: 'instances-found',
      place: VIRGINIA.key,
      instances: [{id, group: 'virginia', launch: 'l-0', spec: SPEC}],
    })
    return machine
  }

  /** As the cloud lists them. */
  listing(): Instance[] {
    return [...this.machines.values()].map(({id, state, address, launchedAtMs}) => ({
      id,
      place: VIRGINIA.key,
      mark: {fleet: this.fleet.name, dns: NAME, group: 'virginia', launch: 'l-0', spec: SPEC},
      state,
      ...(state === 'running' && {publicIp: address}),
      zone: 'a',
      launchedAtMs,
    }))
  }
}

/** A few more addresses than machines: one that is given back is soon somebody else's. */
export class Addresses {
  readonly #free: string[]
  readonly #random: () => number

  constructor(count: number, random: () => number) {
    this.#free = Array.from({length: count}, (_, index) => `198.51.100.${index + 1}`)
    this.#random = random
  }

  /** Never `former`: whoever starts again gets another one. */
  take(former?: string): string {
    const others = this.#free.filter(each => each !== former)
    const address = others[Math.floor(this.#random() * others.length)]
    this.#free.splice(this.#free.indexOf(address ?? ''), 1)
    if (address === undefined) throw new Error('No address is left.')
    return address
  }

  giveBack(address: string): void {
    this.#free.push(address)
  }
}
