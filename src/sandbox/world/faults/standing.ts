import type {Call, Service} from '../calls.ts'
import {type FaultKind, type FaultOrder, type FaultReport, kindOf, type Sender} from './kinds.ts'
import type {Target} from './target.ts'

/** Conditions of the vendor itself. */
const EVERYBODYS: readonly FaultKind[] = ['outage', 'wrong-clock']

/** One fault in force: what it waits for, how often it fired, and the requests it keeps. */
export class StandingFault {
  readonly id: string
  readonly kind: FaultKind
  readonly ms: number | undefined
  readonly count: number
  fired = 0
  /** Ids of the machines it has made sick, or is the end of. */
  readonly struck = new Set<string>()
  readonly #order: FaultOrder
  readonly #target: Target
  readonly #from: Sender
  readonly #times: number
  readonly #endsAtMs: number
  #toSkip: number
  #delayed = 0
  readonly #held = new Set<() => void>()
  #isCleared = false

  constructor(id: string, order: FaultOrder, target: Target, nowMs: number) {
    const {times, ms} = kindOf(order.kind)
    this.id = id
    this.kind = order.kind
    this.ms = order.ms ?? ms?.default
    this.count = order.count ?? 1
    this.#order = order
    this.#target = target
    this.#from = order.from ?? (EVERYBODYS.includes(order.kind) ? 'any' : 'operator')
    this.#times = order.times ?? times
    this.#toSkip = order.skip ?? 0
    this.#endsAtMs =
      nowMs + (order.kind === 'outage' ? (this.ms ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY)
  }

  /** Whether it befalls this call now. Asked once of each call: those that it lets pass are counted here. */
  meets(call: Call, nowMs: number): boolean {
    const meets =
      this.isArmed &&
      nowMs < this.#endsAtMs &&
      this.#target.includes(call) &&
      isFrom(this.#from, call.principal.name) &&
      (kindOf(this.kind).concerns?.(call.service, call.action) ?? true)
    return meets && this.#toSkip-- <= 0
  }

  /** Whether it is what is wrong with this service's clock, whoever looks at it. */
  isClockOf(service: Service): boolean {
    return this.kind === 'wrong-clock' && this.#target.calls.some(call => call.service === service)
  }

  get isArmed(): boolean {
    return this.fired < this.#times
  }

  /** Resolves when the fault is cleared. */
  async held(): Promise<void> {
    // A request may have been on its way to it when it was cleared.
    if (this.#isCleared) return
    await new Promise<void>(resolve => {
      const release = () => {
        this.#held.delete(release)
        resolve()
      }
      this.#held.add(release)
    })
  }

  /** Counts a request as waiting while it is under way. */
  async delayed(arrival: Promise<void>): Promise<void> {
    this.#delayed++
    await arrival
    this.#delayed--
  }

  /** It is cleared. */
  release(): void {
    this.#isCleared = true
    for (const release of [...this.#held]) release()
  }

  report(): FaultReport {
    const {target, kind, ms, count} = this.#order
    return {
      id: this.id,
      target,
      kind,
      from: this.#from,
      ...(this.#toSkip > 0 && {skip: this.#toSkip}),
      times: Number.isFinite(this.#times) ? this.#times : null,
      ...(ms !== undefined && {ms}),
      ...(count !== undefined && {count}),
      fired: this.fired,
      waiting: this.#held.size + this.#delayed,
    }
  }
}

const isFrom = (from: Sender, principal: string): boolean =>
  from === 'any' ||
  (from === 'instances' ? principal === 'instances' || principal.startsWith('role:') : principal === from)
