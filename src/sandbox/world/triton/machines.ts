import type {Core} from '../core.ts'
import {stableId} from './catalogue.ts'
import type {Blueprint} from './create.ts'
import type {AuditEntry, KnownNetwork, Machine, MachineState, Nic} from './model.ts'
import {iso} from './view.ts'

/** Who asked, as the audit shows it. */
export type Caller = AuditEntry['caller']

const COMPUTE_NODES = ['node 1', 'node 2', 'node 3'].map(stableId)

/**
 * The instances of a data centre and their lives: provisioning → running → stopping → stopped, deleted or failed. Every
 * change is a job that takes its time on the world's clock.
 */
export class Machines {
  readonly #all = new Map<string, Machine>()
  readonly #core: Core
  /** Guests that are switched on. */
  readonly #on = new Set<string>()
  #nextInternal = 1

  constructor(core: Core) {
    this.#core = core
  }

  get(id: string): Machine | undefined {
    return this.#all.get(id)
  }

  ofAccount(account: string): Machine[] {
    return [...this.#all.values()].filter(machine => machine.account === account)
  }

  /** Instances that take up room on a server. */
  get housed(): number {
    return [...this.#all.values()].filter(({state}) => state !== 'deleted' && state !== 'failed').length
  }

  /** Accepts a provision. `fate` is what it comes to when its time is over. */
  provision(account: string, blueprint: Blueprint, caller: Caller, fate: 'running' | 'failed'): Machine {
    const machine = this.#make(account, blueprint, this.#core.clock.now())
    const {bootMs = this.#core.delays.bootMs, dies} = machine.fate ?? {}
    this.#core.clock.after(bootMs, () => {
      if (machine.destroying) return
      if (fate === 'failed' || (dies && dies.afterMs === undefined))
        return this.#end(machine, 'failed', 'provision', caller, 'no')
      this.#connect(machine, blueprint)
      this.#job(machine, 'provision', caller)
      this.#boot(machine)
    })
    return machine
  }

  /** An instance that has been running for a while. */
  place(account: string, blueprint: Blueprint, ageMs: number): Machine {
    const machine = this.#make(account, blueprint, this.#core.clock.now() - ageMs)
    this.#connect(machine, blueprint)
    this.#job(machine, 'provision', {type: 'operator'})
    this.#boot(machine)
    return machine
  }

  start(machine: Machine, caller: Caller): void {
    this.#core.clock.after(this.#core.delays.bootMs, () => {
      if (machine.destroying || machine.state !== 'stopped') return
      this.#job(machine, 'start', caller)
      this.#boot(machine)
    })
  }

  /** A reboot shows no other state than running. */
  powerOff(machine: Machine, then: 'stopped' | 'reboot', caller: Caller): void {
    this.#powerOff(machine, then, caller)
  }

  /** The guest halts by itself, without a word to anybody. */
  halt(machine: Machine): void {
    if (machine.poweringOff || !this.#on.delete(machine.id)) return
    this.#core.hypervisor.kill(machine.id)
    this.setState(machine, 'stopped')
  }

  /** Also from running: the guest is told to go down first, and cut off when it takes too long. */
  destroy(machine: Machine, caller: Caller): void {
    machine.destroying = true
    if (this.#on.has(machine.id)) this.#powerOff(machine, 'deleted', caller)
    else
      this.#core.clock.after(this.#core.delays.shutdownMs, () =>
        this.#end(machine, 'deleted', 'destroy', caller),
      )
  }

  /** A change that a job makes after a while. */
  change(machine: Machine, action: string, caller: Caller, apply: () => void): void {
    this.#core.clock.after(this.#core.delays.visibleMs, () => {
      if (machine.state === 'deleted') return
      apply()
      this.#job(machine, action, caller)
    })
  }

  /** What the cloud believes of an instance, whatever its guest does: a node lost from sight is `offline`. */
  setState(machine: Machine, state: MachineState): void {
    machine.state = state
    machine.updatedMs = this.#core.clock.now()
  }

  #make(account: string, blueprint: Blueprint, createdMs: number): Machine {
    const id = uuid(this.#core.random)
    const machine: Machine = {
      id,
      account,
      image: blueprint.image,
      package: blueprint.package,
      brand: blueprint.brand,
      name: (blueprint.name ?? '{{shortId}}').replaceAll('{{shortId}}', id.slice(0, 8)),
      state: 'provisioning',
      createdMs,
      updatedMs: createdMs,
      tags: blueprint.tags,
      metadata: blueprint.metadata,
      nics: [],
      firewallEnabled: blueprint.firewallEnabled,
      deletionProtection: blueprint.deletionProtection,
      visibleAtMs: createdMs + this.#core.calls.plan.late(this.#core.delays.visibleMs),
      fate: this.#core.calls.plan.drawFate(id),
      computeNode: COMPUTE_NODES[Math.floor(this.#core.random() * COMPUTE_NODES.length)] ?? '',
      audit: [],
      destroying: false,
    }
    this.#all.set(id, machine)
    return machine
  }

  /** The first public NIC carries the address of the guest and is primary; internal and IPv6 addresses are made up. */
  #connect(machine: Machine, {networks}: Blueprint): void {
    const firstPublic = networks.findIndex(network => network.public && !isIpv6(network))
    machine.nics = networks.map((network, index): Nic => {
      const number = this.#nextInternal++
      const internal = isIpv6(network)
        ? `${network.gateway?.replace(/::1$/, '::')}${(number + 1).toString(16)}`
        : `10.64.${(number >> 8) & 255}.${number & 255}`
      return {
        mac: `90:b8:d0:${hexPair(number >> 16)}:${hexPair(number >> 8)}:${hexPair(number)}`,
        ip: index === firstPublic ? this.#core.hypervisor.address(machine.id) : internal,
        primary: index === Math.max(0, firstPublic),
        netmask: network.netmask ?? '255.255.0.0',
        gateway: network.gateway ?? '10.64.0.1',
        network: network.member,
        public: index === firstPublic,
      }
    })
  }

  #boot(machine: Machine): void {
    this.setState(machine, 'running')
    this.#on.add(machine.id)
    const {metadata, nics} = machine
    this.#core.hypervisor.boot({
      id: machine.id,
      cloud: 'triton',
      name: machine.name,
      publicIp: nics.find(nic => nic.public)?.ip ?? '',
      privateIp: nics.find(nic => !nic.public && !nic.ip.includes(':'))?.ip ?? '',
      userdata: Buffer.from(metadata['cloud-init:user-data'] ?? metadata['user-script'] ?? ''),
    })
    if (this.#core.calls.plan.isSick(machine.id)) this.#core.hypervisor.setServing(machine.id, false)
    const afterMs = machine.fate?.dies?.afterMs
    if (afterMs !== undefined) this.#core.clock.after(afterMs, () => this.halt(machine))
  }

  #powerOff(machine: Machine, then: 'stopped' | 'reboot' | 'deleted', caller: Caller): void {
    // Already on its way down: only what follows may change, and destruction has the last word.
    if (machine.poweringOff) {
      if (machine.poweringOff !== 'deleted') machine.poweringOff = then
      return
    }
    machine.poweringOff = then
    const {clock, delays, hypervisor} = this.#core
    clock.after(delays.shutdownMs, () => {
      if (machine.poweringOff !== 'reboot') this.setState(machine, 'stopping')
      const down = once(() => {
        callOff()
        this.#on.delete(machine.id)
        this.#isOff(machine, caller)
      })
      const callOff = clock.after(delays.forceOffMs, () => {
        hypervisor.kill(machine.id)
        down()
      })
      hypervisor.shutdown(machine.id, down)
    })
  }

  #isOff(machine: Machine, caller: Caller): void {
    const then = machine.poweringOff
    delete machine.poweringOff
    if (then === 'deleted') {
      this.#end(machine, 'deleted', 'destroy', caller)
    } else if (then === 'reboot') {
      this.#job(machine, 'reboot', caller)
      this.#boot(machine)
    } else {
      this.#job(machine, 'stop', caller)
      this.setState(machine, 'stopped')
    }
  }

  #end(
    machine: Machine,
    state: 'deleted' | 'failed',
    action: string,
    caller: Caller,
    success: 'yes' | 'no' = 'yes',
  ): void {
    this.setState(machine, state)
    machine.goneMs = this.#core.clock.now()
    this.#job(machine, action, caller, success)
    for (const nic of machine.nics) if (nic.public) this.#core.hypervisor.release(nic.ip)
  }

  #job(machine: Machine, action: string, caller: Caller, success: 'yes' | 'no' = 'yes'): void {
    const nowMs = this.#core.clock.now()
    machine.updatedMs = Math.max(machine.updatedMs, nowMs)
    machine.audit.unshift({success, time: iso(nowMs), action, caller})
  }
}

const isIpv6 = ({gateway = ''}: KnownNetwork): boolean => gateway.includes(':')

/** A UUID of version 4 from the world's chance. */
export function uuid(random: () => number): string {
  const hex = (digits: number) =>
    Array.from({length: digits}, () => Math.floor(random() * 16).toString(16)).join('')
  return `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`
}

function once(then: () => void): () => void {
  let done = false
  return () => {
    if (done) return
    done = true
    then()
  }
}

const hexPair = (number: number) => (number & 255).toString(16).padStart(2, '0')
