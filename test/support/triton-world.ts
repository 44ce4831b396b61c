import {CallLog} from '../../src/sandbox/world/calls.ts'
import type {Core, Delays} from '../../src/sandbox/world/core.ts'
import {type Hypervisor, idleHypervisor} from '../../src/sandbox/world/hypervisor.ts'
import type {Session} from '../../src/sandbox/world/triton/session.ts'
import {TritonWorld} from '../../src/sandbox/world/triton.ts'
import {VirtualTime} from './virtual-runtime.ts'

/** A key of nobody: its private half was thrown away. */
export const SOME_PUBLIC_KEY =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC9LCPzGaopMkDlH8LUnwiKlLNPGK3uqXEyqIGJiFJhM somebody@example.com'

export const DELAYS: Delays = {
  bootMs: 2_000,
  shutdownMs: 200,
  forceOffMs: 20_000,
  visibleMs: 300,
  nameRaceMs: 1_000,
  dnsServedMs: 1_000,
}

export type TritonStage = {
  readonly time: VirtualTime
  readonly core: Core
  readonly calls: CallLog
  readonly triton: TritonWorld
  /** The sandbox's own account, with a key. */
  readonly session: Session
}

/** A data centre on virtual time, and somebody who may use it. */
export function tritonStage(
  options: {hypervisor?: Hypervisor; delays?: Partial<Delays>; seed?: number} = {},
): TritonStage {
  const time = new VirtualTime({seed: options.seed ?? 1})
  const core: Core = {
    clock: time.clock,
    random: time.random,
    hypervisor: options.hypervisor ?? idleHypervisor(),
    calls: new CallLog(time.clock),
    delays: {...DELAYS, ...options.delays},
  }
  const triton = new TritonWorld(core)
  triton.account().addKey(SOME_PUBLIC_KEY)
  return {time, core, calls: core.calls, triton, session: triton.session('sandbox', {name: 'operator'})}
}
