import type {Principal} from './calls.ts'
import type {Core} from './core.ts'
import {SANDBOX} from './credentials.ts'
import {Account} from './triton/account.ts'
import {callContext, type Datacenter, refuse} from './triton/call-context.ts'
import {IMAGES, NETWORKS, PACKAGES} from './triton/catalogue.ts'
import {readBlueprint, type Stock} from './triton/create.ts'
import {guestMetadata, guestMetadataKeys} from './triton/guest-metadata.ts'
import type {Params} from './triton/listing.ts'
import {Machines} from './triton/machines.ts'
import type {Machine, MachineState} from './triton/model.ts'
import {Session} from './triton/session.ts'
import type {VendorError} from './vendor-error.ts'

/** How many more instances find a server, and how the cloud shows that one does not. `package` alone is short where it is named. */
export type Capacity = {machines: number; shown: 'at-create' | 'as-failed'; package?: string}

/** One Triton data centre: its accounts, what it offers, and its instances. */
export class TritonWorld {
  readonly datacenter = SANDBOX.triton.datacenter
  /** Room on the servers in all, over every account. */
  capacity: Capacity = {machines: Number.POSITIVE_INFINITY, shown: 'at-create'}
  readonly stock: Stock = {images: IMAGES, packages: PACKAGES, networks: NETWORKS}
  readonly #core: Core
  readonly #machines: Machines
  readonly #accounts = new Map<string, Account>()

  constructor(core: Core) {
    this.#core = core
    this.#machines = new Machines(core)
    this.addAccount(SANDBOX.triton.account)
  }

  /** A login without keys: nobody can sign for it until one is added. */
  addAccount(login: string): Account {
    const account = new Account(login, this.#core.clock)
    this.#accounts.set(login, account)
    return account
  }

  findAccount(login: string): Account | undefined {
    return this.#accounts.get(login)
  }

  /** Throws where nobody has this login. */
  account(login: string = SANDBOX.triton.account): Account {
    const account = this.#accounts.get(login)
    if (!account) throw new RangeError(`no account ${login}`)
    return account
  }

  /** CloudAPI for a caller whose identity is settled. `keyId` goes into the audit. */
  session(login: string, principal: Principal, keyId = ''): Session {
    const datacenter: Datacenter = {
      core: this.#core,
      name: this.datacenter,
      stock: this.stock,
      machines: this.#machines,
      room: wanted => {
        const {machines, shown, package: short = wanted} = this.capacity
        if (short !== wanted || this.#machines.housed < machines) return 'room'
        return shown === 'at-create' ? 'refused' : 'fails-later'
      },
    }
    return new Session(callContext(datacenter, this.account(login), principal, keyId))
  }

  /** Refuses somebody who did not get as far as a session. */
  refuse(action: string, principal: Principal, refusal: VendorError): never {
    return refuse(this.#core.calls, action, principal, refusal)
  }

  /** An instance that has been running for `ageMs`, made by nobody's call. `params` as for CreateMachine. */
  place(
    params: Params,
    {login = SANDBOX.triton.account, ageMs = 60 * 60 * 1000}: {login?: string; ageMs?: number} = {},
  ): Machine {
    return this.#machines.place(login, readBlueprint(params, this.stock, false), ageMs)
  }

  machine(id: string): Machine | undefined {
    return this.#machines.get(id)
  }

  /** The guest halts by itself, without a word to anybody. */
  halt(id: string): void {
    const machine = this.#machines.get(id)
    if (machine) this.#machines.halt(machine)
  }

  machinesOf(login: string = SANDBOX.triton.account): Machine[] {
    return this.#machines.ofAccount(login)
  }

  /** `ready` as during a reboot, `offline` when the cloud lost sight of the server: the guest knows nothing of it. */
  setState(id: string, state: Extract<MachineState, 'ready' | 'offline' | 'unknown' | 'running'>): void {
    const machine = this.#machines.get(id)
    if (machine) this.#machines.setState(machine, state)
  }

  /** What `mdata-get KEY` gives in this instance. */
  guestMetadata(id: string, key: string): string | undefined {
    const machine = this.#machines.get(id)
    return machine && guestMetadata(machine, this.datacenter, this.account(machine.account).id, key)
  }

  /** What `mdata-list` gives in this instance. */
  guestMetadataKeys(id: string): string[] {
    const machine = this.#machines.get(id)
    return machine ? guestMetadataKeys(machine) : []
  }
}
