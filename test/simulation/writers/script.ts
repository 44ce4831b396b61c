import type {Machine} from './machines.ts'

/** The script's status 2, "not now", and 1, "no, and trying again does not help". */
export class NotNow extends Error {}
export class Never extends Error {}

/** What `$OWN` lists of one's own. */
export type Own = readonly {readonly address: string; readonly id: string}[]

/** dns/cloudflare.sh and dns/route53.sh: the same functions for the name in hand. */
export type VendorScript = {
  isHeld(): Promise<boolean>
  own(name: string): Promise<Own>
  create(name: string, address: string): Promise<void>
  /** Every record of its own, but for that address; `entered` is what it remembers to have made. */
  remove(name: string, entered: string, keep?: string): Promise<void>
}

/** discovery/discovery.sh with discovery/route53.sh, or no-discovery.sh where the name has no service. */
export type ServiceScript = {
  join(address: string): Promise<void>
  rejoin(address: string, mayEnter: () => Promise<boolean>): Promise<void>
  leave(entered: string): Promise<void>
}

/** As `retry`: so often at most, with a pause that may last as long as it likes. */
const TRIES = 6

/**
 * templates/userdata/registration/script/commands.sh and names.sh, call by call: what one instance does to the name of its
 * fleet. Functions have the names they have there.
 */
export class RegistrationScript {
  readonly #machine: Machine
  readonly #name: string
  readonly #vendor: VendorScript
  readonly #service: ServiceScript
  readonly #pause: () => Promise<void>
  /** The record on its disk, which outlives a stop. */
  #recorded: {state: 'trying' | 'entered'; address: string} | undefined

  constructor(
    machine: Machine,
    name: string,
    vendor: VendorScript,
    service: ServiceScript,
    pause: () => Promise<void>,
  ) {
    this.#machine = machine
    this.#name = name
    this.#vendor = vendor
    this.#service = service
    this.#pause = pause
  }

  register(): Promise<void> {
    return this.#retry(async () => {
      if (await this.#mayEnter()) await this.#enter()
    })
  }

  check(): Promise<void> {
    return this.#retry(async () => {
      const {address} = this.#machine
      const own = await this.#vendor.own(this.#name)
      if (own.some(each => each.address === address)) {
        if (own.some(each => each.address !== address))
          await this.#vendor.remove(this.#name, this.#recorded?.address ?? address, address)
        await this.#service.rejoin(address, async () => (await this.#mayEnter()) && this.#machine.serves)
        this.#recorded = {state: 'entered', address}
        return
      }
      if ((await this.#mayEnter()) && this.#machine.serves) return this.#enter()
      // What stands there under our mark is an address we no longer have.
      if (own.length > 0) await this.#takeOut()
    })
  }

  deregister(): Promise<void> {
    return this.#retry(async () => {
      if (!this.#recorded) return
      await this.#takeOut()
      this.#recorded = undefined
    })
  }

  async #mayEnter(): Promise<boolean> {
    return !(await this.#vendor.isHeld())
  }

  async #enter(): Promise<void> {
    const {address} = this.#machine
    const before = this.#recorded?.address
    this.#recorded = {state: 'trying', address}
    await this.#vendor.create(this.#name, address)
    if (before !== undefined && before !== address) await this.#vendor.remove(this.#name, address, address)
    await this.#service.join(address)
    this.#recorded = {state: 'entered', address}
  }

  async #takeOut(): Promise<void> {
    const entered = this.#recorded?.address ?? this.#machine.address
    const failure = await this.#service.leave(entered).then(
      () => undefined,
      (error: unknown) => ({error}),
    )
    await this.#vendor.remove(this.#name, entered)
    if (failure) throw failure.error
  }

  async #retry(attempt: () => Promise<void>): Promise<void> {
    for (let number = 1; number <= TRIES; number++) {
      try {
        return await attempt()
      } catch (error) {
        if (error instanceof Never) return
        if (!(error instanceof NotNow)) throw error
        await this.#pause()
      }
    }
  }
}
