import type {MachineStatus, MachinesMode} from './machines/hypervisor.ts'
import type {CallRecord} from './world/calls.ts'
import type {FaultReport} from './world/faults/kinds.ts'

/** What `mcd sandbox status --json` shows of a running sandbox, beside its endpoints. */
export type SandboxStatus = {
  readonly id: string
  readonly pid: number
  readonly startedAt: string
  readonly machines: MachinesMode
  readonly idleMs: number
  /** Since the last request from outside. */
  readonly idleForMs: number
  /** Requests served so far, per `service:Action`. */
  readonly calls: Readonly<Record<string, number>>
  readonly instances: readonly MachineStatus[]
  /** In force, as `mcd sandbox fault list` shows them. */
  readonly faults: readonly FaultReport[]
  /** Every request with who sent it, from where, and what it changed; the oldest are dropped after 20,000. */
  readonly requests: readonly LoggedRequest[]
}

type LoggedRequest = Omit<CallRecord, 'atMs'> & {readonly at: string}

export const loggedRequest = ({atMs, ...record}: CallRecord): LoggedRequest => ({
  at: new Date(atMs).toISOString(),
  ...record,
})

/** Where published addresses are really served (decision 37). */
export type SandboxMap = readonly {
  readonly ip: string
  readonly servicePort: number
  readonly host: string
  readonly port: number
}[]

/** Every address a living machine publishes, public and private. */
export function mapOf(instances: readonly MachineStatus[]): SandboxMap {
  return instances.flatMap(({publicIp, privateIp, serving}) =>
    serving ? [publicIp, privateIp].filter(ip => ip !== '').map(ip => ({ip, ...serving})) : [],
  )
}
