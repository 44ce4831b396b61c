import type {Clock} from './clock.ts'
import {FaultPlan, isPostponed} from './faults/plan.ts'

/** Who calls: the credential's owner as the vendor knows it, and the network address where there is a network. */
export type Principal = {
  /** `operator`, `instances` (the sandbox's token for instances), `role:<instance id>` (credentials from instance metadata). */
  name: string
  address?: string
}

export type Service = 'ec2' | 'ssm' | 'sts' | 'servicequotas' | 's3' | 'route53' | 'cloudapi' | 'cloudflare'

/** One served request, as `mcd sandbox status --json` counts them and the request log shows them. */
export type CallRecord = {
  atMs: number
  service: Service
  /** The vendor's name of the call: `RunInstances`, `CreateMachine`, `POST /zones/:id/dns_records/batch`. */
  action: string
  principal: Principal
  /** What it changed, for people and for attribution: `create A www.example.com 192.0.2.1`. Empty for reads. */
  effects: string[]
  /** The vendor's code when it was refused. */
  refused?: string | number
}

export type Call = {service: Service; action: string; principal: Principal}

/**
 * Whoever watches the calls, as tests do to end a run at one of them: `before` at each request's arrival, when it may throw
 * (no effect) or still order a fault for it; `after` its effect, when it may throw (the effect stands, the reply is lost).
 */
export type Faults = {before(call: Call): void; after(call: Call): void}
const noFaults: Faults = {before: () => {}, after: () => {}}

const LOG_LIMIT = 20_000

/** Every entry into the world passes here: counted, logged, open to faults. */
export class CallLog {
  readonly counts = new Map<string, number>()
  readonly records: CallRecord[] = []
  faults: Faults = noFaults
  /** What the simulation and `sandbox fault` make go wrong. */
  readonly plan: FaultPlan
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
    this.plan = new FaultPlan(clock)
  }

  /** Runs one vendor call. `effect` notes what the call changed. */
  run<T>(call: Call, serve: (effect: (text: string) => void) => T): T {
    const record: CallRecord = {...call, atMs: this.#clock.now(), effects: []}
    try {
      const {refusal, failure} = this.plan.admit(call, () => this.faults.before(call))
      if (refusal) throw refusal
      const result = serve(text => record.effects.push(text))
      if (failure) throw failure
      this.faults.after(call)
      this.#note(record)
      return result
    } catch (error) {
      // It comes again, and is served then.
      if (isPostponed(error)) throw error
      const code = (error as {code?: unknown}).code
      record.refused = typeof code === 'string' || typeof code === 'number' ? code : 'error'
      this.#note(record)
      throw error
    }
  }

  #note(record: CallRecord): void {
    const key = `${record.service}:${record.action}`
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1)
    this.records.push(record)
    if (this.records.length > LOG_LIMIT) this.records.splice(0, this.records.length - LOG_LIMIT)
  }
}
