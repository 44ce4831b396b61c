import {operation} from './laws.ts'
import {type Machine, NAME, SERVICE, type SharedFleet} from './machines.ts'
import type {Item} from './picture.ts'
import {RegistrationScript} from './script.ts'
import {cloudflareScript} from './script-cloudflare.ts'
import {Route53Calls, route53Script, simpleScript} from './script-route53.ts'
import {noService, serviceScript} from './script-service.ts'
import {sharedScript} from './script-shared.ts'
import type {Stage, Writer} from './stage.ts'

/**
 * One place of a fleet, and whoever lives there: an instance that starts and stops and runs its registration script, and after
 * its end another one.
 */
export class Instance {
  readonly writer: Writer
  readonly #stage: Stage
  readonly #fleet: SharedFleet
  readonly #number: number
  /** How gladly it runs, between 0 and 1. */
  readonly #liveliness: number
  #life = 0
  #machine: Machine
  #script: RegistrationScript

  constructor(stage: Stage, fleet: SharedFleet, number: number, liveliness: number) {
    this.#stage = stage
    this.#fleet = fleet
    this.#number = number
    this.#liveliness = liveliness
    this.writer = {name: `instance ${fleet.fleet.name} ${number}`, kind: 'instance'}
    this.#machine = this.#launch()
    this.#script = this.#scriptOf(this.#machine)
  }

  async act(): Promise<void> {
    const machine = this.#machine
    if (machine.isDoomed) {
      await this.end()
      this.#machine = this.#launch()
      this.#script = this.#scriptOf(this.#machine)
      return this.#register()
    }
    if (machine.state === 'stopped') {
      if (!this.#stage.chance(this.#liveliness)) return
      machine.address = this.#stage.addresses.take(machine.address)
      machine.state = 'running'
      machine.serves = true
      return this.#register()
    }
    if (this.#stage.chance((1 - this.#liveliness) / 2)) return this.#stop()
    // Its service fails, or is back.
    if (this.#stage.chance(0.05)) machine.serves = !machine.serves
    this.#does('check')
    await this.#script.check()
  }

  /** mcd ends it: it is told to stop, and does not come back. */
  async end(): Promise<void> {
    if (!this.#machine.isDoomed || this.#machine.state === 'gone') return
    if (this.#machine.state === 'running') await this.#stop()
    this.#machine.state = 'gone'
  }

  /** The script's record stays on the disk when it is cut off before it could leave. */
  async #stop(): Promise<void> {
    this.#machine.state = 'stopping'
    if (!this.#stage.chance(0.15)) {
      this.#does('deregister')
      await this.#script.deregister()
    }
    this.#machine.state = 'stopped'
    this.#stage.addresses.giveBack(this.#machine.address)
  }

  /** Now and then the script does not come so far, and mcd has to see to it. */
  async #register(): Promise<void> {
    if (this.#stage.chance(0.2)) return
    this.#does('register')
    await this.#script.register()
  }

  #launch(): Machine {
    const id = `i-${this.#fleet.fleet.name}${this.#number}n${++this.#life}`
    return this.#fleet.launch(id, this.#stage.addresses.take())
  }

  #scriptOf(machine: Machine): RegistrationScript {
    const carry = this.#stage.carry(this.writer)
    const pause = () => this.#stage.scheduler.point(this.writer.name)
    if (this.#stage.vendor === 'cloudflare') {
      const vendor = cloudflareScript(this.#stage, carry, machine, NAME)
      return new RegistrationScript(machine, NAME, vendor, noService, pause)
    }
    const calls = new Route53Calls(this.#stage, carry)
    if (this.#stage.kind === 'simple') {
      const shared = sharedScript(calls, machine, NAME, 'A', pause)
      return new RegistrationScript(
        machine,
        NAME,
        simpleScript(calls, machine, NAME, shared),
        noService,
        pause,
      )
    }
    const isSrv = this.#stage.kind === 'srv'
    const vendor = route53Script(calls, machine, NAME, isSrv ? `${machine.id}.${NAME}` : undefined)
    const shared = sharedScript(calls, machine, SERVICE, 'SRV', pause)
    const service = isSrv ? serviceScript(shared, vendor, machine, NAME) : noService
    return new RegistrationScript(machine, NAME, vendor, service, pause)
  }

  #does(what: string): void {
    const {fleet, id, address} = this.#machine
    // In a shared set an address that passed from another instance of the fleet passes with its entry.
    const isInherited = ({owner, value, about}: Item) =>
      this.#stage.kind === 'simple' &&
      owner?.startsWith(`${fleet} `) === true &&
      (about ?? {value}).value === address
    this.writer.operation = operation(what, item => item.owner === `${fleet} ${id}` || isInherited(item))
  }
}
